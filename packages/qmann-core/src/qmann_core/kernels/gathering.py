"""What belongs to an LSTM's whole batch: its series before, its gradients after.

The first block is ``np.int64(0)``, since a literal would have the layer's kernels compiled again.
"""

from typing import Any

import numpy as np

from .cell import GATES
from .layer import run_backward, run_forward
from .options import compiled, kernel
from .series import along_inputs


@kernel
def coefficients(
    code: Any, weights: Any, points: Any, transform: Any, states: Any, out: Any, lanes: Any
) -> Any:
    """The matrix of `series` from the values on a grid, and the states that they leave."""
    n_points, n_gates, n_values = points.shape[0], weights.shape[0], code.observables.shape[0]
    values = np.empty((n_points, n_gates, n_values), weights.dtype)
    run_forward(code, points, weights, values, states, np.int64(0), states.shape[0], lanes)
    flat = values.reshape(n_points, -1)
    along_inputs(flat, transform, False)
    for row in range(out.shape[0]):
        for column in range(n_points):
            out[row, column] = flat[column, row]


@kernel
def gather_gradients(
    code: Any,
    cell: Any,
    sums: Any,
    points: Any,
    transform: Any,
    states: Any,
    out: Any,
    lanes: Any,
) -> Any:
    """Add up the blocks' gradients; those by the parameters, one after the other, go to ``out``."""
    hidden, n_values = cell.outward.shape
    at = 0
    for block in range(sums.inward.shape[0]):
        inward, inward_bias = sums.inward[block].reshape(-1), sums.inward_bias[block]
        weights = sums.weights[block].reshape(-1)
        if block:
            sums.outward[0] += sums.outward[block]
            sums.outward_bias[0] += sums.outward_bias[block]
            sums.series[0] += sums.series[block]
        at = 0
        for part in (inward, inward_bias, weights):
            for index in range(part.size):
                before = out[at + index] if block else part.dtype.type(0)
                out[at + index] = before + part[index]
            at += part.size
    if states.shape[0]:
        _series_gradient(
            code, cell.weights, sums.series[0], points, transform, states,
            out[at - cell.weights.size : at], lanes,
        )  # fmt: skip
    outward, bias = out[at : at + hidden * n_values], out[at + hidden * n_values :]
    scale, shift = bias[hidden:], bias[hidden + GATES :]
    outward[:] = 0
    bias[: hidden + GATES] = 0
    for gate in range(GATES):
        s = cell.scale[gate, 0]
        for unit in range(hidden):
            by_bias = sums.outward_bias[0, gate, unit]
            bias[unit] += s * by_bias
            shift[gate * hidden + unit] = by_bias
            scale[gate] += by_bias * cell.outward_bias[unit]
            for k in range(n_values):
                by = sums.outward[0, gate, unit, k]
                outward[unit * n_values + k] += s * by
                scale[gate] += by * cell.outward[unit, k]


@compiled
def _series_gradient(
    code: Any, weights: Any, by: Any, points: Any, transform: Any, states: Any, out: Any, lanes: Any
) -> Any:
    """Gradients by the weights from those by the coefficients."""
    n_points, n_gates, n_values = points.shape[0], weights.shape[0], code.observables.shape[0]
    by_values = np.empty((n_points, n_gates * n_values), weights.dtype)
    for column in range(n_points):
        for row in range(by.shape[0]):
            by_values[column, row] = by[row, column]
    along_inputs(by_values, transform, True)
    dx = np.empty(points.shape, weights.dtype)
    dw = np.zeros((states.shape[0], n_gates, weights.shape[1]), weights.dtype)
    given = by_values.reshape(n_points, n_gates, n_values)
    run_backward(code, points, weights, given, states, dx, dw, np.int64(0), states.shape[0], lanes)
    out[:] = 0
    for block in range(states.shape[0]):
        for index in range(out.size):
            out[index] += dw[block].reshape(-1)[index]
