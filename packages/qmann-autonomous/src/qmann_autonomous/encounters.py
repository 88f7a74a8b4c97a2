"""When and how near two agents meet: closed forms, in metres and seconds.

Arrays have any leading dimensions, which are broadcast. x points to the east and y to the north.
"""

from typing import NamedTuple

import numpy as np
from jaxtyping import Float
from numpy.typing import ArrayLike, NDArray

Array = NDArray[np.float64]

_ABAFT = 112.5  # degrees off the bow: 22.5 abaft the beam
_RECIPROCAL = 6.0  # degrees off opposite courses that still count as nearly reciprocal
_MAKING_WAY = 0.25  # m/s, half a knot: the course of a slower vessel is noise
_PARALLEL = 1e-12  # sine of an angle that rounding makes


class Approach(NamedTuple):
    """The closest point of approach."""

    time: Array
    """TCPA in s, never before now."""
    distance: Array
    """DCPA in m, at that time."""
    unclamped: Array
    """TCPA as it comes: below zero where they diverge, 0 where neither moves against the other."""


def closest_approach(
    position: Float[np.ndarray, "*#batch 2"],
    velocity: Float[np.ndarray, "*#batch 2"],
    until: ArrayLike = np.inf,
) -> Approach:
    """Time and distance of the closest approach at constant velocities, TCPA and DCPA.

        t* = min(max(0, -p.v / |v|^2), until),    d = |p + v t*|

    with t* = 0 where v = 0 (Lenart 1983, "Collision threat parameters for a new radar display and
    plot technique").

    Args:
        position: of one less that of the other, p.
        velocity: likewise, v.
        until: s, the last time that counts.
    """
    speed2 = _dot(velocity, velocity)
    unclamped = np.where(speed2 > 0, -_dot(position, velocity) / _nonzero(speed2), 0.0)
    time = np.clip(unclamped, 0, until)
    return Approach(time, _length(position + velocity * time[..., None]), unclamped)


def time_to_collision(
    position: Float[np.ndarray, "*#batch 2"],
    velocity: Float[np.ndarray, "*#batch 2"],
    radius: float,
) -> Array:
    """Time in s until two discs touch at constant velocities, TTC (Hayward 1972).

    The smallest t >= 0 with |p + v t| <= radius: 0 where they overlap, infinite where they never
    touch, as they diverge, pass or both stand ("Near-miss determination through use of a scale of
    danger", Highway Research Record 384).

    Args:
        position: of one less that of the other, p.
        velocity: likewise, v.
        radius: m, the sum of both radii.
    """
    enter, leave = _contact(position, velocity, radius)
    return np.where(leave >= 0, np.maximum(enter, 0), np.inf)


def following_time_to_collision(
    gap: ArrayLike, closing_speed: ArrayLike, same_lane: ArrayLike = True
) -> Array:
    """Time in s until a follower reaches its leader at constant speeds, gap / closing speed.

    0 where the gap is closed, infinite where it does not close or lanes differ (Hayward 1972).

    Args:
        gap: m, from the follower's front bumper to the leader's rear bumper.
        closing_speed: m/s, the follower's less the leader's.
        same_lane: whether both are in one.
    """
    space, closing = np.maximum(gap, 0.0), np.asarray(closing_speed, float)
    time = np.where(closing > 0, space / np.where(closing > 0, closing, 1), np.inf)
    return np.where(same_lane, np.where(space > 0, time, 0), np.inf)


def post_encroachment_time(
    path_a: Float[np.ndarray, "*#batch step 2"],
    path_b: Float[np.ndarray, "*#batch step 2"],
    times: Float[np.ndarray, " step"],
    radius: float,
) -> Array:
    """Time in s between one leaving and the other reaching a shared place, PET.

        PET = min |s - t|    over all s, t with |a(s) - b(t)| <= radius,

    paths a and b being linear between steps: the least delay of either with which they would have
    touched, the time between the encroachments of Allen, Shin & Cooper (1978, "Analysis of traffic
    conflicts and collisions") for discs. 0 where they touch, infinite where paths share no place.

    In a pair of segments the least lag is at an end of one of them, at s = t, or where a(s) - b(t)
    has the length of the radius and is perpendicular to the difference of both velocities.

    Args:
        path_a: positions of one.
        path_b: positions of the other at the same times.
        times: s, increasing.
        radius: m, the sum of both radii.
    """
    spans = np.diff(times)
    a, b = (np.diff(path, axis=-2) / spans[:, None] for path in (path_a, path_b))
    lags = (
        _end_lags(path_a, path_b, b, times, radius),
        _end_lags(path_b, path_a, a, times, radius),
        _inner_lags(path_a, path_b, a, b, times, radius),
    )
    least = np.minimum.reduce([lag.min(axis=(-2, -1)) for lag in lags])
    near = closest_approach((path_a - path_b)[..., :-1, :], a - b, spans).distance
    return np.where((near <= radius).any(axis=-1), 0.0, least)


