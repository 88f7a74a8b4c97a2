"""Stages one after the other: what is run, what it costs, what comes out and how sure it is."""

import re
from contextlib import suppress
from dataclasses import replace

import pytest
import torch
from refused import refused

from qmann_core.backends import backend
from qmann_core.backends.exact import Exact
from qmann_core.circuits import (
    Circuit,
    amplitude,
    angle,
    compose,
    pauli,
    projector,
    strongly_entangling,
    z_each,
)
from qmann_core.errors import CircuitError, ConfigError
from qmann_core.mitigation import (
    EVD,
    PEC,
    ZNE,
    Learned,
    MitigationPipeline,
    Readout,
    measuring,
    pipeline,
)
from qmann_core.simulation import (
    NoiseModel,
    ReadoutConfusion,
    amplitude_damping,
    depolarising,
    measurements,
)

OBSERVABLES = (*z_each(2), pauli("XX"), pauli("YX", (2, 0)), projector("01"), pauli("I"))
CIRCUIT = Circuit(3, compose(angle(3), strongly_entangling(3, 2)), OBSERVABLES)
ROWS = torch.rand(3, 3, generator=torch.Generator().manual_seed(2), dtype=torch.float64)
WEIGHTS = 6 * torch.rand(18, generator=torch.Generator().manual_seed(1), dtype=torch.float64)
GIVEN = CIRCUIT, ROWS, WEIGHTS
NOISE = NoiseModel(
    one_wire=(depolarising(0.001),),
    two_wire=(depolarising(0.01, n_wires=2),),
    readout=(ReadoutConfusion(0.02, 0.05),),
)
NOISY = backend("exact", noise=NOISE)
STAGES = {
    "raw": (),
    "Readout": (Readout(),),
    "correlated": (Readout(correlated=True),),
    "ZNE": (ZNE(),),
    "Readout + ZNE": (Readout(), ZNE(scales=(1, 3, 5), fit="richardson")),
    "channel": (Readout(), ZNE(scales=(1, 1.5), fold="channel")),
    "EVD": (Readout(), EVD()),
}
CASES = pytest.mark.parametrize("stages", STAGES.values(), ids=STAGES)


@CASES
def test_the_first_step_is_what_the_back_end_says(stages):
    found = MitigationPipeline(stages).run(NOISY, *GIVEN)
    names = ["raw", *(type(each).__name__ for each in stages)]
    assert [step.name for step in found.steps] == names
    torch.testing.assert_close(found.steps[0].values, NOISY.expectations(*GIVEN).mean)
    torch.testing.assert_close(found.steps[-1].values, found.values)
    assert not found.errors.any()
    assert not len(found.replicates)


def test_every_stage_takes_values_nearer_to_the_truth():
    truth = backend("exact").expectations(*GIVEN).mean
    for stages, gains in [(STAGES["Readout + ZNE"], (1.5, 20)), (STAGES["EVD"], (1.5, 10))]:
        found = MitigationPipeline(stages).run(NOISY, *GIVEN)
        raw, read, final = ((step.values - truth).abs().mean() for step in found.steps)
        assert raw > gains[0] * read > gains[1] * final


def test_all_stages_together():
    truth = backend("exact").expectations(*GIVEN).mean
    partly = PEC(NOISE.one_wire, NOISE.two_wire, gain=0.5, samples=20)
    for stages in ([partly, ZNE()], [partly, EVD(), Learned(scales=(1,))]):
        found = MitigationPipeline([Readout(), *stages]).run(NOISY, *GIVEN)
        raw, *_, final = ((step.values - truth).abs().mean() for step in found.steps)
        assert raw > 4 * final
        assert len(found.steps) == 2 + len(stages)


def test_on_a_fake_device():
    manila = backend("aer", noise="fake_manila")
    truth = backend("exact").expectations(*GIVEN).mean
    found = MitigationPipeline(STAGES["EVD"]).run(manila, *GIVEN)
    raw = (found.steps[0].values - truth).abs().mean()
    assert raw > 5 * (found.values - truth).abs().mean()


def test_what_two_stages_share_is_run_once(monkeypatch):
    jobs, run = [], pipeline.measured

    def counted(job, *rest):
        jobs.append(job)
        return run(job, *rest)

    monkeypatch.setattr(pipeline, "measured", counted)
    MitigationPipeline((Readout(), ZNE())).run(NOISY, *GIVEN)
    calibrations = [job for job in jobs if not job.circuit.n_inputs]
    assert (len(jobs), len(calibrations)) == (4, 2)
    assert sum(job.share for job in jobs) == pytest.approx(1 + 2 * 0.15 * (3 * 2) ** 0.5)


def test_reading_rightly_takes_no_more_settings():
    circuit = replace(CIRCUIT, observables=(pauli("Z"), pauli("XX"), pauli("Z", (1,))))
    found = MitigationPipeline([Readout()]).run(NOISY, circuit, ROWS, WEIGHTS)
    assert found.circuits == 2 * len(ROWS) + 2


