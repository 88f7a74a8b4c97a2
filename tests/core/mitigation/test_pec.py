"""Probabilistic error cancellation: every insertion by its weight, and those that are drawn."""

from itertools import product
from math import prod

import pytest
import torch
from refused import refused

from qmann_core.backends import backend
from qmann_core.circuits import (
    Circuit,
    Operation,
    angle,
    compose,
    pauli,
    projector,
    strongly_entangling,
)
from qmann_core.errors import CircuitError, ConfigError
from qmann_core.mitigation import PEC, Job, MitigationPipeline
from qmann_core.simulation import (
    NoiseModel,
    PauliChannel,
    amplitude_damping,
    depolarising,
    noisy_expectations,
    pauli_channel,
    phase_damping,
)

NOTHING = torch.zeros(0, dtype=torch.float64)
SMALL = Circuit(
    2,
    (Operation("RX", (0,), (0.7,)), Operation("CNOT", (0, 1))),
    (pauli("Z"), pauli("XX"), pauli("Z", (1,)), projector("01")),
)
JOB = Job(circuit=SMALL, inputs=torch.zeros(1, 0, dtype=torch.float64))
WIDE = Circuit(
    3, compose(angle(3), strongly_entangling(3, 2)), (pauli("Z"), pauli("ZZ"), pauli("XYZ"))
)
ROWS = torch.rand(2, 3, generator=torch.Generator().manual_seed(2), dtype=torch.float64)
WEIGHTS = 6 * torch.rand(18, generator=torch.Generator().manual_seed(1), dtype=torch.float64)
CHANNELS = {
    "depolarising": ((depolarising(0.02),), (depolarising(0.1, n_wires=2),)),
    "on each wire": ((depolarising(0.02),), (pauli_channel(0.01, 0.02, 0.04),)),
    "several": (
        (depolarising(0.02), pauli_channel(0.0, 0.0, 0.05)),
        (PauliChannel(("XZ", "IY"), (0.05, 0.02)), depolarising(0.01)),
    ),
    "dephasing": ((phase_damping(0.05),), (phase_damping(0.1),)),
    "two wires only": ((), (depolarising(0.1, n_wires=2),)),
}
CASES = pytest.mark.parametrize(("one", "two"), CHANNELS.values(), ids=CHANNELS)


def expanded(stage, job=JOB, seed=0):
    return stage.expand(job, torch.Generator().manual_seed(seed))


def run(jobs, one, two):
    noise = NoiseModel(one, two)
    return [
        noisy_expectations(job.circuit, job.inputs, NOTHING, noise.raised(job.gain))[None]
        for job in jobs
    ]


def mitigated(stage, one, two, job=JOB, seed=0):
    jobs = expanded(stage, job, seed)
    return stage.reduce(job, jobs, run(jobs, one, two)).values[0]


def enumerated(stage, one, two):
    """Every insertion there is, weighted with the product of its quasi-probabilities."""
    sites = stage.sites(SMALL)
    total = 0
    for chosen in product(*(range(len(site.quasi)) for site in sites)):
        weight = prod(float(site.quasi[k]) for site, k in zip(sites, chosen, strict=True))
        circuit = stage._inserted(SMALL, sites, list(chosen))
        noise = NoiseModel(one, two)
        total = total + weight * noisy_expectations(circuit, JOB.inputs, NOTHING, noise)
    return total


@CASES
@pytest.mark.parametrize("gain", [0.0, 0.5, 1.0, 3.0])
def test_all_insertions_together_are_the_power_of_the_noise(one, two, gain):
    """Although inserted gates are as noisy as others, and on the wires of the gate alone."""
    expected = noisy_expectations(SMALL, JOB.inputs, NOTHING, NoiseModel(one, two).raised(gain))
    torch.testing.assert_close(enumerated(PEC(one, two, gain=gain), one, two), expected)


@CASES
def test_gain_three_is_the_channel_three_times(one, two):
    thrice = NoiseModel(one * 3, two * 3)
    expected = noisy_expectations(SMALL, JOB.inputs, NOTHING, thrice)
    torch.testing.assert_close(enumerated(PEC(one, two, gain=3), one, two), expected)
    torch.testing.assert_close(mitigated(PEC(gain=3, sampled=False), one, two), expected)


