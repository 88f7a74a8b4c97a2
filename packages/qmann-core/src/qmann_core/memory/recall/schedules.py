"""How often to iterate: a search by one of five schedules, until a hit is verified."""

from collections.abc import Callable
from math import ceil, log, pi
from numbers import Real
from typing import Literal, get_args

import numpy as np

from ...errors import ConfigError
from ..hardware import Phases
from ..search import (
    AmplitudeAmplification,
    Search,
    bbht,
    best_iterations,
    estimate,
    exact,
    exact_schedule,
    fixed_point,
    fixed_point_phases,
    known,
)
from ..search.estimation import MOST_PER_SHOT

Schedule = Literal["bbht", "known", "exact", "fixed_point", "estimate"]
SCHEDULES: tuple[str, ...] = get_args(Schedule)
_SHOTS = 100
"""Of each power in an amplitude estimation."""
_MOST_ATTEMPTS = 64
"""After an estimate."""
_MOST_ROUNDS = 128
"""Searches whose hits fail the check; more would be a scan."""

NOTHING = Search(found=False, success_probability=0.0, iterations=(), miss_bound=0.0)
"""A search without an attempt, where it is known that there is nothing."""


def check_schedule(schedule: str, delta: float) -> None:
    """Refuse what is no schedule.

    Raises:
        ConfigError: an unknown name, or ``delta`` not between 0 and 1.
    """
    if schedule not in SCHEDULES:
        raise ConfigError(f"got schedule {schedule!r}: expected one of {', '.join(SCHEDULES)}")
    if not isinstance(delta, Real) or not 0 < delta < 1:
        raise ConfigError(
            f"delta is {delta!r}: expected a number between 0 and 1, the amplitude of the failure "
            "that a fixed-point sequence may leave"
        )


def search(
    schedule: Schedule,
    about: AmplitudeAmplification,
    generator: np.random.Generator,
    *,
    lower_bound: float,
    delta: float,
    miss: float,
) -> Search:
    """Attempts by a schedule until one succeeds.

    ``bbht`` and ``fixed_point`` know nothing but the lower bound, ``known`` and ``exact`` are told
    p0, and ``estimate`` first measures it (maximum-likelihood amplitude estimation, whose calls
    are counted). All but ``bbht`` repeat one attempt until the bound of missing is below ``miss``.

    Args:
        schedule: its name.
        about: what is amplified; a schedule that is not told its p0 does not look at it.
        generator: draws what is measured.
        lower_bound: the least p0 of a memory that has something to find: of one entry, or that of
            all where even together they answer less.
        delta: a fixed-point attempt fails with at most its square.
        miss: how often a search may end without a hit where there is one.

    Returns:
        ``success_probability`` is that of one attempt; of ``bbht``, whose attempts differ, of all.
    """
    p0 = about.success
    match schedule:
        case "bbht":
            return bbht(p0, generator, lower_bound=lower_bound, miss=miss)
        case "fixed_point":
            return _repeated(fixed_point(p0, lower_bound, delta), miss, generator)
        case "known" | "exact":
            if p0 == 0:
                return NOTHING
            return _repeated(known(p0) if schedule == "known" else exact(p0), miss, generator)
        case "estimate":
            return _estimated(about, lower_bound, generator)


def verified(
    attempt: Callable[[], Search],
    *,
    leaked: float,
    total: float,
    least: float,
    miss: float,
    generator: np.random.Generator,
) -> Search:
    """Searches until a hit passes the classical check, and at most 128.

    A smooth step lets some of what lies below its threshold pass, so that a hit fails the check
    with probability ``leaked / total``.

    Args:
        attempt: one search.
        leaked: sum of P(good | a) over the entries that fail the check.
        total: over all of them.
        least: P(good | a) of an entry that just passes it.
        miss: how often all of it may end without a hit where one entry passes.
        generator: draws what is measured.
    """
    failing = leaked / (leaked + least)  # if one entry passes
    enough = ceil(log(miss) / log(failing)) if 0 < failing < 1 else 1
    rounds = min(enough if failing < 1 else _MOST_ROUNDS, _MOST_ROUNDS)
    made: list[Search] = []
    found = False
    while not found and len(made) < rounds:
        made.append(attempt())
        if not made[-1].found:
            break
        found = leaked == 0 or bool(generator.random() >= leaked / total)
    last = made[-1]
    bound = rounds * last.miss_bound + (failing**rounds if leaked > 0 else 0.0)
    return Search(
        found=found,
        success_probability=last.success_probability,
        iterations=sum((each.iterations for each in made), ()),
        miss_bound=min(bound, 1.0),
    )


def phases(
    schedule: Schedule, about: AmplitudeAmplification, ended: Search, delta: float
) -> Phases | None:
    """The phases (alpha, beta) of one attempt, where all are alike and not plain iterates."""
    if schedule == "exact":
        return exact_schedule(about.success).phases
    if schedule == "fixed_point":
        return fixed_point_phases(2 * ended.iterations[0] + 1, delta)
    return None


def _repeated(once: Search, miss: float, generator: np.random.Generator) -> Search:
    """The same attempt until it succeeds, at most until the bound is below ``miss``."""
    most = (
        1
        if once.miss_bound <= miss or once.miss_bound == 1
        else ceil(log(miss) / log(once.miss_bound))
    )
    success = once.success_probability
    needed = int(generator.geometric(success)) if success > 0 else most + 1
    made = min(needed, most)
    return Search(
        found=needed <= most,
        success_probability=success,
        iterations=once.iterations * made,
        miss_bound=once.miss_bound**most,
    )


def _estimated(
    about: AmplitudeAmplification, lower_bound: float, generator: np.random.Generator
) -> Search:
    """Attempts with the k that suits an estimate of p0.

    For every p0 from the lower bound on, one of the measured powers turns its angle to between
    pi/6 and pi/2 and succeeds with at least 1/4, so that all its shots fail with at most
    (3/4)^shots. Where there are hits, the attempts after them add what they miss.
    """
    angle = np.arcsin(np.sqrt(lower_bound))
    turns = max((pi / 6 / angle - 1) / 2, 0.0)  # so that (2 k + 1) angle >= pi / 6
    wanted = 1 << ceil(turns).bit_length()
    most_power = min(wanted, MOST_PER_SHOT * _SHOTS)
    measured = estimate(about.success, generator, shots=_SHOTS, max_power=most_power)
    steps = best_iterations(measured.value)
    unseen = (3 / 4) ** _SHOTS if wanted == most_power else 1.0
    success = about.after(steps) if any(measured.hits) else 0.0
    needed = int(generator.geometric(success)) if success > 0 else _MOST_ATTEMPTS + 1
    made = min(needed, _MOST_ATTEMPTS) if success > 0 else 0
    return Search(
        found=needed <= _MOST_ATTEMPTS,
        success_probability=success,
        iterations=measured.iterations + (steps,) * made,
        miss_bound=min(unseen + ((1 - success) ** _MOST_ATTEMPTS if made else 0.0), 1.0),
    )
