"""A whole sequence of an LSTM whose gates are circuits: what QuantumLSTM runs on the CPU.

For each step, with the circuits' values z_k (k: input, forget, cell, output):

    v = A [x_t, h_{t-1}] + a;  r_k = s_k (S z_k(v) + b) + c_k
    i, f, o = sigmoid(r_i), sigmoid(r_f), sigmoid(r_o);  g = tanh(r_g)
    c_t = f * c_{t-1} + i * g;  h_t = o * tanh(c_t)

Of each step the tape keeps v, z, the four gates, and h and c before the step.
"""

from typing import Any

import numpy as np

from .cell import (
    GATES,
    accumulate,
    cell_angles,
    close_gates,
    close_values,
    gather_state,
    gather_step,
    open_gates,
    reduce,
    scaled,
    scatter_state,
)
from .circuit import backward, forward
from .code import START, clear, keep_state, recall_state, scratch
from .expectation import read, seed
from .functions import tanh
from .layer import all_segment_tables, angle_tables, finite, half_angles
from .options import kernel
from .runs import weight_gradient
from .series import (
    matrix_times,
    multiply_out,
    outer_product,
    products_back,
    transposed_times,
    whole_angles,
)
from .simd import broadcast, load, store


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
    outward, bias = scaled(cell)
    work = scratch(code, h0, lanes)
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
        gather_state(h0, first, h, lanes)
        gather_state(c0, first, c, lanes)
        for step in range(n_steps):
            tape = tapes[block, min(step, tapes.shape[1] - 1)]
            at_values = n_angles * width
            at_gates = at_values + GATES * n_values * width
            at_state = at_gates + GATES * hidden * width
            gather_step(x, step, first, features, lanes)
            nothing = nothing + finite(features, n_features, lanes)
            cell_angles(cell, features, h, n_features, tape, 0, lanes)
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
            for gate in range(0 if series.shape[0] else GATES):
                at = forward(code, tables[gate], tape, table, work, lanes)
                read(code, work, at, tape, at_values + gate * n_values * width, lanes)
                if states.shape[0]:
                    keep_state(code, work, at, states[block, step, gate], lanes)
            open_gates(outward, bias, tape, at_values, at_gates, lanes)
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
            scatter_state(h, first, y[step], lanes)
        scatter_state(h, first, h_n, lanes)
        scatter_state(c, first, c_n, lanes)
    return nothing


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
    work = scratch(code, dh0, lanes)
    features = np.empty(n_features * width + width, x.dtype)
    by_feature = np.empty(n_features * width + width, x.dtype)
    dh, dc = np.empty(hidden * width, x.dtype), np.empty(hidden * width, x.dtype)
    raw = np.empty(GATES * hidden * width, x.dtype)
    table = np.empty(2 * n_angles * width, x.dtype)
    cotangents = np.empty(GATES * n_values * width, x.dtype)
    by_values = np.empty(series.shape[0] * n_steps * width, x.dtype)
    by_product = np.empty(series.shape[1] * width, x.dtype)
    prefixes = np.empty((series.shape[1] // 2 + 1) * width, x.dtype)
    by_angle = np.empty(n_angles * width, x.dtype)
    inward = np.empty(cell.inward.size * width, x.dtype)
    inward_bias = np.empty(n_angles * width, x.dtype)
    readout = scaled(cell)[0]
    outward = np.empty(readout.size * width, x.dtype)
    outward_bias = np.empty(GATES * hidden * width, x.dtype)
    blochs = np.empty((GATES, (3 * code.segments.shape[0] + 1) * width), x.dtype)
    halves = half_angles(cell.weights)
    tables = all_segment_tables(code, halves)
    mask = np.ones(width, x.dtype)
    at_values = n_angles * width
    at_gates = at_values + GATES * n_values * width
    at_state = at_gates + GATES * hidden * width
    n_columns = cell.inward.shape[1]
    for block in range(first_block, last_block):
        first = block * width
        used = min(width, n_samples - first)
        clear(inward)
        clear(inward_bias)
        clear(outward)
        clear(outward_bias)
        clear(blochs.reshape(-1))
        clear(dh)
        clear(dc)
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
            close_gates(tape, at_gates, at_state, hidden, dh, dc, raw, living, lanes)
            angle_tables(tape, n_angles, table, lanes)
            clear(by_angle)
            for gate in range(GATES):
                close_values(
                    readout, gate, tape, at_values, raw, cotangents, outward, outward_bias, lanes
                )
            if series.shape[0]:
                whole_angles(table, n_angles, table, lanes)
                multiply_out(table, n_angles, prefixes, by_product, START, width, lanes)
                transposed_times(series, cotangents, 0, by_product, lanes)
                products_back(table, n_angles, prefixes, by_product, by_angle, lanes)
                for row in range(series.shape[0]):
                    value = load(cotangents, row * width, lanes)
                    store(by_values, (row * n_steps + step) * width, value)
            for gate in range(0 if series.shape[0] else GATES):
                given = cotangents[gate * n_values * width :]
                at = START
                if states.shape[0]:
                    recall_state(code, work, states[block, step, gate], lanes)
                else:
                    at = forward(code, tables[gate], tape, table, work, lanes)
                seed(code, work, at, given, lanes)
                backward(code, tables[gate], tape, table, work, at, blochs[gate], by_angle, lanes)
            gather_step(x, step, first, features, lanes)
            for column in range(n_columns):
                value = broadcast(raw, 0.0, lanes)
                if column < n_features:
                    source = load(features, column * width, lanes)
                else:
                    source = load(tape, at_state + (column - n_features) * width, lanes)
                for angle in range(n_angles):
                    by = load(by_angle, angle * width, lanes)
                    value = value + cell.inward[angle, column] * by
                    accumulate(inward, angle * n_columns + column, by * source, lanes)
                if column < n_features:
                    store(by_feature, column * width, value)
                else:
                    accumulate(dh, column - n_features, value, lanes)
            for angle in range(n_angles):
                accumulate(inward_bias, angle, load(by_angle, angle * width, lanes), lanes)
            scatter_state(by_feature, first, dx[step], lanes)
        scatter_state(dh, first, dh0, lanes)
        scatter_state(dc, first, dc0, lanes)
        if series.shape[0]:
            outer_product(
                by_values, products[block].reshape(-1), sums.series[block], n_steps, lanes
            )
        else:
            for gate in range(GATES):
                weight_gradient(code, halves[gate], blochs[gate], sums.weights[block, gate], lanes)
        reduce(inward, sums.inward[block].reshape(-1), lanes)
        reduce(inward_bias, sums.inward_bias[block], lanes)
        reduce(outward, sums.outward[block].reshape(-1), lanes)
        reduce(outward_bias, sums.outward_bias[block].reshape(-1), lanes)