@CASES
@pytest.mark.parametrize("n_rows", [1, 3, 40])
@pytest.mark.parametrize("shots", [700, 1023, 20_000])
def test_the_budget_is_kept_and_used(stages, n_rows, shots):
    rows = ROWS[:1].expand(n_rows, -1)
    found = MitigationPipeline(stages).run(NOISY, CIRCUIT, rows, WEIGHTS, shots=shots)
    budget = shots * n_rows * len(measurements(z_each(3) + OBSERVABLES[2:4]))
    assert 0.95 * budget <= found.shots <= budget


@CASES
@pytest.mark.parametrize("n_rows", [1, 3])
def test_the_least_budget_is_what_its_message_says(stages, n_rows):
    made, rest = MitigationPipeline(stages), (CIRCUIT, ROWS[:n_rows], WEIGHTS)
    with pytest.raises(ConfigError, match="got 1 shots: expected at least") as caught:
        made.run(NOISY, *rest, shots=1)
    least = int(re.search(r"at least (\d+)", str(caught.value)).group(1))
    with pytest.raises(ConfigError, match=f"at least {least} "):
        made.run(NOISY, *rest, shots=least - 1)
    with suppress(CircuitError):  # there are shots, but they say too little of a calibration
        made.run(NOISY, *rest, shots=least)


@CASES
def test_a_seed_is_a_result(stages):
    one, again, other = (
        MitigationPipeline(stages).run(NOISY, *GIVEN, shots=4000, seed=seed) for seed in (1, 1, 2)
    )
    assert torch.equal(one.replicates, again.replicates)
    assert torch.equal(one.values, again.values)
    assert not torch.equal(one.values[:, :-1], other.values[:, :-1])
    assert len(one.replicates) == 200
    torch.testing.assert_close(one.errors, one.replicates.std(0))


def test_measurements_and_their_replicates_are_not_drawn_alike():
    noisy = backend("aer", noise=NOISE)  # draws as replicates are drawn
    exact = noisy.expectations(*GIVEN).mean
    found = MitigationPipeline().run(noisy, *GIVEN, shots=4000)
    off, again = found.values - exact, found.replicates[0] - found.values
    moved = torch.stack([off[:, :-1].flatten(), again[:, :-1].flatten()])
    assert torch.corrcoef(moved)[0, 1] < 0.8


@pytest.mark.parametrize("stages", [(), *list(STAGES.values())[1:]], ids=STAGES)
def test_derivatives(stages):
    circuit = replace(CIRCUIT, observables=OBSERVABLES[1:5:2])

    def values(rows, weights):
        return MitigationPipeline(stages).run(NOISY, circuit, rows, weights).values

    leaves = ROWS[:1].clone().requires_grad_(), WEIGHTS.clone().requires_grad_()
    assert torch.autograd.gradcheck(values, leaves, fast_mode=True)


@pytest.fixture
def simulated_once(monkeypatch):
    """Circuits that only shots tell apart are simulated the first time alone."""
    known, exact = {}, Exact._exact

    def once(self, circuit, inputs, weights):
        key = circuit, inputs.numpy().tobytes()
        if key not in known:
            known[key] = exact(self, circuit, inputs, weights)
        return known[key]

    monkeypatch.setattr(Exact, "_exact", once)


@pytest.mark.slow
@pytest.mark.usefixtures("simulated_once")
@pytest.mark.parametrize("case", ["raw", "Readout", "Readout + ZNE", "EVD"])
def test_intervals_hold_the_exact_values_that_shots_scatter_around(case):
    made, few = MitigationPipeline(STAGES[case]), (CIRCUIT, ROWS[:1], WEIGHTS)
    middle = made.run(NOISY, *few).values[0, :-1]
    runs = [made.run(NOISY, *few, shots=4000, seed=7919 * seed) for seed in range(300)]
    values, errors = (
        torch.cat(each)[:, :-1] for each in zip(*((r.values, r.errors) for r in runs), strict=True)
    )
    held = ((values - middle).abs() < 1.96 * errors).double().mean()
    print(f"{case}: 95 % intervals hold {held:.3f}; {held_truth(values, errors):.3f} of the truth")
    assert 0.92 < held < 0.98


def held_truth(values, errors):
    quiet = backend("exact").expectations(CIRCUIT, ROWS[:1], WEIGHTS).mean[0, :-1]
    return ((values - quiet).abs() < 1.96 * errors).double().mean()


