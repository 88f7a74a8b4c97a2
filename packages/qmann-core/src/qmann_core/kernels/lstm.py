"""A whole sequence of an LSTM whose gates are circuits: what QuantumLSTM runs on the CPU.

For each step, with the circuits' values z_k (k: input, forget, cell, output):

    v = A [x_t, h_{t-1}] + a;  r_k = s_k (S z_k(v) + b) + c_k
    i, f, o = sigmoid(r_i), sigmoid(r_f), sigmoid(r_o);  g = tanh(r_g)
    c_t = f * c_{t-1} + i * g;  h_t = o * tanh(c_t)

Of each step the tape keeps v, z, the four gates, and h and c before the step.
"""

from typing import Any, NamedTuple

import numpy as np

from .circuit import backward, forward, keep_state, recall_state, scratch, weight_gradient
from .functions import sigmoid, tanh
from .layer import all_segment_tables, angle_tables, finite, half_angles
from .layer import run_backward as run_layer_back
from .layer import run_forward as run_layer
from .options import compiled, kernel
from .readout import read, seed
from .series import (
    along_inputs,
    matrix_times,
    multiply_out,
    outer_product,
    products_back,
    transposed_times,
    whole_angles,
)
from .simd import broadcast, load, store, total

_GATES = 4
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
def _gather_step(x: Any, step: Any, first: Any, out: Any, lanes: Any) -> Any:
    for lane in range(len(lanes)):
        sample = min(first + lane, x.shape[1] - 1)
        for feature in range(x.shape[2]):
            out[feature * len(lanes) + lane] = x[step, sample, feature]


@compiled
def _gather_state(state: Any, first: Any, out: Any, lanes: Any) -> Any:
    for lane in range(len(lanes)):
        sample = min(first + lane, state.shape[0] - 1)
        for unit in range(state.shape[1]):
            out[unit * len(lanes) + lane] = state[sample, unit]


@compiled
def _scatter_state(values: Any, first: Any, out: Any, lanes: Any) -> Any:
    for lane in range(min(len(lanes), out.shape[0] - first)):
        for unit in range(out.shape[1]):
            out[first + lane, unit] = values[unit * len(lanes) + lane]


@compiled
def _angles(cell: Any, x: Any, h: Any, n_features: Any, out: Any, at: Any, lanes: Any) -> Any:
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
def _scaled(cell: Any) -> Any:
    """The read-out of every gate: ``s_k S`` and ``s_k b + c_k``."""
    hidden, n_values = cell.outward.shape
    outward = np.empty((_GATES, hidden, n_values), cell.outward.dtype)
    bias = np.empty((_GATES, hidden), cell.outward.dtype)
    for gate in range(_GATES):
        for unit in range(hidden):
            scale = cell.scale[gate, 0]
            bias[gate, unit] = scale * cell.outward_bias[unit] + cell.bias[gate, unit]
            for k in range(n_values):
                outward[gate, unit, k] = scale * cell.outward[unit, k]
    return outward, bias


@compiled
def _open_gates(
    outward: Any, bias: Any, tape: Any, at_values: Any, at_gates: Any, lanes: Any
) -> Any:
    """Gates from the circuits' values, both on the tape."""
    width = len(lanes)
    hidden, n_values = outward.shape[1], outward.shape[2]
    for gate in range(_GATES):
        for unit in range(hidden):
            raw = broadcast(tape, bias[gate, unit], lanes)
            row = outward[gate, unit]
            for k in range(n_values):
                value = load(tape, at_values + (gate * n_values + k) * width, lanes)
                raw = raw + row[k] * value
            opened = tanh(raw) if gate == _CANDIDATE else sigmoid(raw)
            store(tape, at_gates + (gate * hidden + unit) * width, opened)


