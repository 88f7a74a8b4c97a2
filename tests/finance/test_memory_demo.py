"""Windows recalled in three modes, against the formulas by hand on a random walk."""

import io
import json
import re
import sys
from types import SimpleNamespace

import numpy as np
import pandas as pd
import pytest

from qmann_core.cli import main
from qmann_core.errors import ConfigError, DataError
from qmann_core.memory.search import best_iterations
from qmann_finance import FinanceConfig, load_prices
from qmann_finance.__main__ import COMMANDS, LOOKUPS
from qmann_finance.memory_demo import recall_windows

ROWS, WINDOW, HORIZON = 400, 6, 5
MODES = ["hard", "soft", "threshold"]


def demonstrate(closes, **options):
    return recall_windows(load_prices(closes), FinanceConfig(), **options)


def cases(shown, mode):
    return shown.table[shown.table["recall"] == mode]


def ledger(shown, column):
    return shown.figures.set_index("")[column]


@pytest.fixture(scope="module")
def closes():
    changes = np.random.default_rng(5).standard_t(4, ROWS) / 100
    days = pd.bdate_range("2019-01-01", periods=ROWS, name="date")
    return pd.Series(100 * np.exp(changes.cumsum()), index=days, name="walk")


@pytest.fixture(scope="module")
def shown(closes):
    return demonstrate(closes, window=WINDOW)


@pytest.fixture(scope="module")
def by_hand(closes):
    """Last rows of the stored windows, newest first; their changes; and those of the query."""
    changes = 100 * np.diff(np.log(closes.to_numpy()))
    last = ROWS - 1
    ends = [row for row in range(last - WINDOW, -1, -1) if row >= WINDOW]
    stored = np.stack([changes[row - WINDOW : row] for row in ends])
    return np.array(ends), stored, changes[last - WINDOW :]


def fidelities(stored, query):
    angles, asked = (np.arctan(x / stored.std()) for x in (stored, query))
    return np.prod(np.cos((angles - asked) / 2) ** 2, axis=1)


def test_soft_recall_is_fidelity_attention(closes, shown, by_hand):
    ends, stored, query = by_hand
    weights = fidelities(stored, query) ** 4
    weights /= weights.sum()
    best = np.argsort(-weights)[:5]
    found = cases(shown, "soft")
    assert found["last day"].tolist() == closes.index[ends[best]].tolist()
    np.testing.assert_allclose(found["weight %"], 100 * weights[best], rtol=1e-4)
    assert ledger(shown, "soft, told")["probability of a good state"] > 0.5


def test_hard_recall_finds_the_days_that_went_alike(shown, by_hand):
    _, stored, query = by_hand
    alike = ((stored > 0) != (query > 0)).sum(axis=1) <= 1
    costs = ledger(shown, "hard, told")
    assert costs["that match"] == alike.sum() > 5
    np.testing.assert_allclose(cases(shown, "hard")["weight %"], 100 / alike.sum())
    assert costs["oracle calls"] >= best_iterations(float(alike.mean()))
    assert costs["  their share of the weights, %"] == pytest.approx(100)
    for days in cases(shown, "hard")["days"]:
        signs = ["+" if change > 0 else "-" for change in query]
        assert sum(a != b for a, b in zip(days, signs, strict=True)) <= 1


def test_threshold_recall_gives_back_only_what_is_above(shown, by_hand):
    _, stored, query = by_hand
    above = (fidelities(stored, query) >= 0.5).sum()
    assert ledger(shown, "threshold")["that match"] == above
    found = cases(shown, "threshold")
    assert len(found) == min(above, 5)
    assert (found["fidelity"] >= 0.5).all()


def test_what_followed_is_that_of_the_prices(closes, shown):
    for case in shown.table.to_dict(orient="records"):
        row = closes.index.get_loc(case["last day"])
        for days, name in ((1, "next day %"), (HORIZON, "5 days %")):
            change = 100 * (closes.iloc[row + days] / closes.iloc[row] - 1)
            assert case[name] == pytest.approx(change, rel=1e-5)


