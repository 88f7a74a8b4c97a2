"""Expectation values as trigonometric polynomials of few inputs.

If every input turns one gate by that angle, a value is a polynomial of degree one in each
(cos x_i, sin x_i) (Schuld, Sweke and Meyer, arXiv:2008.08605): ``z_r = sum_f C[r, f] phi_f(x)``
with the ``3**n`` products phi of 1, cos and sin. C holds for all samples and steps.
"""

from typing import Any

from .options import compiled, kernel
from .simd import broadcast, load, store, total

_ROWS = 4  # of C at a time: accumulators that stay in registers


@compiled
def whole_angles(halves: Any, n_inputs: Any, out: Any, lanes: Any) -> Any:
    """Cosine and sine of angles, in turn, from those of half of them."""
    width = len(lanes)
    for index in range(n_inputs):
        c = load(halves, 2 * index * width, lanes)
        s = load(halves, (2 * index + 1) * width, lanes)
        store(out, 2 * index * width, c * c - s * s)
        store(out, (2 * index + 1) * width, (c + c) * s)


@compiled
def multiply_out(
    angles: Any, n_inputs: Any, prefixes: Any, out: Any, at: Any, stride: Any, lanes: Any
) -> Any:
    """All products: feature f at ``out[at + f * stride:]``, the last input fastest.

    ``prefixes`` gets those of the first k inputs, k = 0 .. n - 1, one set after the other.
    """
    width = len(lanes)
    store(prefixes, 0, broadcast(out, 1.0, lanes))
    first, count = 0, 1
    for index in range(n_inputs):
        c = load(angles, 2 * index * width, lanes)
        s = load(angles, (2 * index + 1) * width, lanes)
        last = index == n_inputs - 1
        target, begin, step = prefixes, (first + count) * width, width
        if last:
            target, begin, step = out, at, stride
        for row in range(count):
            p = load(prefixes, (first + row) * width, lanes)
            store(target, begin + 3 * row * step, p)
            store(target, begin + (3 * row + 1) * step, p * c)
            store(target, begin + (3 * row + 2) * step, p * s)
        first, count = first + count, 3 * count


@compiled
def products_back(angles: Any, n_inputs: Any, prefixes: Any, by: Any, dx: Any, lanes: Any) -> Any:
    """Add to ``dx`` what ``by``, gradients by all products, says of the inputs; ``by`` is used up.

    ``prefixes`` as `multiply_out` left them.
    """
    width = len(lanes)
    count, first = 1, 0
    for _ in range(n_inputs - 1):
        first, count = first + count, 3 * count
    for index in range(n_inputs - 1, -1, -1):
        c = load(angles, 2 * index * width, lanes)
        s = load(angles, (2 * index + 1) * width, lanes)
        sum_ = load(dx, index * width, lanes)
        for row in range(count):
            p = load(prefixes, (first + row) * width, lanes)
            one = load(by, 3 * row * width, lanes)
            u, v = load(by, (3 * row + 1) * width, lanes), load(by, (3 * row + 2) * width, lanes)
            sum_ = sum_ + p * (c * v - s * u)
            store(by, row * width, one + c * u + s * v)
        store(dx, index * width, sum_)
        count //= 3
        first -= count


@compiled
def matrix_times(c: Any, x: Any, at: Any, stride: Any, out: Any, to: Any, lanes: Any) -> Any:
    """Row r of ``c`` times the vectors ``x[at + f * stride:]``, at ``out[to + r * width:]``.

    The number of rows is a multiple of four.
    """
    width = len(lanes)
    for row in range(0, c.shape[0], _ROWS):
        s0 = broadcast(out, 0.0, lanes)
        s1, s2, s3 = s0, s0, s0
        for column in range(c.shape[1]):
            value = load(x, at + column * stride, lanes)
            s0 = s0 + c[row, column] * value
            s1 = s1 + c[row + 1, column] * value
            s2 = s2 + c[row + 2, column] * value
            s3 = s3 + c[row + 3, column] * value
        store(out, to + row * width, s0)
        store(out, to + (row + 1) * width, s1)
        store(out, to + (row + 2) * width, s2)
        store(out, to + (row + 3) * width, s3)


@compiled
def transposed_times(c: Any, x: Any, at: Any, out: Any, lanes: Any) -> Any:
    """Column f of ``c`` times the vectors ``x[at + r * width:]``, at ``out[f * width:]``."""
    width = len(lanes)
    n_columns = c.shape[1]
    for column in range(0, n_columns, 3):  # a power of three
        s0 = broadcast(out, 0.0, lanes)
        s1, s2 = s0, s0
        for row in range(c.shape[0]):
            value = load(x, at + row * width, lanes)
            s0 = s0 + c[row, column] * value
            s1 = s1 + c[row, column + 1] * value
            s2 = s2 + c[row, column + 2] * value
        store(out, column * width, s0)
        store(out, (column + 1) * width, s1)
        store(out, (column + 2) * width, s2)


@compiled
def outer_product(a: Any, b: Any, out: Any, n_steps: Any, lanes: Any) -> Any:
    """``out[r, f]``: the sum over steps and lanes of row r of ``a`` times row f of ``b``."""
    width = len(lanes)
    for row in range(out.shape[0]):
        for column in range(0, out.shape[1], 3):  # a power of three
            s0 = broadcast(a, 0.0, lanes)
            s1, s2 = s0, s0
            for step in range(n_steps):
                value = load(a, (row * n_steps + step) * width, lanes)
                s0 = s0 + value * load(b, (column * n_steps + step) * width, lanes)
                s1 = s1 + value * load(b, ((column + 1) * n_steps + step) * width, lanes)
                s2 = s2 + value * load(b, ((column + 2) * n_steps + step) * width, lanes)
            out[row, column] = total(s0)
            out[row, column + 1] = total(s1)
            out[row, column + 2] = total(s2)


@kernel
def along_inputs(values: Any, matrix: Any, transposed: Any) -> Any:
    """Apply a 3x3 matrix (from, to), or its transpose, along every input's axis of a grid.

    ``values`` (point, column) has the last input fastest.
    """
    step = 1
    while step < values.shape[0]:
        for high in range(0, values.shape[0], 3 * step):
            for point in range(high, high + step):
                for column in range(values.shape[1]):
                    x, y = values[point, column], values[point + step, column]
                    z = values[point + 2 * step, column]
                    for to in range(3):
                        a, b, c = matrix[0, to], matrix[1, to], matrix[2, to]
                        if transposed:
                            a, b, c = matrix[to, 0], matrix[to, 1], matrix[to, 2]
                        values[point + to * step, column] = a * x + b * y + c * z
        step *= 3
