"""Zero-noise extrapolation of circuits whose noise is simulated."""

import pytest
import torch
from refused import refused

from qmann_core.circuits import ANSATZE, Circuit, amplitude, angle, compose, pauli, projector
from qmann_core.errors import CircuitError, ConfigError
from qmann_core.mitigation import EVD, ZNE, Job
from qmann_core.simulation import NoiseModel, depolarising, noisy_expectations

N_WIRES = 3
OBSERVABLES = (*(pauli("Z", (wire,)) for wire in range(N_WIRES)), pauli("ZZ"), projector("000"))
CIRCUIT = Circuit(
    N_WIRES, compose(angle(N_WIRES), ANSATZE["strongly_entangling"](N_WIRES, 2)), OBSERVABLES
)
WEIGHTS = 6 * torch.rand(18, generator=torch.Generator().manual_seed(1), dtype=torch.float64)
ROWS = torch.rand(4, N_WIRES, generator=torch.Generator().manual_seed(2), dtype=torch.float64)
JOB = Job(circuit=CIRCUIT, inputs=ROWS, share=0.5)


def noise(gain=1.0):
    one, two = depolarising(0.001 * gain), depolarising(0.01 * gain, n_wires=2)
    return NoiseModel(one_wire=(one,), two_wire=(two,))


def run(job):
    return noisy_expectations(job.circuit, job.inputs, WEIGHTS, noise(job.gain))[None]


def expanded(stage, job=JOB):
    return stage.expand(job, torch.Generator())


@pytest.fixture(scope="module")
def truth():
    return noisy_expectations(CIRCUIT, ROWS, WEIGHTS, NoiseModel())


@pytest.mark.parametrize(
    ("options", "gain"),
    [
        ({}, 4),
        ({"fold": "local"}, 4),
        ({"fold": "two_wire"}, 2),
        ({"fold": "channel", "scales": (1, 1.5)}, 4),
        ({"fit": "exponential"}, 50),
        ({"fit": "best"}, 50),
        ({"scales": (1, 3, 5), "fit": "richardson"}, 15),
        ({"scales": (1, 3, 5), "fit": "polynomial"}, 15),
        ({"scales": (1, 3, 5), "fit": "poly_exponential"}, 100),
        ({"scales": (1, 3, 5), "fit": "best"}, 100),
    ],
)
def test_so_many_times_nearer_to_the_truth(options, gain, truth):
    stage = ZNE(**options)
    jobs = expanded(stage)
    found = stage.reduce(jobs[0], jobs, [run(job) for job in jobs]).values[0]
    assert (run(JOB)[0] - truth).abs().mean() > gain * (found - truth).abs().mean()


@pytest.mark.parametrize(
    ("options", "shares"),
    [
        ({}, [0.375, 0.125]),
        ({"scales": (1, 3, 5), "fit": "richardson"}, [15 / 56, 10 / 56, 3 / 56]),
        ({"fit": "exponential"}, [0.25, 0.25]),
    ],
)
def test_how_shots_are_shared(options, shares):
    assert [job.share for job in expanded(ZNE(**options))] == pytest.approx(shares)


def test_gains_multiply_where_stages_are_nested():
    job = Job(circuit=CIRCUIT, inputs=ROWS, gain=0.5)
    jobs = expanded(ZNE(scales=(1, 1.5, 3), fold="channel"), job)
    assert [each.gain for each in jobs] == [0.5, 0.75, 1.5]
    assert {each.circuit for each in jobs} == {CIRCUIT}


def test_identities_where_noise_follows_time():
    """Every gate and every identity loses as much: the scale is that of places in time."""
    circuit = Circuit(2, angle(2), (pauli("Z", (1,)),))
    stage = ZNE(fold="identity", fit="exponential")
    jobs = expanded(stage, Job(circuit=circuit, inputs=ROWS[:, :2]))
    lossy = NoiseModel(one_wire=(depolarising(0.05),))
    none = torch.zeros(0, dtype=torch.float64)
    values = [noisy_expectations(job.circuit, job.inputs, none, lossy)[None] for job in jobs]
    expected = noisy_expectations(circuit, ROWS[:, :2], none, NoiseModel())
    torch.testing.assert_close(stage.reduce(jobs[0], jobs, values).values[0], expected)


@pytest.mark.parametrize("options", [{}, {"fit": "exponential"}, {"fit": "best"}])
def test_derivatives_of_the_stage(options):
    stage = ZNE(scales=(1, 3, 5), **options)
    jobs = expanded(stage)
    values = [run(job).requires_grad_() for job in jobs]
    assert torch.autograd.gradcheck(lambda *each: stage.reduce(jobs[0], jobs, each).values, values)


@pytest.mark.parametrize("stage", [ZNE, EVD])
@pytest.mark.parametrize(
    ("options", "message"),
    [
        ({"scales": ()}, r"needs scales, at least 2; got \(\)"),
        ({"scales": (1,)}, r"needs scales, at least 2; got \(1,\)"),
        ({"scales": (1, 2)}, "fold='global' takes odd whole scales .*: fold='channel'"),
        ({"scales": (1, 1.5), "fold": "local"}, r"fold='local' takes odd .*got \(1, 1.5\)"),
        ({"scales": (3, 5)}, "scales start with 1 and increase"),
        ({"scales": (1, 5, 3)}, "scales start with 1 and increase"),
        ({"scales": (1, 1, 3)}, "scales start with 1 and increase"),
        ({"scales": (1, float("inf")), "fold": "channel"}, "scales are finite"),
        ({"scales": (1, float("nan")), "fold": "channel"}, "scales start with 1 and increase"),
        ({"fold": "pulse"}, "unknown fold 'pulse'; use one of global, local, two_wire"),
    ],
)
def test_scales_that_cannot_be(stage, options, message):
    with refused(ConfigError, message):
        stage(**options)


@pytest.mark.parametrize(
    ("options", "message"),
    [
        ({"fit": "cubic"}, "unknown fit 'cubic'; use one of linear, richardson"),
        ({"fit": "poly_exponential"}, "fit='poly_exponential' needs scales, at least 3"),
        ({"fit": "polynomial", "degree": 3}, "fit='polynomial' needs scales, at least 4"),
        ({"fit": "polynomial", "degree": 0}, "degree=0: expected a whole number of at least 1"),
        ({"degree": 1.5}, "degree=1.5: expected a whole number of at least 1"),
    ],
)
def test_fits_that_cannot_be(options, message):
    with refused(ConfigError, message):
        ZNE(**options)


@pytest.mark.parametrize("stage", [ZNE, EVD])
@pytest.mark.parametrize(
    ("block", "fold"), [(amplitude(2), "global"), (angle(2), "two_wire"), ((), "identity")]
)
def test_a_circuit_with_nothing_to_fold(stage, block, fold):
    circuit = Circuit(2, block, (pauli("Z"),))
    job = Job(circuit=circuit, inputs=torch.ones(1, circuit.n_inputs, dtype=torch.float64))
    with refused(CircuitError, f"fold='{fold}' leaves this circuit as it is"):
        expanded(stage(fold=fold), job)
