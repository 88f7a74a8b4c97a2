"""What belongs to an LSTM's whole batch: its series before, its gradients after."""

from typing import Any

import numpy as np
from numpy.typing import NDArray

from .cell import GATES
from .layer import run_backward, run_forward
from .options import kernel
from .series import along_inputs


def coefficients(
    code: Any, weights: Any, points: Any, transform: Any, states: Any, out: Any, lanes: Any
) -> None:
    """The matrix of `series` from the values on a grid, and the states that they leave."""
    values = np.empty((len(points), len(weights), len(code.observables)), weights.dtype)
    run_forward(code, points, weights, values, states, 0, len(states), lanes)
    flat = values.reshape(len(points), -1)
    along_inputs(flat, transform, False)
    out[:] = flat.T


def series_gradient(
    code: Any, weights: Any, by: Any, points: Any, transform: Any, states: Any, lanes: Any
) -> NDArray[Any]:
    """Gradients by the weights from those by the coefficients."""
    values = by.T.copy()
    along_inputs(values, transform, True)
    given = values.reshape(len(points), len(weights), -1)
    dx, dw = np.empty_like(points), np.zeros((len(states), *weights.shape), weights.dtype)
    run_backward(code, points, weights, given, states, dx, dw, 0, len(states), lanes)
    total: NDArray[Any] = dw.sum(0)
    return total


@kernel
def readout_gradient(
    cell: Any, by: Any, by_bias: Any, outward: Any, outward_bias: Any, scale: Any
) -> Any:
    """Add gradients by S, b and s, from those by each gate's read-out and its bias."""
    hidden, n_values = cell.outward.shape
    for gate in range(GATES):
        s = cell.scale[gate, 0]
        for unit in range(hidden):
            shift = by_bias[gate, unit]
            outward_bias[unit] += s * shift
            scale[gate, 0] += shift * cell.outward_bias[unit]
            for k in range(n_values):
                value = by[gate, unit, k]
                outward[unit, k] += s * value
                scale[gate, 0] += value * cell.outward[unit, k]
