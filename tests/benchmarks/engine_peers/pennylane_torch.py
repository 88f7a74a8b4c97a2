"""PennyLane's TorchLayer, on default.qubit and on lightning.qubit."""

from functools import partial

import pennylane as qml
import torch

from .torch_step import layer_step


def torch_layer(workload, weights, *, device, diff_method):
    wires = range(workload.n_wires)

    @qml.qnode(qml.device(device, wires=wires), interface="torch", diff_method=diff_method)
    def circuit(inputs, weights):
        if workload.encoding == "angle":
            qml.AngleEmbedding(inputs, wires, rotation="Y")
        else:
            qml.AmplitudeEmbedding(inputs, wires, normalize=True)
        qml.StronglyEntanglingLayers(weights, wires)
        return [qml.expval(qml.PauliZ(wire)) for wire in wires]

    layer = qml.qnn.TorchLayer(circuit, {"weights": tuple(weights.shape)})
    layer.to(weights.dtype)
    with torch.no_grad():
        layer.weights.copy_(weights)
    return layer


default_qubit = layer_step(partial(torch_layer, device="default.qubit", diff_method="backprop"))
lightning = layer_step(partial(torch_layer, device="lightning.qubit", diff_method="adjoint"))
