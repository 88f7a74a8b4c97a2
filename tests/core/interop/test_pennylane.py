"""QNodes against PennyLane itself: values and gradients to 1e-9, and what is refused, by name."""

import numpy as np
import pennylane as qml
import pytest
import torch
from scipy.sparse import csr_matrix

from qmann_core.circuits import Input, Observable, Operation, Projector, Weight
from qmann_core.errors import CircuitError
from qmann_core.interop import PennyLaneLayer
from qmann_core.interop.pennylane import from_pennylane

WIRES = range(3)


def z_all():
    return [qml.expval(qml.PauliZ(wire)) for wire in WIRES]


def on_three_wires(function):
    return qml.QNode(function, qml.device("default.qubit", wires=3))


def angle_embedding(inputs, weights):
    qml.AngleEmbedding(inputs, wires=WIRES, rotation="Y")
    qml.StronglyEntanglingLayers(weights, wires=WIRES)
    return z_all()


def basic_entangler(inputs, weights):
    qml.AngleEmbedding(inputs, wires=WIRES)
    qml.BasicEntanglerLayers(weights, wires=WIRES, rotation=qml.RZ)
    qml.BasicEntanglerLayers(weights, wires=WIRES, rotation=qml.RY)
    return z_all()


def iqp(inputs, weights):
    qml.IQPEmbedding(inputs, wires=WIRES, n_repeats=2)
    qml.BasicEntanglerLayers(weights, wires=WIRES)
    return z_all()


def qaoa(inputs, weights):
    qml.QAOAEmbedding(inputs, weights, wires=WIRES)
    return z_all()


def two_design(inputs, first, weights):
    qml.AngleEmbedding(inputs, wires=WIRES)
    qml.SimplifiedTwoDesign(first, weights, wires=WIRES)
    return z_all()


def random_layers(inputs, weights):
    qml.AngleEmbedding(inputs, wires=WIRES)
    qml.RandomLayers(weights, wires=WIRES, seed=3)
    return z_all()


def reuploading(inputs, weights):
    for layer in range(2):
        for wire in WIRES:
            qml.Rot(
                weights[layer, wire, 0] * inputs[..., wire] + weights[layer, wire, 1],
                0.5 * inputs[..., wire],
                weights[layer, wire, 2],
                wires=wire,
            )
            qml.CZ(wires=[wire, (wire + 1) % 3])
    return z_all()


def gates(inputs, weights):
    qml.Hadamard(0)
    qml.SX(1)
    qml.adjoint(qml.SX(2))
    qml.CRX(inputs[..., 0], wires=[0, 1])
    qml.CRY(weights[0], wires=[1, 2])
    qml.CRZ(inputs[..., 1] * weights[1], wires=[2, 0])
    qml.CRot(weights[0], weights[1], inputs[..., 2], wires=[0, 2])
    qml.U3(weights[2], inputs[..., 0], weights[3], wires=1)
    qml.U2(weights[2], weights[3], wires=0)
    qml.U1(weights[3], wires=2)
    qml.ControlledPhaseShift(weights[0], wires=[0, 1])
    qml.IsingXX(weights[1], wires=[0, 1])
    qml.IsingYY(inputs[..., 1], wires=[1, 2])
    qml.IsingZZ(weights[2], wires=[0, 2])
    qml.IsingXY(weights[3], wires=[1, 2])
    qml.ISWAP(wires=[0, 1])
    qml.Toffoli(wires=WIRES)
    qml.CSWAP(wires=WIRES)
    qml.CY(wires=[0, 1])
    qml.CH(wires=[1, 2])
    qml.adjoint(qml.S(0))
    qml.adjoint(qml.T(1))
    qml.MultiRZ(weights[0], wires=WIRES)
    qml.PauliRot(weights[1], "XYZ", wires=WIRES)
    qml.ctrl(qml.Rot, control=0, control_values=0)(weights[0], weights[1], weights[2], wires=1)
    qml.adjoint(qml.RY)(weights[3], wires=2)
    qml.pow(qml.RX(weights[0], wires=0), 2)
    qml.SingleExcitation(weights[1], wires=[0, 1])
    qml.QubitUnitary(np.array([[0, 1j], [1j, 0]]), wires=0)
    qml.GlobalPhase(0.3)
    qml.Barrier(wires=WIRES)
    return z_all()


