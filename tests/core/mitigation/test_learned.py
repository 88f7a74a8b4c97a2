"""Learning-based mitigation: what is learned from, and what is learned."""

from dataclasses import replace
from math import pi

import pytest
import torch
from refused import refused

from qmann_core.backends import backend
from qmann_core.circuits import (
    Circuit,
    Input,
    Operation,
    Weight,
    amplitude,
    angle,
    compose,
    pauli,
    projector,
    strongly_entangling,
    z_each,
)
from qmann_core.errors import CircuitError, ConfigError
from qmann_core.mitigation import Job, Learned, MitigationPipeline, Readout
from qmann_core.mitigation import training as learning
from qmann_core.mitigation.learned import forest, ridge
from qmann_core.mitigation.training import exactly, lifted, training_rows
from qmann_core.simulation import (
    NoiseModel,
    ReadoutConfusion,
    compile_circuit,
    depolarising,
    noisy_expectations,
)
from qmann_core.simulation.shots.evaluation import paired, weightless

F64 = torch.float64
NOTHING = torch.zeros(0, dtype=F64)
OBSERVABLES = (*z_each(4), pauli("ZZ"), projector("0000"))
CIRCUIT = Circuit(4, compose(angle(4), strongly_entangling(4, 2)), OBSERVABLES)
WEIGHTS = 6 * torch.rand(24, generator=torch.Generator().manual_seed(1), dtype=F64)
ROWS = 2 * torch.rand(3, 4, generator=torch.Generator().manual_seed(2), dtype=F64)
JOB = Job(circuit=weightless(CIRCUIT), inputs=paired(ROWS, WEIGHTS), share=0.5)
BELL = Circuit(
    2, (Operation("RY", (0,), (pi / 2,)), Operation("CNOT", (0, 1))), (pauli("ZZ"), pauli("XX"))
)
NOISE = NoiseModel((depolarising(0.0015),), (depolarising(0.02 * 15 / 16, n_wires=2),))


def one_row(circuit):
    return Job(circuit=circuit, inputs=torch.zeros(1, 0, dtype=F64))


def expanded(stage, job=JOB, seed=0):
    return stage.expand(job, torch.Generator().manual_seed(seed))


def run(jobs, noise=NOISE):
    return [noisy_expectations(job.circuit, job.inputs, NOTHING, noise)[None] for job in jobs]


def mitigated(stage, job=JOB, seed=0):
    jobs = expanded(stage, job, seed)
    return stage.reduce(job, jobs, run(jobs))


def truth(job=JOB):
    return compile_circuit(job.circuit)(job.inputs, NOTHING)


@pytest.mark.parametrize(("scales", "gain"), [((1,), 5), ((1, 3), 30), ((1, 3, 5), 60)])
def test_so_many_times_nearer_to_the_truth(scales, gain):
    raw = (run([JOB])[0][0] - truth()).abs().mean()
    found = mitigated(Learned(scales=scales)).values[0]
    assert raw > gain * (found - truth()).abs().mean()


def test_within_the_bar():
    """Less than .0031 with 44 circuits, read-out included; see mitigation.md."""
    noisy = backend("exact", noise=replace(NOISE, readout=(ReadoutConfusion(0.02, 0.02),)))
    circuit, off = replace(CIRCUIT, observables=z_each(4)), []
    for row in ROWS:
        given = circuit, row[None], WEIGHTS
        found = MitigationPipeline([Readout(), Learned()]).run(noisy, *given)
        assert found.circuits == 44
        off.append((found.values - backend("exact").expectations(*given).mean).abs().mean())
    assert torch.stack(off).mean() < 0.0031


def test_a_circuit_of_clifford_gates():
    """ZZ of a Bell state is 1 whatever the angle of its first gate: a factor is learned."""
    reduced = mitigated(Learned(), one_row(BELL))
    torch.testing.assert_close(reduced.values[0], torch.ones(1, 2, dtype=F64), atol=1e-3, rtol=0)


def test_what_is_silent_is_left_as_measured():
    circuit = replace(BELL, observables=(pauli("Y"), pauli("ZZ")))
    stage, job = Learned(scales=(1,)), one_row(circuit)
    jobs = expanded(stage, job)
    values = [0.1 + each for each in run(jobs)]
    reduced = stage.reduce(job, jobs, values)
    assert reduced.values[0, 0, 0] == values[0][0, 0, 0]
    assert reduced.said[-1] == "1 observables as measured: they are 0 on all training circuits"


