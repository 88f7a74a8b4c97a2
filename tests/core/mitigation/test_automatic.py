"""Stages by name, and the choice among them."""

import pytest
import torch

from qmann_core.backends import backend
from qmann_core.circuits import (
    Circuit,
    Operation,
    Projector,
    angle,
    compose,
    pauli,
    strongly_entangling,
    z_each,
)
from qmann_core.errors import ConfigError
from qmann_core.mitigation import STAGES, MitigationPipeline, Readout, mitigate, named
from qmann_core.simulation import NoiseModel, ReadoutConfusion, depolarising

BOTH = Projector("11", (0, 1))
CIRCUIT = Circuit(3, compose(angle(3), strongly_entangling(3, 2)), z_each(3))
GENERATOR = torch.Generator().manual_seed(3)
X = torch.randn(1, 3, generator=GENERATOR, dtype=torch.float64)
W = torch.randn(CIRCUIT.n_weights, generator=GENERATOR, dtype=torch.float64)
EXACT = backend("exact").expectations(CIRCUIT, X, W).mean
NOISY = backend(
    "exact",
    noise=NoiseModel(
        one_wire=(depolarising(0.002),),
        two_wire=(depolarising(0.02, n_wires=2),),
        readout=(ReadoutConfusion(0.02, 0.03),),
    ),
)


def off(found):
    return float((found.values - EXACT).abs().mean())


def chosen(**given):
    return mitigate(NOISY, CIRCUIT, X, W, **given)


@pytest.mark.parametrize("name", STAGES)
def test_every_named_stage_runs_behind_readout(name):
    names = name if name in ("readout", "correlated") else f"readout,{name}"
    raw = float((NOISY.expectations(CIRCUIT, X, W).mean - EXACT).abs().mean())
    assert off(chosen(pipeline=named(names))) < raw


def test_of_exact_values_the_best_fit_is_taken():
    found = chosen()
    assert found.pipeline == "Readout + ZNE"
    assert off(found) < 2e-3
    assert not found.errors.any()


def test_with_shots_the_last_step_is_kept_unless_another_is_clearly_better():
    for seed in range(5):
        found = chosen(shots=40_000, seed=seed)
        names = [step.name for step in found.steps]
        assert names == ["raw", "Readout", "ExponentialExtrapolation", "auto"]
        assert found.steps[-1].said[0].startswith("ExponentialExtrapolation is kept; expected err")
    fewest = [chosen(shots=200, seed=seed).steps[-1].said[0] for seed in range(20)]
    assert any(not said.startswith("ExponentialExtrapolation") for said in fewest)


def test_a_step_that_is_kept_although_it_is_off_says_so_in_its_errors():
    for seed in range(20):
        found = chosen(shots=200, seed=seed)
        kept = next(s for s in found.steps if found.steps[-1].said[0].startswith(f"{s.name} is"))
        assert bool((found.errors >= kept.errors - 1e-12).all())
        torch.testing.assert_close(found.values, kept.values.clamp(-1, 1))


def test_with_shots_no_value_is_beyond_its_eigenvalues():
    bell = Circuit(2, (Operation("H", (0,)), Operation("CNOT", (0, 1))), (pauli("ZZ"), BOTH))
    beyond = 0
    for seed in range(10):
        found = mitigate(NOISY, bell, X[:, :0], W[:0], shots=400, seed=seed)
        low, high = torch.tensor([[-1.0, 0.0], [1.0, 1.0]]).double()
        beyond += int((found.steps[-2].values > high).sum())
        assert bool(((low <= found.values) & (found.values <= high)).all())
    assert beyond


@pytest.mark.parametrize(
    ("names", "message"),
    [
        ("zne", "unknown mitigation 'zne': expected auto, or some of readout, correlated, lin"),
        ("", "unknown mitigation ''"),
        ("evd,readout", "got ExponentialExtrapolation, Readout: expected Readout, PEC"),
        ("linear,evd", "got ZNE, ExponentialExtrapolation: expected Readout, PEC, one"),
    ],
)
def test_names_that_make_no_sense_are_refused(names, message):
    with pytest.raises(ConfigError, match=message):
        named(names)


def test_auto_names_no_stages():
    assert named("auto") is None
    assert named("readout") == MitigationPipeline([Readout()])
