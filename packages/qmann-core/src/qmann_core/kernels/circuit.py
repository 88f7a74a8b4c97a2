"""One circuit on one block of samples: its state, and gradients by undoing gates.

A state is two flat arrays, real and imaginary parts, amplitude by amplitude with all samples of the
block side by side. The gradient is the adjoint method (Jones and Gacon, arXiv:2009.02823): with
``lambda = sum_k g_k P_k psi`` both states go backwards through the gates, and the derivative by the
angle of a rotation about axis P is ``Im <lambda| P |psi>`` behind it. For all gates between two
two-wire gates on a wire, a *run*, the three numbers ``Im <lambda| sigma |psi>`` are read once and
turned as a Bloch vector through the run.

A run is made of *segments*: a rotation by an input, or several gates that no input steers; of these
the 2x2 matrix and the 3x3 rotation are worked out once (`segment_tables`), and the Bloch vectors of
all samples and steps are summed before they are turned through the gates (`weight_gradient`).

`Code` is what `simulation.program.KernelProgram` makes of a circuit.
"""

from typing import Any, NamedTuple

import numpy as np
from numpy.typing import NDArray

from .options import compiled, inlined
from .simd import broadcast, load, store, total

SHARED, PER_SAMPLE, PERMUTATION, SIGNED_PERMUTATION = range(4)
X, Y, Z, FIXED = range(4)
TABLE = 17  # numbers of a 2x2 complex matrix and of a 3x3 rotation


class Code(NamedTuple):
    """A circuit as arrays."""

    shape: NDArray[np.int64]
    """wires, inputs, weights, are amplitudes real, inputs that are amplitudes, are inputs angles"""
    factors: NDArray[np.int64]
    """(factor, 2), gates that no input steers: axis and weight, or `FIXED`"""
    constants: NDArray[Any]
    """(factor, `TABLE`): of a fixed gate"""
    segments: NDArray[np.int64]
    """(segment, 3): axis and input, or `FIXED`, first factor and one past the last"""
    runs: NDArray[np.int64]
    """(run, 2): first segment and one past the last; the first `wires` runs make the start"""
    stages: NDArray[np.int64]
    """(stage, 3): kind, wire or row of ``sources``, run"""
    sources: NDArray[np.int32]
    """(permutation, amplitude): where each amplitude comes from"""
    signs: NDArray[np.int8]
    """(permutation, amplitude)"""
    observables: NDArray[np.int64]
    """(observable, 4): kind; flips, signs, power of i; for a projector: mask, bits, 0"""


class Scratch(NamedTuple):
    """Working memory for one block: each state has room for itself and for its permutation."""

    psi: Any
    psi_i: Any
    lam: Any
    lam_i: Any
    columns: Any
    """Four vectors for every wire, or eight."""
    bloch: Any


@compiled
def scratch(code: Any, like: Any, lanes: Any) -> Any:
    """Working memory in the precision of ``like``."""
    n = (2 << code.shape[0]) * len(lanes)
    dtype = like.dtype
    return Scratch(
        np.empty(n, dtype),
        np.zeros(n, dtype),
        np.empty(n, dtype),
        np.zeros(n, dtype),
        np.empty((4 * code.shape[0] + 4) * len(lanes), dtype),
        np.empty(3 * len(lanes), dtype),
    )


@inlined
def _turned(x: Any, xi: Any, y: Any, yi: Any, m: Any, at: Any) -> Any:
    """A column after the matrix at ``m[at:]``: rows a, b and c, d, real and imaginary parts."""
    return (
        x * m[at] - xi * m[at + 1] + y * m[at + 2] - yi * m[at + 3],
        xi * m[at] + x * m[at + 1] + yi * m[at + 2] + y * m[at + 3],
        x * m[at + 4] - xi * m[at + 5] + y * m[at + 6] - yi * m[at + 7],
        xi * m[at + 4] + x * m[at + 5] + yi * m[at + 6] + y * m[at + 7],
    )


@inlined
def _rotated(x: Any, xi: Any, y: Any, yi: Any, axis: Any, c: Any, s: Any) -> Any:
    """A column after a rotation with cosine and sine of half its angle."""
    if axis == Z:
        return c * x + s * xi, c * xi - s * x, c * y - s * yi, c * yi + s * y
    if axis == Y:
        return c * x - s * y, c * xi - s * yi, c * y + s * x, c * yi + s * xi
    return c * x + s * yi, c * xi - s * y, c * y + s * xi, c * yi - s * x


