"""Tasks whose circuits are fixed: settings and readout are solved, and all goes through them."""

import dataclasses

import numpy as np
import pytest
import torch
import toy

from qmann_core.config import ClassicalConfig, HybridConfig, MemoryConfig, QuantumConfig
from qmann_core.errors import ConfigError
from qmann_core.evaluation.contribution import Contribution, network_effects
from qmann_core.nn import Ensemble, Scale, build_network
from qmann_core.tasks import evaluate, fit, load_fitted
from qmann_core.testing import check_task
from qmann_core.training import derive, seeded


def head(n_features, samples):
    return Scale(samples.regressors.shape[1], samples.y.shape[1])


TASK = dataclasses.replace(toy.TOY, name="solved", head=head)
SETTINGS = toy.settings(signal=0, window=6, test_size=200, refit_every=100).model_copy(
    update={
        "classical": ClassicalConfig(controller="reservoir"),
        "quantum": QuantumConfig(n_qubits=2, n_blocks=3),
    }
)

SHOTS = QuantumConfig(n_qubits=2, n_blocks=3, shots=500)


@pytest.fixture(scope="module")
def series():
    return toy.generate(SETTINGS.application)


@pytest.fixture(scope="module")
def fitted(series):
    return fit(TASK, series, SETTINGS)


def samples(series):
    found = toy.features(series, SETTINGS.application)
    return found[found.known]


def network(series, twin=None, **changes):
    config = SETTINGS.model_copy(update=changes)
    with seeded(derive(0, 0), torch.device("cpu")):
        return build_network(config, samples(series), changes.pop("head", head), twin)


def test_it_keeps_the_laws_of_every_task(tmp_path):
    check_task(TASK, SETTINGS, tmp_path)


@pytest.mark.slow
def test_a_kernel_serves_series_too():
    """Its penalty is that of days left out; the scale is found as by a reservoir."""
    short = SETTINGS.application.model_copy(update={"n_days": 400, "test_size": 120})
    kernel = ClassicalConfig(controller="quantum_kernel")
    few = SETTINGS.model_copy(update={"classical": kernel, "application": short})
    found = evaluate(TASK, toy.generate(short), few)
    losses = {name: score["pinball"] for name, score in found.scores.items()}
    assert losses["hybrid"] == pytest.approx(losses["truth"], rel=0.05)
    assert found.circuits["hybrid"].share == pytest.approx(1)


def test_the_answer_is_a_readout_of_the_last_state(series):
    known, solved = samples(series), network(series)
    solved.choose(known)
    with torch.no_grad():
        state = solved.controller(solved.scaling(known.x))[:, -1]
        expected = solved.head.log_variance.base(state) / 2
        torch.testing.assert_close(solved(known.x, known.regressors), expected)
    assert solved.parameter_count() == 18 + 1


def test_the_settings_that_predict_best_are_kept(series):
    known, solved = samples(series), network(series)
    least = solved.choose(known)
    chosen = solved.controller.radius.item(), solved.controller.features.bandwidth.item()
    losses = {}
    for setting in solved.controller.settings:
        solved.controller.set(*setting)
        solved.head.log_variance.forget_penalty()
        with torch.no_grad():
            losses[setting] = float(solved.solve(known))
    assert least == pytest.approx(min(losses.values()), rel=1e-3)
    assert chosen == pytest.approx(min(losses, key=losses.get))


def test_circuits_carry_all_of_it_and_their_twin_has_none(fitted):
    found = fitted.evaluation
    assert found.circuits.keys() == {"hybrid"}
    assert found.circuits["hybrid"].share == pytest.approx(1)
    assert found.circuits["hybrid"].rise > 0.01
    did, needed = found.carried
    assert "Circuits carry 100.00% of what hybrid answers" in did
    assert f"without entanglement by {found.circuits['hybrid'].entangled:.2g}" in did
    more = found.scores["classical"][found.primary] - found.scores["hybrid"][found.primary]
    assert f"of 0 (classical) changes {found.primary} by {more:+.2g}" in did
    assert f"is {found.shots['exact']:.4g} (exact)" in needed


@pytest.mark.parametrize(
    ("losses", "fewest"),
    [((9, 9, 9, 9, 9), "none"), ((1.005, 1.02, 1.005, 0.9, 1.01), "4096"), ((1,) * 5, "256")],
)
def test_the_fewest_shots_are_those_from_which_on_all_suffice(fitted, losses, fewest):
    numbers = ("exact", "256", "1024", "4096", "16384", "65536")
    shots = dict(zip(numbers, (1.0, *losses), strict=True))
    _, needed = dataclasses.replace(fitted.evaluation, shots=shots).carried
    assert needed.endswith(f"of exact: {fewest}.")


def test_the_ratio_leads_from_the_classical_twin_to_circuits_alone(series):
    known, found = samples(series), {}
    for ratio in (0.0, 1e-9, 0.5, 1 - 1e-9, 1.0):
        hybrid = network(series, hybrid=HybridConfig(quantum_ratio=ratio))
        hybrid.choose(known)
        effects = network_effects(Ensemble([hybrid]), known, known)
        share = 0.0 if effects is None else Contribution.of([effects], [1]).share
        with torch.no_grad():
            found[ratio] = share, hybrid(known.x, known.regressors)
    twin = network(series, "classical")
    twin.choose(known)
    with torch.no_grad():
        assert torch.equal(found[0.0][1], twin(known.x, known.regressors))
    for limit, near in ((0.0, 1e-9), (1.0, 1 - 1e-9)):
        assert found[near][0] == pytest.approx(limit, abs=1e-3)
    torch.testing.assert_close(found[1.0][1], found[1 - 1e-9][1], atol=1e-3, rtol=0)
    assert 0.05 < found[0.5][0] < 0.95


