"""The linter against numerical derivatives, closed forms and a published table."""

from itertools import product
from math import pi
from random import Random

import numpy as np
import pytest
import torch
from hypothesis import given, settings
from hypothesis import strategies as st

from qmann_core.circuits import (
    ANSATZE,
    ENCODINGS,
    GATES,
    Circuit,
    Input,
    Observable,
    Operation,
    Projector,
    Weight,
    amplitude,
    angle,
    basic_entangler,
    chen_v0,
    compose,
    hadamard_angle,
    hardware_efficient,
    pauli,
    probabilities,
    strongly_entangling,
    symbols,
    z_each,
)
from qmann_core.errors import CircuitError
from qmann_core.lint import Finding, gate_ceiling, gate_range, lint
from qmann_core.lint.evidence import collect, slopes, verdicts
from qmann_core.lint.idle import is_idle
from qmann_core.lint.paths import walk
from qmann_core.lint.steps import angle as steps_angle
from qmann_core.lint.steps import program
from qmann_core.lint.support import forwards, measured
from qmann_core.simulation.reference import expectations


def on(gate, *wires, at=()):
    return Operation(gate, wires, at)


def made(*operations, n_wires=1, observables=None):
    return Circuit(n_wires, operations, observables or z_each(n_wires))


def found(circuit, code, **options):
    """All subjects with that code, and the first message."""
    findings = [finding for finding in lint(circuit, **options) if finding.code == code]
    subjects = {index for finding in findings for index in finding.subjects}
    return subjects, findings[0].message if findings else None


def published(encoding, variational, entangler):
    """A circuit of arXiv:2508.14955: H, encoding, then twice CNOTs and variational gates."""
    layers = [
        (*entangler, *(on(variational, wire, at=(Weight(wire),)) for wire in range(4)))
        for _ in range(2)
    ]
    encoded = tuple(on(encoding, wire, at=(Input(wire),)) for wire in range(4))
    hadamards = tuple(on("H", wire) for wire in range(4))
    return Circuit(4, compose(hadamards + encoded, *layers), z_each(4))


RING = [on("CNOT", wire, (wire + 1) % 4) for wire in range(4)]
BRICKS = [on("CNOT", *pair) for pair in ((0, 1), (2, 3), (1, 2))]


@pytest.mark.parametrize("entangler", [RING, BRICKS], ids=["ring", "bricks"])
@pytest.mark.parametrize(
    ("name", "encoding", "variational", "is_blind"),
    [
        ("C1", "RY", "RY", False),
        ("C2", "RZ", "RY", False),
        ("C3", "RZ", "RZ", True),
        ("C4", "RY", "RZ", False),
        ("C5", "RX", "RZ", True),
        ("C6", "RX", "RY", True),
    ],
)
def test_the_published_circuits_that_predict_a_constant_are_blind(
    name, encoding, variational, is_blind, entangler
):
    subjects, message = found(published(encoding, variational, entangler), "blind-input")
    assert subjects == ({0, 1, 2, 3} if is_blind else set())
    if is_blind:
        assert message.endswith("The circuit returns the same for every sample")
    if encoding == "RX":
        assert "their gates give the state that they act on a phase at most" in message


