"""Recall circuits against the closed forms, by the NumPy reference and by our state vectors."""

import warnings
from dataclasses import replace
from math import sqrt

import numpy as np
import pytest
import torch
from numpy.polynomial.chebyshev import Chebyshev
from steps import general_success
from unitary import bit_rows, final_state, unitary

from qmann_core.circuits import Operation, Projector, probabilities
from qmann_core.errors import CircuitError
from qmann_core.interop import from_openqasm, to_openqasm
from qmann_core.memory.hardware import (
    Contents,
    Hard,
    Soft,
    amplify,
    grover,
    phase_oracle,
    prepare,
    recall_circuit,
)
from qmann_core.memory.keys.predicates import Equal, Masked, Within, as_bits
from qmann_core.memory.search import exact_schedule, fixed_point_phases
from qmann_core.simulation import compile_circuit
from qmann_core.simulation.reference import observable_matrix

BITS = np.array([[0, 0, 1], [1, 0, 1], [0, 0, 1], [1, 1, 1], [1, 0, 0]], dtype=np.uint8)
ADDRESSES = np.array([6, 0, 3, 5, 2])
HARD = [
    Equal((0, 0, 1)),
    Masked((0, 0, 1), (0, 1, 1)),
    Equal((0, 1, 1)),
    Masked((0,) * 3, (0,) * 3),
]
QUERIES = {
    ("basis", 1): (1, 0, 1),
    ("amplitude", 1): (0.3, -1.2, 0.8, 0.5),
    ("amplitude", 2): (0.4, -1.0),
    ("angle", 1): (0.3, -0.8, 1.9),
    ("iqp", 1): (0.3, -0.8, 1.1),
}


def read_out(contents, asked, probabilities):
    """P(address and success), from the probability of every outcome of the recall circuit."""
    n_keys = len(contents.layout.key_wires)
    table = probabilities.reshape(2**contents.n_address, 2**n_keys, -1).sum(axis=2)
    if not isinstance(asked, Hard):
        return table[:, 0]
    return table[:, asked.predicate.matches(bit_rows(n_keys).astype(np.uint8))].sum(axis=1)


def contents_for(encoding, copies, query):
    """Five keys, the first of them near to the query."""
    if encoding == "basis":
        return Contents("basis", ADDRESSES, BITS, 3)
    rng = np.random.default_rng(3)
    keys = rng.normal(size=(5, len(query)))
    keys[0] = np.array(query) * 1.1 + 0.1
    return Contents(encoding, ADDRESSES, keys, 3, copies)


def iqp_state(x):
    """PennyLane's definition, as phases between Hadamard transforms."""
    size = 2 ** len(x)
    bits = bit_rows(len(x))
    hadamard = (-1.0) ** (bits @ bits.T) / sqrt(size)
    signs = 1 - 2.0 * bits
    pairs = ((signs @ x) ** 2 - (signs**2 @ x**2)) / 2
    turn = np.diag(np.exp(-0.5j * (signs @ x + pairs)))
    return turn @ hadamard @ turn @ hadamard[:, 0]


def fidelities(contents, query):
    keys, query = np.asarray(contents.keys, dtype=float), np.array(query, dtype=float)
    if contents.encoding == "basis":
        plain = (keys == query).all(axis=1).astype(float)
    elif contents.encoding == "amplitude":
        plain = (keys @ query) ** 2 / (keys**2).sum(axis=1) / (query**2).sum()
    elif contents.encoding == "angle":
        plain = np.cos((keys - query) / 2).prod(axis=1) ** 2
    else:
        asked = iqp_state(query)
        plain = np.array([abs(np.vdot(asked, iqp_state(key))) ** 2 for key in keys])
    return plain**contents.copies


def step(fidelity, threshold, length):
    """g(F) from its formula; its limit where the threshold is 1."""
    if threshold == 1:
        return 1 - (1 - fidelity) ** length
    wide, cheb = sqrt(1 - threshold), Chebyshev.basis(length)
    return 1 - (cheb(np.sqrt(1 - fidelity) / wide) / cheb(1 / wide)) ** 2


def closed_form(contents, good, success):
    """P(address and success): every address in proportion to how good it is."""
    expected = np.zeros(2**contents.n_address)
    if success:
        expected[contents.addresses] = success * good / good.sum()
    return expected


def rotated(p0, iterations):
    return np.sin((2 * iterations + 1) * np.arcsin(sqrt(p0))) ** 2


def by_reference(contents, asked, phases, **options):
    circuit = recall_circuit(contents, asked, phases, **options)
    assert circuit.n_wires <= 8
    return circuit, read_out(contents, asked, np.abs(final_state(circuit)) ** 2)