@kernel
def run_forward(
    code: Any,
    cell: Any,
    x: Any,
    h0: Any,
    c0: Any,
    alive: Any,
    y: Any,
    h_n: Any,
    c_n: Any,
    tapes: Any,
    states: Any,
    series: Any,
    products: Any,
    first_block: Any,
    last_block: Any,
    lanes: Any,
) -> Any:
    """Hidden states ``y`` (time, sample, hidden) and the final ones of some blocks.

    ``alive`` (time, sample) is 0 where a sequence has ended, or has no rows. ``tapes`` (block, time
    or 1, vector * lane; angles + 4 observables + 6 hidden of them) and ``states`` (block, time,
    gate, 2, amplitude * lane) keep what `run_backward` needs; with no block, ``states`` nothing.

    With rows in ``series`` (gate * observable, product) no circuit is run: values are this matrix
    times the products of `series`, which ``products`` (block, product, time or 1 * lane) keeps.

    Returns 0, or NaN if an input is not finite.
    """
    width = len(lanes)
    n_steps, n_samples, n_features = x.shape
    n_angles, hidden, n_values = cell.inward.shape[0], h0.shape[1], cell.outward.shape[1]
    outward, bias = _scaled(cell)
    work = scratch(code, x, lanes)
    features = np.empty(n_features * width + width, x.dtype)
    h, c = np.empty(hidden * width, x.dtype), np.empty(hidden * width, x.dtype)
    table = np.empty(2 * n_angles * width, x.dtype)
    halves = half_angles(cell.weights)
    tables = all_segment_tables(code, halves)
    mask = np.ones(width, x.dtype)
    prefixes = np.empty((series.shape[1] // 2 + 1) * width, x.dtype)
    stride = products.shape[2]
    nothing = x.dtype.type(0)
    for block in range(first_block, last_block):
        first = block * width
        _gather_state(h0, first, h, lanes)
        _gather_state(c0, first, c, lanes)
        for step in range(n_steps):
            tape = tapes[block, min(step, tapes.shape[1] - 1)]
            at_values = n_angles * width
            at_gates = at_values + _GATES * n_values * width
            at_state = at_gates + _GATES * hidden * width
            _gather_step(x, step, first, features, lanes)
            nothing = nothing + finite(features, n_features, lanes)
            _angles(cell, features, h, n_features, tape, 0, lanes)
            angle_tables(tape, n_angles, table, lanes)
            if series.shape[0]:
                at = min(step * width, stride - width)
                whole_angles(table, n_angles, table, lanes)
                multiply_out(
                    table, n_angles, prefixes, products[block].reshape(-1), at, stride, lanes
                )
                matrix_times(
                    series, products[block].reshape(-1), at, stride, tape, at_values, lanes
                )
            for gate in range(0 if series.shape[0] else _GATES):
                at = forward(code, tables[gate], tape, table, work, lanes)
                read(code, work, at, tape, at_values + gate * n_values * width, lanes)
                if states.shape[0]:
                    keep_state(code, work, at, states[block, step, gate], lanes)
            _open_gates(outward, bias, tape, at_values, at_gates, lanes)
            if alive.shape[0]:
                for lane in range(width):
                    mask[lane] = alive[step, min(first + lane, n_samples - 1)]
            living = load(mask, 0, lanes)
            for unit in range(hidden):
                at, offset = unit * width, at_gates + unit * width
                i, f = load(tape, offset, lanes), load(tape, offset + hidden * width, lanes)
                g = load(tape, offset + 2 * hidden * width, lanes)
                o = load(tape, offset + 3 * hidden * width, lanes)
                h_old, c_old = load(h, at, lanes), load(c, at, lanes)
                store(tape, at_state + at, h_old)
                store(tape, at_state + (hidden + unit) * width, c_old)
                c_new = f * c_old + i * g
                h_new = o * tanh(c_new)
                if alive.shape[0]:
                    c_new = c_old + living * (c_new - c_old)
                    h_new = h_old + living * (h_new - h_old)
                store(c, at, c_new)
                store(h, at, h_new)
            _scatter_state(h, first, y[step], lanes)
        _scatter_state(h, first, h_n, lanes)
        _scatter_state(c, first, c_n, lanes)
    return nothing


@compiled
def _reduce(sums: Any, out: Any, lanes: Any) -> Any:
    """The sum over the lanes of each vector."""
    for index in range(out.size):
        out[index] = total(load(sums, index * len(lanes), lanes))


@compiled
def _accumulate(sums: Any, index: Any, value: Any, lanes: Any) -> Any:
    at = index * len(lanes)
    store(sums, at, load(sums, at, lanes) + value)


@compiled
def _close_gates(
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
def _close_values(
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
            _accumulate(outward, (gate * hidden + unit) * n_values + k, by_raw * z, lanes)
        store(cotangents, row * width, by_value)
    for unit in range(hidden):
        index = gate * hidden + unit
        _accumulate(outward_bias, index, load(raw, index * width, lanes), lanes)


@kernel
def run_backward(
    code: Any,
    cell: Any,
    x: Any,
    alive: Any,
    dy: Any,
    dh_n: Any,
    dc_n: Any,
    tapes: Any,
    states: Any,
    series: Any,
    products: Any,
    dx: Any,
    dh0: Any,
    dc0: Any,
    sums: Any,
    first_block: Any,
    last_block: Any,
    lanes: Any,
) -> Any:
    """Gradients of some blocks; those by the parameters go to ``sums``, block by block.

    Final states that `run_forward` did not keep are made again. With rows in ``series``, there are
    gradients by it instead of by the weights.
    """
    width = len(lanes)
    n_steps, n_samples, n_features = x.shape
    n_angles, hidden, n_values = cell.inward.shape[0], dh0.shape[1], cell.outward.shape[1]
    work = scratch(code, x, lanes)
    features = np.empty(n_features * width + width, x.dtype)
    by_feature = np.empty(n_features * width + width, x.dtype)
    dh, dc = np.empty(hidden * width, x.dtype), np.empty(hidden * width, x.dtype)
    raw = np.empty(_GATES * hidden * width, x.dtype)
    table = np.empty(2 * n_angles * width, x.dtype)
    cotangents = np.empty(_GATES * n_values * width, x.dtype)
    by_values = np.empty(series.shape[0] * n_steps * width, x.dtype)
    by_product = np.empty(series.shape[1] * width, x.dtype)
    prefixes = np.empty((series.shape[1] // 2 + 1) * width, x.dtype)
    by_angle = np.empty(n_angles * width, x.dtype)
    inward = np.empty(cell.inward.size * width, x.dtype)
    inward_bias = np.empty(n_angles * width, x.dtype)
    scaled = _scaled(cell)[0]
    outward = np.empty(scaled.size * width, x.dtype)
    outward_bias = np.empty(_GATES * hidden * width, x.dtype)
    blochs = np.empty((_GATES, (3 * code.segments.shape[0] + 1) * width), x.dtype)
    halves = half_angles(cell.weights)
    tables = all_segment_tables(code, halves)
    mask = np.ones(width, x.dtype)
    at_values = n_angles * width
    at_gates = at_values + _GATES * n_values * width
    at_state = at_gates + _GATES * hidden * width
    n_columns = cell.inward.shape[1]
    for block in range(first_block, last_block):
        first = block * width
        used = min(width, n_samples - first)
        inward[:] = 0
        inward_bias[:] = 0
        outward[:] = 0
        outward_bias[:] = 0
        blochs[:] = 0
        dh[:] = 0
        dc[:] = 0
        for lane in range(used):
            for unit in range(hidden):
                dh[unit * width + lane] = dh_n[first + lane, unit]
                dc[unit * width + lane] = dc_n[first + lane, unit]
        for step in range(n_steps - 1, -1, -1):
            tape = tapes[block, step]
            for lane in range(used):
                for unit in range(hidden):
                    dh[unit * width + lane] += dy[step, first + lane, unit]
            if alive.shape[0]:
                for lane in range(width):
                    mask[lane] = alive[step, min(first + lane, n_samples - 1)]
            living = load(mask, 0, lanes)
            _close_gates(tape, at_gates, at_state, hidden, dh, dc, raw, living, lanes)
            angle_tables(tape, n_angles, table, lanes)
            by_angle[:] = 0
            for gate in range(_GATES):
                _close_values(
                    scaled, gate, tape, at_values, raw, cotangents, outward, outward_bias, lanes
                )
            if series.shape[0]:
                whole_angles(table, n_angles, table, lanes)
                multiply_out(table, n_angles, prefixes, by_product, 0, width, lanes)
                transposed_times(series, cotangents, 0, by_product, lanes)
                products_back(table, n_angles, prefixes, by_product, by_angle, lanes)
                for row in range(series.shape[0]):
                    value = load(cotangents, row * width, lanes)
                    store(by_values, (row * n_steps + step) * width, value)
            for gate in range(0 if series.shape[0] else _GATES):
                given = cotangents[gate * n_values * width :]
                at = 0
                if states.shape[0]:
                    recall_state(code, work, states[block, step, gate], lanes)
                else:
                    at = forward(code, tables[gate], tape, table, work, lanes)
                seed(code, work, at, given, lanes)
                backward(code, tables[gate], tape, table, work, at, blochs[gate], by_angle, lanes)
            _gather_step(x, step, first, features, lanes)
            for column in range(n_columns):
                value = broadcast(raw, 0.0, lanes)
                if column < n_features:
                    source = load(features, column * width, lanes)
                else:
                    source = load(tape, at_state + (column - n_features) * width, lanes)
                for angle in range(n_angles):
                    by = load(by_angle, angle * width, lanes)
                    value = value + cell.inward[angle, column] * by
                    _accumulate(inward, angle * n_columns + column, by * source, lanes)
                if column < n_features:
                    store(by_feature, column * width, value)
                else:
                    _accumulate(dh, column - n_features, value, lanes)
            for angle in range(n_angles):
                _accumulate(inward_bias, angle, load(by_angle, angle * width, lanes), lanes)
            _scatter_state(by_feature, first, dx[step], lanes)
        _scatter_state(dh, first, dh0, lanes)
        _scatter_state(dc, first, dc0, lanes)
        if series.shape[0]:
            outer_product(
                by_values, products[block].reshape(-1), sums.series[block], n_steps, lanes
            )
        else:
            sums.weights[block][:] = 0
            for gate in range(_GATES):
                weight_gradient(code, halves[gate], blochs[gate], sums.weights[block, gate], lanes)
        _reduce(inward, sums.inward[block].reshape(-1), lanes)
        _reduce(inward_bias, sums.inward_bias[block], lanes)
        _reduce(outward, sums.outward[block].reshape(-1), lanes)
        _reduce(outward_bias, sums.outward_bias[block].reshape(-1), lanes)


@kernel
def coefficients(
    code: Any, weights: Any, points: Any, transform: Any, states: Any, out: Any, lanes: Any
) -> Any:
    """The matrix of `series` from the values on a grid, and the states that they leave."""
    n_points, n_gates, n_values = points.shape[0], weights.shape[0], code.observables.shape[0]
    values = np.empty((n_points, n_gates, n_values), weights.dtype)
    run_layer(code, points, weights, values, states, 0, states.shape[0], lanes)
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
    scale, shift = bias[hidden:], bias[hidden + _GATES :]
    outward[:] = 0
    bias[: hidden + _GATES] = 0
    for gate in range(_GATES):
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
    run_layer_back(code, points, weights, given, states, dx, dw, 0, states.shape[0], lanes)
    out[:] = 0
    for block in range(states.shape[0]):
        for index in range(out.size):
            out[index] += dw[block].reshape(-1)[index]