@pytest.mark.parametrize(
    ("circuit", "code", "subjects", "why"),
    [
        (
            made(*angle(2, axis="Z"), n_wires=2),
            "blind-input",
            {0, 1},
            "inputs 0 and 1 change nothing measured: their gates give the state that they act on",
        ),
        (
            made(on("RY", 0, at=(Weight(0),)), on("RZ", 0, at=(Weight(1),))),
            "dead-weight",
            {1},
            "weight 1 changes nothing measured: its gates commute with everything that is measured",
        ),
        (
            made(on("H", 0), on("RZ", 0, at=(Weight(0),)), on("RZ", 0, at=(Weight(1),))),
            "dead-weight",
            {0, 1},
            "weights 0 and 1 change nothing measured: their gates commute",
        ),
        (
            made(on("RY", 1, at=(Weight(0),)), n_wires=2, observables=z_each(2, 1)),
            "dead-weight",
            {0},
            "from its gates on, nothing that is measured depends on the wires of these; leave",
        ),
        (
            made(on("H", 0), on("RZ", 0, at=(Weight(0),)), observables=(pauli("Y"), pauli("Z"))),
            "dead-weight",
            set(),
            None,
        ),
        (
            made(on("RY", 0, at=(Weight(2),))),
            "dead-weight",
            {0, 1},
            "weights 0 and 1 change nothing measured: no gate reads them",
        ),
        (
            made(on("RY", 0, at=(Weight(0),)), on("RY", 0, at=(-Weight(0),))),
            "dead-weight",
            {0},
            "what its gates change cancels or vanishes",
        ),
        (
            made(on("CRX", 0, 1, at=(Weight(0),)), n_wires=2),
            "dead-weight",
            {0},
            "what its gates change cancels or vanishes",
        ),
        (
            made(on("H", 0), on("RZ", 0, at=(Input(0),)), on("S", 0), observables=(pauli("Z"),)),
            "blind-input",
            {0},
            "its gates commute",
        ),
    ],
)
def test_an_idle_parameter_is_named_with_the_reason(circuit, code, subjects, why):
    indices, message = found(circuit, code)
    assert indices == subjects
    assert why is None or why in message


def test_a_message_in_full():
    message = found(made(on("RY", 0, at=(Weight(1),))), "dead-weight")[1]
    assert message == "weight 0 changes nothing measured: no gate reads it; number it without gaps"


@pytest.mark.parametrize("encoding", sorted(set(ENCODINGS) - {"amplitude", "basis"}))
@pytest.mark.parametrize("ansatz", ANSATZE)
def test_what_we_ship_is_not_blind(encoding, ansatz):
    circuit = Circuit(3, compose(ENCODINGS[encoding](3), ANSATZE[ansatz](3, 2)), z_each(3))
    codes = {finding.code for finding in lint(circuit)}
    assert codes <= {"dead-weight"}  # a turn about Z just before <Z>


# Random circuits


seeds = st.integers(0, 2**32 - 1)


def random_circuit(seed):
    """Any gates on up to 3 wires, with parameters shared, scaled, multiplied and constant."""
    rng = Random(seed)
    n_wires = rng.randint(1, 3)
    fitting = [gate for gate, its in GATES.items() if its.n_wires <= n_wires]
    operations = []
    for gate in rng.choices(fitting, k=rng.randint(1, 9)):
        wires = tuple(rng.sample(range(n_wires), GATES[gate].n_wires))
        angles = tuple(random_parameter(rng) for _ in range(GATES[gate].n_parameters))
        operations.append(Operation(gate, wires, angles))
    observables = tuple(random_observable(rng, n_wires) for _ in range(rng.randint(1, 2)))
    return Circuit(n_wires, tuple(operations), observables)


def random_parameter(rng):
    scaled = rng.choice([1.0, -1.0, 0.5]) * Weight(rng.randint(0, 2)) * Input(0)
    return rng.choice(
        [
            *(Input(rng.randint(0, 1)) for _ in range(2)),
            *(Weight(rng.randint(0, 2)) for _ in range(2)),
            rng.choice([0.0, pi / 2, pi, -pi / 2, 0.7]),
            scaled + rng.choice([0.0, 0.3]),
        ]
    )


def random_observable(rng, n_wires):
    wires = tuple(rng.sample(range(n_wires), rng.randint(1, n_wires)))
    if rng.random() < 0.3:
        return Projector("".join(rng.choice("01") for _ in wires), wires)
    return Observable("".join(rng.choice("XYZ") for _ in wires), wires)


def numeric_slope(circuit, symbol):
    """The largest derivative of any observable at 3 points, by central differences."""
    rng = np.random.default_rng(5)
    largest = 0.0
    for _ in range(3):
        point = [rng.uniform(-3, 3, circuit.n_inputs), rng.uniform(-3, 3, circuit.n_weights)]
        sides = []
        for step in (1e-4, -1e-4):
            moved = [values.copy() for values in point]
            moved[isinstance(symbol, Weight)][symbol.index] += step
            sides.append(expectations(circuit, *moved))
        largest = max(largest, np.abs(sides[0] - sides[1]).max() / 2e-4)
    return largest


