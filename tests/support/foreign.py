"""Programs as people write them for PennyLane's TorchLayer and Qiskit's TorchConnector.

Each takes the connector as its first argument, the one line that changes, and returns the loss of
every step. The data are made here.
"""

import math

import numpy as np
import pennylane as qml
import torch
from qiskit import QuantumCircuit
from qiskit.circuit.library import real_amplitudes, zz_feature_map
from qiskit_machine_learning.connectors import TorchConnector
from qiskit_machine_learning.neural_networks import EstimatorQNN
from torch import nn


def moons(torch_layer, steps):
    """PennyLane's demo "Turning quantum nodes into Torch Layers": a hybrid with two QNodes."""
    torch.manual_seed(42)
    n_qubits, batch_size = 2, 5
    x, labels = _two_moons(200)
    y = nn.functional.one_hot(labels, 2).float()
    dev = qml.device("default.qubit", wires=n_qubits)

    @qml.qnode(dev)
    def qnode(inputs, weights):
        qml.AngleEmbedding(inputs, wires=range(n_qubits))
        qml.BasicEntanglerLayers(weights, wires=range(n_qubits))
        return [qml.expval(qml.PauliZ(wires=i)) for i in range(n_qubits)]

    weight_shapes = {"weights": (6, n_qubits)}

    class HybridModel(nn.Module):
        def __init__(self):
            super().__init__()
            self.clayer_1 = nn.Linear(2, 4)
            self.qlayer_1 = torch_layer(qnode, weight_shapes)
            self.qlayer_2 = torch_layer(qnode, weight_shapes)
            self.clayer_2 = nn.Linear(4, 2)
            self.softmax = nn.Softmax(dim=1)

        def forward(self, x):
            x_1, x_2 = torch.split(self.clayer_1(x), 2, dim=1)
            x = torch.cat([self.qlayer_1(x_1), self.qlayer_2(x_2)], dim=1)
            return self.softmax(self.clayer_2(x))

    model = HybridModel()
    opt = torch.optim.SGD(model.parameters(), lr=0.2)
    batches = _batches(len(x), batch_size, steps)
    return _trained(model, opt, nn.L1Loss(), [(x[rows], y[rows]) for rows in batches])


class QLSTM(nn.Module):
    """The quantum LSTM of the public repositories: a Linear, four TorchLayers and a Linear."""

    def __init__(self, torch_layer, input_size, hidden_size, n_qubits=4, n_qlayers=1):
        super().__init__()
        self.hidden_size = hidden_size
        self.clayer_in = nn.Linear(input_size + hidden_size, n_qubits)
        self.VQC = nn.ModuleDict()
        for gate in ("forget", "input", "cell", "output"):
            wires = [f"wire_{gate}_{i}" for i in range(n_qubits)]
            dev = qml.device("default.qubit", wires=wires)
            qnode = qml.QNode(self._circuit(wires), dev, interface="torch")
            self.VQC[gate] = torch_layer(qnode, {"weights": (n_qlayers, n_qubits)})
        self.clayer_out = nn.Linear(n_qubits, hidden_size)

    @staticmethod
    def _circuit(wires):
        def circuit(inputs, weights):
            qml.templates.AngleEmbedding(inputs, wires=wires)
            qml.templates.BasicEntanglerLayers(weights, wires=wires)
            return [qml.expval(qml.PauliZ(wires=w)) for w in wires]

        return circuit

    def forward(self, x):
        h_t = c_t = x.new_zeros(x.shape[0], self.hidden_size)
        for x_t in x.unbind(1):
            y_t = self.clayer_in(torch.cat((h_t, x_t), dim=1))
            f_t = torch.sigmoid(self.clayer_out(self.VQC["forget"](y_t)))
            i_t = torch.sigmoid(self.clayer_out(self.VQC["input"](y_t)))
            g_t = torch.tanh(self.clayer_out(self.VQC["cell"](y_t)))
            o_t = torch.sigmoid(self.clayer_out(self.VQC["output"](y_t)))
            c_t = f_t * c_t + i_t * g_t
            h_t = o_t * torch.tanh(c_t)
        return h_t


def qlstm(torch_layer, steps):
    """Next value of a damped oscillation from the four before it."""
    torch.manual_seed(0)
    time = torch.linspace(0, 20, 100)
    wave = torch.exp(-0.1 * time) * torch.cos(2 * time)
    windows = wave.unfold(0, 5, 1)
    x, y = windows[:, :4, None], windows[:, 4:]
    model = nn.Sequential(QLSTM(torch_layer, 1, 4), nn.Linear(4, 1))
    opt = torch.optim.RMSprop(model.parameters(), lr=0.01)
    batches = _batches(len(x), 16, steps)
    return _trained(model, opt, nn.MSELoss(), [(x[rows], y[rows]) for rows in batches])


