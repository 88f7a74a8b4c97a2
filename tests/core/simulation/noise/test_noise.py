"""Noisy circuits against full Kraus operators, PennyLane's default.mixed and closed forms."""

from functools import reduce
from itertools import product

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
    Projector,
    Weight,
    amplitude,
    angle,
    compose,
    hardware_efficient,
    pauli,
    probabilities,
    strongly_entangling,
    z_each,
)
from qmann_core.errors import CircuitError
from qmann_core.simulation import reference
from qmann_core.simulation.noise import (
    NoiseModel,
    density_matrix,
    noisy_expectations,
    simulate,
)
from qmann_core.simulation.noise.chain import chain
from qmann_core.simulation.noise.channels import (
    PauliChannel,
    ReadoutConfusion,
    amplitude_damping,
    bit_flip,
    depolarising,
    phase_damping,
    phase_flip,
    thermal_relaxation,
)

F64 = torch.float64
NONE = torch.zeros(0, dtype=F64)
QUIET = NoiseModel()
LOCAL = NoiseModel(
    one_wire=(depolarising(0.03), amplitude_damping(0.1, 0.2)),
    two_wire=(thermal_relaxation(1.0, 1.5, 0.1), phase_flip(0.05)),
    readout=(ReadoutConfusion(0.02, 0.07),),
)
JOINT = NoiseModel(
    one_wire=(phase_damping(0.1),),
    two_wire=(PauliChannel(("XI", "YZ"), (0.05, 0.1)), amplitude_damping(0.2)),
)
REUPLOADED = compose(angle(3), strongly_entangling(3, 1), angle(3, axis="X"), angle(3, axis="Z"))
MIXED = Circuit(
    3,
    compose(REUPLOADED, hardware_efficient(3, 1), angle(3)),
    (*z_each(3), pauli("XYZ", (2, 0, 1)), pauli("Y"), Projector("01", (2, 0))),
)


def normal(*shape, seed=0, dtype=F64):
    generator = torch.Generator().manual_seed(seed)
    return torch.randn(*shape, generator=generator, dtype=dtype)


def on_register(matrix, wires, n_wires):
    """A matrix on ``wires`` as one on the whole register."""
    tensor = np.eye(2**n_wires, dtype=complex).reshape((2,) * 2 * n_wires)
    k = len(wires)
    moved = np.tensordot(matrix.reshape((2,) * 2 * k), tensor, axes=(range(k, 2 * k), wires))
    return np.moveaxis(moved, range(k), wires).reshape(2**n_wires, -1)


def noisy_state(circuit, inputs, weights, noise):
    """The oracle: Kraus operators on the whole register, one operation after the other."""
    start = Circuit(circuit.n_wires, circuit.operations[:1], ())
    encodes = bool(circuit.operations) and circuit.operations[0].gate == "AmplitudeEncoding"
    psi = reference.state(start, inputs, weights) if encodes else np.eye(2**circuit.n_wires)[0]
    rho = np.outer(psi, psi.conj())
    for operation in circuit.operations[encodes:]:
        alone = Circuit(circuit.n_wires, (operation,), ())
        columns = [column_of(alone, inputs, weights, basis) for basis in np.eye(len(rho))]
        unitary = np.stack(columns, axis=1)
        rho = unitary @ rho @ unitary.conj().T
        for channel, wires in following(operation, noise):
            kraus = [on_register(k, wires, circuit.n_wires) for k in channel.kraus(F64).numpy()]
            rho = sum(k @ rho @ k.conj().T for k in kraus)
    return rho


def column_of(circuit, inputs, weights, basis):
    (operation,) = circuit.operations
    values = [value(parameter, inputs, weights) for parameter in operation.parameters]
    return reference.operation_matrix(operation, values, circuit.n_wires) @ basis


def value(parameter, inputs, weights):
    match parameter:
        case Input(index):
            return inputs[index]
        case Weight(index):
            return weights[index]
        case float():
            return parameter
    return parameter.constant + sum(
        term.coefficient * np.prod([value(factor, inputs, weights) for factor in term.factors])
        for term in parameter.terms
    )