@CASES
@pytest.mark.parametrize("gain", [0.0, 0.5, 2.0])
def test_what_is_drawn_is_unbiased(one, two, gain):
    expected = noisy_expectations(SMALL, JOB.inputs, NOTHING, NoiseModel(one, two).raised(gain))
    stage = PEC(one, two, gain=gain, samples=25)
    found = torch.stack([mitigated(stage, one, two, seed=seed) for seed in range(80)])
    error = found.std(0) / len(found) ** 0.5
    assert ((found.mean(0) - expected).abs() < 4 * error + 1e-12).all()


def test_the_draw_of_a_larger_circuit_is_as_wide_as_its_replicates_say():
    """Values without shots: replicates differ by the circuits that are drawn alone."""
    one, two = CHANNELS["depolarising"]
    stage, job = PEC(one, two, samples=100), Job(circuit=WIDE, inputs=ROWS)
    noise, off, spread = NoiseModel(one, two), [], []
    truth = noisy_expectations(WIDE, ROWS, WEIGHTS, NoiseModel())
    for seed in range(12):
        jobs = expanded(stage, job, seed)
        values = [noisy_expectations(each.circuit, ROWS, WEIGHTS, noise) for each in jobs]
        found = stage.reduce(job, jobs, [each.expand(100, -1, -1) for each in values]).values
        off.append(found[0] - truth)
        spread.append(found[1:].std(0))
    rms, expected = (torch.stack(each).square().mean().sqrt() for each in (off, spread))
    assert 0.6 * expected < rms < 1.2 * expected


@pytest.mark.parametrize(("gate", "wires", "share"), [("SX", (0,), 0.01), ("CNOT", (0, 1), 0.05)])
def test_overhead_of_a_depolarising_gate(gate, wires, share):
    """Temme, Bravyi and Gambetta, eq. 9; the inserted gates free of noise."""
    n = len(wires)
    channel = depolarising(share * (1 - 4**-n), n_wires=n)
    one, two = ((channel,), ()) if n == 1 else ((), (channel,))
    stage = PEC(one, two, free=("X", "Y", "Z"))
    gamma = (1 + share * (1 - 2 / 4**n)) / (1 - share)
    circuit = Circuit(2, (Operation(gate, wires),) * 3, (pauli("Z"),))
    assert stage.gamma(circuit) == pytest.approx(gamma**3)
    job = Job(circuit=circuit, inputs=JOB.inputs)
    jobs = expanded(stage, job)
    assert sum(abs(each.weight) for each in jobs) == pytest.approx(gamma**3)
    values = [torch.ones(1, 1, 1, dtype=torch.float64)] * len(jobs)
    [said] = stage.reduce(job, jobs, values).said
    assert f"overhead gamma^2 = {gamma**6:.3g}" in said


def test_jobs():
    stage = PEC(*CHANNELS["depolarising"], samples=400)
    job = Job(circuit=SMALL, inputs=JOB.inputs, share=0.5)
    first, *others = expanded(stage, job)
    assert first.circuit == SMALL
    assert first.weight == pytest.approx(prod(float(s.quasi[0]) for s in stage.sites(SMALL)))
    assert len({each.circuit for each in others} | {SMALL}) == 1 + len(others) < 100
    whole = sum(abs(each.weight) for each in (first, *others))
    for each in (first, *others):
        assert each.share == pytest.approx(0.5 * abs(each.weight) / whole)


def test_free_gates_are_not_followed_and_insert_turns():
    circuit = Circuit(1, (Operation("SX", (0,)), Operation("RZ", (0,), (0.3,))), (pauli("Z"),))
    stage = PEC((depolarising(0.1),), free=("RZ",))
    assert [site.position for site in stage.sites(circuit)] == [0]
    jobs = expanded(stage, Job(circuit=circuit, inputs=JOB.inputs))
    gates = {tuple(step.gate for step in job.circuit.operations) for job in jobs}
    parts = ((), ("X",), ("X", "RZ"), ("RZ",))
    assert gates == {("SX", *part, "RZ") for part in parts}