@pytest.mark.parametrize("window", [2, 3, 8, 20])
@pytest.mark.parametrize("row", [200, ROWS])
def test_nothing_from_the_future_is_stored(closes, window, row):
    shown = demonstrate(closes, window=window, query=str(row))
    places = closes.index.get_indexer(shown.windows.days)
    assert closes.index[row - 1] == shown.windows.day
    assert places.max() == row - 1 - max(window, HORIZON)
    assert places.min() == window
    assert len(shown.windows) == len(np.unique(places)) == places.max() - places.min() + 1


def test_later_prices_change_nothing(closes):
    whole, cut = (
        demonstrate(series, window=WINDOW, query="250") for series in (closes, closes.iloc[:250])
    )
    pd.testing.assert_frame_equal(whole.table, cut.table)


def test_a_query_is_a_row_or_a_date_or_the_day_before_it(closes):
    row = int(np.flatnonzero(closes.index.day_name() == "Friday")[30])
    friday = closes.index[row]
    saturday = friday + pd.Timedelta(days=1)
    for query in (str(row + 1), f"{friday:%F}", f"{saturday:%F}", f"{friday:%F} 09:30Z"):
        assert demonstrate(closes, query=query).windows.day == friday


def test_amplitudes_would_not_tell_a_rise_from_a_fall_but_angles_do(closes):
    values, mirrored = closes.to_numpy(), 1 / closes.to_numpy()
    end = values[-WINDOW - 1] * mirrored[-WINDOW:] / mirrored[-WINDOW - 1]
    joined = np.concatenate([values[:-WINDOW], end])
    one, other = (
        demonstrate(pd.Series(each, index=closes.index, name="walk"), window=WINDOW)
        for each in (values, joined)
    )
    np.testing.assert_allclose(one.windows.query, -other.windows.query)
    assert cases(one, "soft")["last day"].tolist() != cases(other, "soft")["last day"].tolist()


def test_the_shortest_history_is_the_one_that_is_said(closes):
    with pytest.raises(DataError, match="walk: 31 rows; expected at least 32 for windows of 8"):
        demonstrate(closes.iloc[:31])
    assert len(demonstrate(closes.iloc[:32]).windows) == 16
    assert demonstrate(closes, query="32").windows.day == closes.index[31]


REFUSED = {
    "window": ({"window": 1}, ConfigError, "the window is 1 days: expected 2 to 20"),
    "long": ({"window": 21}, ConfigError, "the window is 21 days: expected 2 to 20"),
    "words": ({"window": "x"}, ConfigError, "got window='x': expected a whole number from 1"),
    "seed": ({"seed": -1}, ConfigError, "got seed=-1: expected a whole number from 0"),
    "soon": ({"query": "soon"}, ConfigError, "the query is 'soon': expected a date from 2019"),
    "no time": ({"query": "NaT"}, ConfigError, "the query is 'NaT': expected a date"),
    "row 31": ({"query": "31"}, DataError, "the query is 31: .* or a row from 32 to 400"),
    "row 401": ({"query": "401"}, DataError, "the query is 401: .* or a row from 32 to 400"),
    "row 0": ({"query": "0"}, DataError, "the query is 0: .* or a row from 32 to 400"),
    "later": ({"query": "2030-01-01"}, DataError, "the query is 2030-01-01: expected a date from"),
    "before": ({"query": "1970-01-01"}, DataError, "the query is 1970-01-01: expected a date from"),
}


@pytest.mark.parametrize(("options", "error", "message"), REFUSED.values(), ids=REFUSED)
def test_options_out_of_range_are_refused(closes, options, error, message):
    with pytest.raises(error, match=message):
        demonstrate(closes, **options)


