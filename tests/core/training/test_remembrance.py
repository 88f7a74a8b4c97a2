"""The memory of a network in training: filled from the training part alone, and no leak."""

from dataclasses import replace

import numpy as np
import pytest
import torch

from qmann_core.config import ClassicalConfig, HybridConfig, MemoryConfig, QMANNConfig
from qmann_core.data import Samples
from qmann_core.nn import LocationScale, build_network
from qmann_core.training import HybridTrainer, StopTraining, run, seeded

N, HELD_OUT = 120, 40
KINDS = ("quantum", "classical")


@pytest.fixture(autouse=True)
def consolidated_often(monkeypatch):
    monkeypatch.setattr(run, "CONSOLIDATION", 3)


def samples(n=N + HELD_OUT, seed=0):
    rng = np.random.default_rng(seed)
    x = np.repeat(rng.normal(size=(n, 1, 2)), 4, axis=1)
    return Samples(
        x=torch.from_numpy(x.astype(np.float32)),
        regressors=torch.ones(n, 1),
        y=torch.from_numpy((x[:, -1:, 0] + 0.1 * rng.normal(size=(n, 1))).astype(np.float32)),
        time=np.datetime64("2020-01-01") + np.arange(n),
        unit=np.zeros(n, dtype=np.int64),
        units=("a",),
        lead=(2,),
    )


def parts():
    whole = samples()
    return whole[np.arange(N)], whole[np.arange(N + 1, N + HELD_OUT)]


def head(width, like):
    return LocationScale(width, like.regressors.shape[1], like.y.shape[1])


def network(kind, **memory):
    config = QMANNConfig(
        classical=ClassicalConfig(controller="dense", hidden_size=3),
        memory=MemoryConfig(kind=kind, **{"capacity": 200, "sampled": 20, **memory}),
    )
    train, _ = parts()
    with seeded(0, torch.device("cpu")):
        built = build_network(config, train, head, "classical" if kind == "classical" else None)
    built.fit_statistics(train)
    return built


def trained(kind, folder=None, callbacks=()):
    settings = HybridConfig(epochs=4, batch_size=32, learning_rate=0.02)
    built = network(kind)
    train, validation = parts()
    trainer = HybridTrainer(settings, seed=0, checkpoint=folder, callbacks=callbacks)
    trainer.fit(built, train, validation)
    return built.eval()


@pytest.mark.parametrize("kind", KINDS)
def test_only_training_cases_are_remembered(kind):
    built, (train, _) = trained(kind), parts()
    count = built.memory.n_cases
    rows = built.memory.row[:count]
    assert count == N
    torch.testing.assert_close(built.memory.origin[:count], train.origin[rows])
    torch.testing.assert_close(built.memory.settled[:count], train.settled[rows])
    torch.testing.assert_close(built.memory.payload[:count], train.y[rows])
    residual = built.head.residual(train.regressors[rows], train.y[rows])
    torch.testing.assert_close(built.memory.values[:count], residual)


@pytest.mark.parametrize("kind", KINDS)
def test_no_answer_depends_on_what_was_not_known_when_it_was_asked(kind):
    """Other outcomes of the cases that were still open on a day: the same answer for that day."""
    built, (train, _) = trained(kind), parts()
    for row in (5, 60, 119):
        now = train.origin[row : row + 1]
        before = built(train.x[row : row + 1], train.regressors[row : row + 1], at=now)
        open_ones = (train.settled > now).unsqueeze(1)
        other = replace(train, y=torch.where(open_ones, 7.0, train.y))
        built.remember(other)
        after = built(train.x[row : row + 1], train.regressors[row : row + 1], at=now)
        assert torch.equal(before, after)
        built.remember(replace(train, y=torch.where(open_ones, train.y, 7.0)))
        if row > 5:
            changed = built(train.x[row : row + 1], train.regressors[row : row + 1], at=now)
            assert not torch.equal(before, changed)
        built.remember(train)


@pytest.mark.parametrize("kind", KINDS)
def test_what_is_remembered_is_seen_with_the_weights_that_training_ended_with(kind):
    built, (train, _) = trained(kind), parts()
    kept = built.memory.features.clone()
    built.refresh(train)
    torch.testing.assert_close(built.memory.features, kept, rtol=0, atol=0)


class Stop:
    def on_epoch_end(self, state):
        if state.epoch == 2:
            raise RuntimeError("killed")


@pytest.mark.parametrize("kind", KINDS)
def test_a_resumed_run_is_the_uninterrupted_one(kind, tmp_path):
    with pytest.raises(RuntimeError, match="killed"):
        trained(kind, tmp_path / "cut", (Stop(),))
    resumed, whole = (trained(kind, tmp_path / name) for name in ("cut", "whole"))
    for name, tensor in whole.state_dict().items():
        assert torch.equal(tensor, resumed.state_dict()[name]), name


def test_of_more_cases_than_the_capacity_an_even_sample_is_kept():
    built, (train, _) = network("quantum", capacity=40), parts()
    built.remember(train)
    rows = built.memory.row[:40]
    assert rows.diff().unique().tolist() == [3, 4]
    assert (rows[0], rows[-1]) == (0, N - 1)


def test_a_memory_that_knows_the_answer_is_used():
    """Outcomes follow the window; the controller is frozen at random weights."""
    built = network("quantum", sampled=None, copies=16)
    train, validation = parts()
    settings = HybridConfig(epochs=60, batch_size=32, patience=60, learning_rate=0.03)
    for parameter in built.controller.parameters():
        parameter.requires_grad_(False)
    history = HybridTrainer(settings, seed=0).fit(built, train, validation)
    without = network("none")
    for parameter in without.parameters():
        parameter.requires_grad_(False)
    without.head.shift.bias.requires_grad_(True)
    alone = HybridTrainer(settings, seed=0).fit(without, train, validation)
    assert min(history.validation) < min(alone.validation) - 0.1


def test_a_callback_may_stop_a_run_with_a_memory():
    class Early:
        def on_epoch_end(self, _state):
            raise StopTraining

    assert trained("quantum", callbacks=(Early(),)).memory.n_cases == N
