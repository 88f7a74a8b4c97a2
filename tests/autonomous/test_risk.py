"""Conflicts: certain ones in closed form, likely ones by quadrature, and laws."""

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from scipy.stats import ncx2

from qmann_autonomous import Paths, closest_approach, conflicts, risk_result
from qmann_core.errors import ConfigError, DataError

AHEAD = np.array([10.0, 20.0, 40.0, 60.0])


def straight(last, velocity, spread=0.0):
    """Agents that go on as they are, with errors that grow to ``spread`` m."""
    p, v = np.array(last, float), np.array(velocity, float)
    place = p[:, None] + v[:, None] * AHEAD[:, None]
    grown = np.multiply.outer(np.broadcast_to(spread, len(p)) / AHEAD[-1], AHEAD)
    names = tuple(f"vessel {k}" for k in range(len(p)))
    return Paths(names, AHEAD, p, v, place, grown[..., None, None] * np.eye(2))


def crowd(seed, size=8, spread=30.0):
    rng = np.random.default_rng(seed)
    return straight(rng.uniform(0, 400, (size, 2)), rng.normal(0, 5, (size, 2)), spread)


def test_without_errors_all_is_the_closed_form():
    """Agents 0 and 1 meet head-on, 0 and 2 cross, 3 diverges from all."""
    last = [(0, 0), (0, 400), (100, 200), (-900, 0)]
    paths = straight(last, [(0, 5), (0, -5), (-5, -5), (-5, 0)])
    table = conflicts(paths, radius=20, vessels=True, within=1e6)
    assert table[["agent", "other"]].to_numpy()[0].tolist() == ["vessel 0", "vessel 2"]
    assert table["situation"].tolist()[:2] == ["crossing, give way", "head-on"]
    assert table["alarm"].tolist() == ["conflict", "conflict", "", "", "", ""]
    assert table["probability"].tolist() == [1, 1, 0, 0, 0, 0]
    columns = ["TTC s", "TCPA s", "DCPA m", "PET s", "straight TTC s"]
    assert table.loc[1, columns].tolist() == pytest.approx([38, 40, 0, 0, 38])
    for name in ("TTC", "TCPA"):
        for end in ("lo-90", "hi-90"):
            assert table[f"{name} {end}"].tolist() == pytest.approx(table[f"{name} s"].tolist())
    assert table["TCPA s"].tolist() == pytest.approx(table["straight TCPA s"].tolist())
    assert table["DCPA m"].tolist() == pytest.approx(table["straight DCPA m"].tolist())
    near = conflicts(paths, radius=20, vessels=True)
    assert near.equals(table[:2])


def test_paths_that_turn_are_followed():
    """Straight on they would meet; as predicted one turns away, passing the other at 60 m."""
    paths = straight([(0, 0), (0, 400)], [(0, 5), (0, -5)])
    paths.place[1] = [(60, 350), (60, 300), (60, 200), (60, 100)]
    row = conflicts(paths, radius=20, within=100).iloc[0]
    assert (row["straight TTC s"], row["straight DCPA m"]) == (38, 0)
    assert (row["DCPA m"], row["TTC s"], row["probability"]) == (pytest.approx(60), np.inf, 0)
    paths.place[0], paths.place[1] = 0, [(0, 300), (300, 300), (300, 300), (0, 0)]
    row = conflicts(paths, radius=20).iloc[0]
    assert (row["TTC s"], row["TCPA s"]) == pytest.approx((60 - 20 / (15 * 2**0.5), 60))


def test_probability_of_agents_that_stand_is_that_of_the_noncentral_chi_squared_law():
    """Errors grow along one direction: a draw conflicts at some moment if it does at the end."""
    gap, spread, radius = 120.0, np.array([30.0, 40.0]), 80.0
    paths = straight([(0, 0), (gap, 0)], np.zeros((2, 2)), spread)
    at_end = ncx2.cdf((radius / 50) ** 2, 2, (gap / 50) ** 2)
    row = conflicts(paths, radius=radius, draws=20_000).iloc[0]
    assert at_end < row["probability"] < at_end + 0.05  # some are near only on the way
    last = np.array([0.05, 0.95])
    z = np.random.default_rng(1).standard_normal((200_000, 2)) * 50
    least = closest_approach(np.array([gap, 0.0]), z, 1.0).distance
    assert row["probability"] == pytest.approx((least <= radius).mean(), abs=0.012)
    expected = np.quantile(least, last)
    assert row[["DCPA lo-90", "DCPA hi-90"]].tolist() == pytest.approx(expected, rel=0.03, abs=1)