def test_jobs():
    """For each scale what is asked and what is learned from; shots as many as one job's."""
    jobs = expanded(Learned(scales=(1, 3, 5), n_training=8))
    rows = [3, 8] * 3
    assert [len(job.inputs) for job in jobs] == rows
    n = len(jobs[0].circuit.operations)
    assert [len(job.circuit.operations) for job in jobs] == [n, n, 3 * n, 3 * n, 5 * n, 5 * n]
    assert sum(job.share * len(job.inputs) for job in jobs) == pytest.approx(0.5 * 3)
    asked, training = (sum(job.share * len(job.inputs) for job in jobs[k::2]) for k in (0, 1))
    assert asked == pytest.approx(3**0.5 * training)


def test_lifted_circuits_do_the_same():
    parameters = (Input(0), 0.5 * Input(1) * Weight(0), 0.3)
    turns = (Operation("Rot", (0,), parameters), Operation("CRX", (0, 1), (Input(1),)))
    circuit = weightless(Circuit(2, (*turns, Operation("T", (1,))), z_each(2)))
    inputs = torch.rand(3, 3, dtype=F64, generator=torch.Generator().manual_seed(0))
    made, rows = lifted(circuit, inputs)
    assert made.n_inputs == rows.shape[1] == 4
    expected = compile_circuit(circuit)(inputs, NOTHING)
    torch.testing.assert_close(compile_circuit(made)(rows, NOTHING), expected)


def test_amplitudes_stay():
    circuit = Circuit(2, compose(amplitude(2), (Operation("RX", (0,), (0.3,)),)), z_each(2))
    inputs = torch.tensor([[0.5, 0.5, 0.1, 0.7]], dtype=F64)
    made, rows = lifted(circuit, inputs)
    torch.testing.assert_close(rows, torch.tensor([[0.5, 0.5, 0.1, 0.7, 0.3]], dtype=F64))
    drawn = training_rows(made, rows, 6, 0.3, torch.Generator().manual_seed(0))
    assert (drawn[:, :4] == inputs).all()


@pytest.mark.parametrize("kept", [0.0, 0.3, 1.0])
def test_training_angles(kept):
    """Snapped to a neighbour among multiples of pi/2, but for a fraction; never all are kept."""
    circuit, asked = lifted(JOB.circuit, JOB.inputs[:1])
    rows = training_rows(circuit, asked, 40, kept, torch.Generator().manual_seed(0))
    same = (rows - asked).abs() < 1e-9
    quarters = rows / (pi / 2)
    assert (same | ((quarters - quarters.round()).abs() < 1e-9)).all()
    assert ((rows - asked).abs() < pi / 2).all()
    assert not same.all(1).any()
    assert same.double().mean() == pytest.approx(min(kept, 27 / 28), abs=0.05)


def test_other_multiples_of_a_quarter_turn():
    circuit, asked = lifted(BELL, torch.zeros(1, 0, dtype=F64))
    rows = training_rows(circuit, asked, 12, 0.3, torch.Generator().manual_seed(0))
    assert set((rows / (pi / 2)).round().long().flatten().tolist()) == {2, 3, 4}


def test_no_row_that_is_asked_is_learned_from(monkeypatch):
    """Not even where it is among the neighbours of another row."""
    asked = torch.tensor([[0.4], [0.0]], dtype=F64)
    circuit = Circuit(1, (Operation("RX", (0,), (Input(0),)),), z_each(1))
    computed = []

    def seen(made, rows):
        computed.append(rows)
        return exactly(made, rows)

    monkeypatch.setattr(learning, "exactly", seen)
    stage = Learned(n_training=5, scales=(1,))
    expanded(stage, Job(circuit=circuit, inputs=asked))
    turns = torch.cat(computed)[:, None] - asked
    assert (1 - turns.cos() > 1e-9).all()


def test_wires_that_idle_cost_nothing():
    moved = tuple(replace(o, wires=tuple(29 - w for w in o.wires)) for o in BELL.operations)
    words = tuple(replace(o, wires=tuple(29 - w for w in o.wires)) for o in BELL.observables)
    wide, rows = lifted(Circuit(30, moved, words), torch.zeros(1, 0, dtype=F64))
    torch.testing.assert_close(exactly(wide, rows), torch.ones(1, 2, dtype=F64))


def shots_of(means, n_replicates, n_shots, generator):
    """Words with ``means``, as measured, and replicates of that."""

    def again(chance):
        return torch.binomial(torch.full_like(chance, n_shots), chance, generator) / n_shots

    first = again((1 + means) / 2)
    others = again(first.expand(n_replicates, *means.shape).contiguous())
    return 2 * torch.cat([first[None], others]) - 1


