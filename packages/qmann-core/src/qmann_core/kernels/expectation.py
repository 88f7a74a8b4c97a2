"""Expectation values of a block's final state, and the state ``lambda`` that starts its gradient.

All words of Z together are one Walsh-Hadamard transform of the probabilities: the value of the
word with mask m is entry m, whatever the number of words.
"""

from typing import Any

from .options import compiled, inlined
from .simd import broadcast, load, store

PAULI_Z, PAULI, PROJECTOR = range(3)


@inlined
def _parity(bits: Any) -> Any:
    odd = False
    while bits:
        bits &= bits - 1
        odd = not odd
    return odd


@inlined
def _transform(p: Any, begin: Any, end: Any, lanes: Any) -> Any:
    """The Walsh-Hadamard transform along amplitudes, in place."""
    step = len(lanes)
    while step < end - begin:
        for high in range(begin, end, 2 * step):
            for j in range(high, high + step, len(lanes)):
                x, y = load(p, j, lanes), load(p, j + step, lanes)
                store(p, j, x + y)
                store(p, j + step, x - y)
        step *= 2


@inlined
def _has(code: Any, kind: Any) -> Any:
    for row in range(code.observables.shape[0]):
        if code.observables[row, 0] == kind:
            return True
    return False


@inlined
def _phase(power: Any) -> Any:
    """``i**power`` as real and imaginary part."""
    turn = power & 3
    if turn == 0:
        return 1.0, 0.0
    if turn == 1:
        return 0.0, 1.0
    if turn == 2:
        return -1.0, 0.0
    return 0.0, -1.0


@compiled
def read(code: Any, work: Any, begin: Any, out: Any, at: Any, lanes: Any) -> Any:
    """The value of every observable in the state at ``begin``, a vector each, at ``out[at:]``.

    ``work.lam`` is overwritten.
    """
    width = len(lanes)
    psi, psi_i, p = work.psi, work.psi_i, work.lam
    real = code.shape[3] == 1
    size = width << code.shape[0]
    for place in range(begin, begin + size, width):
        x = load(psi, place, lanes)
        square = x * x
        if not real:
            y = load(psi_i, place, lanes)
            square = square + y * y
        store(p, place, square)
    for row in range(code.observables.shape[0]):
        kind, first, second, power = code.observables[row]
        value = broadcast(psi, 0.0, lanes)
        if kind == PROJECTOR:
            free = ((1 << code.shape[0]) - 1) & ~first
            rest = 0
            while True:
                value = value + load(p, begin + (second | rest) * width, lanes)
                rest = (rest - free) & free
                if rest == 0:
                    break
        elif kind == PAULI:
            re, im = _phase(power)
            for amplitude in range(1 << code.shape[0]):
                one, two = begin + amplitude * width, begin + (amplitude ^ first) * width
                x, y = load(psi, one, lanes), load(psi, two, lanes)
                product = re * (x * y)
                if not real:
                    xi, yi = load(psi_i, one, lanes), load(psi_i, two, lanes)
                    product = re * (x * y + xi * yi) - im * (x * yi - xi * y)
                value = value - product if _parity(amplitude & second) else value + product
        store(out, at + row * width, value)
    if _has(code, PAULI_Z):
        _transform(p, begin, begin + size, lanes)
        for row in range(code.observables.shape[0]):
            if code.observables[row, 0] == PAULI_Z:
                value = load(p, begin + code.observables[row, 2] * width, lanes)
                store(out, at + row * width, -1.0 * value if code.observables[row, 3] else value)


@compiled
def seed(code: Any, work: Any, begin: Any, cotangents: Any, lanes: Any) -> Any:
    """``lambda = sum over k of cotangents[k] P_k psi`` at ``begin``, where ``psi`` is."""
    width = len(lanes)
    psi, psi_i, lam, lam_i = work.psi, work.psi_i, work.lam, work.lam_i
    real = code.shape[3] == 1
    size = width << code.shape[0]
    _signed_sums(code, lam, begin, cotangents, lanes)
    for at in range(begin, begin + size, width):
        factor = load(lam, at, lanes)
        store(lam, at, factor * load(psi, at, lanes))
        if not real:
            store(lam_i, at, factor * load(psi_i, at, lanes))
    for row in range(code.observables.shape[0]):
        kind, flips, signs, power = code.observables[row]
        if kind == PAULI:
            re, im = _phase(power)
            g = load(cotangents, row * width, lanes)
            for amplitude in range(1 << code.shape[0]):
                one, two = begin + amplitude * width, begin + (amplitude ^ flips) * width
                factor = -1.0 * g if _parity(amplitude & signs) else g
                y = load(psi, two, lanes)
                if real:
                    store(lam, one, load(lam, one, lanes) + factor * (re * y))
                else:
                    yi = load(psi_i, two, lanes)
                    store(lam, one, load(lam, one, lanes) + factor * (re * y - im * yi))
                    store(lam_i, one, load(lam_i, one, lanes) + factor * (re * yi + im * y))


@inlined
def _signed_sums(code: Any, p: Any, begin: Any, cotangents: Any, lanes: Any) -> Any:
    """For each amplitude, the cotangents of words of Z and of projectors, with their signs."""
    width = len(lanes)
    size = width << code.shape[0]
    for at in range(begin, begin + size, width):
        store(p, at, broadcast(p, 0.0, lanes))
    if _has(code, PAULI_Z):
        for row in range(code.observables.shape[0]):
            if code.observables[row, 0] == PAULI_Z:
                at = begin + code.observables[row, 2] * width
                g = load(cotangents, row * width, lanes)
                before = load(p, at, lanes)
                store(p, at, before - g if code.observables[row, 3] else before + g)
        _transform(p, begin, begin + size, lanes)
    for row in range(code.observables.shape[0]):
        kind, first, second, _power = code.observables[row]
        if kind == PROJECTOR:
            g = load(cotangents, row * width, lanes)
            free = ((1 << code.shape[0]) - 1) & ~first
            rest = 0
            while True:
                at = begin + (second | rest) * width
                store(p, at, load(p, at, lanes) + g)
                rest = (rest - free) & free
                if rest == 0:
                    break
