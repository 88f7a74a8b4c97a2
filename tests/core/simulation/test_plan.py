"""Plans against the reference, autograd against finite differences, and what plans refuse."""

import copy
import inspect
import pickle
from itertools import combinations, product

import numpy as np
import pennylane as qml
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
    Operation,
    Weight,
    amplitude,
    angle,
    chen_v0,
    compose,
    hadamard_angle,
    hardware_efficient,
    iqp,
    pauli,
    qaoa,
    reuploading,
    strongly_entangling,
    z_each,
)
from qmann_core.errors import CircuitError
from qmann_core.simulation import compile_circuit
from qmann_core.simulation.reference import expectations, state

STRATEGIES = ("kernel", "fused", "gates", "adjoint")
DRESSED = Circuit(3, compose(angle(3), strongly_entangling(3, 2)), z_each(3))


def normal(*shape, seed=0, dtype=torch.float64):
    generator = torch.Generator().manual_seed(seed)
    return torch.randn(*shape, generator=generator, dtype=dtype)


def oracle(circuit, inputs, weights):
    """The reference for every row of inputs and of weights: (row, row, observable)."""
    return np.array(
        [[expectations(circuit, x, w) for w in weights.numpy()] for x in inputs.numpy()]
    )


def words(n):
    """Z on every wire, and words that need more than probabilities."""
    ends = (pauli("YX", (0, n - 1)), pauli("YY", (n - 1, 0))) if n > 1 else (pauli("Y"),)
    return (*z_each(n), pauli("X", (n - 1,)), *ends)


SIZES = range(1, 9)
PAIRED = [  # a Latin square: each encoding with each size and each ansatz
    (n, list(ENCODINGS)[(n + number) % len(ENCODINGS)], ansatz)
    for n, (number, ansatz) in product(SIZES, enumerate(ANSATZE))
]


def test_every_two_of_size_encoding_and_ansatz_meet():
    for one, other in combinations(range(3), 2):
        met = {(case[one], case[other]) for case in PAIRED}
        axes = (SIZES, ENCODINGS, ANSATZE)
        assert met == set(product(axes[one], axes[other]))


@pytest.mark.parametrize(("n", "encoding", "ansatz"), PAIRED)
def test_every_strategy_agrees_with_the_reference(encoding, ansatz, n):
    circuit = Circuit(n, compose(ENCODINGS[encoding](n), ANSATZE[ansatz](n, 2)), words(n))
    rows = 2 if n < 6 else 1
    inputs, weights = normal(rows, circuit.n_inputs), normal(rows, circuit.n_weights, seed=1)
    expected = oracle(circuit, inputs, weights)
    rereads = encoding == "iqp" or ansatz == "qaoa"
    for strategy in STRATEGIES:
        if rereads and strategy == "fused":
            continue
        values = compile_circuit(circuit, strategy=strategy)(inputs, weights)
        np.testing.assert_allclose(values.numpy(), expected, atol=1e-10)


PARAMETER = st.tuples(st.sampled_from("iwc"), st.integers(0, 2))
CHOICE = st.tuples(
    st.sampled_from(sorted(GATES)), st.permutations(range(3)), st.lists(PARAMETER, min_size=3)
)
LETTERS = st.text("IXYZ", min_size=3, max_size=3)


def chosen(gate, wires, parameters):
    kinds = {"i": Input, "w": Weight, "c": lambda index: 0.4 * index - 0.5}
    n_wires, n_parameters = GATES[gate].n_wires, GATES[gate].n_parameters
    made = tuple(kinds[kind](index) for kind, index in parameters[:n_parameters])
    return Operation(gate, tuple(wires[:n_wires]), made)


@given(st.lists(CHOICE, max_size=12), st.lists(LETTERS, min_size=1, max_size=3))
@settings(max_examples=80, deadline=None)
def test_any_circuit_agrees_with_the_reference(choices, letters):
    operations = tuple(chosen(*choice) for choice in choices)
    circuit = Circuit(3, operations, tuple(pauli(word) for word in letters))
    inputs, weights = normal(2, circuit.n_inputs), normal(2, circuit.n_weights, seed=1)
    expected = oracle(circuit, inputs, weights)
    assert np.abs(expected).max() <= 1 + 1e-12
    for strategy in ("kernel", "gates", "adjoint"):
        values = compile_circuit(circuit, strategy=strategy)(inputs, weights).numpy()
        np.testing.assert_allclose(values, expected, atol=1e-12)


