"""Arguments that a QMatrix refuses, each with an error that says what was expected."""

import math

import pytest
from refused import refused

from qmann_core.errors import QMANNError
from qmann_core.memory import QMatrix


def memory(encoding="amplitude"):
    made = QMatrix(capacity=4, key_width=2, encoding=encoding)
    made.write([[1, 0], [0, 1]])
    return made


SIZES = [None, "x", -1, 0, 1.5, 10**30, math.nan, [1], b"x", {}]
MADE = {
    "capacity": SIZES,
    "key_width": SIZES,
    "value_width": [None, "x", -1, 1.5, 10**30, [1]],
    "encoding": [None, "x", 1, ["amplitude"], {}],
    "dtype": [None, "x", 1, "float16"],
    "policy": [None, "x", 1],
    "decoherence": ["x", 1.0, {}],
}
ASKED = {
    "k": [None, "x", -1, 0, 1.5, math.nan, [1], b"x", {}],
    "copies": SIZES,
    "mode": [None, "x", 1],
    "schedule": [None, "x", 1],
    "oracle": [None, "x"],
    "seed": ["x", -1, 1.5, math.nan, b"x", {}],
    "tags": [1, 1.5, True, [1], {1: 2}],
    "now": ["x", [1], {}],
    "backend": [None, "x", 3],
    "shots": ["x", -1, 0, 1.5, [1], {}, True],
    "delta": [None, "x", -1, 0, 1.5, math.nan, [1]],
    "threshold": ["x", -1, 1.5, math.nan, [1], {}],
}
DRAWN = {
    "iterations": ["x", -1, 1.5, 10**30, math.nan, [1]],
    "n_work": [None, "x", 1.5, 10**30, [1], -1],
    "copies": SIZES,
    "now": ["x", [1]],
    "tags": [1, [1]],
}


def cases(table):
    return [(name, value) for name, values in table.items() for value in values]


@pytest.mark.parametrize(("name", "value"), cases(MADE))
def test_constructing(name, value):
    with refused(QMANNError, "expected|at most|known"):
        QMatrix(**{"capacity": 4, "key_width": 2, name: value})


@pytest.mark.parametrize(("name", "value"), cases(ASKED))
def test_recalling(name, value):
    threshold = {"mode": "threshold", "threshold": 0.5} if name in ("delta", "threshold") else {}
    with refused(QMANNError, "expected|is for|unknown back end"):
        memory().recall([1, 0], **{**threshold, name: value})


@pytest.mark.parametrize("name", ["k", "seed", "tags", "now"])
def test_searching_the_nearest(name):
    for value in ASKED[name]:
        with refused(QMANNError, "expected"):
            memory().nearest([1, 0], **{name: value})


@pytest.mark.parametrize(("name", "value"), cases(DRAWN))
def test_emitting(name, value):
    with refused(QMANNError, "expected|written|work wires"):
        memory().to_circuit([1, 0], **{name: value})


@pytest.mark.parametrize("query", [None, 1.5, True, [1, 2, 3], [[1, 0], [0, 1]], [0.5, 1], "012"])
def test_hard_queries(query):
    with refused(QMANNError, "expected|bit|key"):
        memory("basis").recall(query, mode="hard")