@inlined
def _turned_back(g0: Any, g1: Any, g2: Any, o: Any, at: Any) -> Any:
    """A Bloch vector before the 3x3 rotation at ``o[at:]``."""
    return (
        g0 * o[at] + g1 * o[at + 3] + g2 * o[at + 6],
        g0 * o[at + 1] + g1 * o[at + 4] + g2 * o[at + 7],
        g0 * o[at + 2] + g1 * o[at + 5] + g2 * o[at + 8],
    )


@inlined
def _rotated_back(g0: Any, g1: Any, g2: Any, axis: Any, c: Any, s: Any) -> Any:
    """A Bloch vector before a rotation with cosine and sine of half its angle."""
    cosine, sine = c * c - s * s, (c + c) * s
    if axis == Z:
        return cosine * g0 + sine * g1, cosine * g1 - sine * g0, g2
    if axis == Y:
        return cosine * g0 - sine * g2, g1, cosine * g2 + sine * g0
    return g0, cosine * g1 + sine * g2, cosine * g2 - sine * g1


@compiled
def segment_tables(code: Any, weights: Any, out: Any) -> Any:
    """Matrix and rotation of every segment that no input steers, at ``out[TABLE * segment:]``.

    ``weights`` are half angles, cosine and sine in turn.
    """
    zero, one = weights.dtype.type(0), weights.dtype.type(1)
    for segment in range(code.segments.shape[0]):
        kind, first, last = code.segments[segment]
        if kind != FIXED:
            continue
        at = TABLE * segment
        for column in range(2):
            x, y = (one, zero) if column == 0 else (zero, one)
            xi, yi = zero, zero
            for factor in range(first, last):
                axis, index = code.factors[factor]
                if axis == FIXED:
                    x, xi, y, yi = _turned(x, xi, y, yi, code.constants[factor], 0)
                else:
                    c, s = weights[2 * index], weights[2 * index + 1]
                    x, xi, y, yi = _rotated(x, xi, y, yi, axis, c, s)
            out[at + 2 * column], out[at + 2 * column + 1] = x, xi
            out[at + 4 + 2 * column], out[at + 5 + 2 * column] = y, yi
        for axis in range(3):
            g0, g1, g2 = one * (axis == X), one * (axis == Y), one * (axis == Z)
            for factor in range(last - 1, first - 1, -1):
                g0, g1, g2 = _factor_back(code, factor, weights, g0, g1, g2)
            out[at + 8 + 3 * axis], out[at + 9 + 3 * axis], out[at + 10 + 3 * axis] = g0, g1, g2


@inlined
def _factor_back(code: Any, factor: Any, weights: Any, g0: Any, g1: Any, g2: Any) -> Any:
    axis, index = code.factors[factor]
    if axis == FIXED:
        return _turned_back(g0, g1, g2, code.constants[factor], 8)
    return _rotated_back(g0, g1, g2, axis, weights[2 * index], weights[2 * index + 1])


@compiled
def weight_gradient(code: Any, weights: Any, sums: Any, dw: Any, lanes: Any) -> Any:
    """Add to ``dw`` what the Bloch vectors of `backward` say of each weight."""
    width = len(lanes)
    for segment in range(code.segments.shape[0]):
        kind, first, last = code.segments[segment]
        if kind != FIXED:
            continue
        at = 3 * segment * width
        g0 = total(load(sums, at, lanes))
        g1 = total(load(sums, at + width, lanes))
        g2 = total(load(sums, at + 2 * width, lanes))
        for factor in range(last - 1, first - 1, -1):
            axis, index = code.factors[factor]
            if axis == X:
                dw[index] += g0
            elif axis == Y:
                dw[index] += g1
            elif axis == Z:
                dw[index] += g2
            g0, g1, g2 = _factor_back(code, factor, weights, g0, g1, g2)


@inlined
def _column(
    code: Any, run: Any, table: Any, inputs: Any, out: Any, at: Any, first: Any, lanes: Any
) -> Any:
    """What a run makes of |0> (``first``) or |1>, four vectors at ``out[at:]``."""
    width = len(lanes)
    zero, one = broadcast(out, 0.0, lanes), broadcast(out, 1.0, lanes)
    x, y = (one, zero) if first else (zero, one)
    xi, yi = zero, zero
    for segment in range(code.runs[run, 0], code.runs[run, 1]):
        axis, index, _ = code.segments[segment]
        if axis == FIXED:
            x, xi, y, yi = _turned(x, xi, y, yi, table, TABLE * segment)
        else:
            c = load(inputs, 2 * index * width, lanes)
            s = load(inputs, (2 * index + 1) * width, lanes)
            x, xi, y, yi = _rotated(x, xi, y, yi, axis, c, s)
    store(out, at, x)
    store(out, at + width, xi)
    store(out, at + 2 * width, y)
    store(out, at + 3 * width, yi)


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
        _column(code, wire, table, inputs, work.columns, 0, True, lanes)
        for row in range((1 << wire) - 1, -1, -1):
            _grow(re, im, work.columns, 0, row, 2 * row, real, lanes)


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
def _numbers(m: Any, at: Any) -> Any:
    return m[at], m[at + 1], m[at + 2], m[at + 3], m[at + 4], m[at + 5], m[at + 6], m[at + 7]


