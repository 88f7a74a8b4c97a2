import dataclasses
import json

import pytest
import torch

from qmann_core.errors import DataError
from qmann_core.storage import read_tensors, write_tensors
from qmann_core.training.run_state import History
from qmann_core.training.trainer import HybridTrainer, StopTraining


class At:
    """Raises at the end of some epochs."""

    def __init__(self, epochs, error):
        self.epochs, self.error, self.seen = epochs, error, []

    def on_epoch_end(self, state):
        self.seen.append(state.epoch)
        if state.epoch in self.epochs:
            raise self.error


def without_seconds(history):
    return dataclasses.replace(history, seconds=0.0)


def assert_same_run(first, second):
    assert without_seconds(first[1]) == without_seconds(second[1])
    assert first[0].keys() == second[0].keys()
    assert all(torch.equal(first[0][name], second[0][name]) for name in first[0])


@pytest.fixture
def fit(tiny, tmp_path):
    """Train for 4 epochs in a folder, with one thing different from the usual."""

    def fit(*, model=None, train=None, validation=None, seed=0, epochs=4, **changes):
        config = tiny.CONFIG.model_copy(update=changes)
        trainer = HybridTrainer(config, seed=seed, checkpoint=tmp_path)
        return trainer.fit(
            tiny.model() if model is None else model,
            tiny.samples(64) if train is None else train,
            tiny.samples(40, seed=1) if validation is None else validation,
            epochs=epochs,
        )

    return fit


def test_ctrl_c_at_each_epoch_and_resuming_equals_an_uninterrupted_run(tiny, tmp_path):
    interruptions = At(range(1, 100), KeyboardInterrupt())
    for _ in range(12):
        with pytest.raises(KeyboardInterrupt):
            tiny.train(tmp_path, callbacks=[interruptions])
    assert interruptions.seen == list(range(1, 13))
    assert_same_run(tiny.train(tmp_path), tiny.train(None))


def test_ctrl_c_in_the_middle_of_an_epoch(tiny, tmp_path):
    class Interrupting(type(tiny.model())):
        def forward(self, x, regressors, *, checkpoint=False):
            if self.training and self.controller.calls == 12:
                raise KeyboardInterrupt
            return super().forward(x, regressors, checkpoint=checkpoint)

    model = tiny.model()
    model.__class__ = Interrupting
    train, validation = tiny.samples(64), tiny.samples(40, seed=1)
    with pytest.raises(KeyboardInterrupt):
        HybridTrainer(tiny.CONFIG, seed=0, checkpoint=tmp_path).fit(model, train, validation)
    assert read_tensors(tmp_path / "last.safetensors")[1]["epoch"] == 2
    runs = []
    for folder in (tmp_path, None):
        fresh = tiny.model()
        trainer = HybridTrainer(tiny.CONFIG, seed=0, checkpoint=folder)
        runs.append((fresh.state_dict(), trainer.fit(fresh, train, validation)))
    assert_same_run(*runs)


def test_resuming_needs_nothing_of_the_model_but_its_kind(tiny, tmp_path):
    """Not even its starting weights: all that matters is in the file."""
    with pytest.raises(KeyboardInterrupt):
        tiny.train(tmp_path, callbacks=[At([5], KeyboardInterrupt())])
    expected = tiny.train(None)
    tiny_model = tiny.model
    try:
        tiny.model = lambda **options: tiny_model(seed=99, **options)
        assert_same_run(tiny.train(tmp_path), expected)
    finally:
        tiny.model = tiny_model


def test_checkpoints_are_written_after_every_epoch_and_at_the_start(tiny, tmp_path):
    written = []

    class Watch:
        def on_epoch_end(self, _state):
            metadata = read_tensors(tmp_path / "last.safetensors")[1]
            written.append((metadata["epoch"], metadata["finished"]))

    trainer = HybridTrainer(
        tiny.CONFIG,
        seed=0,
        checkpoint=tmp_path,
        callbacks=[Watch()],
    )
    trainer.fit(tiny.model(), tiny.samples(64), tiny.samples(40, seed=1))
    epochs, finished = zip(*written, strict=True)
    assert epochs == tuple(range(1, 9))
    assert finished == (*[False] * 7, True)
    assert sorted(file.name for file in tmp_path.iterdir()) == [
        "best.safetensors",
        "last.safetensors",
    ]


def test_best_holds_the_model_of_the_best_epoch(tiny, fit, tmp_path):
    model = tiny.model()
    noisy = tiny.samples(100, noise=1.0)
    history = fit(model=model, train=noisy, epochs=300, learning_rate=0.03, patience=15)
    assert 0 < history.best_epoch < len(history.training)
    tensors, metadata = read_tensors(tmp_path / "best.safetensors")
    assert metadata["epoch"] == history.best_epoch
    for name, tensor in model.state_dict().items():
        assert torch.equal(tensors[f"model/{name}"], tensor)


