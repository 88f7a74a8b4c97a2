"""Rankings: RDKit's figures without ties, the mean of all orders with them, closed forms."""

from itertools import permutations

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st
from pandas import DataFrame
from rdkit.ML.Scoring import Scoring
from scipy.stats import rankdata
from sklearn.metrics import roc_auc_score

from qmann_core.errors import ConfigError, DataError
from qmann_core.evaluation.ranking import (
    classes,
    draw,
    fidelities,
    nearest_beside,
    ranked,
    ranks,
    recognition,
)

FIGURES = ("EF 1 %", "BEDROC", "AUROC")
KEYS = np.array([[1, 0, 0, 0], [1, 1, 0, 0], [1, 1, 1, 1], [0, 0, 1, 1], [1, 1, 0, 0]])


def rdkit(truth, fraction=0.01, alpha=20.0):
    rows = truth[:, None]
    return (
        Scoring.CalcEnrichment(rows, 0, [fraction])[0],
        Scoring.CalcBEDROC(rows, 0, alpha),
        Scoring.CalcAUC(rows, 0),
    )


def figures(scores, truth, **options):
    return tuple(recognition(scores, truth, **options).values())[:3]


def some_of_both(truth):
    return 0 < sum(truth) < len(truth)


@given(st.lists(st.booleans(), min_size=2, max_size=60).filter(some_of_both), st.randoms())
def test_without_ties_the_figures_are_rdkits(truth, random):
    order = list(range(len(truth)))
    random.shuffle(order)
    scores, truth = np.array(order, dtype=float), np.array(truth)
    expected = rdkit(truth[np.argsort(-scores)])
    np.testing.assert_allclose(figures(scores, truth), expected, rtol=1e-10, atol=1e-12)


@pytest.mark.parametrize(("fraction", "alpha"), [(0.01, 20.0), (0.05, 160.9), (0.2, 1.0)])
def test_other_fractions_and_weights(fraction, alpha):
    truth = np.random.default_rng(1).random(2345) < 0.03
    scores = np.random.default_rng(2).random(2345)
    expected = rdkit(truth[np.argsort(-scores)], fraction, alpha)
    found = figures(scores, truth, fraction=fraction, alpha=alpha)
    np.testing.assert_allclose(found, expected, rtol=1e-10)
    assert f"EF {100 * fraction:g} %" in recognition(scores, truth, fraction=fraction)


@given(st.lists(st.tuples(st.integers(0, 2), st.booleans()), min_size=2, max_size=6))
def test_with_ties_they_are_the_mean_of_all_orders(rows):
    scores, truth = (np.array(column) for column in zip(*rows, strict=True))
    if not some_of_both(truth):
        return
    orders = [list(order) for order in permutations(range(len(rows)))]
    falling = [order for order in orders if np.all(np.diff(scores[order]) <= 0)]
    expected = np.mean([rdkit(truth[order], 0.3) for order in falling], axis=0)
    found = figures(scores.astype(float), truth, fraction=0.3)
    np.testing.assert_allclose(found, expected, rtol=1e-10, atol=1e-12)


def test_with_ties_auroc_is_that_of_scikit_learn():
    generator = np.random.default_rng(0)
    scores, truth = generator.integers(0, 20, 500).astype(float), generator.random(500) < 0.2
    found = recognition(scores, truth)
    assert found["AUROC"] == pytest.approx(roc_auc_score(truth, scores), rel=1e-12)
    assert (found["positive"], found["known"]) == (truth.sum(), 500)


@pytest.mark.parametrize(
    ("scores", "expected"),
    [(np.arange(200.0, 0, -1), (20, 1, 1)), (np.arange(200.0), (0, 0, 0))],
)
def test_the_best_and_the_worst_ranking(scores, expected):
    truth = np.arange(200) < 10
    np.testing.assert_allclose(figures(scores, truth), expected, atol=1e-12)


def test_equal_scores_say_nothing():
    found = recognition(np.zeros(300), np.arange(300) < 30)
    assert found["EF 1 %"] == pytest.approx(1)
    assert found["AUROC"] == pytest.approx(0.5)


@pytest.mark.parametrize("truth", [np.zeros(5, bool), np.ones(5, bool)])
def test_one_class_only(truth):
    with pytest.raises(DataError, match=rf"{truth.sum()} of 5 ranked entries are positive: expect"):
        recognition(np.arange(5.0), truth)


@given(st.lists(st.integers(-3, 3), min_size=1, max_size=30))
def test_equal_scores_share_the_best_rank(scores):
    scores = np.array(scores, dtype=float)
    np.testing.assert_array_equal(ranks(scores), rankdata(-scores, method="min"))