def reuploading(torch_layer, steps):
    """A data re-uploading classifier: is a point within a circle? (arXiv:1907.02085)."""
    torch.manual_seed(1)
    dev = qml.device("default.qubit", wires=2)

    @qml.qnode(dev, interface="torch", diff_method="backprop")
    def qnode(inputs, weights, scaling):
        for layer in range(4):
            for wire in range(2):
                qml.Rot(
                    scaling[layer, wire, 0] * inputs[:, 0] + weights[layer, wire, 0],
                    scaling[layer, wire, 1] * inputs[:, 1] + weights[layer, wire, 1],
                    weights[layer, wire, 2],
                    wires=wire,
                )
            qml.CZ(wires=[0, 1])
        return qml.expval(qml.Projector([0], wires=[0]))

    model = torch_layer(qnode, {"weights": (4, 2, 3), "scaling": (4, 2, 2)})
    x = 2 * torch.rand(200, 2) - 1
    y = (x.norm(dim=1) < math.sqrt(2 / math.pi)).float()
    opt = torch.optim.Adam(model.parameters(), lr=0.05)
    batches = _batches(len(x), 32, steps)
    return _trained(model, opt, nn.MSELoss(), [(x[rows], y[rows]) for rows in batches])


def amplitudes(torch_layer, steps):
    """Amplitude embedding of 4 x 4 images, probabilities as class scores."""
    torch.manual_seed(2)
    n_qubits = 4
    dev = qml.device("default.qubit", wires=n_qubits)

    @qml.qnode(dev)
    def qnode(inputs, weights):
        qml.AmplitudeEmbedding(inputs, wires=range(n_qubits), pad_with=0.1, normalize=True)
        qml.StronglyEntanglingLayers(weights, wires=range(n_qubits))
        return qml.probs(wires=[0, 1])

    model = nn.Sequential(
        torch_layer(qnode, {"weights": (3, n_qubits, 3)}, torch.nn.init.normal_), nn.Linear(4, 2)
    )
    labels = torch.arange(128) % 2
    bars = torch.rand(128, 4, 1).round().expand(-1, -1, 4)
    images = torch.where(labels[:, None, None] == 0, bars, bars.mT)
    x = (images + 0.2 * torch.rand(128, 4, 4)).flatten(1)[:, :15]
    opt = torch.optim.Adam(model.parameters(), lr=0.02)
    batches = _batches(len(x), 32, steps)
    return _trained(
        model, opt, nn.CrossEntropyLoss(), [(x[rows], labels[rows]) for rows in batches]
    )


def estimator(torch_connector, steps):
    """Qiskit's tutorial "Torch Connector and Hybrid QNNs": classification with EstimatorQNN."""
    torch.manual_seed(42)
    rng = np.random.default_rng(42)
    num_inputs, num_samples = 2, 20
    X = 2 * rng.random([num_samples, num_inputs]) - 1
    y = 2.0 * (np.sum(X, axis=1) >= 0) - 1
    X_, y_ = torch.Tensor(X), torch.Tensor(y).reshape(-1, 1)
    feature_map = zz_feature_map(num_inputs)
    ansatz = real_amplitudes(num_inputs)
    qc = QuantumCircuit(num_inputs)
    qc.compose(feature_map, inplace=True)
    qc.compose(ansatz, inplace=True)
    model = torch_connector(qc, feature_map.parameters, ansatz.parameters)
    optimizer = torch.optim.LBFGS(model.parameters(), max_iter=steps, max_eval=steps)
    f_loss = nn.MSELoss(reduction="sum")
    losses = []

    def closure():
        optimizer.zero_grad()
        loss = f_loss(model(X_), y_)
        loss.backward()
        losses.append(loss.item())
        return loss

    optimizer.step(closure)
    return losses


def qiskit_connector(circuit, input_params, weight_params):
    """What `estimator` calls in the tutorial."""
    qnn = EstimatorQNN(
        circuit=circuit,
        input_params=input_params,
        weight_params=weight_params,
        input_gradients=True,
    )
    return TorchConnector(qnn)


def _trained(model, optimiser, loss, batches):
    losses = []
    for x, y in batches:
        optimiser.zero_grad()
        value = loss(model(x), y)
        value.backward()
        optimiser.step()
        losses.append(value.item())
    return losses


def _batches(size, batch_size, steps):
    generator = torch.Generator().manual_seed(0)
    return [torch.randperm(size, generator=generator)[:batch_size] for _ in range(steps)]


def _two_moons(size):
    rng = np.random.default_rng(0)
    labels = np.arange(size) % 2
    angles = np.pi * rng.random(size)
    sign = 1 - 2 * labels
    points = np.stack((labels + sign * np.cos(angles), labels / 2 + sign * np.sin(angles)), axis=1)
    points += 0.1 * rng.normal(size=points.shape)
    return torch.tensor(points, dtype=torch.float32), torch.tensor(labels)
