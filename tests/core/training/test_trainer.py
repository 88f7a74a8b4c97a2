from dataclasses import replace

import numpy as np
import pytest
import torch
from torch import nn

from qmann_core.base import classical_parameters
from qmann_core.errors import ConfigError, DataError
from qmann_core.training.trainer import HybridTrainer


def same(first, second):
    return all(torch.equal(first[name], second[name]) for name in first | second)


def test_overfits_32_rows(tiny, fit):
    rows = tiny.samples(32, noise=1.0)
    changes = {"epochs": 100, "batch_size": 32, "learning_rate": 0.05}
    history, *_ = fit(tiny.model(width=64), rows, rows, **changes)
    assert history.validation[0] > 1.0
    assert min(history.validation) < 1e-3


def test_generalises_but_not_from_shuffled_labels(tiny, fit):
    held_out = tiny.samples(500, seed=1)
    mean_predictor = held_out.y.var(correction=0).item()
    changes = {"epochs": 20, "batch_size": 50, "learning_rate": 0.05}
    learned, *_ = fit(tiny.model(width=16), tiny.samples(500), held_out, **changes)
    shuffled, *_ = fit(tiny.model(width=16), tiny.samples(500, shuffled=True), held_out, **changes)
    assert min(learned.validation) < 0.2 * mean_predictor
    assert min(shuffled.validation) > 0.95 * mean_predictor


def test_the_best_epoch_is_restored_and_patience_counts_from_it(tiny, fit):
    """Few noisy rows: validation improves at first and then suffers from overfitting."""
    rows = tiny.samples(100, noise=1.0)
    changes = {"epochs": 300, "batch_size": 100, "learning_rate": 0.05, "patience": 20}
    history, model, states, reports = fit(tiny.model(width=32), rows, **changes)
    assert history.stopped_early
    assert 0 < history.best_epoch == len(history.training) - 20
    assert history.validation[history.best_epoch] == min(history.validation)
    assert same(model.state_dict(), states[history.best_epoch])
    assert [r.validation[-1] for r in reports] == list(history.validation[1:])


def test_a_model_that_training_only_harms_keeps_what_it_came_with(tiny, fit):
    opposite = tiny.samples(64)
    opposite.y.neg_()
    history, model, states, _ = fit(tiny.model(), tiny.samples(64), opposite, patience=3)
    assert (history.best_epoch, history.stopped_early, len(history.training)) == (0, True, 3)
    assert same(model.state_dict(), states[0])
    assert not same(states[0], states[3])


def test_losses_are_means_over_samples_whatever_the_batches(tiny, fit):
    """At rates near zero each batch is judged by the same weights."""
    train, held_out = tiny.samples(61), tiny.samples(1500, seed=1)
    still = {"epochs": 1, "learning_rate": 1e-12, "quantum_learning_rate": 1e-12}
    history, model, *_ = fit(tiny.model(), train, held_out, **still, batch_size=16)
    for samples, loss in ((train, history.training[0]), (held_out, history.validation[0])):
        expected = model.head.loss(model(samples.x, samples.regressors), samples.y, {}).item()
        assert loss == pytest.approx(expected, rel=1e-5)


def test_callbacks_see_every_epoch_in_order(fit):
    history, _, _, reports = fit(epochs=5)
    assert [r.epoch for r in reports] == [1, 2, 3, 4, 5]
    for report in reports:
        assert report.training == history.training[: report.epoch]
        assert report.validation == history.validation[: report.epoch + 1]
        assert report.validation[report.best_epoch] == min(report.validation)
    assert not history.stopped_early
    assert reports[-1].seconds == history.seconds > reports[0].seconds > 0


def test_a_callback_stops_training_and_the_best_weights_are_kept(fit):
    history, model, states, reports = fit(stop_after=3)
    assert history.stopped_early
    assert len(history.training) == len(reports) == 3
    assert same(model.state_dict(), states[history.best_epoch])


def test_each_epoch_draws_other_samples_without_replacement(tiny, fit):
    """Twins of different size and different appetite for random numbers see the same batches."""

    def batches_of(model):
        seen = []
        hook = model.register_forward_pre_hook(
            lambda module, args: seen.append(args[0][:, 0, 0]) if module.training else None
        )
        fit(model, epochs=3, samples_per_epoch=40, batch_size=16)
        hook.remove()
        return seen

    batches = batches_of(tiny.model())
    assert [len(batch) for batch in batches] == [16, 16, 8] * 3
    epochs = [torch.cat(batches[i : i + 3]).tolist() for i in (0, 3, 6)]
    values = set(tiny.samples(64).x[:, 0, 0].tolist())
    assert all(len(set(epoch)) == 40 and set(epoch) <= values for epoch in epochs)
    assert len({frozenset(epoch) for epoch in epochs}) == 3
    twin = batches_of(tiny.model(width=3, dropout=0.5))
    assert all(torch.equal(a, b) for a, b in zip(batches, twin, strict=True))