def assert_recalls(contents, asked, good, iterations, **options):
    circuit, found = by_reference(contents, asked, grover(iterations), **options)
    success = rotated(good.mean(), iterations)
    np.testing.assert_allclose(found, closed_form(contents, good, success), atol=1e-9)
    if isinstance(circuit.observables[0], Projector):
        projector = observable_matrix(circuit.observables[0], circuit.n_wires)
        psi = final_state(circuit)
        measured = np.vdot(psi, projector @ psi).real
        np.testing.assert_allclose(measured, success, atol=1e-9)


@pytest.mark.parametrize("iterations", [0, 1])
@pytest.mark.parametrize(("encoding", "copies"), QUERIES)
def test_soft(encoding, copies, iterations):
    query = QUERIES[encoding, copies]
    contents = contents_for(encoding, copies, query)
    assert_recalls(contents, Soft(np.array(query)), fidelities(contents, query), iterations)


@pytest.mark.parametrize("iterations", [0, 2])
@pytest.mark.parametrize("predicate", HARD, ids=str)
def test_hard(predicate, iterations):
    contents = Contents("basis", ADDRESSES, BITS, 3)
    good = predicate.matches(BITS).astype(float)
    assert_recalls(contents, Hard(predicate), good, iterations)


@pytest.mark.parametrize(("distance", "n_work"), [(0, 2), (1, "fewest"), (2, "ladder")])
def test_hard_by_distance(distance, n_work):
    contents = Contents("basis", np.array([0, 3, 1]), BITS[:3], 2)
    predicate = Within((1, 0, 0), distance)
    good = predicate.matches(BITS[:3]).astype(float)
    assert_recalls(contents, Hard(predicate), good, 1, n_work=n_work)


@pytest.mark.parametrize(("threshold", "length"), [(0.5, 5), (0.9, 1), (1, 3)])
@pytest.mark.parametrize(("encoding", "copies"), [("amplitude", 1), ("amplitude", 2), ("iqp", 1)])
def test_threshold(encoding, copies, threshold, length):
    query = QUERIES[encoding, copies][:2] if encoding == "iqp" else QUERIES[encoding, copies]
    contents = contents_for(encoding, copies, query)
    good = step(fidelities(contents, query), threshold, length)
    asked = Soft(np.array(query), float(threshold), length)
    assert_recalls(contents, asked, good, iterations=1)


def test_exact_and_fixed_point_schedules():
    query = QUERIES["amplitude", 1]
    contents, asked = contents_for("amplitude", 1, query), Soft(np.array(query))
    good = fidelities(contents, query)
    exact, steady = exact_schedule(good.mean()).phases, fixed_point_phases(5, 0.3)
    for phases, success in ((exact, 1.0), (steady, general_success(good.mean(), steady))):
        _, found = by_reference(contents, asked, phases)
        np.testing.assert_allclose(found, closed_form(contents, good, success), atol=1e-9)


@pytest.mark.parametrize("encoding", ["amplitude", "basis"])
def test_one_entry(encoding):
    keys = np.array([[1, 0]])
    contents = Contents(encoding, np.array([2]), keys, 2)
    _, found = by_reference(contents, Soft(np.array([1, 0])), grover(0))
    np.testing.assert_allclose(found, [0, 0, 1, 0], atol=1e-12)


# 8 address wires; 13 wires in all, from which on the compiler makes one program only
LARGE = {
    "soft": lambda: (Soft(np.array([0.4, 1.0, -0.7, 0.2])), 1),
    "hard": lambda: (Hard(Equal((1, 0, 1))), 1),
    "threshold": lambda: (Soft(np.array([0.4, 1.0]), 0.5, 3), 1),
}


@pytest.mark.parametrize("mode", LARGE)
def test_many_addresses_by_state_vectors(mode):
    asked, iterations = LARGE[mode]()
    rng = np.random.default_rng(5)
    addresses = rng.permutation(256)[:200]
    if isinstance(asked, Hard):
        contents = Contents("basis", addresses, rng.integers(0, 2, (200, 3)).astype(np.uint8), 8)
        good = asked.predicate.matches(contents.keys).astype(float)
    else:
        encoding = "amplitude" if asked.length == 1 else "angle"
        keys = rng.normal(size=(200, len(asked.query)))
        contents = Contents(encoding, addresses, keys, 8)
        good = fidelities(contents, asked.query)
    if isinstance(asked, Soft) and asked.length > 1:
        good = step(good, asked.threshold, asked.length)
    n_work = 13 - contents.layout.n_wires
    circuit = recall_circuit(contents, asked, grover(iterations), n_work=n_work)
    used = tuple(range(contents.layout.n_wires))
    none = torch.zeros(0, dtype=torch.float64)
    outcomes = compile_circuit(replace(circuit, observables=probabilities(used)))(none, none)
    outcomes = outcomes.numpy()
    expected = closed_form(contents, good, rotated(good.mean(), iterations))
    np.testing.assert_allclose(read_out(contents, asked, outcomes), expected, atol=1e-9)


