"""A circuit on a whole batch, block by block: what `QuantumLayer` runs on the CPU."""

from typing import Any

import numpy as np

from .circuit import backward, forward
from .code import START, TABLE, clear, keep_state, recall_state, scratch
from .expectation import read, seed
from .functions import half_angle
from .options import compiled, kernel
from .runs import segment_tables, weight_gradient
from .simd import broadcast, load, store, total


@compiled
def half_angles(weights: Any) -> Any:
    """Cosine and sine of half of each weight, in turn: (gate, 2 * weight)."""
    table = np.empty((weights.shape[0], 2 * weights.shape[1] + 2), weights.dtype)
    for gate in range(weights.shape[0]):
        for index in range(weights.shape[1]):
            table[gate, 2 * index] = np.cos(weights[gate, index] / 2)
            table[gate, 2 * index + 1] = np.sin(weights[gate, index] / 2)
    return table


@compiled
def all_segment_tables(code: Any, halves: Any) -> Any:
    """`segment_tables` of every gate: (gate, TABLE * segment)."""
    out = np.empty((halves.shape[0], TABLE * code.segments.shape[0] + TABLE), halves.dtype)
    for gate in range(halves.shape[0]):
        segment_tables(code, halves[gate], out[gate])
    return out


@compiled
def angle_tables(angles: Any, count: Any, out: Any, lanes: Any) -> Any:
    """Half angles of ``count`` vectors of angles: cosine and sine in turn."""
    width = len(lanes)
    for index in range(count):
        c, s = half_angle(load(angles, index * width, lanes))
        store(out, 2 * index * width, c)
        store(out, (2 * index + 1) * width, s)


@compiled
def _gather(x: Any, first: Any, out: Any, lanes: Any) -> Any:
    """Samples from ``first`` on as lanes; the last one again where there are no more.

    Returns 0, or NaN if one of them is not finite.
    """
    width = len(lanes)
    for lane in range(width):
        sample = min(first + lane, x.shape[0] - 1)
        for index in range(x.shape[1]):
            out[index * width + lane] = x[sample, index]
    return finite(out, x.shape[1], lanes)


@compiled
def finite(x: Any, count: Any, lanes: Any) -> Any:
    """0, or NaN if one of ``count`` vectors has a number that is not finite."""
    nothing = broadcast(x, 0.0, lanes)
    for index in range(count):
        nothing = nothing + 0.0 * load(x, index * len(lanes), lanes)
    return total(nothing)


@kernel
def run_forward(
    code: Any,
    x: Any,
    weights: Any,
    y: Any,
    states: Any,
    first_block: Any,
    last_block: Any,
    lanes: Any,
) -> Any:
    """Expectation values ``y`` (sample, gate, observable) of some blocks.

    ``states`` (block, gate, 2, amplitude * lane) keeps the final states for `run_backward`; with
    no block it keeps none. Returns 0, or NaN if an input is not finite.
    """
    width = len(lanes)
    work = scratch(code, x, lanes)
    raw = np.empty(x.shape[1] * width + width, x.dtype)
    table = np.empty(2 * raw.size, x.dtype)
    values = np.empty(y.shape[2] * width, x.dtype)
    halves = half_angles(weights)
    tables = all_segment_tables(code, halves)
    nothing = x.dtype.type(0)
    for block in range(first_block, last_block):
        first = block * width
        nothing = nothing + _gather(x, first, raw, lanes)
        if code.shape[5]:
            angle_tables(raw, x.shape[1], table, lanes)
        for gate in range(weights.shape[0]):
            at = forward(code, tables[gate], raw, table, work, lanes)
            read(code, work, at, values, START, lanes)
            for lane in range(min(width, x.shape[0] - first)):
                for row in range(y.shape[2]):
                    y[first + lane, gate, row] = values[row * width + lane]
            if states.shape[0]:
                keep_state(code, work, at, states[block, gate], lanes)
    return nothing


@kernel
def run_backward(
    code: Any,
    x: Any,
    weights: Any,
    dy: Any,
    states: Any,
    dx: Any,
    dw: Any,
    first_block: Any,
    last_block: Any,
    lanes: Any,
) -> Any:
    """Gradients of some blocks: ``dx`` (sample, input), ``dw`` (block, gate, weight).

    Final states that `run_forward` did not keep are made again.
    """
    width = len(lanes)
    work = scratch(code, x, lanes)
    raw = np.empty(x.shape[1] * width + width, x.dtype)
    gradient = np.empty(raw.size, x.dtype)
    table = np.empty(2 * raw.size, x.dtype)
    cotangents = np.zeros(dy.shape[2] * width, x.dtype)
    sums = np.empty((3 * code.segments.shape[0] + 1) * width, x.dtype)
    halves = half_angles(weights)
    tables = all_segment_tables(code, halves)
    for block in range(first_block, last_block):
        first = block * width
        _gather(x, first, raw, lanes)
        if code.shape[5]:
            angle_tables(raw, x.shape[1], table, lanes)
        clear(gradient)
        used = min(width, x.shape[0] - first)
        for gate in range(weights.shape[0]):
            clear(cotangents)
            for lane in range(used):
                for row in range(dy.shape[2]):
                    cotangents[row * width + lane] = dy[first + lane, gate, row]
            at = START
            if states.shape[0]:
                recall_state(code, work, states[block, gate], lanes)
            else:
                at = forward(code, tables[gate], raw, table, work, lanes)
            seed(code, work, at, cotangents, lanes)
            clear(sums)
            backward(code, tables[gate], raw, table, work, at, sums, gradient, lanes)
            weight_gradient(code, halves[gate], sums, dw[block, gate], lanes)
        for lane in range(used):
            for index in range(x.shape[1]):
                dx[first + lane, index] = gradient[index * width + lane]