def test_more_samples_per_epoch_than_there_are_means_all(fit):
    assert fit(samples_per_epoch=10**6)[0].training == fit(samples_per_epoch=None)[0].training


def test_the_seed_decides_everything_and_the_global_state_nothing(tiny, fit):
    def run(seed, noise):
        torch.manual_seed(noise)
        np.random.seed(noise)  # noqa: NPY002
        before = torch.get_rng_state(), np.random.get_state()[1].copy()  # noqa: NPY002
        history, model, *_ = fit(tiny.model(dropout=0.3), seed=seed)
        assert torch.equal(torch.get_rng_state(), before[0])
        assert (np.random.get_state()[1] == before[1]).all()  # noqa: NPY002
        return history, model.state_dict()

    with torch.random.fork_rng(devices=[]):
        (first, weights), (second, others), (third, _) = run(0, 1), run(0, 2), run(1, 1)
    assert (first.training, first.validation) == (second.training, second.validation)
    assert same(weights, others)
    assert first.training != third.training


def test_a_callback_that_draws_numbers_changes_nothing(tiny, fit):
    class Drawing:
        def on_epoch_end(self, _state):
            torch.rand(3)

    model = tiny.model(dropout=0.3)
    with torch.random.fork_rng(devices=[]):
        history = HybridTrainer(tiny.CONFIG, seed=0, callbacks=[Drawing()]).fit(
            model, tiny.samples(64), tiny.samples(100, seed=1)
        )
    assert history.training == fit(tiny.model(dropout=0.3))[0].training


@pytest.mark.parametrize("training", [True, False])
def test_mode_and_gradients_are_left_as_they_came(tiny, fit, training):
    model = tiny.model().train(training)
    fit(model)
    assert {module.training for module in model.modules()} == {training}
    assert all(p.grad is None and p.requires_grad for p in model.parameters())


def test_double_precision_stays_double(tiny, fit):
    train, held_out = tiny.samples(64), tiny.samples(100, seed=1)
    doubled = [
        replace(s, x=s.x.double(), regressors=s.regressors.double(), y=s.y.double())
        for s in (train, held_out)
    ]
    history, model, *_ = fit(tiny.model().double(), *doubled)
    assert {p.dtype for p in classical_parameters(model)} == {torch.float64}
    assert history.training == pytest.approx(fit()[0].training, rel=1e-4)


def test_a_model_that_comes_with_a_loss_that_is_not_finite(tiny, fit):
    model = tiny.model()
    nn.init.constant_(model.head.linear, float("inf"))
    with pytest.raises(ConfigError, match="epoch 0: validation loss inf"):
        fit(model)


def test_samples_that_cannot_be_learned_from_are_counted(tiny, fit):
    unknown = tiny.samples(64)
    unknown.y[60:] = float("nan")
    with pytest.raises(DataError, match=r"train.y: 4 of 64 samples are not finite; drop them"):
        fit(None, unknown)
    with pytest.raises(DataError, match=r"validation.y: 4 of 64 samples"):
        fit(None, None, unknown)
    assert len(fit(None, unknown[unknown.known])[0].training) == 8
    infinite = tiny.samples(64)
    infinite.x[3, 1, 0] = float("inf")
    with pytest.raises(DataError, match=r"train.x: 1 of 64 samples"):
        fit(None, infinite)
    with pytest.raises(DataError, match="validation: got no samples; give more data"):
        fit(None, None, tiny.samples(9)[np.zeros(9, dtype=bool)])


def test_epochs_and_seed_out_of_range(tiny):
    with pytest.raises(ConfigError, match="got epochs=0: expected at least 1"):
        HybridTrainer(tiny.CONFIG, seed=0).fit(
            tiny.model(), tiny.samples(9), tiny.samples(9), epochs=0
        )
    with pytest.raises(ConfigError, match="got seed -1"):
        HybridTrainer(tiny.CONFIG, seed=-1).fit(tiny.model(), tiny.samples(9), tiny.samples(9))


def test_fewer_epochs_than_configured(tiny):
    trainer = HybridTrainer(tiny.CONFIG, seed=0)
    history = trainer.fit(tiny.model(), tiny.samples(64), tiny.samples(9, seed=1), epochs=2)
    assert len(history.training) == 2
    assert not history.stopped_early
