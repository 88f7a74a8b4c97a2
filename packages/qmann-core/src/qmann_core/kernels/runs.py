"""Runs: all gates between two two-wire gates on a wire.

A run is made of *segments*: a rotation by an input, or several gates that no input steers; of these
the 2x2 matrix and the 3x3 rotation are worked out once (`segment_tables`). Derivatives come as a
Bloch vector behind the run, ``Im <lambda| sigma |psi>``, which is turned back through it; those of
all samples and steps are summed before they are turned through a segment's gates
(`weight_gradient`).
"""

from typing import Any

from .code import FIXED, START, TABLE, X, Y, Z
from .options import compiled, inlined
from .simd import broadcast, load, store, total


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
def column(
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
def numbers(m: Any, at: Any, like: Any, lanes: Any) -> Any:
    """The matrix at ``m[at:]``, the same in every lane, in the order of `vectors`."""
    return (
        broadcast(like, m[at], lanes),
        broadcast(like, m[at + 1], lanes),
        broadcast(like, m[at + 2], lanes),
        broadcast(like, m[at + 3], lanes),
        broadcast(like, m[at + 4], lanes),
        broadcast(like, m[at + 5], lanes),
        broadcast(like, m[at + 6], lanes),
        broadcast(like, m[at + 7], lanes),
    )


@compiled
def vectors(code: Any, run: Any, table: Any, inputs: Any, out: Any, lanes: Any) -> Any:
    """The matrix of a run that inputs steer: rows a, b and c, d, real and imaginary parts."""
    w = len(lanes)
    column(code, run, table, inputs, out, START, True, lanes)
    column(code, run, table, inputs, out, 4 * w, False, lanes)
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
def pull_back(
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
