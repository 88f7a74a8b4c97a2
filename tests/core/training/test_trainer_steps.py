"""What one step of training does to parameters; the loop around it is in test_trainer.py."""

import copy

import numpy as np
import pytest
import torch
from torch import nn

from qmann_core.base import classical_parameters, quantum_parameters
from qmann_core.errors import ConfigError
from qmann_core.training.optimiser import AdamW

CIRCUIT = "controller.circuit.weight"


def moved(before, after):
    """Largest change of the circuit's weights, and of the classical ones."""
    change = {name: (after[name] - before[name]).abs().max().item() for name in before}
    return change.pop(CIRCUIT), max(change.values())


def with_readout(model):
    """The same model with a readout that lets gradients reach the circuit from the first step."""
    nn.init.normal_(model.head.readout.weight, generator=torch.Generator().manual_seed(0))
    return model


def test_the_first_step_moves_each_group_by_its_own_rate(tiny, fit):
    """Adam's first step is rate * g / (|g| + eps), that is the rate itself."""
    changes = {"epochs": 1, "batch_size": 64, "learning_rate": 3e-3, "quantum_learning_rate": 2e-2}
    _, _, (start, end), _ = fit(with_readout(tiny.model()), **changes)
    quantum, classical = moved(start, end)
    assert quantum == pytest.approx(2e-2, rel=1e-3)
    assert classical == pytest.approx(3e-3, rel=1e-3)


def steps_of(fit, monkeypatch, **changes):
    """Gradient and rate factor of each call of an optimiser."""
    found = []
    step = AdamW.step

    def watch(self, gradient, *, factor):
        found.append((gradient.clone(), factor))
        step(self, gradient, factor=factor)

    with monkeypatch.context() as patch:
        patch.setattr(AdamW, "step", watch)
        fit(**changes)
    return found


def test_cosine_decay_takes_both_rates_from_one_to_a_twentieth(fit, monkeypatch):
    found = steps_of(fit, monkeypatch, epochs=5, batch_size=16, learning_rate_decay="cosine")
    expected = 0.05 + 0.95 * np.cos(np.pi * np.arange(20) / 40) ** 2
    factors = np.array([factor for _, factor in found]).reshape(20, 2)
    np.testing.assert_allclose(factors, np.stack([expected, expected], axis=1), rtol=1e-12)


def test_without_decay_rates_stay(fit, monkeypatch):
    found = steps_of(fit, monkeypatch, learning_rate_decay="none")
    assert {factor for _, factor in found} == {1.0}


@pytest.mark.parametrize(("frozen", "learning"), [(0, 1), (1, 0)])
def test_a_tiny_rate_holds_its_group_and_only_it(tiny, fit, frozen, learning):
    rates = {("quantum_learning_rate", "learning_rate")[frozen]: 1e-12}
    _, _, states, _ = fit(with_readout(tiny.model()), **rates)
    change = moved(states[0], states[-1])
    assert change[frozen] < 1e-6
    assert change[learning] > 1e-2


def test_weight_decay_shrinks_classical_parameters_only(fit):
    """One step of AdamW is (1 - rate * decay) * w - rate * (what the gradient says)."""
    rate, decay = 0.01, 0.5
    common = {"epochs": 1, "batch_size": 64, "learning_rate": rate}
    _, _, (start, plain), _ = fit(**common)
    _, _, (_, decayed), _ = fit(**common, weight_decay=decay)
    assert torch.equal(plain[CIRCUIT], decayed[CIRCUIT])
    for name in set(start) - {CIRCUIT}:
        torch.testing.assert_close(decayed[name], plain[name] - rate * decay * start[name])


def test_alternating_takes_turns_and_the_classical_group_begins(fit):
    _, _, states, _ = fit(schedule="alternating", epochs=6, learning_rate=0.03)
    for epoch in range(1, 7):
        quantum, classical = moved(states[epoch - 1], states[epoch])
        assert (quantum > 0, classical > 0) == ((False, True) if epoch % 2 else (True, False))


def test_alternating_a_model_without_circuits_is_joint_training(tiny, fit):
    def classical():
        model = tiny.model()
        model.controller.circuit = nn.Tanh()
        return model

    alternating, *_ = fit(classical(), schedule="alternating")
    joint, *_ = fit(classical(), schedule="joint")
    assert alternating.training == joint.training


def test_frozen_parameters_stay(tiny, fit):
    model = tiny.model()
    for parameter in quantum_parameters(model):
        parameter.requires_grad_(False)
    _, _, states, _ = fit(model)
    quantum, classical = moved(states[0], states[-1])
    assert quantum == 0
    assert classical > 1e-2


def test_a_parameter_that_the_loss_does_not_depend_on_stays(tiny, fit):
    model = tiny.model()
    model.register_parameter("idle", nn.Parameter(torch.ones(3)))
    fit(model)
    assert torch.equal(model.idle, torch.ones(3))


def test_a_model_with_nothing_to_train_is_refused(tiny, fit):
    with pytest.raises(ConfigError, match="without trainable parameters"):
        fit(tiny.model().requires_grad_(False))


def gradients_of(fit, monkeypatch, **changes):
    """The gradients that the optimisers use, classical and quantum ones in turn."""
    return [gradient for gradient, _ in steps_of(fit, monkeypatch, **changes)]


def test_the_gradient_is_scaled_to_the_largest_norm_and_no_more(tiny, fit, monkeypatch):
    def gradient(clip):
        model = with_readout(tiny.model())
        changes = {"epochs": 1, "batch_size": 64, "clip_norm": clip}
        return torch.cat(gradients_of(fit, monkeypatch, model=model, **changes))

    plain = gradient(1e9)
    model, rows = with_readout(tiny.model()), tiny.samples(64)
    model.head.loss(model(rows.x, rows.regressors), rows.y, {}).backward()
    groups = (classical_parameters(model), quantum_parameters(model))
    expected = torch.cat([p.grad.flatten() for group in groups for p in group])
    torch.testing.assert_close(plain, expected)  # the order of rows differs
    norm = plain.norm().item()
    torch.testing.assert_close(gradient(norm / 4), plain / 4)
    assert torch.equal(gradient(norm * 1.1), plain)


def test_recomputing_the_controller_gives_the_same_gradients(tiny, fit, monkeypatch):
    plain, recomputing = tiny.model(dropout=0.3), tiny.model(dropout=0.3)
    first = gradients_of(fit, monkeypatch, model=plain, epochs=3)
    second = gradients_of(
        fit, monkeypatch, model=recomputing, epochs=3, gradient_checkpointing=True
    )
    assert all(torch.equal(a, b) for a, b in zip(first, second, strict=True))
    steps, validations = 12, 4
    assert plain.controller.calls == steps + validations
    assert recomputing.controller.calls == 2 * steps + validations


def test_a_loss_that_diverges_says_where_and_what_to_try(fit):
    with pytest.raises(ConfigError, match=r"epoch 1, step \d: training loss .* try lower ones"):
        fit(learning_rate=1e38, quantum_learning_rate=1e38)


def test_a_gradient_that_is_not_finite_is_caught_before_it_spoils_the_weights(tiny, fit):
    class Root(type(tiny.model().head)):
        def loss(self, raw, y, _aux):
            return (raw - raw).abs().sqrt().mean() + (y - raw).square().mean()

    model = tiny.model()
    model.head.__class__ = Root
    before = copy.deepcopy(model.state_dict())
    with pytest.raises(ConfigError, match=r"epoch 1, step 1: .* gradient norm (nan|inf): expected"):
        fit(model)
    assert all(torch.equal(model.state_dict()[name], before[name]) for name in before)