def templates(inputs, weights):
    qml.BasisState(np.array([1, 0, 1]), wires=WIRES)
    qml.QFT(wires=WIRES)
    qml.AngleEmbedding(np.pi * inputs, wires=WIRES)
    qml.adjoint(qml.StronglyEntanglingLayers)(weights, wires=WIRES)
    qml.ApproxTimeEvolution(qml.dot([0.3, 0.2], [qml.PauliX(0), qml.PauliZ(1)]), 0.7, 2)
    qml.Permute([2, 0, 1], wires=WIRES)
    return z_all()


def tree_tensor_network(inputs, weights):
    def block(weights, wires):
        qml.RX(weights[0], wires=wires[0])
        qml.RY(weights[1], wires=wires[1])
        qml.CNOT(wires=wires)

    qml.AngleEmbedding(inputs, wires=range(4))
    qml.TTN(range(4), 2, block, 2, template_weights=weights)
    return qml.expval(qml.PauliZ(3))


def observables(inputs, weights):
    qml.AngleEmbedding(inputs, wires=WIRES)
    qml.StronglyEntanglingLayers(weights, wires=WIRES)
    return [
        qml.expval(qml.PauliX(0) @ qml.PauliY(2)),
        qml.expval(qml.Hamiltonian([0.2, -1.3, 0.5], [qml.PauliZ(0), qml.PauliX(1), qml.I(0)])),
        qml.expval(0.5 * qml.PauliY(1) - 2.0 * qml.PauliZ(0) @ qml.PauliZ(2)),
        qml.expval(qml.Projector([0, 1], wires=[2, 0])),
        qml.expval(qml.PauliZ(1) + 0.7 * qml.Projector([1], wires=[1])),
        qml.expval(qml.Hermitian(np.array([[1.0, 2 - 1j], [2 + 1j, -0.5]]), wires=1)),
        qml.expval(qml.Hadamard(2)),
        qml.expval(qml.Identity(1)),
        qml.probs(wires=[2, 0]),
        qml.probs(),
    ]


def amplitudes(inputs, weights):
    qml.AmplitudeEmbedding(inputs, wires=WIRES, normalize=True)
    qml.StronglyEntanglingLayers(weights, wires=WIRES)
    return z_all()


def padded(inputs, weights):
    qml.AmplitudeEmbedding(inputs, wires=WIRES, pad_with=0.0)
    qml.StronglyEntanglingLayers(weights, wires=WIRES)
    return z_all()


def padded_with_a_constant(inputs, weights):
    qml.AmplitudeEmbedding(inputs, wires=WIRES, pad_with=0.3)
    qml.StronglyEntanglingLayers(weights, wires=WIRES)
    qml.RX(inputs[..., 4], wires=1)
    return z_all()


def some_wires(inputs, weights):
    qml.Hadamard(1)
    qml.AmplitudeEmbedding(inputs[..., [3, 1, 2, 0]], wires=[2, 0], normalize=True)
    qml.RY(inputs[..., 4], wires=1)
    qml.StronglyEntanglingLayers(weights, wires=WIRES)
    return z_all()


def as_they_are(inputs, weights):
    qml.AmplitudeEmbedding(inputs, wires=WIRES)
    qml.StronglyEntanglingLayers(weights, wires=WIRES)
    return [*z_all(), qml.probs(wires=[1])]


def variances(inputs, weights):
    qml.AngleEmbedding(inputs, wires=WIRES)
    qml.StronglyEntanglingLayers(weights, wires=WIRES)
    hermitian = np.array([[1.0, 0.5j], [-0.5j, -2.0]])
    return [
        qml.var(qml.PauliX(0)),
        qml.expval(qml.PauliZ(1)),
        qml.var(qml.PauliZ(0) @ qml.PauliY(2)),
        qml.probs(wires=[1]),
        qml.var(0.5 * qml.PauliZ(0) + 2.0 * qml.PauliX(1) @ qml.PauliZ(2)),
        qml.var(qml.Projector([1, 0], wires=[2, 0])),
        qml.var(qml.Hermitian(hermitian, wires=1)),
        qml.var(qml.Hadamard(2)),
        qml.var(qml.Identity(1)),
    ]