@given(seeds)
@settings(max_examples=60, deadline=None)
def test_idle_is_what_has_no_derivative(seed):
    circuit = random_circuit(seed)
    for symbol, verdict in verdicts(collect(circuit, 2**20)).items():
        assert is_idle(verdict) == (numeric_slope(circuit, symbol) < 1e-8), (symbol, verdict)


@given(seeds)
@settings(max_examples=30, deadline=None)
def test_beyond_the_budget_nothing_wrong_is_said(seed):
    circuit = random_circuit(seed)
    truth = verdicts(collect(circuit, 2**20))
    for symbol, verdict in verdicts(collect(circuit, 0)).items():
        if verdict.name != "UNKNOWN":
            assert is_idle(verdict) == is_idle(truth[symbol])


@given(seeds)
@settings(max_examples=30, deadline=None)
def test_what_is_simulated_is_the_circuit(seed):
    circuit = random_circuit(seed)
    rng = np.random.default_rng(seed)
    point = rng.normal(size=circuit.n_inputs), rng.normal(size=circuit.n_weights)
    np.testing.assert_allclose(
        expectations(collect(circuit, 2**20).whole.circuit, *point),
        expectations(circuit, *point),
        atol=1e-12,
    )


def test_slopes_are_derivatives_also_of_amplitudes_and_polynomials():
    rng = np.random.default_rng(0)
    turn = on("RX", 1, at=(0.5 * Weight(0) * Weight(0) * Input(2) - Weight(1),))
    operations = (*amplitude(3), turn, on("CRY", 1, 2, at=(Weight(1),)), on("CSWAP", 1, 0, 2))
    circuit = Circuit(3, operations, (pauli("XZY"), *probabilities((2, 0))))
    inputs, weights = rng.normal(size=8), rng.normal(size=2)
    shares = rng.normal(size=5)
    point = torch.from_numpy(inputs.copy()), torch.from_numpy(weights.copy())
    at_point = slopes(program(circuit), torch.from_numpy(shares), point)
    for vector, kind in ((inputs, Input), (weights, Weight)):
        for index in range(len(vector)):
            sides = []
            for step in (1e-5, -1e-5):
                moved = vector.copy()
                moved[index] += step
                pair = (moved, weights) if kind is Input else (inputs, moved)
                sides.append(shares @ expectations(circuit, *pair))
            numeric = (sides[0] - sides[1]) / 2e-5
            assert at_point[kind(index)] == pytest.approx(numeric, abs=1e-8)


# Encodings of amplitudes


def test_amplitudes_are_seen_but_for_one_alone():
    assert lint(Circuit(2, amplitude(2), z_each(2))) == ()
    subjects, _ = found(Circuit(2, amplitude(2, 1), z_each(2)), "blind-input")
    assert subjects == {0}  # normalised, it is 1 or -1


# Observables and wires


def test_an_observable_that_no_input_changes():
    circuit = made(*angle(1), on("RY", 1, at=(Weight(0),)), n_wires=2)
    for budget in (2**20, 0):
        subjects, message = found(circuit, "blind-observable", budget=budget)
        assert subjects == {1}
        assert "observable 1 does not depend on any input" in message


def test_a_blind_circuit_is_reported_once():
    codes = [finding.code for finding in lint(published("RX", "RY", RING))]
    assert codes == ["blind-input"]


def test_a_wire_outside_every_light_cone_is_redundant():
    operations = (*angle(3), on("CNOT", 0, 1), on("CNOT", 1, 2))
    subjects, message = found(Circuit(3, operations, z_each(3, 2)), "redundant-wire")
    assert subjects == {2}
    assert "nothing that is measured depends on it and the gates on it" in message


def test_a_control_that_is_never_on_is_redundant():
    operations = (*angle(1), on("RZ", 1, at=(Weight(0),)), on("CNOT", 1, 0))
    circuit = Circuit(2, operations, z_each(2, 1))
    subjects, message = found(circuit, "redundant-wire")
    assert subjects == {1}
    assert "all values are the same without it and the gates on it" in message
    kept = Circuit(2, operations[:1], z_each(2, 1))
    at = np.array([0.3])
    np.testing.assert_allclose(expectations(kept, at, at), expectations(circuit, at, at))