def following(operation, noise):
    """What follows an operation: channels with their wires."""
    if len(operation.wires) == 1:
        yield from ((channel, operation.wires) for channel in noise.one_wire)
        return
    for channel in noise.two_wire:
        if channel.n_wires == 2:
            yield channel, operation.wires
        else:
            yield from ((channel, (wire,)) for wire in operation.wires)


def read(circuit, rho, noise):
    """Expectation values, each wire's matrix replaced by what is read with confusion."""
    confusions = noise.readout * (1 if len(noise.readout) == circuit.n_wires else circuit.n_wires)
    values = []
    for observable in circuit.observables:
        factors = [np.eye(2, dtype=complex)] * circuit.n_wires
        letters = observable.word if hasattr(observable, "word") else observable.bits
        for letter, wire in zip(letters, observable.wires, strict=True):
            factors[wire] = measured(letter, confusions[wire] if confusions else None)
        values.append(np.trace(reduce(np.kron, factors) @ rho).real)
    return np.array(values)


def measured(letter, confusion):
    matrix = np.eye(2) if confusion is None else confusion.matrix(F64).numpy()
    if letter in "01":
        return np.diag(matrix[int(letter)]).astype(complex)
    word = reference.observable_matrix(pauli(letter), 1)
    if letter == "I":
        return word
    _, vectors = np.linalg.eigh(-word)  # +1 first
    outcome = np.diag(matrix.T @ [1.0, -1.0])
    return vectors @ outcome @ vectors.conj().T


def check(circuit, noise, *, rows=2, sets=2, atol=1e-12):
    inputs, weights = normal(rows, circuit.n_inputs), normal(sets, circuit.n_weights, seed=1)
    values = noisy_expectations(circuit, inputs, weights, noise)
    states = density_matrix(circuit, inputs, weights, noise)
    for i, j in product(range(rows), range(sets)):
        rho = noisy_state(circuit, inputs[i].numpy(), weights[j].numpy(), noise)
        np.testing.assert_allclose(states[i, j].numpy(), rho, atol=atol)
        np.testing.assert_allclose(values[i, j].numpy(), read(circuit, rho, noise), atol=atol)


@pytest.mark.parametrize("n", [1, 2, 4])
@pytest.mark.parametrize(("encoding", "ansatz"), list(product(ENCODINGS, ANSATZE)))
def test_without_noise_agrees_with_the_reference(encoding, ansatz, n):
    try:
        operations = compose(ENCODINGS[encoding](n), ANSATZE[ansatz](n, 2))
    except CircuitError:
        pytest.skip("not defined on so many wires")
    ends = pauli("XYZXY"[:n], tuple(range(n)))
    circuit = Circuit(n, operations, (*z_each(n), ends, *probabilities((n - 1,))))
    inputs, weights = normal(2, circuit.n_inputs), normal(circuit.n_weights, seed=1)
    expected = [reference.expectations(circuit, x, weights.numpy()) for x in inputs.numpy()]
    values = noisy_expectations(circuit, inputs, weights, QUIET)
    np.testing.assert_allclose(values.numpy(), expected, atol=1e-10)


def test_many_wires():
    circuit = Circuit(8, compose(angle(8), strongly_entangling(8, 2)), z_each(8))
    inputs, weights = normal(2, 8), normal(circuit.n_weights, seed=1)
    expected = [reference.expectations(circuit, x, weights.numpy()) for x in inputs.numpy()]
    values = noisy_expectations(circuit, inputs, weights, QUIET)
    np.testing.assert_allclose(values.numpy(), expected, atol=1e-10)


@pytest.mark.parametrize("noise", [QUIET, LOCAL, JOINT])
@pytest.mark.parametrize("gate", sorted(gate for gate in GATES if GATES[gate].n_wires < 3))
def test_noise_follows_every_gate_once(gate, noise):
    n_wires, n_parameters = GATES[gate].n_wires, GATES[gate].n_parameters
    parameters = tuple(Input(i) if i % 2 else Weight(i) for i in range(n_parameters))
    operation = Operation(gate, (2, 0)[:n_wires], parameters)
    before = compose(angle(3, axis="X"), hardware_efficient(3, 1))
    circuit = Circuit(3, compose(before, (operation,)), (pauli("XYZ"), *probabilities((0, 2))))
    check(circuit, noise, rows=1, sets=1)


