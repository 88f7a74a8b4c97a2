"""One circuit on one block of samples: its state, and gradients by undoing gates.

The gradient is the adjoint method (Jones and Gacon, arXiv:2009.02823): with
``lambda = sum_k g_k P_k psi`` both states go backwards through the gates, and the derivative by the
angle of a rotation about axis P is ``Im <lambda| P |psi>`` behind it. For a run of gates on one
wire the three numbers ``Im <lambda| sigma |psi>`` are read once (`runs`).
"""

from typing import Any

import numpy as np

from .code import PERMUTATION, SHARED, SIGNED_PERMUTATION, START, TABLE
from .options import compiled, inlined
from .runs import column, numbers, pull_back, vectors
from .simd import broadcast, load, store


@inlined
def _grow(re: Any, im: Any, column: Any, at: Any, row: Any, to: Any, real: Any, lanes: Any) -> Any:
    """Row ``row`` times the column at ``column[at:]`` becomes rows ``to`` and ``to + 1``."""
    width = len(lanes)
    v, w = load(column, at, lanes), load(column, at + 2 * width, lanes)
    x = load(re, row * width, lanes)
    if real:
        store(re, (to + 1) * width, x * w)
        store(re, to * width, x * v)
    else:
        vi, wi = load(column, at + width, lanes), load(column, at + 3 * width, lanes)
        xi = load(im, row * width, lanes)
        store(re, (to + 1) * width, x * w - xi * wi)
        store(im, (to + 1) * width, x * wi + xi * w)
        store(re, to * width, x * v - xi * vi)
        store(im, to * width, x * vi + xi * v)


@compiled
def _product_state(code: Any, table: Any, inputs: Any, work: Any, lanes: Any) -> Any:
    re, im = work.psi, work.psi_i
    real = code.shape[3] == 1
    store(re, 0, broadcast(re, 1.0, lanes))
    store(im, 0, broadcast(re, 0.0, lanes))
    for wire in range(code.shape[0]):
        column(code, wire, table, inputs, work.columns, START, True, lanes)
        for row in range((1 << wire) - 1, -1, -1):
            _grow(re, im, work.columns, START, row, 2 * row, real, lanes)


@inlined
def _inverse_norm(code: Any, raw: Any, work: Any, lanes: Any) -> Any:
    norm = broadcast(work.psi, 0.0, lanes)
    for row in range(code.shape[4]):
        x = load(raw, row * len(lanes), lanes)
        norm = norm + x * x
    store(work.bloch, 0, norm)
    for lane in range(len(lanes)):
        work.bloch[lane] = 1 / np.sqrt(work.bloch[lane])
    return load(work.bloch, 0, lanes)


@compiled
def _amplitudes(code: Any, raw: Any, work: Any, lanes: Any) -> Any:
    """The first inputs over their norm, then zeros."""
    width = len(lanes)
    zero = broadcast(work.psi, 0.0, lanes)
    scale = _inverse_norm(code, raw, work, lanes)
    for row in range(1 << code.shape[0]):
        x = load(raw, row * width, lanes) * scale if row < code.shape[4] else zero
        store(work.psi, row * width, x)
        store(work.psi_i, row * width, zero)


@inlined
def _gate(re: Any, im: Any, begin: Any, end: Any, m: Any, step: Any, real: Any, lanes: Any) -> Any:
    """A 2x2 matrix of vectors on the wire whose bit is ``step`` numbers apart."""
    a, ai, b, bi, c, ci, d, di = m
    for high in range(begin, end, 2 * step):
        for j in range(high, high + step, len(lanes)):
            k = j + step
            x, y = load(re, j, lanes), load(re, k, lanes)
            if real:
                store(re, j, x * a + y * b)
                store(re, k, x * c + y * d)
            else:
                xi, yi = load(im, j, lanes), load(im, k, lanes)
                store(re, j, x * a - xi * ai + y * b - yi * bi)
                store(im, j, xi * a + x * ai + yi * b + y * bi)
                store(re, k, x * c - xi * ci + y * d - yi * di)
                store(im, k, xi * c + x * ci + yi * d + y * di)


