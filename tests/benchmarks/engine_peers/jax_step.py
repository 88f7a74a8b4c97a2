"""Forward and backward pass of whatever is a JAX function, jitted as a whole."""

from collections.abc import Callable

import jax
import jax.numpy as jnp

from .workloads import Workload

Expectations = Callable[[jax.Array, jax.Array], jax.Array]
"""((batch, input) inputs, (layer, wire, 3) weights) -> (batch, wire) <Z>."""


def jax_step(expectations: Callable[[Workload], Expectations]) -> Callable:
    """What builds a workload's step: outputs, then gradients as `torch_step` orders them."""

    def build(workload: Workload, precision: str) -> Callable[[], list[jax.Array]]:
        arrays, circuit = workload.arrays, expectations(workload)
        model = _qlstm(circuit) if workload.steps else lambda x, w, _: circuit(x, w[0])

        def loss(inputs, weights, dense):
            values = model(inputs, weights, dense)
            return jnp.sum(values**2), values

        both = jax.jit(jax.value_and_grad(loss, argnums=(0, 1, 2), has_aux=True))
        dense = dict(arrays.dense) if workload.steps else {}
        numbers = (arrays.inputs, arrays.weights, dense)
        given = jax.tree.map(lambda array: jnp.asarray(array, dtype=precision), numbers)

        def step():
            (_, values), gradients = jax.block_until_ready(both(*given))
            by_inputs, by_weights, by_dense = gradients
            return [values, by_inputs, by_weights, *(by_dense[name] for name in dense)]

        return step

    return build


def _qlstm(circuit: Expectations) -> Callable:
    gates = jax.vmap(circuit, in_axes=(None, 0))

    def model(sequence, weights, dense):
        def cell(state, x):
            h, c = state
            angles = jnp.concatenate((x, h), axis=-1) @ dense["inward"].T + dense["inward_bias"]
            read = gates(angles, weights) @ dense["outward"].T + dense["outward_bias"]
            i, f, o = jax.nn.sigmoid(read[jnp.array([0, 1, 3])])
            c = f * c + i * jnp.tanh(read[2])
            h = o * jnp.tanh(c)
            return (h, c), h

        zeros = jnp.zeros((sequence.shape[1], len(dense["outward"])), dtype=sequence.dtype)
        return jax.lax.scan(cell, (zeros, zeros), sequence)[1]

    return model