def one_variance(inputs, weights):
    qml.AmplitudeEmbedding(inputs, wires=WIRES, normalize=True)
    qml.StronglyEntanglingLayers(weights, wires=WIRES)
    return qml.var(qml.PauliZ(0))


def variances_as_a_tuple(inputs, weights):
    qml.AngleEmbedding(inputs, wires=WIRES)
    qml.StronglyEntanglingLayers(weights, wires=WIRES)
    return qml.var(qml.PauliZ(0)), qml.var(qml.PauliX(1))


THREE = {"weights": (2, 3, 3)}
CASES = {
    angle_embedding: (3, THREE),
    basic_entangler: (3, {"weights": (2, 3)}),
    iqp: (3, {"weights": (2, 3)}),
    qaoa: (3, {"weights": (2, 6)}),
    two_design: (3, {"first": 3, "weights": (2, 2, 2)}),
    random_layers: (3, {"weights": (2, 5)}),
    reuploading: (3, THREE),
    gates: (3, {"weights": 4}),
    templates: (3, THREE),
    tree_tensor_network: (4, {"weights": (3, 2)}),
    observables: (3, THREE),
    amplitudes: (8, THREE),
    padded: (5, THREE),
    padded_with_a_constant: (5, THREE),
    some_wires: (5, THREE),
    as_they_are: (8, THREE),
    variances: (3, THREE),
    one_variance: (8, THREE),
    variances_as_a_tuple: (3, THREE),
}


@pytest.mark.parametrize("function", CASES, ids=lambda function: function.__name__)
def test_values_and_gradients_are_pennylanes(function):
    n_inputs, shapes = CASES[function]
    qnode = qml.QNode(function, qml.device("default.qubit", wires=range(4 if n_inputs == 4 else 3)))
    torch.manual_seed(0)
    theirs = qml.qnn.TorchLayer(qnode, shapes).double()
    torch.manual_seed(0)
    ours = PennyLaneLayer(qnode, shapes).double()
    x = torch.randn(4, n_inputs, dtype=torch.float64)
    if function is as_they_are:
        x = x / x.norm(dim=1, keepdim=True)
    results = []
    for layer in (theirs, ours):
        inputs = x.clone().requires_grad_()
        outputs = layer(inputs)
        scale = torch.linspace(0.5, 1.5, outputs.numel(), dtype=torch.float64)
        (outputs * scale.reshape(outputs.shape)).sum().backward()
        weights = [parameter.grad for parameter in layer.parameters()]
        results.append((outputs.detach(), inputs.grad, *weights))
    for expected, found in zip(*results, strict=True):
        torch.testing.assert_close(found, expected, rtol=1e-9, atol=1e-9)


def test_the_circuit_is_what_was_written():
    def function(inputs, weights, scale):
        qml.RY(2 * inputs[:, 1] - 1, wires="b")
        qml.CRX(scale * inputs[:, 0] * weights[1], wires=["a", "b"])
        qml.RZ(0.25, wires="a")
        return qml.expval(qml.PauliZ("b") @ qml.PauliX("a")), qml.probs(wires=["b"])

    qnode = qml.QNode(function, qml.device("default.qubit", wires=["a", "b", "idle"]))
    imported = from_pennylane(qnode, {"weights": (2,), "scale": ()}, 2)
    assert imported.wires == ("a", "b")
    assert imported.circuit.operations == (
        Operation("RY", (1,), (2 * Input(1) - 1,)),
        Operation("CRX", (0, 1), (Input(0) * Weight(1) * Weight(2),)),
        Operation("RZ", (0,), (0.25,)),
    )
    words = (Observable("XZ", (0, 1)), Projector("0", (1,)), Projector("1", (1,)))
    assert imported.circuit.observables == words
    assert imported.combination is None
    assert imported.sizes == (1, 2)
    assert imported.layout == "tuple"