@pytest.mark.slow
def test_on_native_gates_with_virtual_turns():
    """Aer's noise follows SX, X and CNOT, and no RZ."""
    aer = pytest.importorskip("qiskit_aer.noise")
    noise = aer.NoiseModel(basis_gates=["rz", "sx", "x", "cx"])
    noise.add_all_qubit_quantum_error(aer.depolarizing_error(0.02, 1), ["sx", "x"])
    noise.add_all_qubit_quantum_error(aer.depolarizing_error(0.1, 2), ["cx"])
    channels = (depolarising(0.015),), (depolarising(0.1 * 15 / 16, n_wires=2),)
    turn, flip = Operation("RZ", (0,), (0.4,)), Operation("SX", (0,))
    native = Circuit(2, (flip, turn, flip, Operation("CNOT", (0, 1))), SMALL.observables)
    given = backend("aer", noise=noise), native, JOB.inputs, NOTHING
    truth = backend("exact").expectations(*given[1:]).mean
    found = MitigationPipeline([PEC(*channels, free=("RZ",), samples=3000)]).run(*given)
    raw = (found.steps[0].values - truth).abs().mean()
    assert raw > 15 * (found.values - truth).abs().mean()


def test_what_a_twirl_leaves_out_is_said():
    values = [torch.ones(1, 1, 4, dtype=torch.float64)]
    for channel, n_sentences in [(amplitude_damping(0.02), 2), (phase_damping(0.02), 1)]:
        said = PEC((channel,)).reduce(JOB, [JOB], values).said
        assert len(said) == n_sentences
    assert "decay" in PEC((amplitude_damping(0.02),)).reduce(JOB, [JOB], values).said[1]


def test_without_noise_there_is_one_job():
    stage = PEC((depolarising(0.1),), free=("CNOT", "RX"))
    [job] = expanded(stage)
    assert (job.circuit, job.weight, job.share) == (SMALL, 1, 1)
    assert stage.gamma(SMALL) == 1


def test_gains_multiply():
    """Exactly by the simulator's gain, or by insertions where the noise is already raised."""
    one, two = CHANNELS["depolarising"]
    job = Job(circuit=SMALL, inputs=JOB.inputs, gain=2)
    [exact] = expanded(PEC(gain=0.5, sampled=False), job)
    assert exact.gain == 1
    found = mitigated(PEC(one, two, gain=0.5, samples=20_000), one, two, job)
    expected = run([exact], one, two)[0][0]
    torch.testing.assert_close(found, expected, atol=0.01, rtol=0)


@pytest.mark.parametrize("n_replicates", [1, 3])
def test_derivatives(n_replicates):
    stage = PEC(*CHANNELS["depolarising"], samples=10)
    jobs = expanded(stage)
    values = [each.expand(n_replicates, -1, -1) for each in run(jobs, *CHANNELS["depolarising"])]
    values = [each.clone().requires_grad_() for each in values]
    assert torch.autograd.gradcheck(lambda *each: stage.reduce(JOB, jobs, each).values, values)


@pytest.mark.parametrize(
    ("channels", "message"),
    [
        (((depolarising(0.75),),), r"channel 0 of one_wire keeps .* of some Pauli word.*below 3/4"),
        (((), (depolarising(0.01), depolarising(15 / 16, n_wires=2))), "channel 1 of two_wire"),
        (((depolarising(0.9),),), "keeps -0.2 of some Pauli word"),
        (((amplitude_damping(1.0),),), "keeps 0 of some Pauli word"),
        (((depolarising(0.1, n_wires=2),),), "channel 0 of one_wire acts on 2 wires"),
    ],
)
def test_channels_that_cannot_be_undone(channels, message):
    with refused(CircuitError, message):
        PEC(*channels)


@pytest.mark.parametrize(
    ("options", "message"),
    [
        ({"gain": -0.5}, "gain=-0.5: expected a number of at least 0"),
        ({"gain": float("nan")}, "gain=nan: expected a number of at least 0"),
        ({"samples": 0}, "samples=0: expected a whole number of at least 1"),
        ({"samples": 2.5}, "samples=2.5: expected a whole number"),
        ({"one_wire": ()}, "nothing to cancel: say what follows gates on one wire"),
    ],
)
def test_options_that_cannot_be(options, message):
    with refused(ConfigError, message):
        PEC(**{"one_wire": (depolarising(0.01),), **options})


def test_a_gate_on_three_wires_before_a_channel_on_two():
    circuit = Circuit(3, (Operation("Toffoli", (0, 1, 2)),), (pauli("Z"),))
    with refused(CircuitError, "Toffoli acts on 3 wires, but the noise has a channel on two"):
        PEC((), (depolarising(0.1, n_wires=2),)).gamma(circuit)