def test_slopes_are_right_although_training_values_are_noisy():
    """Plain least squares make them too flat; replicates differ as often-repeated fits do."""
    generator = torch.Generator().manual_seed(0)
    exact = 2 * torch.rand(20, 300, generator=generator, dtype=F64) - 1  # 300 circuits at once
    asked = torch.full((1, 300), 0.4, dtype=F64)
    noisy, measured = (shots_of(x, 100, 100, generator)[..., None] for x in (0.5 * exact, asked))
    found = ridge(noisy, exact, measured).values[:, 0]
    plain = ridge(noisy[:1], exact, measured[:1]).values[0, 0]
    assert found[0].mean() == pytest.approx(0.8, abs=0.05)
    assert plain.mean() < 0.75
    inside = (found[0] - 0.8).abs() < 1.96 * found[1:].std(0)
    assert 0.9 < inside.double().mean() < 0.99


def test_ridge_is_exact_for_global_decay():
    """``v_s = y exp(-s r)`` is proportional to y at every scale, for every observable."""
    exact = torch.rand(20, 3, generator=torch.Generator().manual_seed(0), dtype=F64)
    decays = torch.tensor([0.9, 0.8], dtype=F64)
    fit = ridge(
        (exact[..., None] * decays)[None], exact, torch.full((1, 1, 3, 2), 0.5, dtype=F64) * decays
    )
    torch.testing.assert_close(fit.values, torch.full((1, 1, 3), 0.5, dtype=F64))
    assert fit.error.max() < 1e-12


def test_a_forest_where_it_is_clearly_better():
    """A step is no line; what lies at the margin of what was seen is left to ridge all the same."""
    grid = torch.linspace(-1, 1, 60, dtype=F64)[:, None]
    step = torch.where(grid.abs() > 0.3, 1.0, -1.0).to(F64)
    noisy, asked = grid[None, ..., None], torch.tensor([0.1, 0.95], dtype=F64).reshape(1, 2, 1, 1)
    assert forest(noisy, step, asked).error < 0.25 * ridge(noisy, step, asked).error
    torch.testing.assert_close(forest(noisy, step, asked).values[0, 0, 0], step.new_tensor(-1.0))


def test_the_best_model_is_ridge_where_that_is_right():
    found, ridges = (mitigated(Learned(model=model)) for model in ("best", "ridge"))
    torch.testing.assert_close(found.values, ridges.values)
    assert found.said[0].startswith("error on training circuits held out: of ridge ")
    assert found.said[1] == "0 of 18 values by a forest"


@pytest.mark.parametrize("scales", [(1,), (1, 3)])
def test_derivatives(scales):
    stage = Learned(scales=scales, n_training=6)
    job = replace(JOB, inputs=JOB.inputs[:1])
    jobs = expanded(stage, job)
    values = [each.requires_grad_() for each in run(jobs)]
    assert torch.autograd.gradcheck(lambda *each: stage.reduce(job, jobs, each).values, values)


def test_a_seed_is_a_result():
    one, again, other = (mitigated(Learned(), seed=seed).values for seed in (1, 1, 2))
    assert torch.equal(one, again)
    assert not torch.equal(one, other)


@pytest.mark.parametrize(
    ("options", "message"),
    [
        ({"kept": -0.1}, "kept=-0.1: expected a fraction between 0 and 1"),
        ({"kept": 1.5}, "kept=1.5: expected a fraction between 0 and 1"),
        ({"kept": float("nan")}, "kept=nan: expected a fraction"),
        ({"n_training": 3}, "n_training=3: 2 scales and a constant are 3 .* at least 4"),
        ({"n_training": 2.5}, "n_training=2.5: "),
        ({"model": "net"}, "unknown model 'net'; use one of ridge, forest, best"),
        ({"scales": (1, 2)}, "takes odd whole scales"),
        ({"scales": (3,)}, "scales start with 1 and increase"),
        ({"scales": ()}, "learning needs scales, at least 1"),
    ],
)
def test_options_that_cannot_be(options, message):
    with refused(ConfigError, message):
        Learned(**options)


@pytest.mark.parametrize(
    ("circuit", "message"),
    [
        (
            Circuit(2, (Operation("H", (0,)),), (pauli("Z"),)),
            "no gate of this circuit has an angle",
        ),
        (
            Circuit(17, tuple(Operation("RX", (w,), (0.3,)) for w in range(17)), z_each(17)),
            "17 wires are in use, and training values are exact ones of up to 16",
        ),
    ],
)
def test_circuits_that_cannot_be_learned_from(circuit, message):
    with refused(CircuitError, message):
        expanded(Learned(), one_row(circuit))


def test_rows_that_leave_no_other():
    circuit = Circuit(1, (Operation("RX", (0,), (Input(0),)),), z_each(1))
    asked = pi / 2 * torch.arange(4, dtype=F64)[:, None]
    with refused(CircuitError, "only 0 of 80 circuits near those asked differ from all of them"):
        expanded(Learned(), Job(circuit=circuit, inputs=asked))
