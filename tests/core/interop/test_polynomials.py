"""Polynomials recovered from autograd's derivatives."""

import math

import pytest
import torch

from qmann_core.circuits import Input, Weight
from qmann_core.interop.polynomials import evaluated, recovered, shifted

SYMBOLS = (Input(0), Input(1), Weight(0))
POINT = dict(zip(SYMBOLS, (0.3125, -1.1875, 0.5625), strict=True))


def recover(function):
    leaves = [torch.tensor(POINT[s], dtype=torch.float64, requires_grad=True) for s in SYMBOLS]

    def gradient(value):
        if not value.requires_grad:
            return {}
        slopes = torch.autograd.grad(value, leaves, create_graph=True, allow_unused=True)
        named = zip(SYMBOLS, slopes, strict=True)
        return {s: slope for s, slope in named if slope is not None and slope.item() != 0}

    return recovered(function(*leaves), POINT, lambda value: value.item(), gradient)


@pytest.mark.parametrize(
    ("function", "expected"),
    [
        (lambda x, y, _w: x + 0 * y, Input(0)),
        (lambda x, _y, _w: x * 0 + 0.25, 0.25),
        (lambda x, y, w: x * y * w - w, Input(0) * Input(1) * Weight(0) - Weight(0)),
        (lambda x, y, _w: (x + y) ** 2, (Input(0) + Input(1)) * (Input(0) + Input(1))),
        (
            lambda x, y, _w: 3 * x**4 - y**2 / 2,
            3 * math.prod([Input(0)] * 4, start=1.0) - 0.5 * Input(1) * Input(1),
        ),
    ],
)
def test_coefficients_are_exact(function, expected):
    assert recover(function) == expected


def test_rounding_leaves_no_terms():
    found = recover(lambda x, y, w: 2 * (math.pi - x) * (math.pi - y) + w / 3 - x / 7)
    assert [len(term.factors) for term in found.terms] == [1, 1, 1, 2]
    point = dict(zip(SYMBOLS, (1.3, 2.7, -0.4), strict=True))
    expected = 2 * (math.pi - 1.3) * (math.pi - 2.7) - 0.4 / 3 - 1.3 / 7
    assert evaluated(found, point) == pytest.approx(expected, rel=1e-13)


@pytest.mark.parametrize(
    "function",
    [
        lambda x, _y, _w: torch.sin(x),
        lambda x, _y, _w: x**5,
        lambda x, y, _w: x / y,
        lambda _x, y, _w: torch.log(y),
        lambda x, _y, _w: torch.sqrt(x - x),
    ],
    ids=["sine", "degree 5", "quotient", "not a number", "infinite slope"],
)
def test_others_are_not_polynomials(function):
    assert recover(function) is None


def test_inputs_are_shifted_and_weights_are_not():
    assert shifted(Input(1) * Weight(1) + 2, 3) == Input(4) * Weight(1) + 2
