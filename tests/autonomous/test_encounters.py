"""Encounters: constructed ones in closed form, laws, and a fine search as the oracle."""

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st
from hypothesis.extra.numpy import arrays

from qmann_autonomous import (
    closest_approach,
    encounter_situation,
    following_time_to_collision,
    post_encroachment_time,
    time_to_collision,
)

INF = np.inf
RADIUS = 5.0
TIMES = np.array([0.0, 2.0, 3.0, 7.0])
VECTORS = arrays(float, 2, elements=st.floats(-50, 50).map(lambda v: round(v, 3)))
PATHS = arrays(float, (4, 2), elements=st.floats(-20, 20).map(lambda v: round(v, 3)))
ANGLES = st.floats(0, 2 * np.pi)


def turned(vectors, angle):
    c, s = np.cos(angle), np.sin(angle)
    return vectors @ np.array([[c, s], [-s, c]])


def course(degrees, speed=5.0):
    """Velocity of a compass course."""
    return speed * np.array([np.sin(np.radians(degrees)), np.cos(np.radians(degrees))])


@pytest.mark.parametrize(
    ("position", "velocity", "tcpa", "dcpa", "unclamped", "ttc"),
    [
        pytest.param((100, 0), (-10, 0), 10, 0, 10, 9.5, id="head-on"),
        pytest.param((100, 3), (-10, 0), 10, 3, 10, 9.6, id="head-on beside each other"),
        pytest.param((60, 80), (-6, -8), 10, 0, 10, 9.5, id="crossing"),
        pytest.param((60, 0), (-6, -6), 5, 30 * 2**0.5, 5, INF, id="crossing ahead"),
        pytest.param((-30, 4), (2, 0), 15, 4, 15, 13.5, id="overtaking"),
        pytest.param((100, 5), (-10, 0), 10, 5, 10, 10, id="grazing"),
        pytest.param((0, 6), (0, 0), 0, 6, 0, INF, id="parallel, or both at rest"),
        pytest.param((3, 4), (0, 0), 0, 5, 0, 0, id="at rest and touching"),
        pytest.param((1, 1), (9, 9), 0, 2**0.5, -1 / 9, 0, id="overlapping at the start"),
        pytest.param((100, 0), (10, 0), 0, 100, -10, INF, id="diverging"),
    ],
)
def test_constructed_encounters(position, velocity, tcpa, dcpa, unclamped, ttc):
    p, v = np.array(position, float), np.array(velocity, float)
    assert [float(each) for each in closest_approach(p, v)] == pytest.approx(
        [tcpa, dcpa, unclamped]
    )
    assert float(time_to_collision(p, v, RADIUS)) == pytest.approx(ttc)
    assert closest_approach(p, v, 3.0).time == min(tcpa, 3)


@given(VECTORS, VECTORS, st.floats(0.5, 20))
def test_times_are_those_of_a_fine_search(p, v, radius):
    times = np.linspace(0, 60, 6001)
    gaps = np.linalg.norm(p + v * times[:, None], axis=1)
    found, ttc = closest_approach(p, v, 60.0), time_to_collision(p, v, radius)
    slack = np.linalg.norm(v) * 0.01 + 1e-9
    assert gaps.min() - slack <= found.distance <= gaps.min() + 1e-9
    assert np.linalg.norm(p + v * found.time) == pytest.approx(found.distance)
    near = times[gaps <= radius]
    if len(near):
        assert near[0] - 0.01 - 1e-6 <= ttc <= near[0] + 1e-6
    elif ttc < 60:  # between two of the times
        assert np.linalg.norm(p + v * ttc) == pytest.approx(radius, abs=1e-6)


@given(PATHS, PATHS, st.floats(0.5, 10), ANGLES, VECTORS, st.floats(0.1, 10))
def test_the_frame_the_order_and_the_units_do_not_matter(a, b, radius, angle, shift, unit):
    def figures(one, other, size, clock=1.0):
        p, v = other[0] - one[0], (other[1] - one[1]) / clock
        near, touch = closest_approach(p, v), time_to_collision(p, v, size)
        pet = post_encroachment_time(one, other, TIMES * clock, size)
        return np.array([*(near.time, near.unclamped, touch, pet) / np.array(clock), near.distance])

    def same(one, other):  # unless a rounding decides whether they touch
        grown = figures(a, b, radius * 1.0001), figures(a, b, radius * 0.9999)
        return np.allclose(one, other, atol=1e-6) or not np.allclose(*grown, atol=1e-2)

    found = figures(a, b, radius)
    assert same(figures(b, a, radius), found)
    assert same(figures(turned(a, angle) + shift, turned(b, angle) + shift, radius), found)
    assert same(figures(unit * a, unit * b, unit * radius) / [1, 1, 1, 1, unit], found)
    assert same(figures(a, b, radius, 60.0), found)