@pytest.mark.parametrize("gate", sorted(gate for gate in GATES if GATES[gate].n_wires == 3))
def test_three_wires_take_noise_on_each(gate):
    circuit = Circuit(3, compose(angle(3, axis="X"), (Operation(gate, (2, 0, 1)),)), z_each(3))
    check(circuit, LOCAL, rows=1, sets=1)


@pytest.mark.parametrize("noise", [LOCAL, JOINT])
@pytest.mark.parametrize(
    "operations",
    [
        REUPLOADED,
        compose(amplitude(3), hardware_efficient(3, 1), angle(3)),
        (*amplitude(3), Operation("CNOT", (2, 1))),
        (Operation("CRX", (0, 2), (Input(0) * Weight(0) - 0.5 * Weight(1),)), *angle(3)),
        (Operation("RX", (1,), (Weight(0),)),),
        (Operation("CNOT", (0, 1)), Operation("CNOT", (1, 0)), Operation("CZ", (0, 1))),
        (),
    ],
)
def test_circuits_agree_with_kraus_operators(operations, noise):
    check(Circuit(3, operations, MIXED.observables), noise)


PARAMETER = st.tuples(st.sampled_from("iwcp"), st.integers(0, 2))
CHOICE = st.tuples(
    st.sampled_from(sorted(GATES)), st.permutations(range(3)), st.lists(PARAMETER, min_size=3)
)


def chosen(gate, wires, parameters):
    kinds = {
        "i": Input,
        "w": Weight,
        "c": lambda index: 0.4 * index - 0.5,
        "p": lambda index: Input(index) * Weight(2 - index) + 0.3 * Weight(0) - 0.1,
    }
    n_wires, n_parameters = GATES[gate].n_wires, GATES[gate].n_parameters
    made = tuple(kinds[kind](index) for kind, index in parameters[:n_parameters])
    return Operation(gate, tuple(wires[:n_wires]), made)


@given(st.lists(CHOICE, max_size=8), st.text("IXYZ", min_size=3, max_size=3))
@settings(max_examples=40)
def test_any_circuit_agrees_with_kraus_operators(choices, word):
    operations = tuple(chosen(*choice) for choice in choices)
    circuit = Circuit(3, operations, (pauli(word), Projector("10", (1, 2))))
    check(circuit, LOCAL, sets=1, atol=1e-11)


@given(st.lists(CHOICE, max_size=8))
@settings(max_examples=25)
def test_states_are_states(choices):
    operations = tuple(chosen(*choice) for choice in choices)
    circuit = Circuit(3, operations, z_each(3))
    inputs, weights = normal(2, circuit.n_inputs), normal(circuit.n_weights, seed=1)
    states = density_matrix(circuit, inputs, weights, LOCAL)
    traces = states.diagonal(dim1=-2, dim2=-1).sum(-1)
    torch.testing.assert_close(traces, torch.ones_like(traces))
    torch.testing.assert_close(states, states.mH)
    assert torch.linalg.eigvalsh(states).min() > -1e-12


def pennylane_circuit(circuit, noise, theirs):
    """A QNode of default.mixed with their channels after each gate."""

    @qml.qnode(qml.device("default.mixed", wires=circuit.n_wires), interface="torch")
    def run(inputs, weights):
        if circuit.operations[0].gate == "AmplitudeEncoding":
            qml.AmplitudeEmbedding(inputs, wires=range(circuit.n_wires), normalize=True)
        for operation in circuit.operations[circuit.operations[0].gate == "AmplitudeEncoding" :]:
            name = {"H": "Hadamard", "X": "PauliX"}.get(operation.gate, operation.gate)
            read = [
                inputs[:, p.index] if isinstance(p, Input) else weights[p.index]
                for p in operation.parameters
            ]
            if name == "RZ":  # default.mixed applies diagonal gates in single precision
                name, read = "Rot", [*read, torch.zeros_like(read[0]), torch.zeros_like(read[0])]
            getattr(qml, name)(*read, wires=operation.wires)
            for channel in theirs[len(operation.wires) - 1]:
                channel(operation.wires)
        return [qml.expval(qml.pauli.string_to_pauli_word(*w)) for w in words]

    words = [
        (observable.word, {wire: place for place, wire in enumerate(observable.wires)})
        for observable in circuit.observables
    ]
    return run