def test_what_is_no_series_with_moves_is_refused(closes):
    with pytest.raises(DataError, match="flat: the prices never move"):
        demonstrate(pd.Series(1.0, index=closes.index, name="flat"))
    both = pd.DataFrame({"one": closes, "two": closes})
    with pytest.raises(DataError, match="2 series, and windows are recalled of one: name it by"):
        demonstrate(both)


class Screen(io.StringIO):
    def isatty(self):
        return True


@pytest.fixture
def run(tmp_path, monkeypatch):
    """Run the program in an empty folder; in a pipe, or on a terminal of 80 columns."""
    monkeypatch.chdir(tmp_path)
    monkeypatch.setenv("COLUMNS", "80")

    def call(*arguments, terminal=False):
        out, err = Screen() if terminal else io.StringIO(), io.StringIO()
        with monkeypatch.context() as patch:
            patch.setattr(sys, "stdout", out)
            patch.setattr(sys, "stderr", err)
            status = main("qmann-finance", "Prices", COMMANDS, ["memory", *arguments], LOOKUPS)
        return SimpleNamespace(status=status, out=out.getvalue(), err=err.getvalue())

    return call


def test_the_answer_in_a_pipe_has_every_mode_with_its_costs(run):
    done = run()
    assert (done.status, done.err) == (0, "")
    answer = json.loads(done.out)
    assert [case["recall"] for case in answer["table"]] == [mode for mode in MODES for _ in "12345"]
    costs = {row[""]: row for row in answer["figures"]}
    assert costs["keys that a scan compares"]["hard"] == 5015
    for column in (*MODES, *(f"{mode}, told" for mode in MODES)):
        assert costs["loader calls"][column] >= costs["oracle calls"][column] >= 0
        for loaders in ("no QRAM", "with QRAM"):
            parts = [costs[f"  {part}, {loaders}"][column] for part in ("on one wire", "on two")]
            total = sum(parts) + costs[f"  Toffoli, {loaders}"][column]
            assert costs[f"gates, {loaders}"][column] == total
        calls = 1e3 * costs["  of which a scan needs, ms"][column] / costs["loader calls"][column]
        even = costs["break-even: a QRAM call below, us"][column]
        assert even == pytest.approx(calls)
    assert any("sqrt(N / M)" in text for text in answer["notes"])
    assert any("worse than a scan" in text for text in answer["notes"])


def test_the_seed_decides_what_is_measured_and_nothing_else(closes):
    first, again, other = (demonstrate(closes, seed=seed) for seed in (0, 0, 7))
    pd.testing.assert_frame_equal(first.table, other.table)
    ended = [[ledger(each, mode)["ended in"] for mode in MODES] for each in (first, again, other)]
    assert ended[0] == ended[1] != ended[2]


def test_a_terminal_of_80_columns_gets_tables(run):
    done = run(terminal=True)
    text = re.sub(r"\x1b\[[0-9;]*m", "", done.out)
    assert done.status == 0
    assert max(map(len, text.splitlines())) <= 80
    for title in ("Hard recall", "Soft recall", "Threshold recall", "Ledger of one search"):
        assert title in text
    assert re.search(r"that match +152 +by weight +18\n", text)


def test_a_search_that_finds_nothing_says_so(run):
    done = run("--query", "2008-10-10")
    answer = json.loads(done.out)
    assert {case["recall"] for case in answer["table"]} == {"hard", "soft"}
    assert any("threshold: nothing found; where there is" in text for text in answer["notes"])
    costs = {row[""]: row["threshold"] for row in answer["figures"]}
    assert (costs["found"], costs["ended in"], costs["that match"]) == (False, None, 0)
    assert 0 < costs["it is missed with at most"] < 1e-3


def test_the_picture_is_a_file(run, tmp_path):
    assert run("--plot", "demo.svg").status == 0
    assert b"<?xml" in (tmp_path / "demo.svg").read_bytes()[:200]
    done = run("--plot", "demo.gif")
    assert (done.status, done.out) == (2, "")
    assert "demo.gif: expected a name that ends in .png or .svg or" in done.err