def test_a_wire_that_matters_is_not_redundant():
    operations = (*angle(2), on("CNOT", 1, 0))
    assert lint(Circuit(2, operations, z_each(2, 1))) == ()


def test_without_observables_everything_is_idle():
    circuit = Circuit(2, (*angle(2), on("RY", 0, at=(Weight(0),))), ())
    assert {f.code: f.subjects for f in lint(circuit)} == {
        "blind-input": (0, 1),
        "dead-weight": (0,),
        "redundant-wire": (0, 1),
    }


# What is beyond the budget


def test_proofs_and_witnesses_need_no_budget():
    circuit = Circuit(16, compose(angle(16), hardware_efficient(16, 1)), z_each(16))
    findings = lint(circuit, budget=0)
    assert [finding.code for finding in findings] == ["dead-weight"]
    assert findings[0].subjects == tuple(range(48, 64))  # the last RZ on every wire


def test_what_may_cancel_is_not_decided_beyond_the_budget():
    circuit = made(*angle(1), on("RY", 0, at=(Weight(0),)), on("RY", 0, at=(Weight(0),)))
    assert lint(circuit) == ()
    (finding,) = lint(circuit, budget=7)
    assert (finding.code, finding.subjects) == ("not-decided", ())
    assert (
        "not decided: input 0; weight 0; observable 0. That takes simulating 2**3"
        in finding.message
    )
    assert "the budget is 7" in finding.message


def test_wires_that_may_be_redundant_are_named_beyond_the_budget():
    (finding,) = lint(Circuit(2, (*angle(2), on("CNOT", 1, 0)), z_each(2, 1)), budget=0)
    assert "not decided: wire 1. That" in finding.message


def test_a_narrow_cone_of_a_wide_circuit_is_simulated():
    twice = compose(angle(40), basic_entangler(40, 1), angle(40))
    chain = tuple(o for o in twice if o.gate != "CNOT" or o.wires[0] < o.wires[1])
    circuit = Circuit(40, chain, (pauli("Z", (2,)),))
    assert found(circuit, "not-decided") == (set(), None)
    assert found(circuit, "blind-input")[0] == set(range(4, 40))


# Barren plateaus


def test_the_variance_of_a_product_of_cosines():
    circuit = made(
        *(on("RY", wire, at=(Weight(wire),)) for wire in range(6)),
        n_wires=6,
        observables=(pauli("Z" * 6),),
    )
    steps = program(circuit)
    letters = measured(circuit.observables[0], 6)
    rng = np.random.default_rng(0)
    variances, _ = walk(steps, letters, forwards(steps), rng, 64)
    np.testing.assert_array_equal(variances, np.full(6, 2.0**-6))  # E[sin^2] E[cos^2]^5


def test_sampled_variances_are_the_mean_squares_of_derivatives():
    # a squared derivative has frequencies up to 2, so its mean is that of 3 points for every angle
    first = (on("RY", 0, at=(Weight(0),)), on("RX", 1, at=(Weight(1),)), on("CNOT", 0, 1))
    then = (on("RZ", 0, at=(Weight(2),)), on("T", 1), on("RY", 1, at=(Weight(3),)), on("CZ", 0, 1))
    circuit = Circuit(2, (*first, *then, on("RX", 0, at=(Weight(4),))), (pauli("ZX"),))
    steps, rng = program(circuit), np.random.default_rng(0)
    letters = measured(circuit.observables[0], 2)
    variances, _ = walk(steps, letters, forwards(steps), rng, 40_000)
    turns = [k for k, step in enumerate(steps.operations) if symbols(steps_angle(step))]
    squares = []
    for angles in product((0.1, 0.1 + 2 * pi / 3, 0.1 + 4 * pi / 3), repeat=5):
        weights = torch.tensor(angles, dtype=torch.float64)
        at_point = slopes(
            steps, torch.ones(1, dtype=torch.float64), (torch.empty(0).double(), weights)
        )
        squares.append([at_point[Weight(k)] ** 2 for k in range(5)])
    np.testing.assert_allclose(variances[turns], np.mean(squares, axis=0), atol=0.01)