def each(channel, *values):
    return lambda wires: [channel(*values, wires=wire) for wire in wires]


THEIRS = (
    (each(qml.DepolarizingChannel, 0.03), each(qml.GeneralizedAmplitudeDamping, 0.1, 0.2)),
    (each(qml.ThermalRelaxationError, 0.1, 1.0, 1.5, 0.1), each(qml.PhaseDamping, 0.05)),
)
OURS = NoiseModel(
    one_wire=(depolarising(0.03), amplitude_damping(0.1, 0.2)),
    two_wire=(thermal_relaxation(1.0, 1.5, 0.1, 0.1), phase_damping(0.05)),
)


@pytest.mark.parametrize(
    ("n", "operations"),
    [
        (4, compose(angle(4), strongly_entangling(4, 2))),
        (3, compose(angle(3), hardware_efficient(3, 1), angle(3, axis="X"))),
        (3, compose(amplitude(3), strongly_entangling(3, 2))),
        (2, (Operation("H", (0,)), Operation("CRY", (0, 1), (Weight(0),)), *angle(2))),
    ],
)
def test_agrees_with_pennylane(n, operations):
    circuit = Circuit(n, operations, (*z_each(n), pauli("XY"), pauli("ZX", (1, 0))))
    inputs = normal(3, circuit.n_inputs).requires_grad_()
    weights = normal(circuit.n_weights, seed=1).requires_grad_()
    theirs = torch.stack(pennylane_circuit(circuit, OURS, THEIRS)(inputs, weights), dim=-1)
    ours = noisy_expectations(circuit, inputs, weights, OURS)
    torch.testing.assert_close(ours, theirs.to(F64), atol=1e-8, rtol=0)
    slopes, expected = (
        torch.autograd.grad(values.square().sum(), (inputs, weights)) for values in (ours, theirs)
    )
    torch.testing.assert_close(slopes, expected, atol=1e-8, rtol=0)


@pytest.mark.parametrize("n_gates", [1, 4])
def test_excitation_decays_with_t1(n_gates):
    noise = NoiseModel(one_wire=(thermal_relaxation(50.0, 70.0, 3.0),))
    waiting = (Operation("I", (0,)),) * n_gates
    circuit = Circuit(1, (Operation("X", (0,)), *waiting), probabilities((0,)))
    population = noisy_expectations(circuit, NONE, NONE, noise)[1]
    assert population.item() == pytest.approx(np.exp(-3 * (n_gates + 1) / 50))


def test_depolarised_z_shrinks_with_every_gate():
    noise = NoiseModel(one_wire=(depolarising(0.06),))
    circuit = Circuit(1, (*angle(1), *(Operation("Z", (0,)),) * 5), z_each(1))
    inputs = normal(4, 1)
    expected = inputs.cos() * (1 - 4 * 0.06 / 3) ** 6
    torch.testing.assert_close(noisy_expectations(circuit, inputs, NONE, noise), expected)


def test_bell_state_after_depolarising_both_wires():
    bell = (Operation("H", (0,)), Operation("CNOT", (0, 1)))
    noise = NoiseModel(two_wire=(depolarising(0.15, n_wires=2),))
    circuit = Circuit(2, bell, (pauli("XX"), pauli("YY"), pauli("ZZ")))
    kept = 1 - 0.15 * 16 / 15
    values = noisy_expectations(circuit, NONE, NONE, noise)
    torch.testing.assert_close(values, kept * torch.tensor([1.0, -1.0, 1.0], dtype=F64))
    rho = density_matrix(Circuit(2, bell, ()), NONE, NONE, noise)
    purity = (rho @ rho).diagonal().sum().real
    assert purity.item() == pytest.approx((1 + 3 * kept**2) / 4)


def test_readout_confusion_is_a_matrix_on_probabilities():
    confusions = tuple(ReadoutConfusion(0.02 * i, 0.1 - 0.02 * i) for i in range(1, 4))
    circuit = Circuit(3, MIXED.operations, probabilities((0, 1, 2)))
    inputs, weights = normal(4, 3), normal(circuit.n_weights, seed=1)
    true = noisy_expectations(circuit, inputs, weights, QUIET)
    seen = noisy_expectations(circuit, inputs, weights, NoiseModel(readout=confusions))
    matrix = reduce(torch.kron, [confusion.matrix(F64) for confusion in confusions])
    torch.testing.assert_close(seen, true @ matrix.T)


