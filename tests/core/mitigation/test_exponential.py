"""Exponential extrapolation with a rate that values share."""

import pytest
import torch
from refused import refused

from qmann_core.circuits import ANSATZE, Circuit, compose, pauli, projector, z_each
from qmann_core.errors import ConfigError
from qmann_core.mitigation import EVD, ZNE, ExponentialExtrapolation, Job
from qmann_core.mitigation.extrapolation import asymptotes
from qmann_core.simulation import NoiseModel, depolarising, noisy_expectations

N_WIRES = 4
PAIRS = tuple(pauli("ZZ", (wire, wire + 1)) for wire in range(N_WIRES - 1))
OBSERVABLES = (*z_each(N_WIRES), *PAIRS, projector("0000"))
BLOCK = compose(ANSATZE["strongly_entangling"](N_WIRES, 2))
CIRCUIT = Circuit(N_WIRES, BLOCK, OBSERVABLES)
NO_INPUTS = torch.zeros(1, 0, dtype=torch.float64)
JOB = Job(circuit=CIRCUIT, inputs=NO_INPUTS)
NOISE = NoiseModel(one_wire=(depolarising(0.002),), two_wire=(depolarising(0.02, n_wires=2),))
SEEDS = range(40)


def decaying(rates, sizes, scales=(1, 3)):
    """Exact values of one row: (scale, replicate, row, observable)."""
    places = torch.tensor(scales, dtype=torch.float64)[:, None]
    signal = torch.tensor(sizes).double() * (-places * torch.tensor(rates).double()).exp()
    return (asymptotes(OBSERVABLES)[: len(sizes)] + signal)[:, None, None]


def reduced(stage, values):
    circuit = Circuit(N_WIRES, BLOCK, OBSERVABLES[: values[0].shape[-1]])
    jobs = stage.expand(Job(circuit=circuit, inputs=NO_INPUTS), torch.Generator())
    return stage.reduce(jobs[0], jobs, list(values))


def measured(exact, shots, generator, n_replicates=60):
    """Frequencies of each observable's upper value, and as they might have been."""
    low = torch.tensor([0.0 if hasattr(each, "bits") else -1.0 for each in OBSERVABLES]).double()
    chance = ((exact - low) / (1 - low)).clamp(0, 1)

    def drawn(chances):
        return torch.binomial(torch.full_like(chances, shots), chances, generator=generator) / shots

    first = drawn(chance)[None]
    again = drawn(first.expand(n_replicates, *first.shape[1:]).contiguous())
    return low + (1 - low) * torch.cat([first, again])


def runs(stage, total_shots):
    """What comes out less the truth, of seeded runs, each on another circuit."""
    found = []
    for seed in SEEDS:
        generator = torch.Generator().manual_seed(seed)
        weights = 6 * torch.rand(24, generator=generator, dtype=torch.float64)
        truth = noisy_expectations(CIRCUIT, NO_INPUTS, weights, NoiseModel())
        jobs = stage.expand(JOB, generator)
        values = [
            measured(
                noisy_expectations(job.circuit, NO_INPUTS, weights, NOISE),
                round(total_shots * job.share),
                generator,
            )
            for job in jobs
        ]
        found.append(stage.reduce(jobs[0], jobs, values).values - truth)
    return torch.stack(found)  # (run, replicate, row, observable)


def mean_error(stage, total_shots):
    return runs(stage, total_shots)[:, 0].abs().mean().item()


@pytest.mark.slow
@pytest.mark.parametrize("total_shots", [400, 1000, 4000])
def test_few_shots(total_shots):
    pooled = mean_error(EVD(), total_shots)
    assert pooled < 0.9 * mean_error(ZNE(), total_shots)
    assert pooled < 0.85 * mean_error(ZNE(fit="exponential"), total_shots)


@pytest.mark.slow
@pytest.mark.parametrize("total_shots", [1000, 4000, 40_000])
def test_the_spread_of_replicates_is_the_error(total_shots):
    found = runs(EVD(), total_shots)
    covered = found[:, 0].abs() < 1.96 * found[:, 1:].std(1)
    assert 0.9 < covered.double().mean() < 0.98


@pytest.mark.slow
def test_what_is_known_of_the_rate_makes_few_shots_better():
    pooled = mean_error(EVD(), 400)
    gates = 16 * 0.002 * 4 / 3 + 8 * 0.02 * 16 / 15
    assert mean_error(EVD(rate=0.8 * gates, rate_error=0.2), 400) < 0.95 * pooled