@inlined
def _undo_gate(work: Any, begin: Any, end: Any, m: Any, step: Any, real: Any, lanes: Any) -> Any:
    """Read ``Im <lambda| sigma |psi>`` into ``work.bloch``, then undo the gate on both states."""
    a, ai, b, bi, c, ci, d, di = m
    width = len(lanes)
    psi, psi_i, lam, lam_i = work.psi, work.psi_i, work.lam, work.lam_i
    gx = broadcast(psi, 0.0, lanes)
    gy, gz = gx, gx
    for high in range(begin, end, 2 * step):
        for j in range(high, high + step, width):
            k = j + step
            x, y = load(psi, j, lanes), load(psi, k, lanes)
            u, v = load(lam, j, lanes), load(lam, k, lanes)
            gy = gy + v * x - u * y
            if real:
                store(psi, j, x * a + y * c)
                store(psi, k, x * b + y * d)
                store(lam, j, u * a + v * c)
                store(lam, k, u * b + v * d)
            else:
                xi, yi = load(psi_i, j, lanes), load(psi_i, k, lanes)
                ui, vi = load(lam_i, j, lanes), load(lam_i, k, lanes)
                gy = gy + vi * xi - ui * yi
                gx = gx + u * yi - ui * y + v * xi - vi * x
                gz = gz + u * xi - ui * x - v * yi + vi * y
                store(psi, j, x * a + xi * ai + y * c + yi * ci)
                store(psi_i, j, xi * a - x * ai + yi * c - y * ci)
                store(psi, k, x * b + xi * bi + y * d + yi * di)
                store(psi_i, k, xi * b - x * bi + yi * d - y * di)
                store(lam, j, u * a + ui * ai + v * c + vi * ci)
                store(lam_i, j, ui * a - u * ai + vi * c - v * ci)
                store(lam, k, u * b + ui * bi + v * d + vi * di)
                store(lam_i, k, ui * b - u * bi + vi * d - v * di)
    store(work.bloch, 0, gx)
    store(work.bloch, width, gy)
    store(work.bloch, 2 * width, gz)


@inlined
def _permute(x: Any, here: Any, there: Any, source: Any, sign: Any, signed: Any, lanes: Any) -> Any:
    width = len(lanes)
    for row in range(source.size):
        value = load(x, here + source[row] * width, lanes)
        store(x, there + row * width, value * sign[row] if signed else value)


@inlined
def _permute_back(
    x: Any, here: Any, there: Any, source: Any, sign: Any, signed: Any, lanes: Any
) -> Any:
    width = len(lanes)
    for row in range(source.size):
        value = load(x, here + row * width, lanes)
        store(x, there + source[row] * width, value * sign[row] if signed else value)


@compiled
def forward(code: Any, table: Any, raw: Any, inputs: Any, work: Any, lanes: Any) -> Any:
    """The final state; returns where in ``work.psi`` it begins.

    Args:
        code: the circuit.
        table: of `segment_tables`.
        raw: the inputs, a vector each.
        inputs: cosine and sine of half of each, in turn.
        work: of `scratch`.
        lanes: as many zeros as there are samples in the block.
    """
    width = len(lanes)
    real = code.shape[3] == 1
    size = width << code.shape[0]
    at = START
    if code.shape[4] > 0:
        _amplitudes(code, raw, work, lanes)
    else:
        _product_state(code, table, inputs, work, lanes)
    for stage in range(code.stages.shape[0]):
        kind, place, run = code.stages[stage]
        if kind >= PERMUTATION:
            signed, source, sign = (
                kind == SIGNED_PERMUTATION,
                code.sources[place],
                code.signs[place],
            )
            _permute(work.psi, at, size - at, source, sign, signed, lanes)
            if not real:
                _permute(work.psi_i, at, size - at, source, sign, signed, lanes)
            at = size - at
            continue
        step = width << (code.shape[0] - 1 - place)
        if kind == SHARED:
            m = numbers(table, TABLE * code.runs[run, 0], work.psi, lanes)
        else:
            m = vectors(code, run, table, inputs, work.columns, lanes)
        _gate(work.psi, work.psi_i, at, at + size, m, step, real, lanes)
    return at


