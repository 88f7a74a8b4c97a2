"""Misreading, measured and inverted."""

from dataclasses import dataclass, replace

import pytest
import torch
from refused import refused
from run_circuits import circuits, numbers, observed

from qmann_core.backends import Backend, Capabilities, Values, backend
from qmann_core.backends.outcomes import chances, words
from qmann_core.circuits import Circuit, angle, pauli, projector, z_each
from qmann_core.errors import CircuitError
from qmann_core.mitigation import Job, MitigationPipeline, Readout
from qmann_core.mitigation.measuring import measured
from qmann_core.simulation import NoiseModel, ReadoutConfusion, depolarising, measurements
from qmann_core.simulation.shots.sampling import eigenvalues

MISREAD = tuple(ReadoutConfusion(*each) for each in ((0.02, 0.1), (0.2, 0.05), (0.0, 0.3)))
GATES = NoiseModel(two_wire=(depolarising(0.02),))  # none on one wire: X prepares what is read
WORDS = Circuit(2, angle(2), (pauli("Z", (1,)), pauli("XY"), projector("01")))
NONE = torch.zeros(0, dtype=torch.float64)


def misreading(*rates, gates=GATES):
    return backend("exact", noise=replace(gates, readout=rates))


@dataclass(frozen=True, kw_only=True, eq=False)
class Jointly(Backend):
    """Misreads all wires together: (read, prepared)."""

    confusion: torch.Tensor
    name = "jointly"
    capabilities = Capabilities()

    def _run(self, circuit, inputs, weights, shots, seed):
        del shots, seed
        mean = torch.ones(len(inputs), len(circuit.observables), dtype=torch.float64)
        for setting in measurements(circuit.observables):
            asked = replace(circuit, observables=words(setting))
            right = backend("exact").expectations(asked, inputs, weights).mean
            read = chances(right, setting) @ self.confusion.mT
            mean[:, list(setting.positions)] = read @ eigenvalues(circuit.observables, setting)
        return Values(mean=mean, error=torch.zeros_like(mean))

    def _sample(self, circuit, inputs, weights, shots, seed):
        raise NotImplementedError


@pytest.mark.parametrize("correlated", [False, True])
@pytest.mark.parametrize("case", ["block", "reuploading", "hardware_efficient"])
def test_exact_values_are_those_of_wires_read_rightly(case, correlated):
    circuit = replace(circuits(3)[case], observables=observed(3))
    inputs, weights = numbers(circuit, 4)
    truth = misreading().expectations(circuit, inputs, weights).mean
    raw = misreading(*MISREAD).expectations(circuit, inputs, weights).mean
    pipeline = MitigationPipeline([Readout(correlated=correlated)])
    found = pipeline.run(misreading(*MISREAD), circuit, inputs, weights).values
    torch.testing.assert_close(found, truth, rtol=0, atol=1e-9)
    assert (raw - truth).abs().mean() > 0.02


@pytest.mark.parametrize(
    "observables", [(pauli("ZZZ"), *z_each(3), projector("01", (2, 0))), (pauli("XYZ"),)]
)
def test_wires_that_are_misread_together(observables):
    generator = torch.Generator().manual_seed(0)
    wrong = torch.rand(8, 8, generator=generator, dtype=torch.float64)
    there = Jointly(confusion=0.7 * torch.eye(8) + 0.3 * wrong / wrong.sum(0))
    circuit = replace(circuits(3)["reuploading"], observables=observables)
    inputs, weights = numbers(circuit, 4)
    truth = backend("exact").expectations(circuit, inputs, weights).mean
    each, together = (
        MitigationPipeline([Readout(correlated=correlated)]).run(there, circuit, inputs, weights)
        for correlated in (False, True)
    )
    torch.testing.assert_close(together.values, truth, rtol=0, atol=1e-9)
    assert (each.values - truth).abs().max() > 0.01


@pytest.mark.parametrize("correlated", [False, True])
def test_shots_leave_no_bias_and_errors_are_those_of_repetitions(correlated):
    there, inputs = misreading(*MISREAD[:2]), torch.tensor([[0.4, 1.1]]).double()
    truth = misreading().expectations(WORDS, inputs, NONE).mean[0]
    pipeline = MitigationPipeline([Readout(correlated=correlated)])
    found = [pipeline.run(there, WORDS, inputs, NONE, shots=5000, seed=n) for n in range(100)]
    values = torch.cat([each.values for each in found])
    assert ((values.mean(0) - truth).abs() < 4 * values.std(0) / 10).all()
    ratio = torch.cat([each.errors for each in found]).mean(0) / values.std(0)
    assert ((ratio - 1).abs() < 0.25).all()


def test_calibrations_take_a_share_that_grows_with_the_root_of_rows_and_settings():
    for correlated, n in [(False, 2), (True, 4)]:
        job = Job(circuit=WORDS, inputs=torch.zeros(9, 2).double(), share=2.0)
        asked, *calibrations = Readout(correlated=correlated).expand(job, torch.Generator())
        assert asked.share == 2
        assert [each.share for each in calibrations] == pytest.approx(
            [0.15 * 2 * (9 * 2) ** 0.5] * n
        )


@pytest.mark.parametrize("correlated", [False, True])
@pytest.mark.parametrize("n_replicates", [0, 2])
def test_derivatives(correlated, n_replicates):
    stage = Readout(correlated=correlated)
    job = Job(circuit=WORDS, inputs=torch.tensor([[0.4, 1.1], [2.0, 0.3]]).double())
    jobs = stage.expand(job, torch.Generator())
    shots = 2000 if n_replicates else None
    values = [
        measured(each, misreading(*MISREAD[:2]), shots, n_replicates, seed=1).requires_grad_()
        for each in jobs
    ]
    assert torch.autograd.gradcheck(lambda *each: stage.reduce(job, jobs, each).values, values)


@pytest.mark.parametrize(
    ("rate", "shots", "correlated", "message"),
    [
        (0.5, None, False, "cannot be inverted: only .* is left of what they say"),
        (0.46, None, True, "cannot be inverted: only .* is left"),
        (0.46, None, False, "cannot be inverted: only 0.08 is left"),
        (0.35, 200, False, r"too few shots to measure how wires are misread: 0.* \+- 0"),
        (0.25, 110, True, "too few shots to measure how wires are misread"),
    ],
)
def test_misreading_that_cannot_be_inverted(rate, shots, correlated, message):
    there = misreading(ReadoutConfusion(rate, rate))
    pipeline = MitigationPipeline([Readout(correlated=correlated)])
    with refused(CircuitError, message):
        pipeline.run(there, WORDS, torch.zeros(1, 2).double(), NONE, shots=shots, seed=1)


def test_too_many_wires_to_measure_together():
    circuit = Circuit(7, angle(7), z_each(7))
    pipeline = MitigationPipeline([Readout(correlated=True)])
    with refused(CircuitError, "observables on 7 wires: expected at most 6"):
        pipeline.run(misreading(), circuit, torch.zeros(1, 7).double(), NONE)
    few = replace(circuit, observables=z_each(7, 6))
    pipeline.run(misreading(), few, torch.zeros(1, 7).double(), NONE)
