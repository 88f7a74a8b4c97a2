"""TensorCircuit-ng on JAX, jitted and mapped over the batch; and the same called from torch.

Each Rot(a, b, c) is one U(b, c, a), which differs by a global phase only, and <Z> is read from the
final state: the fastest form there of those tried.
"""

import jax
import jax.numpy as jnp
import tensorcircuit as tc
from torch import nn

from .jax_step import jax_step
from .torch_step import layer_step

tc.set_backend("jax")


def expectations(workload):
    wires = range(workload.n_wires)
    bits = jnp.arange(2**workload.n_wires)[:, None] >> jnp.array(wires)[::-1] & 1
    signs = 1.0 - 2.0 * bits  # wire 0 is the most significant bit

    def sample(inputs, weights):
        if workload.encoding == "amplitude":
            circuit = tc.Circuit(workload.n_wires, inputs=inputs / jnp.linalg.norm(inputs))
        else:
            circuit = tc.Circuit(workload.n_wires)
            for wire in wires:
                circuit.ry(wire, theta=inputs[wire])
        for angles, ring in zip(weights, workload.rings, strict=True):
            for wire in wires:
                a, b, c = angles[wire]
                circuit.u(wire, theta=b, phi=c, lbd=a)
            for pair in ring:
                circuit.cnot(*pair)
        state = circuit.state()
        return (state.real**2 + state.imag**2) @ signs

    return jax.vmap(sample, in_axes=(0, None))


class Circuit(nn.Module):
    def __init__(self, workload, weights):
        super().__init__()
        self.run = tc.interfaces.torch_interface(expectations(workload), jit=True)
        self.weights = nn.Parameter(weights)

    def forward(self, inputs):
        return self.run(inputs, self.weights)


build = jax_step(expectations)
build_torch = layer_step(Circuit)