def test_the_example_of_ventura_and_martinez():
    """Six patterns, amplified about their own superposition: 0.9074 after one iterate."""
    patterns = ("0000", "0011", "0110", "1001", "1100", "1111")
    wires = (0, 1, 2, 3)
    preparation = prepare(np.array([int(each, 2) for each in patterns]), 4)
    asked = Equal(as_bits("0110"))

    def oracle(angle):
        return phase_oracle(asked, wires, (), angle)

    made = unitary(amplify(preparation, oracle, wires, grover(1)), 4)[:, 0]
    np.testing.assert_allclose(abs(made[0b0110]) ** 2, 0.9074, atol=5e-5)
    np.testing.assert_allclose(abs(made[0b0110]) ** 2, rotated(1 / 6, 1), atol=1e-12)


def test_any_preparation_and_any_oracle():
    """Odd parity of two wires is no predicate of ours; the start is an entangled state."""
    turns = (Operation("Rot", (0,), (0.3, 0.7, 0.1)), Operation("CRY", (0, 1), (0.9,)))
    preparation = (*turns, Operation("T", (1,)), Operation("ISWAP", (1, 0)))
    cnot = Operation("CNOT", (0, 1))

    def oracle(angle):
        return (cnot, Operation("PhaseShift", (1,), (angle,)), cnot)

    start = unitary(preparation, 2)[:, 0]
    p0 = float((np.abs(start[[1, 2]]) ** 2).sum())
    for phases in (grover(1), grover(3), exact_schedule(p0).phases, ((0.4, -1.1), (2.0, 0.3))):
        made = unitary(amplify(preparation, oracle, (0, 1), phases), 2)[:, 0]
        success = (np.abs(made[[1, 2]]) ** 2).sum()
        np.testing.assert_allclose(success, general_success(p0, np.array(phases)), atol=1e-12)


def test_through_openqasm():
    query = np.array(QUERIES["iqp", 1][:2])
    contents = contents_for("iqp", 1, query)
    circuit = recall_circuit(contents, Soft(query, 0.5, 3), exact_schedule(0.4).phases)
    again = from_openqasm(to_openqasm(circuit))
    assert again.n_wires == circuit.n_wires
    overlap = np.vdot(final_state(circuit), final_state(again))
    np.testing.assert_allclose(abs(overlap), 1, atol=1e-12)


def test_qiskit_runs_it():
    qasm3 = pytest.importorskip("qiskit.qasm3")
    exceptions = pytest.importorskip("qiskit.exceptions")
    info = pytest.importorskip("qiskit.quantum_info")
    contents, asked = Contents("basis", ADDRESSES, BITS, 3), Hard(Masked((1, 0, 0), (1, 1, 0)))
    circuit = recall_circuit(contents, asked, grover(1))
    with warnings.catch_warnings():
        warnings.simplefilter("ignore", exceptions.ExperimentalWarning)
        made = qasm3.loads_experimental(to_openqasm(circuit)).reverse_bits()
    outcomes = np.abs(info.Statevector(made).data) ** 2
    expected = closed_form(contents, asked.predicate.matches(BITS).astype(float), rotated(0.4, 1))
    np.testing.assert_allclose(read_out(contents, asked, outcomes), expected, atol=1e-9)


def test_what_is_measured():
    contents = Contents("basis", ADDRESSES, BITS, 3)

    def first(asked):
        return recall_circuit(contents, asked, ()).observables[0]

    assert first(Soft(np.array([1, 0, 1]))) == Projector("000", (3, 4, 5))
    assert first(Hard(Masked((1, 0, 1), (1, 0, 1)))) == Projector("11", (3, 5))
    for everything in (Masked((1, 0, 1), (0, 0, 0)), Within((1, 0, 1), 1)):
        circuit = recall_circuit(contents, Hard(everything), ())
        assert [each.wires for each in circuit.observables] == [(0,), (1,), (2,)]


def test_a_circuit_that_is_too_long():
    keys = np.zeros((4, 3))
    contents = Contents("angle", np.arange(4), keys, 2)
    with pytest.raises(CircuitError, match=r"would have \d+ gates, more than 2000000; count them"):
        recall_circuit(contents, Soft(np.zeros(3)), grover(30_000))
