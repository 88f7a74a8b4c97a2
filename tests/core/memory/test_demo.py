"""The demonstration, against the formulas by hand on a random walk."""

import numpy as np
import pandas as pd
import pytest

from qmann_core.errors import ConfigError, DataError
from qmann_core.memory.demo import demonstrate
from qmann_core.memory.search import best_iterations

ROWS, WINDOW, HORIZON = 400, 6, 5


@pytest.fixture(scope="module")
def prices():
    changes = np.random.default_rng(5).standard_t(4, ROWS) / 100
    days = pd.bdate_range("2019-01-01", periods=ROWS, name="date")
    return pd.Series(100 * np.exp(changes.cumsum()), index=days, name="walk")


@pytest.fixture(scope="module")
def shown(prices):
    return demonstrate(prices, window=WINDOW)


@pytest.fixture(scope="module")
def by_hand(prices):
    """Last rows of the stored windows, newest first; their changes; and those of the query."""
    changes = 100 * np.diff(np.log(prices.to_numpy()))
    last = ROWS - 1
    ends = [row for row in range(last - WINDOW, -1, -1) if row >= WINDOW]
    stored = np.stack([changes[row - WINDOW : row] for row in ends])
    return np.array(ends), stored, changes[last - WINDOW :]


def fidelities(stored, query):
    angles, asked = (np.arctan(x / stored.std()) for x in (stored, query))
    return np.prod(np.cos((angles - asked) / 2) ** 2, axis=1)


def test_soft_recall_is_fidelity_attention(prices, shown, by_hand):
    ends, stored, query = by_hand
    weights = fidelities(stored, query) ** 4
    weights /= weights.sum()
    best = np.argsort(-weights)[:5]
    cases = shown.cases("soft")
    assert cases["last day"].tolist() == prices.index[ends[best]].tolist()
    np.testing.assert_allclose(cases["weight %"], 100 * weights[best], rtol=1e-4)
    assert shown.modes["soft"].searches.known.success_probability > 0.5


def test_hard_recall_finds_the_days_that_went_alike(shown, by_hand):
    _, stored, query = by_hand
    alike = ((stored > 0) != (query > 0)).sum(axis=1) <= 1
    searches = shown.modes["hard"].searches
    assert searches.matches == alike.sum() > 5
    np.testing.assert_allclose(shown.cases("hard")["weight %"], 100 / alike.sum())
    assert searches.known.oracle_calls >= best_iterations(float(alike.mean()))
    assert len(searches.known) == alike.sum()
    for days in shown.cases("hard")["days"]:
        signs = ["+" if change > 0 else "-" for change in query]
        assert sum(a != b for a, b in zip(days, signs, strict=True)) <= 1


def test_threshold_recall_gives_back_only_what_is_above(shown, by_hand):
    _, stored, query = by_hand
    searches = shown.modes["threshold"].searches
    assert searches.matches == (fidelities(stored, query) >= 0.5).sum()
    assert (searches.known.fidelities >= 0.5).all()
    assert len(searches.known) == searches.matches


def test_what_followed_is_that_of_the_prices(prices, shown):
    for mode in shown.modes:
        for case in shown.cases(mode).to_dict(orient="records"):
            row = prices.index.get_loc(case["last day"])
            for days, name in ((1, "next day %"), (HORIZON, "5 days %")):
                change = 100 * (prices.iloc[row + days] / prices.iloc[row] - 1)
                assert case[name] == pytest.approx(change, rel=1e-5)


@pytest.mark.parametrize("window", [2, 3, 8, 20])
@pytest.mark.parametrize("row", [200, ROWS])
def test_nothing_from_the_future_is_stored(prices, window, row):
    shown = demonstrate(prices, window=window, query=str(row))
    places = prices.index.get_indexer(shown.windows.days)
    assert prices.index[row - 1] == shown.windows.day
    assert places.max() == row - 1 - max(window, HORIZON)
    assert places.min() == window
    assert len(shown.windows) == len(np.unique(places)) == places.max() - places.min() + 1


def test_later_prices_change_nothing(prices):
    whole, cut = (
        demonstrate(series, window=WINDOW, query="250").to_dict()
        for series in (prices, prices.iloc[:250])
    )
    for mode in whole["modes"]:
        assert whole["modes"][mode]["cases"] == cut["modes"][mode]["cases"]


def test_a_query_is_a_row_or_a_date_or_the_day_before_it(prices):
    row = int(np.flatnonzero(prices.index.day_name() == "Friday")[30])
    friday = prices.index[row]
    saturday = friday + pd.Timedelta(days=1)
    for query in (str(row + 1), f"{friday:%F}", f"{saturday:%F}", f"{friday:%F} 09:30Z"):
        assert demonstrate(prices, query=query).windows.day == friday


def test_amplitudes_would_not_tell_a_rise_from_a_fall_but_angles_do(prices):
    mirrored = pd.Series(1 / prices.to_numpy(), index=prices.index, name="mirrored")
    joined = np.concatenate(
        [
            prices.to_numpy()[:-WINDOW],
            prices.iloc[-WINDOW - 1] * mirrored.to_numpy()[-WINDOW:] / mirrored.iloc[-WINDOW - 1],
        ]
    )
    one, other = (
        demonstrate(pd.Series(values, index=prices.index, name="walk"), window=WINDOW)
        for values in (prices.to_numpy(), joined)
    )
    np.testing.assert_allclose(one.windows.query, -other.windows.query)
    assert one.cases("soft")["last day"].tolist() != other.cases("soft")["last day"].tolist()


def test_prices_that_never_move_are_refused(prices):
    with pytest.raises(DataError, match="flat: the prices never move"):
        demonstrate(pd.Series(1.0, index=prices.index, name="flat"))


def test_the_shortest_history_is_the_one_that_is_said(prices):
    with pytest.raises(DataError, match="walk: 31 rows; expected at least 32 for windows of 8"):
        demonstrate(prices.iloc[:31])
    assert len(demonstrate(prices.iloc[:32]).windows) == 16
    assert demonstrate(prices, query="32").windows.day == prices.index[31]
    with pytest.raises(DataError, match=r"the query is 31: .* or a row from 32 to 400"):
        demonstrate(prices, query="31")


@pytest.mark.parametrize(
    ("options", "message"),
    [
        ({"window": 1}, "the window is 1 days: expected 2 to 20"),
        ({"seed": -1}, "the seed is -1: expected a whole number from 0"),
        ({"query": "soon"}, "the query is 'soon': expected a date from 2019"),
        ({"query": "NaT"}, "the query is 'NaT': expected a date"),
    ],
)
def test_options_out_of_range_are_refused(prices, options, message):
    with pytest.raises(ConfigError, match=message):
        demonstrate(prices, **options)
