"""Layers made from QNodes and Qiskit circuits, beside the connectors that they stand in for."""

import copy
import pickle
import sys

import foreign
import numpy as np
import pennylane as qml
import pytest
import torch
from qiskit.circuit import QuantumCircuit
from qiskit.circuit.library import real_amplitudes, zz_feature_map
from qiskit.quantum_info import SparsePauliOp
from qiskit_machine_learning.connectors import TorchConnector
from qiskit_machine_learning.neural_networks import EstimatorQNN

from qmann_core.base import quantum_parameters
from qmann_core.errors import CircuitError
from qmann_core.interop import PennyLaneLayer, QiskitLayer

SHAPES = {"weights": (2, 2), "angle": 1, "vector": (1,)}


def z(wire):
    return qml.expval(qml.PauliZ(wire))


def returning(measurements):
    def function(inputs, weights, angle, vector):
        qml.AngleEmbedding(inputs, wires=range(2))
        qml.BasicEntanglerLayers(weights, wires=range(2))
        qml.RX(angle, wires=0)
        qml.RY(vector[0], wires=1)
        return measurements()

    return qml.QNode(function, qml.device("default.qubit", wires=2))


def plain(inputs, weights, angle, vector):
    """A function that can be pickled."""
    return returning(lambda: [z(0), z(1)]).func(inputs, weights, angle, vector)


def both(qnode, init_method=None):
    layers = []
    for connector in (qml.qnn.TorchLayer, PennyLaneLayer):
        torch.manual_seed(3)
        layers.append(connector(qnode, SHAPES, init_method))
    return layers


@pytest.mark.parametrize(
    ("example", "steps"),
    [
        (foreign.moons, 5),
        (foreign.qlstm, 2),
        (foreign.reuploading, 5),
        (foreign.amplitudes, 5),
    ],
)
def test_programs_for_torch_layer_run_with_one_line_changed(example, steps):
    expected = example(qml.qnn.TorchLayer, steps)
    np.testing.assert_allclose(example(PennyLaneLayer, steps), expected, rtol=0, atol=1e-5)


def test_a_program_for_torch_connector_runs_with_one_line_changed():
    expected = foreign.estimator(foreign.qiskit_connector, 2)
    np.testing.assert_allclose(foreign.estimator(QiskitLayer, 2), expected, rtol=0, atol=1e-5)


@pytest.mark.parametrize(
    "measurements",
    [
        lambda: z(0),
        lambda: qml.probs(wires=[1, 0]),
        lambda: [z(0)],
        lambda: [z(0), z(1)],
        lambda: [z(0), qml.probs(wires=[1])],
        lambda: (z(0),),
        lambda: (z(0), z(1)),
        lambda: (qml.probs(wires=[0]), qml.probs(wires=[1])),
    ],
    ids=["value", "probs", "list", "two", "mixed", "tuple of one", "tuple", "tuple of probs"],
)
def test_outputs_have_the_shapes_and_values_of_torch_layer(measurements):
    theirs, ours = both(returning(measurements))
    for shape in ((2,), (5, 2), (1, 2), (3, 4, 2)):
        x = torch.linspace(-1, 1, int(np.prod(shape))).reshape(shape)
        for inputs in (x, x.double()):
            expected, found = theirs(inputs), ours(inputs)
            assert found.dtype == expected.dtype
            torch.testing.assert_close(found, expected, rtol=0, atol=1e-5)


@pytest.mark.parametrize(
    "init_method",
    [
        None,
        torch.nn.init.normal_,
        {
            "weights": torch.nn.init.zeros_,
            "angle": torch.tensor(0.25),
            "vector": torch.nn.init.uniform_,
        },
    ],
    ids=["default", "function", "dictionary"],
)
def test_weights_start_as_in_torch_layer(init_method):
    theirs, ours = both(returning(lambda: z(0)), init_method)
    assert list(ours.state_dict()) == list(theirs.state_dict())
    for name, expected in theirs.state_dict().items():
        torch.testing.assert_close(ours.state_dict()[name], expected, rtol=0, atol=0)
    assert list(quantum_parameters(ours)) == list(ours.parameters())


def test_saved_weights_are_exchanged_with_torch_layer():
    theirs, ours = both(returning(lambda: [z(0), z(1)]))
    with torch.no_grad():
        for parameter in theirs.parameters():
            parameter.add_(0.5)
    ours.load_state_dict(theirs.state_dict())
    x = torch.rand(4, 2)
    torch.testing.assert_close(ours(x), theirs(x), rtol=0, atol=1e-5)
    theirs.load_state_dict(ours.state_dict())