@pytest.mark.parametrize("strategy", STRATEGIES)
@pytest.mark.parametrize(
    "operations",
    [
        compose(angle(3), strongly_entangling(3, 1)),
        compose(hadamard_angle(2), chen_v0(2, 2)),
        compose(amplitude(2), hardware_efficient(2, 1)),
    ],
)
def test_gradients(operations, strategy):
    n = 1 + max(wire for operation in operations for wire in operation.wires)
    circuit = Circuit(n, operations, words(n))
    plan = compile_circuit(circuit, strategy=strategy)
    inputs = normal(2, circuit.n_inputs).requires_grad_()
    weights = normal(2, circuit.n_weights, seed=1).requires_grad_()
    assert torch.autograd.gradcheck(plan, (inputs, weights))
    if strategy != "adjoint":
        assert torch.autograd.gradgradcheck(plan, (inputs[:1], weights[:1]))


@pytest.mark.parametrize("strategy", ["kernel", "gates"])
def test_gradients_of_data_uploaded_twice(strategy):
    block = (*angle(2, axis="X"), *strongly_entangling(2, 1))
    plan = compile_circuit(Circuit(2, compose(block, block), z_each(2)), strategy=strategy)
    parameters = normal(2, 2).requires_grad_(), normal(3, 12, seed=1).requires_grad_()
    assert torch.autograd.gradcheck(plan, parameters)


@pytest.mark.parametrize("operations", [iqp(3), reuploading(angle(3), [qaoa(3, 1)], scaled=True)])
@pytest.mark.parametrize("strategy", ["kernel", "gates"])
def test_gradients_of_polynomial_angles(operations, strategy):
    circuit = Circuit(3, compose(operations, strongly_entangling(3, 1)), words(3))
    plan = compile_circuit(circuit, strategy=strategy)
    inputs = normal(2, circuit.n_inputs).requires_grad_()
    weights = normal(2, circuit.n_weights, seed=1).requires_grad_()
    assert torch.autograd.gradcheck(plan, (inputs, weights))
    assert torch.autograd.gradgradcheck(plan, (inputs[:1], weights[:1]))


@pytest.mark.parametrize("strategy", STRATEGIES)
def test_probabilities(strategy):
    plan = compile_circuit(DRESSED, strategy=strategy)
    inputs, weights = normal(4, 3), normal(2, 18, seed=1)
    found = plan.probabilities(inputs, weights)
    expected = [
        [np.abs(state(DRESSED, x, w)) ** 2 for w in weights.numpy()] for x in inputs.numpy()
    ]
    np.testing.assert_allclose(found.numpy(), expected, atol=1e-12)


MOVED = {
    "entangled": DRESSED,
    "real": Circuit(3, compose(hadamard_angle(3), chen_v0(3, 1)), z_each(3)),
    "a last permutation": Circuit(2, (*angle(2), Operation("CNOT", (1, 0))), z_each(2)),
    "amplitudes": Circuit(2, compose(amplitude(2), hardware_efficient(2, 1)), z_each(2)),
    "inputs read again": Circuit(3, compose(iqp(3), qaoa(3, 1), angle(3)), z_each(3)),
    "an input times a weight": Circuit(
        2, reuploading(angle(2), [strongly_entangling(2, 1)] * 2, scaled=True), z_each(2)
    ),
}


@pytest.mark.parametrize("strategy", ["auto", "gates", "adjoint"])
@pytest.mark.parametrize("name", MOVED)
def test_states_are_those_of_the_reference_with_their_gradients(name, strategy):
    circuit = MOVED[name]
    plan = compile_circuit(circuit, strategy=strategy)
    inputs, weights = normal(2, 1, circuit.n_inputs), normal(2, circuit.n_weights, seed=1)
    expected = [
        [[state(circuit, x, w) for w in weights.numpy()] for x in row] for row in inputs.numpy()
    ]
    found = plan.states(inputs, weights)
    np.testing.assert_allclose(found.numpy(), expected, atol=1e-12)
    np.testing.assert_allclose(plan.states(inputs[0, 0], weights[0]), expected[0][0][0], atol=1e-12)
    single = plan.states(inputs.float(), weights.float())
    assert single.dtype == torch.complex64
    torch.testing.assert_close(single.to(found.dtype), found, atol=2e-6, rtol=0)
    leaves = inputs[:, 0].clone().requires_grad_(), weights.clone().requires_grad_()
    assert torch.autograd.gradcheck(plan.states, leaves)


@pytest.mark.parametrize("strategy", ["kernel", "fused"])
def test_states_are_those_of_pennylane_in_sign_and_phase(strategy):
    inputs, weights = normal(3), normal(18, seed=1)

    @qml.qnode(qml.device("default.qubit", wires=3))
    def circuit():
        qml.AngleEmbedding(inputs.numpy(), range(3), rotation="Y")
        qml.StronglyEntanglingLayers(weights.reshape(2, 3, 3).numpy(), range(3))
        return qml.state()

    found = compile_circuit(DRESSED, strategy=strategy).states(inputs, weights)
    np.testing.assert_allclose(found, circuit(), atol=1e-12)