@pytest.mark.parametrize(
    ("gap", "closing", "lane", "expected"),
    [
        *[(20, 5, True, 4), (20, 0, True, INF), (20, -5, True, INF), (20, 5, False, INF)],
        *[(0, -5, True, 0), (-1, 0, True, 0), (-1, 5, False, INF)],
    ],
)
def test_following(gap, closing, lane, expected):
    assert following_time_to_collision(gap, closing, lane) == expected


def test_encroachment_of_crossing_agents_is_the_delay_less_the_time_that_both_bodies_take():
    """At right angles at speed v, one later by d: d - sqrt(2) radius / v; 0 where they touch."""
    times = np.linspace(0, 20, 5)
    for delay, expected in ((4.0, 4 - 2**0.5 * 0.5), (0.5, 0.0)):
        a = np.stack([10 * (times - 7), 0 * times], axis=-1)
        b = np.stack([0 * times, 10 * (times - 7 - delay)], axis=-1)
        found = post_encroachment_time(np.stack([a, a, b]), np.stack([b, b + 1000, a]), times, 5.0)
        assert found == pytest.approx([expected, INF, expected])


@pytest.mark.parametrize(
    ("speeds", "start", "expected"),
    [
        pytest.param((10, 10), 30, 2.5, id="following: the headway less the radius"),
        pytest.param((10, 0), 30, 0, id="one at rest is reached"),
        pytest.param((0, 0), 4, 0, id="both at rest and touching"),
        pytest.param((0, 0), 30, INF, id="both at rest"),
        pytest.param((-10, 10), 30, INF, id="diverging"),
    ],
)
def test_encroachment_in_one_line(speeds, start, expected):
    times = np.linspace(0, 10, 6)
    a, b = (
        np.stack([x + v * times, 0 * times], -1) for x, v in zip((0, start), speeds, strict=True)
    )
    assert post_encroachment_time(a, b, times, 5.0) == pytest.approx(expected)


@given(PATHS, PATHS, st.floats(0.5, 10))
def test_encroachment_is_that_of_a_fine_search(a, b, radius):
    fine = np.linspace(0, 7, 281)
    one, other = (np.stack([np.interp(fine, TIMES, p[:, k]) for k in (0, 1)], -1) for p in (a, b))
    gaps = np.linalg.norm(one[:, None] - other, axis=-1)
    lags = abs(fine[:, None] - fine)

    def searched(size):
        return lags[gaps <= size].min(initial=INF)

    speed = sum(np.linalg.norm(np.diff(path, axis=0), axis=1).max() for path in (a, b))
    found = post_encroachment_time(a, b, TIMES, radius)
    assert found <= searched(radius) + 1e-6
    assert found >= searched(radius + 0.025 * speed) - 0.05


@pytest.mark.parametrize(
    ("position", "own", "other", "situation", "seen_from_the_other"),
    [
        ((0, 1000), course(0), course(180), "head-on", "head-on"),
        ((0, 1000), course(0), course(185), "head-on", "head-on"),
        ((1000, 1000), course(0), course(270), "crossing, give way", "crossing, stand on"),
        ((-1000, 1000), course(0), course(90), "crossing, stand on", "crossing, give way"),
        ((-70, 1000), course(0), course(172), "crossing, stand on", "crossing, give way"),
        ((0, 1000), course(0, 9), course(0, 4), "overtaking", "being overtaken"),
        ((-400, 1000), course(0, 9), course(0, 4), "overtaking", "being overtaken"),
        ((0, 1000), course(0), course(0), "clear", "clear"),
        ((1000, 0), course(270), course(90), "clear", "clear"),
        ((0, 1000), course(0), course(180, 0), "one at rest", "one at rest"),
    ],
)
def test_rules_of_the_road(position, own, other, situation, seen_from_the_other):
    p = np.array(position, float)
    assert encounter_situation(p, own, other) == situation
    assert encounter_situation(-p, other, own) == seen_from_the_other


@given(*[st.integers(0, 359).map(lambda degrees: degrees + 0.37)] * 3, VECTORS)
def test_one_gives_way_where_the_other_stands_on(bearing, turn, frame, speeds):
    p, own, other = course(bearing, 1000), *map(course, (0, turn), abs(speeds) + 1)
    pairs = [["crossing, give way", "crossing, stand on"], ["overtaking", "being overtaken"]]
    swaps = {a: b for pair in pairs for a, b in (pair, pair[::-1])}
    mine = encounter_situation(np.stack([p, -p]), np.stack([own, other]), np.stack([other, own]))
    assert mine[1] == swaps.get(mine[0], mine[0])
    frames = (turned(each, np.radians(frame)) for each in (p, own, other))
    assert encounter_situation(*frames) == mine[0]


@pytest.mark.parametrize("off", [111.5, 113.5])
def test_overtaking_starts_abaft_the_beam(off):
    """Rule 13: the sector of the stern light, on either side."""
    for side in (-1, 1):
        seen = course(side * off, 1000.0)  # of the faster one, from the slower
        found = encounter_situation(-seen, -seen / 100, course(0, 1.0))
        assert (found == "overtaking") == (off > 112.5)