def test_copies_and_pickles_work_and_forget_the_function_once_it_is_traced():
    layer = PennyLaneLayer(plain, SHAPES)
    x = torch.rand(4, 2)
    untraced = [copy.deepcopy(layer), pickle.loads(pickle.dumps(layer))]
    expected = layer(x)
    local = PennyLaneLayer(returning(lambda: [z(0), z(1)]), SHAPES)
    local.load_state_dict(layer.state_dict())
    local(x)
    for each in (*untraced, copy.deepcopy(layer), pickle.loads(pickle.dumps(local))):
        torch.testing.assert_close(each(x), expected, rtol=0, atol=1e-6)
        assert each.weights is not layer.weights
    assert copy.deepcopy(layer)._source is None


def test_gradients_reach_inputs_and_weights_through_gradcheck():
    layer = PennyLaneLayer(returning(lambda: [z(0), qml.probs(wires=[1])]), SHAPES).double()
    x = torch.rand(3, 2, dtype=torch.float64, requires_grad=True)
    weights = [parameter.detach().requires_grad_() for parameter in layer.parameters()]

    def outputs(x, *weights):
        names = (name for name, _ in layer.named_parameters())
        return torch.func.functional_call(layer, dict(zip(names, weights, strict=True)), (x,))

    assert torch.autograd.gradcheck(outputs, (x, *weights))


def test_the_first_call_may_be_without_gradients():
    layer = PennyLaneLayer(returning(lambda: z(0)), SHAPES)
    x = torch.rand(4, 2)
    with torch.inference_mode():
        expected = layer(x)
    torch.testing.assert_close(layer(x), expected, rtol=0, atol=1e-6)
    layer(x).sum().backward()
    assert layer.weights.grad is not None


def test_random_state_is_left_alone_by_tracing():
    layer = PennyLaneLayer(returning(lambda: z(0)), SHAPES)
    before = torch.get_rng_state()
    layer(torch.zeros(1, 2))
    assert torch.equal(torch.get_rng_state(), before)


@pytest.mark.slow
def test_a_traced_layer_exports():
    layer = PennyLaneLayer(returning(lambda: [z(0), z(1)]), SHAPES)
    x = torch.rand(4, 2)
    expected = layer(x)
    exported = torch.export.export(layer, (x,)).module()
    torch.testing.assert_close(exported(x), expected, rtol=0, atol=1e-5)


def test_unused_inputs_and_weights_are_allowed():
    def function(inputs, weights):
        qml.RX(inputs[..., 1], wires=0)
        return z(0)

    layer = PennyLaneLayer(function, {"weights": (2,)})
    x = torch.rand(4, 3)
    torch.testing.assert_close(layer(x), torch.cos(x[:, 1]), rtol=0, atol=1e-6)

    def constant(inputs, weights):
        qml.RX(weights[0], wires=0)
        return z(0)

    layer = PennyLaneLayer(constant, {"weights": (2,)})
    expected = torch.cos(layer.weights[0]).expand(4)
    torch.testing.assert_close(layer(x), expected, rtol=0, atol=1e-6)


def test_what_does_not_fit_is_refused():
    def without_inputs(weights):
        return z(0)

    def with_args(inputs, *weights):
        return z(0)

    def one(inputs, weights):
        return z(0)

    with pytest.raises(CircuitError, match="needs an argument named inputs"):
        PennyLaneLayer(without_inputs, {"weights": 1})
    with pytest.raises(CircuitError, match=r"has \*args; its weights must be named"):
        PennyLaneLayer(with_args, {})
    with pytest.raises(CircuitError, match="weight_shapes names inputs"):
        PennyLaneLayer(one, {"inputs": 2, "weights": 1})
    with pytest.raises(CircuitError, match=r"has arguments inputs, weights, .* names other"):
        PennyLaneLayer(one, {"other": 1})
    with pytest.raises(CircuitError, match="init_method has no entry for weight 'weights'"):
        PennyLaneLayer(one, {"weights": 1}, {})
    with pytest.raises(CircuitError, match=r"gives weight 'weights' the shape \(3,\)"):
        PennyLaneLayer(one, {"weights": 2}, {"weights": torch.zeros(3)})
    with pytest.raises(CircuitError, match="the QNode is traced at the first call"):
        _ = PennyLaneLayer(one, {"weights": 1}).circuit
    layer = PennyLaneLayer(plain, SHAPES)
    with pytest.raises(CircuitError, match="inputs are a single number"):
        layer(torch.tensor(0.3))
    layer(torch.zeros(1, 2))
    with pytest.raises(CircuitError, match=r"shape \(4, 3\), but the QNode was compiled for 2"):
        layer(torch.zeros(4, 3))
    uneven = PennyLaneLayer(returning(lambda: (z(0), qml.probs(wires=[0]))), SHAPES)
    with pytest.raises(CircuitError, match=r"sizes \(1, 2\), which TorchLayer cannot stack"):
        uneven(torch.zeros(1, 2))