def test_every_division_into_states_and_observables_agrees(monkeypatch):
    inputs, weights = normal(3, 3), normal(2, MIXED.n_weights, seed=1)
    for noise, circuit in product(
        (LOCAL, JOINT),
        (MIXED, Circuit(3, compose(angle(3), strongly_entangling(3, 2)), MIXED.observables)),
    ):
        given_weights = weights[:, : circuit.n_weights] if circuit is MIXED else normal(2, 18)
        expected = noisy_expectations(circuit, inputs, given_weights, noise)
        n_links = len(chain(circuit, inputs, given_weights, noise).links)
        assert n_links > 3
        for n_forward in range(n_links + 1):
            with monkeypatch.context() as patch:
                patch.setattr(simulate, "cheapest_division", lambda *_, n=n_forward: n)
                values = noisy_expectations(circuit, inputs, given_weights, noise)
            torch.testing.assert_close(values, expected)


def test_cheapest_division():
    operations = compose(angle(6), strongly_entangling(6, 2))
    one, many = (Circuit(6, operations, z_each(6, k)) for k in (1, 6))
    links = chain(many, normal(2, 6), normal(1, many.n_weights), LOCAL).links
    assert simulate.cheapest_division(many, links, 10_000) == 0  # six observables are less work
    assert 0 < simulate.cheapest_division(one, links, 1) < len(links)  # both grow from products
    assert simulate.cheapest_division(many, links, 1) > simulate.cheapest_division(one, links, 1)


def rated(rates):
    depolarised, damped, flipped, up = rates.unbind()
    return NoiseModel(
        one_wire=(depolarising(depolarised), amplitude_damping(damped)),
        two_wire=(PauliChannel(("XY",), (flipped,)), bit_flip(flipped)),
        readout=(ReadoutConfusion(up, 0.1),),
    )


@pytest.mark.parametrize(
    "circuit",
    [
        Circuit(2, compose(angle(2), strongly_entangling(2, 1)), (*z_each(2), pauli("XY"))),
        Circuit(2, compose(angle(2), strongly_entangling(2, 1), angle(2)), (pauli("XZ"),)),
        Circuit(2, compose(amplitude(2), hardware_efficient(2, 1)), probabilities((1,))),
    ],
)
def test_gradients(circuit):
    parameters = (
        normal(2, circuit.n_inputs).requires_grad_(),
        normal(2, circuit.n_weights, seed=1).requires_grad_(),
        torch.tensor([0.05, 0.1, 0.2, 0.03], dtype=F64, requires_grad=True),
    )

    def values(inputs, weights, rates):
        return noisy_expectations(circuit, inputs, weights, rated(rates))

    def states(inputs, weights, rates):
        return density_matrix(circuit, inputs, weights, rated(rates))

    assert torch.autograd.gradcheck(values, parameters)
    assert torch.autograd.gradcheck(states, parameters)


def test_second_derivatives():
    circuit = Circuit(2, compose(angle(2), hardware_efficient(2, 0)), z_each(2))
    weights = normal(circuit.n_weights).requires_grad_()
    rates = torch.tensor([0.05, 0.1, 0.2, 0.03], dtype=F64, requires_grad=True)
    assert torch.autograd.gradgradcheck(
        lambda w, r: noisy_expectations(circuit, normal(1, 2), w, rated(r)), (weights, rates)
    )


@pytest.mark.parametrize("batch", [(), (2,), (2, 3), (0,)])
@pytest.mark.parametrize("gates", [(), (4,), (2, 2)])
def test_leading_axes(batch, gates):
    inputs, weights = normal(*batch, 3), normal(*gates, MIXED.n_weights, seed=1)
    values = noisy_expectations(MIXED, inputs, weights, LOCAL)
    states = density_matrix(MIXED, inputs, weights, LOCAL)
    assert values.shape == (*batch, *gates, 6)
    assert states.shape == (*batch, *gates, 8, 8)
    for b, g in product(np.ndindex(batch), np.ndindex(gates)):
        alone = noisy_expectations(MIXED, inputs[b], weights[g], LOCAL)
        torch.testing.assert_close(values[b + g], alone)
        alone = density_matrix(MIXED, inputs[b], weights[g], LOCAL)
        torch.testing.assert_close(states[b + g], alone)