def test_the_table_and_the_notes():
    found = MitigationPipeline(STAGES["EVD"]).run(NOISY, *GIVEN, shots=4000)
    table = found.table
    assert list(table) == [
        "after",
        "row",
        "observable",
        "value",
        "standard error",
        "lo-95",
        "hi-95",
    ]
    assert len(table) == 3 * 3 * len(OBSERVABLES)
    assert list(table["observable"][:6]) == ["Z0", "Z1", "X0 X1", "Y2 X0", "|01>", "I"]
    last = table[table["after"] == "ExponentialExtrapolation"]
    assert last["value"].tolist() == pytest.approx(found.values.flatten().tolist())
    width = 2 * 1.959964 * last["standard error"]
    assert (last["hi-95"] - last["lo-95"]).tolist() == pytest.approx(width.tolist())
    ran, said = found.notes
    who = r"Readout \+ ExponentialExtrapolation on exact, simulated"
    assert re.fullmatch(rf"{who}: 14 circuits, {found.shots:,} shots, .* s", ran)
    assert said.startswith("ExponentialExtrapolation: rate 0.")
    one = MitigationPipeline().run(NOISY, CIRCUIT, ROWS[:1], WEIGHTS)
    assert "row" not in one.table
    assert ": 2 circuits, exact probabilities" in one.notes[0]


def test_of_a_wide_circuit_few_outcomes_are_looked_at_together():
    n = 10
    neighbours = tuple(pauli("ZZ", (wire, wire + 1)) for wire in range(n - 1))
    wide = Circuit(n, angle(n), (*z_each(n), *neighbours, pauli("Z" * 7, tuple(range(7)))))
    rows = torch.linspace(0.2, 2.9, n).double()[None]
    parts = measuring.looked_at(wide.observables, range(2 * n), measuring.TOGETHER)
    assert sorted(k for part in parts for k in part.positions) == list(range(2 * n))
    assert [len(part.wires) for part in parts] == [7, 4]
    wider = Circuit(40, (), z_each(40))
    parts = measuring.looked_at(wider.observables, range(40), measuring.TOGETHER)
    assert [len(part.wires) for part in parts] == [6] * 6 + [4]
    pipeline = MitigationPipeline([Readout()])
    found = pipeline.run(backend("exact"), wide, rows, WEIGHTS[:0], shots=4000)
    exact = backend("exact").expectations(wide, rows, WEIGHTS[:0]).mean
    assert found.circuits == 3
    assert bool(((found.values - exact).abs() < 4.5 * found.errors + 1e-3).all())


@pytest.mark.parametrize(
    ("stages", "message"),
    [
        (
            [ZNE(), PEC((depolarising(0.01),), gain=0.5)],
            "expected Readout, PEC, one extrapolation, Learned",
        ),
        ([Learned(), Readout()], "got Learned, Readout: expected Readout, PEC"),
        ([Learned(scales=(1,)), ZNE()], "expected Readout, PEC, one extrapolation, Learned"),
        ([PEC((depolarising(0.01),)), ZNE()], "got PEC with gain=0 and ZNE: expected one of them"),
        ([EVD(), Learned()], "got Learned with several scales and Exponential"),
        ([ZNE(), Readout()], "got ZNE, Readout: .* Readout inverts what is read"),
        ([Readout(), Readout()], "got Readout, Readout: expected Readout, PEC"),
        ([ZNE(), EVD()], "got ZNE, ExponentialExtrapolation: .* leaves no noise to a second"),
        ([ZNE(), ZNE()], "got ZNE, ZNE: expected Readout, PEC, one extrapolation"),
        ([Readout], "stage 0 is <class .*Readout'>: expected one such as"),
    ],
)
def test_orders_that_make_no_sense(stages, message):
    with refused(ConfigError, message):
        MitigationPipeline(stages)


@pytest.mark.parametrize(
    ("change", "message"),
    [
        ({"circuit": Circuit(2, amplitude(2), z_each(2)), "inputs": torch.ones(1, 4)}, "amplitude"),
        ({"circuit": Circuit(3, angle(3), (pauli("III"),))}, "0 settings .* identity alone"),
        ({"inputs": ROWS[:0]}, "got 0 rows"),
        ({"circuit": Circuit(13, angle(3), (pauli("Z" * 13),))}, "observable on 13 wires"),
        ({"shots": 0}, "shots: expected a whole number from 1"),
        ({"seed": -1}, "seed: expected a whole number from 0"),
        ({"inputs": ROWS * torch.nan}, "inputs are not all finite"),
        ({"weights": WEIGHTS}, "the circuit reads 0 weights"),
    ],
)
def test_what_cannot_be_run(change, message):
    given = {"circuit": Circuit(3, angle(3), z_each(3)), "inputs": ROWS, "weights": WEIGHTS[:0]}
    given["inputs"] = change.get("inputs", ROWS).double()
    with refused(CircuitError, message):
        MitigationPipeline([Readout()]).run(NOISY, **given | change | {"inputs": given["inputs"]})


def test_gains_need_a_noise_that_is_known():
    with refused(CircuitError, "aer .* to the power of 1.5: fold the circuit"):
        MitigationPipeline(STAGES["channel"]).run(backend("aer", noise="fake_manila"), *GIVEN)
    damped = backend("exact", noise=NoiseModel(one_wire=(amplitude_damping(0.01),)))
    MitigationPipeline(STAGES["channel"]).run(damped, *GIVEN)