def test_a_finished_run_is_loaded_and_nothing_is_computed(tiny, fit):
    first = tiny.model()
    history = fit(model=first)
    second = tiny.model(seed=1)
    assert fit(model=second) == history
    assert second.controller.calls == 0
    assert_same_run((first.state_dict(), history), (second.state_dict(), history))


def test_training_that_a_callback_stopped_is_finished(tiny, tmp_path):
    weights, history = tiny.train(tmp_path, callbacks=[At([3], StopTraining())])
    assert history.stopped_early
    assert len(history.training) == 3
    late = At([], None)
    assert_same_run(tiny.train(tmp_path, callbacks=[late]), (weights, history))
    assert late.seen == []


def test_a_history_is_json(fit):
    history = fit()
    read = json.loads(json.dumps(dataclasses.asdict(history)))
    for losses in ("training", "validation"):
        read[losses] = tuple(read[losses])
    assert History(**read) == history


OTHER_RUNS = {
    "hybrid.learning_rate is 0.01 there and 0.02 here": lambda _tiny: {"learning_rate": 0.02},
    "hybrid.schedule is joint there and alternating here": lambda _tiny: {
        "schedule": "alternating"
    },
    "seed is 0 there and 1 here": lambda _tiny: {"seed": 1},
    "epochs is 4 there and 5 here": lambda _tiny: {"epochs": 5},
    r"train.x is float32\[64, 3, 2\] \w+ there and float32\[65, 3, 2\] \w+ here; train.reg": (
        lambda tiny: {"train": tiny.samples(65)}
    ),
    r"run: validation.y is float32\[40, 1\] \w+ there and float32\[40, 1\] \w+ here. Continue": (
        lambda tiny: {"validation": tiny.samples(40, seed=1, shuffled=True)}
    ),
}


@pytest.mark.parametrize("difference", OTHER_RUNS)
def test_another_run_is_refused_and_says_what_differs(tiny, fit, tmp_path, difference):
    fit()
    before = {file.name: file.read_bytes() for file in tmp_path.iterdir()}
    model = tiny.model(seed=5)
    weights = {name: tensor.clone() for name, tensor in model.state_dict().items()}
    with pytest.raises(DataError, match=rf"last.safetensors: belongs to another .*{difference}"):
        fit(model=model, **OTHER_RUNS[difference](tiny))
    assert {file.name: file.read_bytes() for file in tmp_path.iterdir()} == before
    assert all(torch.equal(model.state_dict()[name], weights[name]) for name in weights)


def test_the_frozen_twin_is_refused(tiny, fit):
    fit()
    model = tiny.model()
    model.controller.circuit.requires_grad_(False)
    with pytest.raises(DataError, match="trained is 65 classical, 8 quantum there and 65 classica"):
        fit(model=model)


def test_another_model_is_refused_by_the_names_of_tensors(tiny, fit):
    fit()
    message = (
        r"last.safetensors: holds another model: controller.project.weight is float32\[8, 6\] in "
        r"the file and float32\[9, 6\] here; .* and 1 more"
    )
    with pytest.raises(DataError, match=message):
        fit(model=tiny.model(width=9))


def test_a_damaged_checkpoint_is_refused(fit, tmp_path):
    fit()
    last = tmp_path / "last.safetensors"
    last.write_bytes(last.read_bytes()[:-1])
    with pytest.raises(DataError, match="truncated"):
        fit()


def test_some_other_checkpoint_is_refused(fit, tmp_path):
    write_tensors(tmp_path / "last.safetensors", {"weight": torch.ones(1)}, {"name": "a model"})
    with pytest.raises(DataError, match="not a checkpoint of a training run"):
        fit()


def test_a_folder_that_cannot_be_is_refused_before_training(tiny, tmp_path):
    (tmp_path / "file").write_text("")
    trainer = HybridTrainer(tiny.CONFIG, seed=0, checkpoint=tmp_path / "file" / "run")
    with pytest.raises(DataError, match=r"run: cannot be made a folder .* choose another one"):
        trainer.fit(tiny.model(), tiny.samples(64), tiny.samples(40, seed=1))


def test_a_disk_that_fills_up_ends_training_and_a_resume_continues_it(tiny, tmp_path):
    resource = pytest.importorskip("resource")
    soft, hard = resource.getrlimit(resource.RLIMIT_FSIZE)

    class Fill:
        def on_epoch_end(self, state):
            if state.epoch == 4:
                resource.setrlimit(resource.RLIMIT_FSIZE, (1000, hard))

    try:
        with pytest.raises(DataError, match="could not write"):
            tiny.train(tmp_path, callbacks=[Fill()])
    finally:
        resource.setrlimit(resource.RLIMIT_FSIZE, (soft, hard))
    assert read_tensors(tmp_path / "last.safetensors")[1]["epoch"] == 4
    assert {file.suffix for file in tmp_path.iterdir()} == {".safetensors"}
    assert_same_run(tiny.train(tmp_path), tiny.train(None))