@compiled
def _vectors(code: Any, run: Any, table: Any, inputs: Any, out: Any, lanes: Any) -> Any:
    """The matrix of a run that inputs steer, in the order of `_numbers`."""
    w = len(lanes)
    _column(code, run, table, inputs, out, 0, True, lanes)
    _column(code, run, table, inputs, out, 4 * w, False, lanes)
    a, ai, c, ci = (
        load(out, 0, lanes),
        load(out, w, lanes),
        load(out, 2 * w, lanes),
        load(out, 3 * w, lanes),
    )
    b, bi, d, di = (
        load(out, 4 * w, lanes),
        load(out, 5 * w, lanes),
        load(out, 6 * w, lanes),
        load(out, 7 * w, lanes),
    )
    return a, ai, b, bi, c, ci, d, di


@inlined
def _gate(re: Any, im: Any, begin: Any, end: Any, m: Any, step: Any, real: Any, lanes: Any) -> Any:
    """A 2x2 matrix, of numbers or of vectors, on the wire whose bit is ``step`` numbers apart."""
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
def _pull_back(
    code: Any, run: Any, table: Any, inputs: Any, bloch: Any, sums: Any, dx: Any, lanes: Any
) -> Any:
    """Take the Bloch vector behind a run to its segments: into ``sums``, or into ``dx``."""
    width = len(lanes)
    g0, g1, g2 = load(bloch, 0, lanes), load(bloch, width, lanes), load(bloch, 2 * width, lanes)
    first = code.runs[run, 0]
    for segment in range(code.runs[run, 1] - 1, first - 1, -1):
        axis, index, _ = code.segments[segment]
        if axis == FIXED:
            at = 3 * segment * width
            store(sums, at, load(sums, at, lanes) + g0)
            store(sums, at + width, load(sums, at + width, lanes) + g1)
            store(sums, at + 2 * width, load(sums, at + 2 * width, lanes) + g2)
            if segment > first:
                g0, g1, g2 = _turned_back(g0, g1, g2, table, TABLE * segment + 8)
        else:
            along = g0
            if axis == Y:
                along = g1
            elif axis == Z:
                along = g2
            store(dx, index * width, load(dx, index * width, lanes) + along)
            if segment > first:
                c = load(inputs, 2 * index * width, lanes)
                s = load(inputs, (2 * index + 1) * width, lanes)
                g0, g1, g2 = _rotated_back(g0, g1, g2, axis, c, s)


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
def keep_state(code: Any, work: Any, at: Any, states: Any, lanes: Any) -> Any:
    """Copy the state at ``at`` to ``states`` (2, amplitude * lane)."""
    re, im = states[0], states[1]
    for place in range(0, len(lanes) << code.shape[0], len(lanes)):
        store(re, place, load(work.psi, at + place, lanes))
        if code.shape[3] == 0:
            store(im, place, load(work.psi_i, at + place, lanes))


@compiled
def recall_state(code: Any, work: Any, states: Any, lanes: Any) -> Any:
    """Copy a kept state to the beginning of ``work.psi``."""
    re, im = states[0], states[1]
    for place in range(0, len(lanes) << code.shape[0], len(lanes)):
        store(work.psi, place, load(re, place, lanes))
        if code.shape[3] == 0:
            store(work.psi_i, place, load(im, place, lanes))


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
    at = 0
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
            m = _numbers(table, TABLE * code.runs[run, 0])
            _gate(work.psi, work.psi_i, at, at + size, m, step, real, lanes)
        else:
            v = _vectors(code, run, table, inputs, work.columns, lanes)
            _gate(work.psi, work.psi_i, at, at + size, v, step, real, lanes)
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
            m = _numbers(table, TABLE * code.runs[run, 0])
            _undo_gate(work, at, at + size, m, step, real, lanes)
        else:
            v = _vectors(code, run, table, inputs, work.columns, lanes)
            _undo_gate(work, at, at + size, v, step, real, lanes)
        _pull_back(code, run, table, inputs, work.bloch, sums, dx, lanes)
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
        _column(code, wire, table, inputs, columns, 4 * wire * width, True, lanes)
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
        _pull_back(code, wire, table, inputs, work.bloch, sums, dx, lanes)


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