def test_squares_of_states_are_probabilities_and_no_samples_have_none():
    plan, inputs, weights = compile_circuit(DRESSED), normal(4, 3), normal(18, seed=1)
    states = plan.states(inputs, weights)
    torch.testing.assert_close(states.abs().square(), plan.probabilities(inputs, weights))
    assert plan.states(inputs[:0], weights.expand(2, -1)).shape == (0, 2, 8)


def test_states_of_bad_inputs_are_refused():
    plan, bad = compile_circuit(DRESSED), normal(5, 3)
    bad[3, 1] = torch.nan
    with pytest.raises(CircuitError, match=r"input 1 of sample 3 \(.*\) is nan: .* fill the gap"):
        plan.states(bad, normal(18))
    with pytest.raises(CircuitError, match=r"inputs have shape \(5, 4\), .* reads 3 inputs"):
        plan.states(normal(5, 4), normal(18))
    with pytest.raises(CircuitError, match=r"weights have shape \(17,\), .* reads 18 weights"):
        plan.states(normal(5, 3), normal(17))
    nothing = torch.zeros(1, 4, dtype=torch.float64)
    with pytest.raises(CircuitError, match="are zero, so they have no direction"):
        compile_circuit(MOVED["amplitudes"]).states(nothing, normal(MOVED["amplitudes"].n_weights))


def test_derivative_is_the_parameter_shift():
    plan = compile_circuit(DRESSED)
    inputs, weights = normal(3), normal(18, seed=1)
    shifts = torch.pi / 2 * torch.eye(18, dtype=torch.float64)
    shifted = (plan(inputs, weights + shifts) - plan(inputs, weights - shifts)) / 2
    exact = torch.autograd.functional.jacobian(lambda w: plan(inputs, w), weights)
    torch.testing.assert_close(exact, shifted.T)


@pytest.mark.parametrize("strategy", STRATEGIES)
@pytest.mark.parametrize("batch", [(), (2,), (2, 3), (0,), (1, 2, 1)])
@pytest.mark.parametrize("gates", [(), (4,), (2, 2)])
def test_leading_axes(batch, gates, strategy):
    plan = compile_circuit(DRESSED, strategy=strategy)
    inputs, weights = normal(*batch, 3), normal(*gates, 18, seed=1)
    values = plan(inputs, weights)
    assert values.shape == (*batch, *gates, 3)
    for b, g in product(np.ndindex(batch), np.ndindex(gates)):
        torch.testing.assert_close(values[b + g], plan(inputs[b], weights[g]))


@pytest.mark.parametrize("strategy", STRATEGIES)
def test_circuits_without_inputs_or_weights(strategy):
    none = torch.zeros(0, dtype=torch.float64)
    bell = (Operation("H", (0,)), Operation("CNOT", (0, 1)))
    plan = compile_circuit(Circuit(2, bell, (pauli("XX"),)), strategy=strategy)
    torch.testing.assert_close(plan(none.expand(5, 0), none), torch.ones(5, 1, dtype=torch.float64))


def test_prepared_once_serves_many_batches():
    plan = compile_circuit(DRESSED)
    weights = normal(4, 18)
    prepared = plan.prepare(weights)
    for seed in range(3):
        inputs = normal(5, 3, seed=seed)
        torch.testing.assert_close(plan.evaluate(inputs, prepared), plan(inputs, weights))


@pytest.mark.parametrize("strategy", STRATEGIES)
def test_single_precision_is_close_to_double(strategy):
    plan = compile_circuit(DRESSED, strategy=strategy)
    inputs, weights = normal(7, 3), normal(2, 18)
    single = plan(inputs.float(), weights.float())
    assert single.dtype == torch.float32
    torch.testing.assert_close(single.double(), plan(inputs, weights), atol=2e-6, rtol=0)


def test_copies_and_pickles_are_the_same_plan():
    plan = compile_circuit(DRESSED, strategy="gates")
    assert compile_circuit(DRESSED, strategy="gates") is plan
    assert copy.deepcopy(plan) is plan
    assert pickle.loads(pickle.dumps(plan)).explain() == plan.explain()