def test_the_price_of_entanglement_is_that_of_a_readout_solved_again_without(series):
    known = samples(series)
    train, test = known[np.arange(300)], known[np.arange(300, len(known))]
    hybrid, separable = (network(series, twin).eval() for twin in (None, "separable"))
    hybrid.choose(train)
    separable.load_state_dict(hybrid.state_dict())
    separable.controller.features.coupling.zero_()
    separable.fit_statistics(train)
    with torch.no_grad():
        lost = [
            each.head.loss(each(test.x, test.regressors), test.y, {})
            for each in (hybrid, separable)
        ]
    found = [
        Contribution.of([network_effects(Ensemble([each]), test, train)], [1]).entangled
        for each in (hybrid, separable)
    ]
    assert found[0] == pytest.approx(float(lost[1] - lost[0]), rel=1e-3)
    assert abs(found[0]) > 1e-6
    assert found[1] is None


def test_twins_differ_in_what_is_taken_away(series):
    hybrid, separable, twin = (network(series, v) for v in (None, "separable", "classical"))
    assert torch.equal(hybrid.controller.features.fixed, separable.controller.features.fixed)
    assert separable.controller.features.coupling == 0
    assert twin.parameter_count() == hybrid.parameter_count()


@pytest.mark.parametrize("shots", [None, 100_000])
def test_noise_hurts_and_a_readout_solved_again_recovers(fitted, series, tmp_path, shots):
    exact = fitted.report(series).to_frame()["q0.9"]
    noisy = fitted.report(series, noise=0.02).to_frame()["q0.9"]
    adapted = fitted.adapt(series, noise=0.02, shots=shots)
    assert "solved again on circuits simulated with 2.00% depolarising" in adapted.notes[-1]
    assert ("100000 shots" in adapted.notes[-1]) == (shots is not None)
    adapted.save(tmp_path / "model")
    again = adapted.report(series).to_frame()["q0.9"]
    assert np.abs(again - exact).max() < np.abs(noisy - exact).max()
    loaded = load_fitted(TASK, tmp_path / "model").report(series).to_frame()["q0.9"]
    np.testing.assert_array_equal(loaded, again)


def test_a_trained_network_has_no_readout_to_solve(series):
    trained = toy.small_fit()
    with pytest.raises(ConfigError, match="expected fixed circuits, whose readout can be"):
        trained.adapt(series, noise=0.01)


@pytest.mark.parametrize(
    ("options", "message"),
    [({}, "neither noise nor shots"), ({"noise": 2.0}, "a probability"), ({"shots": 0}, "1 or mo")],
)
def test_other_circuits_must_be_said(fitted, series, options, message):
    with pytest.raises(ConfigError, match=message):
        fitted.adapt(series, **options)


def test_shots_that_are_too_few_for_any_signal_are_said(series, caplog):
    known = samples(series)
    noisy = network(series, quantum=SHOTS.model_copy(update={"shots": 1, "noise": 0.5}))
    noisy.choose(known)
    assert "predicts no better than a constant: take more shots" in caplog.text
    caplog.clear()
    network(series).choose(known)
    assert not caplog.text


def test_shots_are_drawn_anew_with_every_call_and_the_same_from_the_same_seed(series):
    known = samples(series)
    first, second = (network(series, quantum=SHOTS) for _ in range(2))
    with torch.no_grad():
        said = [each.encode(known.x[:20]) for each in (first, first, second)]
    assert torch.equal(said[0], said[2])
    assert not torch.equal(said[0], said[1])


@pytest.mark.parametrize(
    ("twin", "changes", "message"),
    [
        ("frozen", {}, "got twin=frozen for fixed circuits: expected classical or separable"),
        (None, {"memory": MemoryConfig(kind="quantum")}, "expected 'none' or 'evidence'"),
        (None, {"quantum": QuantumConfig(n_qubits=1, n_blocks=1)}, "set quantum.n_blocks="),
        (
            None,
            {"quantum": QuantumConfig(noise=0.1), "classical": ClassicalConfig()},
            "got quantum.noise=0.1 for circuits that are trained: expected fixed",
        ),
        (
            None,
            {"hybrid": HybridConfig(quantum_ratio=0.5), "classical": ClassicalConfig()},
            "got hybrid.quantum_ratio=0.5 for circuits that are trained",
        ),
        (
            None,
            {"classical": ClassicalConfig(decorrelated=True)},
            "got classical.decorrelated=True for circuits that are trained",
        ),
    ],
)
def test_what_a_reservoir_cannot_be_is_refused(series, twin, changes, message):
    with pytest.raises(ConfigError, match=message):
        network(series, twin, **changes)


class Silent(Scale):
    def fit(self, train):
        super().fit(train)


def test_a_head_that_expects_nothing_is_refused(series):
    task = dataclasses.replace(TASK, head=lambda _width, _samples: Silent(18, 1))
    with pytest.raises(ConfigError, match="expected a head whose fit gives the loss"):
        evaluate(task, series, SETTINGS)
