"""PennyLane on default.qubit under jax.jit: no torch anywhere."""

import pennylane as qml

from .jax_step import jax_step


def expectations(workload):
    wires = range(workload.n_wires)

    @qml.qnode(qml.device("default.qubit", wires=wires), interface="jax", diff_method="backprop")
    def circuit(inputs, weights):
        if workload.encoding == "angle":
            qml.AngleEmbedding(inputs, wires, rotation="Y")
        else:
            qml.AmplitudeEmbedding(inputs, wires, normalize=True)
        qml.StronglyEntanglingLayers(weights, wires)
        return [qml.expval(qml.PauliZ(wire)) for wire in wires]

    return lambda inputs, weights: qml.math.stack(circuit(inputs, weights), axis=-1)


build = jax_step(expectations)