@pytest.mark.parametrize("name", ["pennylane", "qiskit"])
def test_a_missing_sdk_is_named_with_its_extra(monkeypatch, name):
    monkeypatch.setitem(sys.modules, name, None)
    make = {
        "pennylane": lambda: PennyLaneLayer(plain, SHAPES)(torch.zeros(1, 2)),
        "qiskit": lambda: QiskitLayer(None),
    }
    with pytest.raises(ModuleNotFoundError, match=rf"pip install 'qmann-core\[{name}\]'"):
        make[name]()


def connected(observables=None, initial_weights=None):
    feature_map, ansatz = zz_feature_map(2, reps=1), real_amplitudes(2, reps=1)
    circuit = QuantumCircuit(2)
    circuit.compose(feature_map, inplace=True)
    circuit.compose(ansatz, inplace=True)
    parameters = feature_map.parameters, ansatz.parameters
    torch.manual_seed(5)
    qnn = EstimatorQNN(
        circuit=circuit,
        observables=observables,
        input_params=parameters[0],
        weight_params=parameters[1],
        input_gradients=True,
    )
    theirs = TorchConnector(qnn, initial_weights)
    torch.manual_seed(5)
    return theirs, QiskitLayer(circuit, *parameters, observables, initial_weights)


@pytest.mark.parametrize(
    "observables",
    [None, [SparsePauliOp("IZ"), SparsePauliOp.from_list([("XY", 0.3), ("II", 1)])]],
    ids=["default", "list"],
)
def test_outputs_and_gradients_are_those_of_torch_connector(observables):
    theirs, ours = connected(observables)
    torch.testing.assert_close(ours.weight, theirs.weight, rtol=0, atol=0)
    for shape in ((2,), (3, 2), (1, 2), (2, 2, 2)):
        x = torch.linspace(-1, 1, int(np.prod(shape))).reshape(shape)
        for inputs in (x, x.double()):
            expected, found = theirs(inputs), ours(inputs)
            assert found.dtype == expected.dtype
            torch.testing.assert_close(found, expected, rtol=0, atol=1e-6)
    gradients = []
    for layer in (theirs, ours):
        x = torch.tensor([[0.3, -0.2], [1.0, 0.4]], requires_grad=True)
        layer(x).square().sum().backward()
        gradients.append((x.grad, layer.weight.grad))
    for expected, found in zip(*gradients, strict=True):
        torch.testing.assert_close(found, expected, rtol=0, atol=1e-5)


def test_weights_of_torch_connector_are_loaded():
    theirs, ours = connected(initial_weights=np.array([0.1, 0.2, 0.3, 0.4]))
    torch.testing.assert_close(ours.weight, theirs.weight, rtol=0, atol=0)
    with torch.no_grad():
        theirs.weight.add_(0.5)
    ours.load_state_dict(theirs.state_dict())
    torch.testing.assert_close(ours.weight, theirs.weight, rtol=0, atol=0)
    assert [name for name, _ in ours.named_parameters()] == ["weight"]
    assert list(quantum_parameters(ours)) == [ours.weight]


def test_qiskit_layers_pickle_and_need_no_inputs():
    circuit = real_amplitudes(2, reps=1)
    layer = QiskitLayer(circuit, None, circuit.parameters, SparsePauliOp("IX"))
    expected = layer()
    assert expected.shape == (1,)
    torch.testing.assert_close(pickle.loads(pickle.dumps(layer))(), expected, rtol=0, atol=0)
    torch.testing.assert_close(copy.deepcopy(layer)(), expected, rtol=0, atol=0)


def test_inputs_and_weights_of_the_wrong_length_are_refused():
    _, layer = connected()
    with pytest.raises(CircuitError, match=r"shape \(4, 3\), but the circuit has 2 input_params"):
        layer(torch.zeros(4, 3))
    with pytest.raises(CircuitError, match=r"shape \(3,\), but the circuit has 4 weights"):
        connected(initial_weights=[0.1, 0.2, 0.3])
