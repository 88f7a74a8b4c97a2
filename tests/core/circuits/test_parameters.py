"""Polynomials of inputs and weights: the laws of a commutative ring, and of evaluation."""

from functools import reduce
from operator import add, mul

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from qmann_core.circuits import Input, Polynomial, Term, Weight, substitute, symbols
from qmann_core.errors import CircuitError

X, Y, V, W = Input(0), Input(1), Weight(0), Weight(1)
NUMBERS = st.integers(-4, 4).map(float)  # so small that no arithmetic rounds
SYMBOLS = st.sampled_from([X, Y, V, W])
MONOMIALS = st.tuples(NUMBERS, st.lists(SYMBOLS, max_size=3))
SUMS = st.lists(MONOMIALS, min_size=1, max_size=3)
VALUES = {X: 3.0, Y: -2.0, V: 5.0, W: 0.5}


def written(monomials):
    """The sum that a user would write with operators."""
    return reduce(add, [reduce(mul, factors, number) for number, factors in monomials])


def value(parameter):
    return substitute(parameter, VALUES.__getitem__)


@given(SUMS, SUMS, SUMS)
def test_sums_and_products_commute_associate_and_distribute(p, q, r):
    p, q, r = map(written, (p, q, r))
    assert p + q == q + p
    assert p * q == q * p
    assert (p + q) + r == p + (q + r)
    assert (p * q) * r == p * (q * r)
    assert p * (q + r) == p * q + p * r


@given(SUMS)
def test_neutral_and_inverse_elements(p):
    p = written(p)
    assert p + 0 == 0 + p == p
    assert p * 1 == 1 * p == p
    assert p * 0 == 0.0
    assert p - p == 0.0
    assert p + -p == 0.0
    assert 0 - (0 - p) == p
    assert 2 * p == p + p


@given(SUMS, SUMS, NUMBERS)
def test_evaluation_keeps_sums_differences_and_products(p, q, number):
    p, q = written(p), written(q)
    assert value(p + q) == value(p) + value(q)
    assert value(p - q) == value(p) - value(q)
    assert value(p * q) == value(p) * value(q)
    assert value(number - p) == number - value(p)
    assert value(-p) == -value(p)


@given(SUMS, SUMS)
def test_equal_polynomials_are_one_key(p, q):
    p, q = written(p), written(q)
    assert hash((p + q) * (p - q)) == hash(p * p - q * q)
    assert (p + q) * (p - q) == p * p - q * q


@given(SUMS)
def test_results_are_as_simple_as_can_be(p):
    p = written(p)
    if isinstance(p, Polynomial):
        assert p.terms
        assert p != Polynomial(0.0, (Term(1.0, p.terms[0].factors[:1]),))
        assert len({term.factors for term in p.terms}) == len(p.terms)
        assert all(term.coefficient for term in p.terms)


def test_simplification_by_example():
    assert 1 * X == X
    assert X + W - W == X
    assert (X + 2) - X == 2.0
    merged = W * X + 0.5 * X * W
    assert merged == Polynomial(0.0, (Term(1.5, (X, W)),))
    assert (X + 1) * (X - 1) == X * X - 1


def test_terms_are_merged_and_sorted_however_they_are_given():
    given = Polynomial(
        1.0, (Term(2.0, (W, X)), Term(0.0, (Y,)), Term(1.0, (V,)), Term(-1.0, (X, W)))
    )
    assert given == Polynomial(1.0, (Term(1.0, (V,)), Term(1.0, (X, W))))
    assert [term.factors for term in given.terms] == [(V,), (X, W)]


def test_numbers_of_numpy_are_numbers():
    assert np.float64(2) * X == np.float32(2) * X == X * np.int64(2) == 2 * X
    assert np.float64(2) - X == 2 - X


@pytest.mark.parametrize("other", ["x", None, np.ones(2)])
def test_other_things_do_not_mix(other):
    for operation in (add, mul):
        with pytest.raises(TypeError):
            operation(X, other)
        with pytest.raises(TypeError):
            operation(other, X)


def test_numbers_are_kept_as_floats():
    made = Input(0) * 2 + 1
    assert (type(made.constant), type(made.terms[0].coefficient)) == (float, float)


def test_symbols_are_named_once_inputs_first():
    assert symbols(W * X + V * X * X - Y) == (X, Y, V, W)
    assert symbols(W) == (W,)
    assert symbols(0.5) == ()


def test_substitution_is_simultaneous():
    swapped = substitute(X - 2 * Y, {X: Y, Y: X}.__getitem__)
    assert swapped == Y - 2 * X
    assert substitute(X * X, lambda _: V + 1) == V * V + 2 * V + 1
    assert substitute(1.5, VALUES.__getitem__) == 1.5


@pytest.mark.parametrize("number", [float("inf"), float("nan")])
def test_coefficients_are_finite(number):
    for build in (lambda: number * X, lambda: X - number):
        with pytest.raises(
            CircuitError, match=r"a polynomial has finite coefficients; got \[(-inf|inf|nan)\]"
        ):
            build()
    with pytest.raises(CircuitError, match=r"has finite coefficients; got \[0\.0, (inf|nan)\]"):
        Polynomial(0.0, (Term(number, (X,)),))