@settings(max_examples=20)
@given(st.integers(0, 999), st.floats(5, 60))
def test_a_larger_radius_is_never_less_likely(seed, radius):
    found = [conflicts(crowd(seed), radius=r, within=1e4) for r in (radius, 1.5 * radius)]
    small, large = (each.set_index(["agent", "other"]).sort_index() for each in found)
    assert (large["probability"] >= small["probability"]).all()
    for name in ("TTC s", "TTC lo-90", "TTC hi-90", "PET s", "straight TTC s"):
        assert (large[name] <= small[name]).all()
    assert small["probability"].between(0, 1).all()
    for each in found:
        assert each["probability"].is_monotonic_decreasing
        assert (each["DCPA lo-90"] <= each["DCPA hi-90"]).all()


@settings(max_examples=20)
@given(st.integers(0, 999))
def test_pairs_that_are_left_out_are_unlikely(seed):
    paths = crowd(seed, size=30, spread=20.0)
    kept = conflicts(paths, radius=10).set_index(["agent", "other"])
    every = conflicts(paths, radius=10, within=1e4).set_index(["agent", "other"])
    assert len(every) == 30 * 29 / 2 > len(kept)
    assert every.loc[kept.index].equals(kept)
    assert every.drop(kept.index)["probability"].max() < 0.02


def test_nobody_near_is_an_empty_table():
    paths = straight([(0, 0), (9000, 0)], np.zeros((2, 2)))
    table = conflicts(paths, radius=10, vessels=True)
    assert table.empty
    assert {"alarm", "situation", "TTC hi-90", "PET s"} < set(table.columns)
    assert risk_result(paths, "a file", radius=10).table.empty


def test_a_result_says_what_was_counted_and_how():
    paths = straight([(0, 0), (0, 400), (5000, 0)], [(0, 5), (0, -5), (0, 0)], 5.0)
    result = risk_result(paths, "harbour.csv", ("of the tracks",), radius=20, seed=3)
    assert result.title == "1 pairs of 3 agents in harbour.csv may come within 20 m in 60 s"
    assert result.figures.to_dict("records") == [
        {"agents": 3, "pairs": 3, "conflict": 1, "watch": 0}
    ]
    assert result.notes[0].startswith("Probabilities count 500 draws")
    assert result.notes[1] == "of the tracks"
    assert result.table.equals(conflicts(paths, radius=20, seed=3))


@pytest.mark.parametrize(
    ("agents", "how", "error", "why"),
    [
        (1, {"radius": 5}, DataError, "got 1 agents: expected two or more"),
        (2, {"radius": 0}, ConfigError, "got radius=0: expected metres, above zero"),
        (2, {"radius": "wide"}, ConfigError, "got radius='wide': expected a number"),
        (2, {"radius": 5, "within": -1}, ConfigError, "got within=-1: expected metres"),
        (2, {"radius": 5, "draws": 0}, ConfigError, "got draws=0: expected a whole number from 1"),
    ],
)
def test_what_cannot_be_asked(agents, how, error, why):
    with pytest.raises(error, match=why):
        conflicts(straight(np.zeros((agents, 2)), np.zeros((agents, 2))), **how)


def test_a_thousand_agents_are_compared_without_all_pairs_being_drawn():
    rng = np.random.default_rng(0)
    paths = straight(rng.uniform(0, 40_000, (1000, 2)), rng.normal(0, 5, (1000, 2)), 30.0)
    table = conflicts(paths, radius=100)
    assert 0 < len(table) < 5000