def test_fidelities_are_squared_cosines_and_those_of_equal_keys_tie():
    norms = np.linalg.norm(KEYS, axis=1)
    expected = (KEYS @ KEYS.T / np.outer(norms, norms)) ** 2
    found = fidelities(KEYS, KEYS)
    np.testing.assert_allclose(found, expected, atol=1e-9)
    np.testing.assert_array_equal(found[:, 1], found[:, 4])
    bits = np.random.default_rng(0).integers(0, 2, (300, 64))
    found = fidelities(np.vstack([bits, bits[::-1]]), bits[:20])
    np.testing.assert_array_equal(found[:, :300], found[:, :299:-1])


def test_the_nearest_beside_a_scan():
    entries = DataFrame({"name": list("abcde")}, index=[9, 8, 7, 6, 5])
    scan = np.array([0.1, 0.9, 0.5, 0.0, 0.9])
    queries = {3: np.array([1, 1, 0, 0]), 7: np.array([0, 0, 1, 0])}
    found, notes = nearest_beside(entries, KEYS, queries, [scan, scan], "3", name="scan")
    assert found["row"].tolist() == [3, 3, 3, 7, 7, 7]
    assert found["rank"].tolist() == [1, 2, 3] * 2
    assert found["name"].tolist()[:3] == ["b", "e", "a"]
    assert found["name"].tolist()[3:5] == ["d", "c"]
    np.testing.assert_allclose(found["fidelity"][:5], [1, 1, 0.5, 0.5, 0.25], atol=1e-12)
    np.testing.assert_allclose(found["weight %"][:3], 100 * np.array([1, 1, 0.5]) / 3, atol=1e-9)
    assert found["scan"].tolist()[:3] == [0.9, 0.9, 0.1]
    assert found["rank by scan"].tolist()[:3] == [1, 1, 4]
    same = (found["rank by scan"] <= 3).sum()
    assert notes[0] == f"{same} of 6 are among the 3 nearest by scan"
    assert "Simulated: all 5 keys were compared" in notes[1]


def test_there_are_fewer_entries_than_asked():
    found, _ = nearest_beside(
        DataFrame({"name": list("abcde")}), KEYS, {1: KEYS[2]}, [np.zeros(5)], 50, name="scan"
    )
    assert sorted(found["name"]) == list("abcde")


def test_ranked_by_the_largest_likeness():
    likeness = {
        "fidelity": np.array([[0.1, 0.9, 0.5, 0.2], [0.3, 0.1, 0.5, 0.6]]),
        "scan": np.array([[0.1, 0.7, 0.8, 0.2], [0.3, 0.1, 0.5, 0.6]]),
    }
    entries = DataFrame({"name": list("abcd")})
    table, figures = ranked(entries, likeness, ["p", "q"], np.array([0, 1, np.nan, 0]))
    assert table["name"].tolist() == ["b", "d", "c", "a"]
    assert table["rank"].tolist() == [1, 2, 3, 4]
    assert table["most like"].tolist() == ["p", "q", "p", "q"]
    assert table["rank by scan"].tolist() == [2, 3, 1, 4]
    assert figures["ranked by"].tolist() == ["fidelity", "scan"]
    assert figures["known"].tolist() == [3, 3]
    assert figures["AUROC"].tolist() == [1, 1]
    assert ranked(entries, likeness, ["p", "q"], np.full(4, np.nan))[1] is None


@pytest.mark.parametrize(
    ("values", "threshold", "expected"),
    [
        ([0, 1, np.nan], None, [0, 1, np.nan]),
        ([0.5, 1, np.nan], None, [np.nan] * 3),
        ([7.4, 7.5, np.nan], "7.5", [0, 1, np.nan]),
        ([0, 1, np.nan], 0.5, [0, 1, np.nan]),
    ],
)
def test_classes(values, threshold, expected):
    np.testing.assert_array_equal(classes(np.array(values, dtype=float), threshold), expected)


def test_a_threshold_needs_measured_values():
    with pytest.raises(DataError, match=r"got threshold 7\.5: expected measured values"):
        classes(np.full(3, np.nan), 7.5)
    with pytest.raises(ConfigError, match=r"got threshold='high': expected a number"):
        classes(np.array([1.0]), "high")


@given(st.integers(0, 5), st.integers(1, 8))
def test_a_draw_is_of_positive_entries_without_repetition(seed, count):
    truth = np.array([1, 0, np.nan, 1, 1, 1, 0, 1, 1, 1, 1.0])
    drawn = draw(truth, count, seed)
    assert len(set(drawn)) == count
    assert np.all(truth[drawn] == 1)
    np.testing.assert_array_equal(draw(truth, str(count), str(seed)), drawn)


@pytest.mark.parametrize(
    ("count", "seed", "error", "message"),
    [
        (3, 0, DataError, r"3 were to be drawn .* and there are 2; give a target"),
        (0, 0, ConfigError, r"got count=0: expected a whole number from 1"),
        (1, -1, ConfigError, r"got seed=-1: expected a whole number from 0"),
    ],
)
def test_a_draw_that_is_not_possible(count, seed, error, message):
    with pytest.raises(error, match=message):
        draw(np.array([1.0, 0.0, 1.0]), count, seed)