def test_many_wires_measured_at_once_are_a_barren_plateau():
    circuit = Circuit(12, compose(angle(12), hardware_efficient(12, 1)), (pauli("Z" * 12),))
    subjects, message = found(circuit, "barren-plateau")
    assert subjects == {0}
    assert "because 12 wires are measured at once; measure few wires at a time" in message
    outcome = Circuit(
        12, compose(angle(12), hardware_efficient(12, 1)), (Projector("0" * 12, tuple(range(12))),)
    )
    assert found(outcome, "barren-plateau")[0] == {0}


def test_a_deep_circuit_on_many_wires_is_a_barren_plateau():
    circuit = Circuit(12, compose(angle(12), strongly_entangling(12, 4)), z_each(12, 2))
    subjects, message = found(circuit, "barren-plateau")
    assert subjects == {0, 1}
    assert "because the gates spread what is measured over 9 of 12 wires" in message
    assert "start from small angles or identity blocks" in message


@pytest.mark.parametrize(
    ("n_wires", "observables"),
    [(4, z_each(4)), (6, z_each(6)), (12, z_each(12)), (8, probabilities((0, 1, 2)))],
)
def test_a_shallow_local_circuit_is_none(n_wires, observables):
    circuit = Circuit(n_wires, compose(hadamard_angle(n_wires), chen_v0(n_wires, 2)), observables)
    assert found(circuit, "barren-plateau")[0] == set()


# Gates of a recurrent cell


def test_the_range_of_a_gate():
    assert gate_range("sigmoid") == pytest.approx((0.268941421, 0.731058579))
    assert gate_range("tanh") == pytest.approx((-0.761594156, 0.761594156))
    assert gate_range("sigmoid", -3.0, 1.0) == pytest.approx((0.119202922, 0.982013790))
    assert gate_range("sigmoid", low=0.0) == pytest.approx((0.5, 0.731058579))


def test_the_published_gate_has_a_ceiling_and_the_scaled_one_does_not():
    finding = gate_ceiling("sigmoid", subjects=(0,))
    assert finding == Finding("gate-ceiling", (0,), finding.message)
    assert finding.message.startswith(
        "sigmoid(<O>) with <O> in [-1, 1] is confined to [0.269, 0.731], and a memory behind it "
        "keeps at most 0.731**t over t steps"
    )
    assert gate_ceiling("tanh") is not None
    assert gate_ceiling("sigmoid", 3.0) is None
    assert gate_ceiling("sigmoid", 3.0, 1.0) is None
    assert gate_ceiling("tanh", 3.0) is None


def test_ceilings_are_found_where_an_activation_is_given():
    circuit = Circuit(2, angle(2), (*z_each(2), Projector("1", (0,))))
    assert lint(circuit) == ()
    findings = lint(circuit, activation="sigmoid", scale=3.0)
    assert [(f.code, f.subjects) for f in findings] == [("gate-ceiling", (2,))]
    assert "with <O> in [0, 1] is confined to [0.500, 0.953]" in findings[0].message
    assert {f.subjects for f in lint(circuit, activation="tanh")} == {(0, 1), (2,)}


def test_an_unknown_activation_is_refused():
    with pytest.raises(CircuitError, match="activation is 'sigmoid' or 'tanh', got 'relu'"):
        gate_range("relu")


def test_indices_are_written_short():
    circuit = made(on("RY", 0, at=(Weight(30),)), on("RY", 0, at=(Weight(4),)))
    assert "weights 0..3 and 5..29 change" in found(circuit, "dead-weight")[1]
    gaps = made(*(on("RY", 0, at=(Weight(3 * k),)) for k in range(12)))
    assert (
        "weights 1, 2, 4, 5, 7, 8, 10, 11, 13, 14, 16, 17 and 10 others"
        in (found(gaps, "dead-weight")[1])
    )