def test_a_function_for_single_samples_takes_batches():
    def function(inputs, weights):
        for wire in range(len(inputs)):
            qml.RX(inputs[wire], wires=wire)
        qml.BasicEntanglerLayers(weights, wires=range(len(inputs)))
        return [qml.expval(qml.PauliZ(wire)) for wire in range(len(inputs))]

    qnode = on_three_wires(function)
    layer = PennyLaneLayer(qnode, {"weights": (2, 3)}).double()
    x = torch.randn(4, 3, dtype=torch.float64)
    expected = torch.stack([torch.hstack(qnode(row, layer.weights)) for row in x])
    torch.testing.assert_close(layer(x), expected, rtol=1e-9, atol=1e-9)


def test_an_angle_of_one_sample_is_not_taken_for_that_of_all():
    def function(inputs, angle):
        qml.RX(inputs[0].sum(), wires=0)
        qml.RX(angle, wires=0)
        return qml.expval(qml.PauliZ(0))

    layer = PennyLaneLayer(function, {"angle": 1})
    x = torch.tensor([[0.3, 0.5], [0.4, 0.1]])
    torch.testing.assert_close(layer(x), torch.cos(x[:, 0] + layer.angle), rtol=0, atol=1e-6)


def test_bits_are_embedded_as_pennylane_does():
    def function(inputs, weights):
        qml.BasisEmbedding(inputs, wires=WIRES)
        qml.StronglyEntanglingLayers(weights, wires=WIRES)
        return z_all()

    qnode = on_three_wires(function)
    layer = PennyLaneLayer(qnode, THREE).double()
    x = torch.tensor([[0.0, 1, 1], [1, 0, 0], [1, 1, 0]], dtype=torch.float64)
    expected = torch.stack([torch.hstack(qnode(row, layer.weights)) for row in x])
    torch.testing.assert_close(layer(x), expected, rtol=1e-9, atol=1e-9)


def test_a_function_needs_no_device_and_transforms_are_applied():
    @qml.transforms.merge_rotations
    @qml.qnode(qml.device("lightning.qubit", wires=1))
    def merged(inputs, angle):
        qml.RX(inputs[..., 0], wires=0)
        qml.RX(angle, wires=0)
        return qml.expval(qml.PauliZ(0))

    for qnode in (merged, merged.func):
        layer = PennyLaneLayer(qnode, {"angle": 1}).double()
        x = torch.tensor([[0.3], [0.4]], dtype=torch.float64)
        torch.testing.assert_close(layer(x), torch.cos(x[:, 0] + layer.angle), rtol=0, atol=1e-12)
        assert len(layer.circuit.operations) == (1 if qnode is merged else 2)


def measured(measurement):
    def function(inputs, weights):
        qml.AngleEmbedding(inputs, wires=WIRES)
        qml.BasicEntanglerLayers(weights, wires=WIRES)
        return measurement(weights)

    return function


def applied(operation):
    def function(inputs, weights):
        qml.Hadamard(0)
        operation(inputs, weights)
        return z_all()

    return function


def measure_first(inputs, weights):
    qml.measure(0)


def values_decide(inputs, weights):
    if inputs[..., 0].sum() > 0:
        qml.PauliX(0)


def detached(inputs, weights):
    qml.RX(inputs.detach()[..., 0], wires=0)


OUTSIDE = torch.tensor(0.3, requires_grad=True)