def encounter_situation(
    position: Float[np.ndarray, "*#batch 2"],
    own: Float[np.ndarray, "*#batch 2"],
    other: Float[np.ndarray, "*#batch 2"],
) -> NDArray[np.str_]:
    """What a vessel is to another one by rules 13 to 15 of COLREG (1972), as text.

    - "clear": the distance does not shrink.
    - "one at rest": slower than half a knot, so that courses say nothing.
    - "overtaking", "being overtaken": coming up from more than 22.5 degrees abaft the beam.
    - "head-on": courses within 6 degrees of reciprocal, the usual reading of "nearly".
    - "crossing, give way", "crossing, stand on": with the other on the starboard or the port side.
      Where each has the other on the same side, the one that has it farther to starboard gives way.

    Whether there is a risk of collision is not asked: for that see `closest_approach`.

    Args:
        position: of the other less the own one in m.
        own: own velocity in m/s.
        other: the other's velocity in m/s.
    """
    bearing, back = _bearing(own, position), _bearing(other, -position)
    opposite = abs(_bearing(own, -other))
    closing = closest_approach(position, other - own).unclamped > 0
    slowest = np.minimum(_length(own), _length(other))
    cases = {
        "clear": ~closing,
        "one at rest": slowest < _MAKING_WAY,
        "overtaking": abs(back) > _ABAFT,
        "being overtaken": abs(bearing) > _ABAFT,
        "head-on": opposite <= _RECIPROCAL,
        "crossing, give way": bearing > back,
    }
    return np.select(list(cases.values()), list(cases), "crossing, stand on")


def _end_lags(knots: Array, path: Array, velocity: Array, times: Array, radius: float) -> Array:
    """Least lag between one agent at each of its steps and the other in each segment."""
    gap = path[..., None, :-1, :] - knots[..., :, None, :]
    enter, leave = _contact(gap, velocity[..., None, :, :], radius)
    begin, end = (np.clip(times[:-1] + each, times[:-1], times[1:]) for each in (enter, leave))
    touched = (leave >= 0) & (enter <= np.diff(times))
    lag = np.maximum(np.maximum(begin - times[:, None], times[:, None] - end), 0)
    return np.where(touched, lag, np.inf)


def _inner_lags(
    path_a: Array, path_b: Array, a: Array, b: Array, times: Array, radius: float
) -> Array:
    """Lags inside pairs of segments, where a(s) - b(t) is a radius across the relative velocity."""
    one, other = a[..., :, None, :], b[..., None, :, :]
    start = path_b[..., None, :-1, :] - path_a[..., :-1, None, :]
    apart, turn, spans = one - other, _cross(one, other), np.diff(times)
    turn = np.where(abs(turn) > _PARALLEL * _length(one) * _length(other), turn, 0.0)
    across = np.stack([-apart[..., 1], apart[..., 0]], -1) / _nonzero(_length(apart))[..., None]
    target = np.stack([start + radius * across, start - radius * across])  # one s - other t
    s, t = (_cross(target, velocity) / _nonzero(turn) for velocity in (other, one))
    inside = (s >= 0) & (s <= spans[:, None]) & (t >= 0) & (t <= spans) & (turn != 0)
    lag = abs(times[:-1, None] + s - times[:-1] - t)
    least: Array = np.where(inside, lag, np.inf).min(axis=0)
    return least


def _contact(position: Array, velocity: Array, radius: float) -> tuple[Array, Array]:
    """Times between which |p + v t| <= radius; NaN where it never is."""
    speed2 = _dot(velocity, velocity)
    square = radius**2 * speed2 - _cross(position, velocity) ** 2
    half = np.sqrt(np.where(square >= 0, square, np.nan)) / _nonzero(speed2)
    middle = -_dot(position, velocity) / _nonzero(speed2)
    always = np.where(_dot(position, position) <= radius**2, np.inf, np.nan)
    moving = speed2 > 0
    return np.where(moving, middle - half, -always), np.where(moving, middle + half, always)


def _bearing(course: Array, towards: Array) -> Array:
    """Degrees from a course to a direction, positive to starboard."""
    return np.degrees(np.arctan2(_cross(towards, course), _dot(towards, course)))


def _dot(a: Array, b: Array) -> Array:
    return a[..., 0] * b[..., 0] + a[..., 1] * b[..., 1]


def _cross(a: Array, b: Array) -> Array:
    return a[..., 0] * b[..., 1] - a[..., 1] * b[..., 0]


def _length(a: Array) -> Array:
    return np.sqrt(_dot(a, a))


def _nonzero(divisor: Array) -> Array:
    return np.where(divisor != 0, divisor, 1.0)