def test_single_precision_is_close_to_double():
    inputs, weights = normal(4, 3), normal(MIXED.n_weights, seed=1)
    single = noisy_expectations(MIXED, inputs.float(), weights.float(), LOCAL)
    assert single.dtype == torch.float32
    double = noisy_expectations(MIXED, inputs, weights, LOCAL)
    torch.testing.assert_close(single.double(), double, atol=2e-6, rtol=0)
    assert density_matrix(MIXED, inputs.float(), weights.float(), LOCAL).dtype == torch.complex64


SMALL = Circuit(2, compose(angle(2), strongly_entangling(2, 1)), z_each(2))


def test_nothing_measured():
    silent = Circuit(2, angle(2), ())
    with pytest.raises(CircuitError, match="the circuit measures nothing; give it observables"):
        noisy_expectations(silent, normal(2), NONE, QUIET)


@pytest.mark.parametrize("run", [noisy_expectations, density_matrix])
def test_too_many_wires(run):
    large = Circuit(14, angle(14), z_each(14))
    with pytest.raises(CircuitError, match=r"up to 10 wires, the circuit has 14: .* 2 GiB in doub"):
        run(large, normal(14), NONE, QUIET)


@pytest.mark.parametrize(
    ("inputs", "weights", "message"),
    [
        (normal(5, 3), normal(6), r"inputs have shape \(5, 3\), .* reads 2 inputs"),
        (normal(5, 2), normal(2, 5), r"weights have shape \(2, 5\), .* reads 6 weights"),
        (normal(2, dtype=torch.float32), normal(6), r"inputs are torch\.float32 on cpu but"),
        (normal(2).half(), normal(6).half(), r"weights are torch\.float16; use torch\.float32"),
        (normal(2) * torch.inf, normal(6), "inputs are not all finite"),
        (normal(2), normal(6) * torch.nan, "weights are not all finite"),
    ],
)
def test_inputs_and_weights_that_do_not_fit(inputs, weights, message):
    with pytest.raises(CircuitError, match=message):
        noisy_expectations(SMALL, inputs, weights, LOCAL)


def test_devices_that_differ():
    with pytest.raises(CircuitError, match=r"on cpu but weights torch\.float64 on meta"):
        noisy_expectations(SMALL, normal(2), normal(6).to("meta"), QUIET)


def test_autocast():
    with torch.autocast("cpu"), pytest.raises(CircuitError, match=r"autocast\('cpu', enabled=Fal"):
        noisy_expectations(SMALL, normal(2), normal(6), QUIET)


def test_rate_of_another_precision():
    noise = NoiseModel(one_wire=(depolarising(torch.tensor(0.1)),))
    with pytest.raises(CircuitError, match=r"a rate is torch\.float32 on cpu, but torch\.float64"):
        noisy_expectations(SMALL, normal(2), normal(6), noise)


def test_zero_amplitudes():
    circuit = Circuit(2, amplitude(2), z_each(2))
    with pytest.raises(CircuitError, match=r"all 4 inputs of sample 1 \(of 3, .* are zero"):
        noisy_expectations(
            circuit, torch.tensor([[1.0], [0.0], [1.0]]).expand(3, 4), NONE.float(), QUIET
        )


def test_channel_on_two_wires_after_one():
    with pytest.raises(
        CircuitError, match="channel 1 of one_wire acts on 2 wires; put it into two"
    ):
        NoiseModel(one_wire=(bit_flip(0.1), depolarising(0.1, n_wires=2)))


def test_channel_on_two_wires_after_three():
    circuit = Circuit(3, (*angle(3), Operation("CSWAP", (0, 1, 2))), z_each(3))
    with pytest.raises(CircuitError, match=r"operation 3 \(CSWAP\) acts on 3 wires, but the noise"):
        noisy_expectations(circuit, normal(3), NONE, JOINT)


def test_readout_of_another_number_of_wires():
    noise = NoiseModel(readout=(ReadoutConfusion(0.1, 0.1),) * 3)
    with pytest.raises(CircuitError, match="confusion is given for 3 wires, the circuit has 2"):
        noisy_expectations(SMALL, normal(2), normal(6), noise)