REFUSED = {
    "arctan": (
        applied(lambda x, w: qml.RY(torch.arctan(x[..., 0] * w[0, 0]), wires=0)),
        r"operation 1 \(RY\): parameter 0 is not a polynomial .* degree 4",
    ),
    "inside a template": (
        applied(
            lambda x, w: qml.BasicEntanglerLayers(torch.sin(w * x[..., :1].sum()), wires=WIRES)
        ),
        r"operation 1 \(BasicEntanglerLayers\): parameter 0 is not a polynomial",
    ),
    "detached": (applied(detached), r"operation 1 \(RX\): .* PyTorch does not differentiate"),
    "values decide": (applied(values_decide), r"operation \d .*: which operations are applied"),
    "outside": (
        applied(lambda *_: qml.RX(OUTSIDE, wires=0)),
        r"operation 1 \(RX\): reads a trainable tensor that is not an argument",
    ),
    "noise": (
        applied(lambda *_: qml.DepolarizingChannel(0.1, wires=0)),
        r"operation 1 \(DepolarizingChannel\) cannot be compiled: it is noise",
    ),
    "mid-circuit": (
        applied(measure_first),
        r"operation 1 \(MidMeasureMP\) cannot be compiled: it measures",
    ),
    "continuous": (
        applied(lambda *_: qml.Displacement(0.1, 0.2, wires=0)),
        r"operation 1 \(Displacement\) cannot be compiled: .* no decomposition",
    ),
    "late state": (
        applied(lambda x, _: qml.AmplitudeEmbedding(x, wires=[0, 1], pad_with=0.0)),
        r"operation 1 \(AmplitudeEmbedding\): prepares a state on wires that",
    ),
    "two states": (
        applied(
            lambda x, _: [
                qml.AmplitudeEmbedding(x[..., :2], wires=[wire], normalize=True) for wire in (1, 2)
            ]
        ),
        r"operation 2 \(AmplitudeEmbedding\): a second state preparation",
    ),
    "worked-on state": (
        applied(lambda x, _: qml.AmplitudeEmbedding(torch.tanh(x), wires=[1, 2], pad_with=0.0)),
        r"operation 1 \(AmplitudeEmbedding\): its amplitudes are not inputs and constants",
    ),
    "vn_entropy": (measured(lambda _: qml.vn_entropy(wires=[0])), r"measurement 0 \(vnentropy\("),
    "sample": (measured(lambda _: qml.sample(wires=0)), r"measurement 0 \(sample"),
    "counts": (measured(lambda _: qml.counts()), r"measurement 0 \(CountsMP|counts"),
    "state": (measured(lambda _: qml.state()), r"measurement 0 \(state"),
    "rotated probabilities": (
        measured(lambda _: qml.probs(op=qml.PauliX(0))),
        r"measurement 0 \(probs\(X\(0\)\)\)",
    ),
    "trainable observable": (
        measured(
            lambda weights: qml.expval(
                qml.Hamiltonian(weights[0, :2], [qml.PauliZ(0), qml.PauliX(1)])
            )
        ),
        r"measurement 0 .* the observable depends on inputs or weights",
    ),
    "large observable": (
        measured(
            lambda _: qml.expval(qml.SparseHamiltonian(csr_matrix(np.eye(32)), wires=range(5)))
        ),
        r"measurement 0 .* observable SparseHamiltonian on 5 wires is unknown",
    ),
    "nested": (measured(lambda _: [z_all(), z_all()]), r"expected a measurement or a flat list"),
    "dictionary": (measured(lambda _: {"z": z_all()[0]}), r"expected a measurement or a flat list"),
}


@pytest.mark.parametrize("case", REFUSED)
def test_what_cannot_be_compiled_is_named(case):
    function, message = REFUSED[case]
    with pytest.raises(CircuitError, match=message):
        from_pennylane(function, {"weights": (1, 3)}, 3)


def test_shots_noisy_devices_and_reworked_results_are_refused():
    shots = qml.set_shots(on_three_wires(angle_embedding), shots=100)
    with pytest.raises(CircuitError, match=r"samples 100 shots, but the engine is exact"):
        from_pennylane(shots, THREE, 3)
    noisy = qml.QNode(angle_embedding, qml.device("default.mixed", wires=3))
    with pytest.raises(CircuitError, match=r"device 'default.mixed' may be noisy"):
        from_pennylane(noisy, THREE, 3)
    split = qml.transforms.split_non_commuting(on_three_wires(observables))
    with pytest.raises(CircuitError, match=r"transforms make several circuits"):
        from_pennylane(split, THREE, 3)


def test_a_failing_function_says_why():
    with pytest.raises(CircuitError, match=r"fails on inputs of length 4: .*Features must be of"):
        from_pennylane(on_three_wires(angle_embedding), THREE, 4)