@compiled
def backward(
    code: Any,
    table: Any,
    raw: Any,
    inputs: Any,
    work: Any,
    at: Any,
    sums: Any,
    dx: Any,
    lanes: Any,
) -> Any:
    """Add the derivatives, from the final ``psi`` and its ``lam``, both at ``at``.

    Those by inputs are added to ``dx``, a vector each; for weights, the Bloch vectors behind every
    segment to ``sums``, three vectors each.
    """
    width = len(lanes)
    real = code.shape[3] == 1
    size = width << code.shape[0]
    for stage in range(code.stages.shape[0] - 1, -1, -1):
        kind, place, run = code.stages[stage]
        if kind >= PERMUTATION:
            signed, source, sign = (
                kind == SIGNED_PERMUTATION,
                code.sources[place],
                code.signs[place],
            )
            _permute_back(work.psi, at, size - at, source, sign, signed, lanes)
            _permute_back(work.lam, at, size - at, source, sign, signed, lanes)
            if not real:
                _permute_back(work.psi_i, at, size - at, source, sign, signed, lanes)
                _permute_back(work.lam_i, at, size - at, source, sign, signed, lanes)
            at = size - at
            continue
        step = width << (code.shape[0] - 1 - place)
        if kind == SHARED:
            m = numbers(table, TABLE * code.runs[run, 0], work.psi, lanes)
        else:
            m = vectors(code, run, table, inputs, work.columns, lanes)
        _undo_gate(work, at, at + size, m, step, real, lanes)
        pull_back(code, run, table, inputs, work.bloch, sums, dx, lanes)
    if code.shape[4] > 0:
        _amplitudes_back(code, raw, work, at, dx, lanes)
    else:
        _product_state_back(code, table, inputs, work, at, sums, dx, lanes)


@compiled
def _product_state_back(
    code: Any, table: Any, inputs: Any, work: Any, at: Any, sums: Any, dx: Any, lanes: Any
) -> Any:
    """``lambda`` contracted wire by wire, the last first, with what the other wires are in.

    Row ``2**k + d`` of ``psi`` becomes amplitude d of the first k wires; ``psi`` itself is not
    needed any more.
    """
    width, n_wires = len(lanes), code.shape[0]
    real = code.shape[3] == 1
    re, im, lam, lam_i, columns = work.psi, work.psi_i, work.lam, work.lam_i, work.columns
    store(re, width, broadcast(re, 1.0, lanes))
    store(im, width, broadcast(re, 0.0, lanes))
    for wire in range(n_wires):
        column(code, wire, table, inputs, columns, 4 * wire * width, True, lanes)
        if wire < n_wires - 1:
            for row in range(1 << wire, 2 << wire):
                _grow(re, im, columns, 4 * wire * width, row, 2 * row, real, lanes)
    zero = broadcast(re, 0.0, lanes)
    for wire in range(n_wires - 1, -1, -1):
        place = 4 * wire * width
        v, vi = load(columns, place, lanes), load(columns, place + width, lanes)
        w, wi = load(columns, place + 2 * width, lanes), load(columns, place + 3 * width, lanes)
        m, mi, n, ni = zero, zero, zero, zero
        for row in range(1 << wire):
            p = load(re, ((1 << wire) + row) * width, lanes)
            even = at + 2 * row * width
            x, y = load(lam, even, lanes), load(lam, even + width, lanes)
            if real:
                m, n = m + x * p, n + y * p
                store(lam, at + row * width, x * v + y * w)
            else:
                pi = load(im, ((1 << wire) + row) * width, lanes)
                xi, yi = load(lam_i, even, lanes), load(lam_i, even + width, lanes)
                m, mi = m + x * p + xi * pi, mi + x * pi - xi * p
                n, ni = n + y * p + yi * pi, ni + y * pi - yi * p
                store(lam, at + row * width, x * v + xi * vi + y * w + yi * wi)
                store(lam_i, at + row * width, xi * v - x * vi + yi * w - y * wi)
        store(work.bloch, 0, m * wi + mi * w + n * vi + ni * v)
        store(work.bloch, width, n * v - ni * vi - m * w + mi * wi)
        store(work.bloch, 2 * width, m * vi + mi * v - n * wi - ni * w)
        pull_back(code, wire, table, inputs, work.bloch, sums, dx, lanes)


@compiled
def _amplitudes_back(code: Any, raw: Any, work: Any, at: Any, dx: Any, lanes: Any) -> Any:
    """``(g - psi (psi . g)) / norm`` with ``g = 2 Re lambda``."""
    width = len(lanes)
    scale = _inverse_norm(code, raw, work, lanes)
    along = broadcast(work.psi, 0.0, lanes)
    for row in range(code.shape[4]):
        along = along + load(raw, row * width, lanes) * load(work.lam, at + row * width, lanes)
    along = along * scale * scale
    for row in range(code.shape[4]):
        x, g = load(raw, row * width, lanes), load(work.lam, at + row * width, lanes)
        before = load(dx, row * width, lanes)
        store(dx, row * width, before + 2.0 * scale * (g - along * x))