EXPLAINED = {
    "kernel": """\
circuit: 4 wires, 4 inputs, 24 weights, 4 observables
strategy: kernel, for tensors on the CPU
elsewhere, and while tracing: fused, because there are at most 6 wires
step           gates  how
start             16  a product state, one vector per wire
permutation        4  one gather
rotations         12  one 2x2 matrix per wire, 4 wires
read-out           4  carried into the observables
amplitudes are complex; gradients by undoing the steps from the final state""",
    "re-uploaded": """\
circuit: 2 wires, 2 inputs, 2 weights, 2 observables
strategy: kernel, for tensors on the CPU
elsewhere, and while tracing: gates, because inputs are read after weights or entangling gates
step           gates  how
start              2  a product state, one vector per wire
permutation        1  one gather
rotations          4  one 2x2 matrix per wire and sample, 2 wires
read-out           0  expectation values of the final state
amplitudes are real; gradients by undoing the steps from the final state""",
}


def test_explanation():
    rereads = Circuit(2, compose(angle(2), chen_v0(2, 1), angle(2)), z_each(2))
    dressed = Circuit(4, compose(angle(4), strongly_entangling(4, 2)), z_each(4))
    assert compile_circuit(dressed).explain() == EXPLAINED["kernel"]
    assert compile_circuit(rereads).explain() == EXPLAINED["re-uploaded"]
    forced = compile_circuit(dressed, strategy="fused").explain().splitlines()
    assert forced[1] == "strategy: fused, as asked for"


def test_kernels_are_refused_where_they_can_not_run():
    plan = compile_circuit(DRESSED, strategy="kernel")
    inputs, weights = normal(3), normal(18)
    with pytest.raises(CircuitError, match=r"strategy 'kernel' runs on the CPU, outside torch\.co"):
        torch.func.vmap(lambda w: plan(inputs, w))(weights.expand(2, -1))


def test_functional_transforms_take_the_pytorch_path():
    plan = compile_circuit(DRESSED)
    inputs, weights = normal(5, 3), normal(18, seed=1)
    each = torch.func.vmap(plan, in_dims=(0, None))(inputs, weights)
    torch.testing.assert_close(each, plan(inputs, weights))


@pytest.mark.parametrize("strategy", STRATEGIES)
def test_inputs_that_are_not_finite(strategy):
    inputs = normal(5, 3)
    inputs[3, 1] = torch.nan
    with pytest.raises(CircuitError, match=r"input 1 of sample 3 \(.*\) is nan: .* fill the gap"):
        compile_circuit(DRESSED, strategy=strategy)(inputs, normal(18))


def test_other_device():
    with pytest.raises(
        CircuitError, match=r"inputs are torch\.float64 on meta but weights .* on cpu; convert"
    ):
        compile_circuit(DRESSED)(normal(3).to("meta"), normal(18))


def test_more_wires_than_memory():
    with pytest.raises(
        CircuitError, match=r"50 wires: .* needs about 67,108,864 GiB, and this mach"
    ):
        compile_circuit(Circuit(50, angle(50), z_each(50, 1)))


def test_wrong_number_of_inputs():
    with pytest.raises(CircuitError, match=r"inputs have shape \(5, 4\), .* reads 3 inputs"):
        compile_circuit(DRESSED)(normal(5, 4), normal(18))


def test_wrong_number_of_weights():
    with pytest.raises(CircuitError, match=r"weights have shape \(2, 17\), .* reads 18 weights"):
        compile_circuit(DRESSED).prepare(normal(2, 17))


def test_precisions_that_differ():
    with pytest.raises(
        CircuitError, match=r"inputs are torch\.float32 on cpu but weights torch\.float64"
    ):
        compile_circuit(DRESSED)(normal(3, dtype=torch.float32), normal(18))


def test_half_precision():
    with pytest.raises(CircuitError, match=r"weights are torch\.float16; use torch\.float32 or"):
        compile_circuit(DRESSED).prepare(normal(18).half())


def test_autocast():
    with torch.autocast("cpu"), pytest.raises(CircuitError, match=r"autocast\('cpu', enabled=Fal"):
        compile_circuit(DRESSED)(normal(3), normal(18))


def test_fused_cannot_read_inputs_twice():
    twice = Circuit(2, compose(angle(2), chen_v0(2, 1), angle(2)), z_each(2))
    with pytest.raises(CircuitError, match=r"'fused' needs gates .* use 'auto' or 'gates'"):
        compile_circuit(twice, strategy="fused")


def test_nothing_measured():
    with pytest.raises(CircuitError, match="the circuit measures nothing; give it observables"):
        compile_circuit(Circuit(2, angle(2), ()))


def test_unknown_strategy():
    unchecked = inspect.unwrap(compile_circuit)  # past the check of annotations
    with pytest.raises(CircuitError, match=r"unknown strategy 'fast'; use one of \('auto',"):
        unchecked(DRESSED, strategy="fast")
