"""The steps of an LSTM's cell around its circuits."""

from typing import Any, NamedTuple

import numpy as np

from .functions import sigmoid, tanh
from .options import compiled
from .simd import broadcast, load, store, total

GATES = 4
_CANDIDATE = 2


class Cell(NamedTuple):
    """The parameters of a cell: ``r_k = s_k (S z_k + b) + c_k``."""

    inward: Any
    """A: (angle, input and hidden value)"""
    inward_bias: Any
    """a: (angle,)"""
    weights: Any
    """of the circuits: (gate, weight)"""
    outward: Any
    """S: (hidden value, observable)"""
    outward_bias: Any
    """b: (hidden value,)"""
    scale: Any
    """s: (gate, 1)"""
    bias: Any
    """c: (gate, hidden value)"""


class Sums(NamedTuple):
    """Gradients of each block: by the cell's parameters, the read-out still gate by gate."""

    inward: Any
    inward_bias: Any
    weights: Any
    outward: Any
    outward_bias: Any
    series: Any


@compiled
def gather_step(x: Any, step: Any, first: Any, out: Any, lanes: Any) -> Any:
    for lane in range(len(lanes)):
        sample = min(first + lane, x.shape[1] - 1)
        for feature in range(x.shape[2]):
            out[feature * len(lanes) + lane] = x[step, sample, feature]


@compiled
def gather_state(state: Any, first: Any, out: Any, lanes: Any) -> Any:
    for lane in range(len(lanes)):
        sample = min(first + lane, state.shape[0] - 1)
        for unit in range(state.shape[1]):
            out[unit * len(lanes) + lane] = state[sample, unit]


@compiled
def scatter_state(values: Any, first: Any, out: Any, lanes: Any) -> Any:
    for lane in range(min(len(lanes), out.shape[0] - first)):
        for unit in range(out.shape[1]):
            out[first + lane, unit] = values[unit * len(lanes) + lane]


@compiled
def cell_angles(cell: Any, x: Any, h: Any, n_features: Any, out: Any, at: Any, lanes: Any) -> Any:
    width = len(lanes)
    for angle in range(cell.inward.shape[0]):
        row = cell.inward[angle]
        value = broadcast(out, cell.inward_bias[angle], lanes)
        for feature in range(n_features):
            value = value + row[feature] * load(x, feature * width, lanes)
        for unit in range(row.size - n_features):
            value = value + row[n_features + unit] * load(h, unit * width, lanes)
        store(out, at + angle * width, value)


@compiled
def scaled(cell: Any) -> Any:
    """The read-out of every gate: ``s_k S`` and ``s_k b + c_k``."""
    hidden, n_values = cell.outward.shape
    outward = np.empty((GATES, hidden, n_values), cell.outward.dtype)
    bias = np.empty((GATES, hidden), cell.outward.dtype)
    for gate in range(GATES):
        for unit in range(hidden):
            scale = cell.scale[gate, 0]
            bias[gate, unit] = scale * cell.outward_bias[unit] + cell.bias[gate, unit]
            for k in range(n_values):
                outward[gate, unit, k] = scale * cell.outward[unit, k]
    return outward, bias


@compiled
def open_gates(
    outward: Any, bias: Any, tape: Any, at_values: Any, at_gates: Any, lanes: Any
) -> Any:
    """Gates from the circuits' values, both on the tape."""
    width = len(lanes)
    hidden, n_values = outward.shape[1], outward.shape[2]
    for gate in range(GATES):
        for unit in range(hidden):
            raw = broadcast(tape, bias[gate, unit], lanes)
            row = outward[gate, unit]
            for k in range(n_values):
                value = load(tape, at_values + (gate * n_values + k) * width, lanes)
                raw = raw + row[k] * value
            opened = tanh(raw) if gate == _CANDIDATE else sigmoid(raw)
            store(tape, at_gates + (gate * hidden + unit) * width, opened)


@compiled
def reduce(sums: Any, out: Any, lanes: Any) -> Any:
    """The sum over the lanes of each vector."""
    for index in range(out.size):
        out[index] = total(load(sums, index * len(lanes), lanes))


@compiled
def accumulate(sums: Any, index: Any, value: Any, lanes: Any) -> Any:
    at = index * len(lanes)
    store(sums, at, load(sums, at, lanes) + value)


@compiled
def close_gates(
    tape: Any, at_gates: Any, at_state: Any, hidden: Any, dh: Any, dc: Any, raw: Any, living: Any,
    lanes: Any,
) -> Any:  # fmt: skip
    """From gradients by the new state to those before the gates' nonlinearities, in ``raw``.

    ``dh`` and ``dc`` become what reaches the old state past the circuits.
    """
    width = len(lanes)
    for unit in range(hidden):
        at, offset = unit * width, at_gates + unit * width
        i, f = load(tape, offset, lanes), load(tape, offset + hidden * width, lanes)
        g = load(tape, offset + 2 * hidden * width, lanes)
        o = load(tape, offset + 3 * hidden * width, lanes)
        c_old = load(tape, at_state + (hidden + unit) * width, lanes)
        bent = tanh(f * c_old + i * g)
        all_h, all_c = load(dh, at, lanes), load(dc, at, lanes)
        by_h, by_c = living * all_h, living * all_c
        by_c = by_c + by_h * o * (1.0 - bent * bent)
        store(raw, at, by_c * g * i * (1.0 - i))
        store(raw, (hidden + unit) * width, by_c * c_old * f * (1.0 - f))
        store(raw, (2 * hidden + unit) * width, by_c * i * (1.0 - g * g))
        store(raw, (3 * hidden + unit) * width, by_h * bent * o * (1.0 - o))
        store(dh, at, all_h - living * all_h)
        store(dc, at, all_c - living * all_c + by_c * f)


@compiled
def close_values(
    scaled: Any, gate: Any, tape: Any, at_values: Any, raw: Any, cotangents: Any, outward: Any,
    outward_bias: Any, lanes: Any,
) -> Any:  # fmt: skip
    """From gradients before the nonlinearities to those by a gate's values and read-out."""
    width = len(lanes)
    hidden, n_values = scaled.shape[1], scaled.shape[2]
    for k in range(n_values):
        row = gate * n_values + k
        by_value = broadcast(raw, 0.0, lanes)
        z = load(tape, at_values + row * width, lanes)
        for unit in range(hidden):
            by_raw = load(raw, (gate * hidden + unit) * width, lanes)
            by_value = by_value + scaled[gate, unit, k] * by_raw
            accumulate(outward, (gate * hidden + unit) * n_values + k, by_raw * z, lanes)
        store(cotangents, row * width, by_value)
    for unit in range(hidden):
        index = gate * hidden + unit
        accumulate(outward_bias, index, load(raw, index * width, lanes), lanes)