@pytest.mark.parametrize("scales", [(1, 3), (1, 3, 5)])
@pytest.mark.parametrize("rates", [[0.2] * 4, [0.05, 0.2, 0.4, 0.3]])
def test_exact_values_have_rates_of_their_own(scales, rates):
    sizes = [0.9, -0.4, 0.1, 0.0]
    values = decaying(rates, sizes, scales)
    found = reduced(EVD(scales=scales), values).values
    torch.testing.assert_close(found[0, 0], torch.tensor(sizes).double(), rtol=0, atol=1e-8)


def test_the_rate_and_how_far_rates_differ():
    (said,) = reduced(EVD(), decaying([0.3] * 4, [0.9, -0.4, 0.1, 0.2])).said
    assert said.startswith("rate 0.3, between values +- ")
    (said,) = reduced(EVD(), decaying([0.1, 0.5], [0.9, 0.9])).said
    assert 0.1 < float(said.split("+- ")[1]) < 0.5


def test_a_rate_known_beforehand_is_enough_for_one_scale():
    values = decaying([0.3] * 3, [0.9, -0.4, 0.1], (1,))
    found = reduced(EVD(scales=(1,), rate=0.3), values).values
    torch.testing.assert_close(found[0, 0], torch.tensor([0.9, -0.4, 0.1]).double())


@pytest.mark.parametrize(("error", "nearer"), [(1e-3, 0.5), (0.1, 0.25), (10.0, 0.2)])
def test_the_measured_rate_is_shrunk_towards_what_is_known(error, nearer):
    values = decaying([0.2] * 4, [0.9, -0.4, 0.3, 0.2])
    generator = torch.Generator().manual_seed(1)
    spread = 0.02 * torch.randn(2, 400, 1, 4, generator=generator, dtype=torch.float64)
    values = torch.cat([values, values + spread], dim=1)
    (said,) = reduced(EVD(rate=0.5, rate_error=error), values).said
    assert float(said.split()[1].rstrip(",")) == pytest.approx(nearer, rel=0.15)


def test_a_line_where_a_signal_changes_its_sign_beyond_doubt():
    values = decaying([0.2] * 2, [0.9, 0.1])
    values[1, 0, 0, 1] = -0.02
    found, (said,) = reduced(EVD(), values)
    expected = 1.5 * values[0, 0, 0, 1] - 0.5 * values[1, 0, 0, 1]
    torch.testing.assert_close(found[0, 0], torch.stack([torch.tensor(0.9).double(), expected]))
    assert said.endswith("1 of 2 values by a line: they change sign")


@pytest.mark.parametrize("n_replicates", [0, 3])
def test_derivatives(n_replicates):
    values = decaying([0.1, 0.3, 0.2], [0.9, -0.5, 0.4], (1, 3, 5))
    generator = torch.Generator().manual_seed(1)
    spread = torch.randn(3, n_replicates, 1, 3, generator=generator, dtype=torch.float64)
    values = torch.cat([values, values + 0.01 * spread], dim=1).requires_grad_()
    stage = EVD(scales=(1, 3, 5))
    assert torch.autograd.gradcheck(lambda *each: reduced(stage, each).values, tuple(values))


def test_nothing_but_noise_does_not_explode():
    generator = torch.Generator().manual_seed(1)
    values = 0.05 * torch.randn(2, 200, 1, 4, generator=generator, dtype=torch.float64)
    assert reduced(EVD(), values).values.abs().max() < 10 * values.abs().max()


def test_one_clear_signal_among_values_without_any():
    sizes = [1.0] + [0.0] * 7
    exact = torch.cat([decaying([0.05] * 8, sizes), decaying([0.05] * 8, [0.0] * 8)], dim=2)
    for seed in (14, 127, 163, 202, 226, 280):  # of 300, some of those in which rates ran away
        generator = torch.Generator().manual_seed(seed)
        drawn = 0.008 * torch.randn(2, 201, 2, 8, generator=generator, dtype=torch.float64)
        values = exact + drawn[:, :1] + torch.cat([0 * drawn[:, :1], drawn[:, 1:]], dim=1)
        found = reduced(EVD(), values).values
        assert found[:, 0, 0].std() < 0.03
        assert (found[0, 0, 0] - 1).abs() < 0.06


@pytest.mark.parametrize(
    ("options", "message"),
    [
        ({"rate": 0.0}, "rate=0.0: expected a positive number"),
        ({"rate": 0.1, "rate_error": -1.0}, "rate_error=-1.0: expected a positive number"),
        ({"rate": float("nan")}, "rate=nan: expected a positive number"),
        ({"scales": (), "rate": 0.1}, "needs scales, at least 1"),
    ],
)
def test_what_is_known_beforehand_must_make_sense(options, message):
    with refused(ConfigError, message):
        ExponentialExtrapolation(**options)
