"""The tasks of qmann-health: the table of contents, and the functions that people call."""

from collections.abc import Mapping
from functools import partial
from typing import Any

from qmann_core.config import Model, Twin
from qmann_core.data import held_out, number
from qmann_core.errors import ConfigError
from qmann_core.tasks import Listener, Task, Verbs

from .monitor import (
    MonitorReport,
    autoregression,
    monitor_report,
    score_alarms,
    second_difference,
    watch_head,
    windows,
)
from .presets import MONITOR_PRESETS
from .signals import read_signal, read_unknown

MONITOR = Task(
    name="monitor",
    summary="Alarms in a vital sign",
    load=read_signal,
    load_unknown=read_unknown,
    demo=partial(read_signal, None),
    features=windows,
    split=held_out,
    head=watch_head,
    score=score_alarms,
    baselines={"autoregression": autoregression, "second difference": second_difference},
    report=monitor_report,
    presets=MONITOR_PRESETS,
    asked="all",
    refit="train",
    calibration="fixed",
)

TASKS = {task.name: task for task in (MONITOR,)}

_VERBS = Verbs(TASKS)
fit, evaluate, audit = _VERBS.fit, _VERBS.evaluate, _VERBS.audit
load, predict = _VERBS.load, _VERBS.predict


def monitor(
    signal: Any = None,
    rate: float | None = None,
    *,
    false_alarms: float = 10_000,
    normal: int | None = None,
    column: str | None = None,
    preset: str = "standard",
    model: Model = "hybrid",
    twin: Twin | None = None,
    seed: int = 0,
    set: Mapping[str, Any] | None = None,  # noqa: A002  (as --set)
    progress: bool | Listener = True,
) -> MonitorReport:
    """Alarms in a vital sign, where the samples before do not explain the next one.

    A reservoir of simulated circuits reads the last samples, and ridge regression on its state
    predicts the next; both are solved on a stretch at the start that is taken for normal. An alarm
    is an error beyond a limit, which an exponential tail of errors on normal samples left out gives
    for the chosen rate of false alarms. The result carries the same by the classical twin, linear
    autoregression, and the second difference.

    Args:
        signal: CSV or Parquet file, DataFrame or Series, a row for each sample; see `read_signal`
            for its columns. Arterial pressure when left out.
        rate: samples per second; by default as a column of times says.
        false_alarms: normal samples for one that is over the limit, 10 or more.
        normal: samples at the start that are taken for normal; by default a fifth.
        column: which column, where there are several.
        preset: "fast", "standard" or "thorough".
        model: who answers: "hybrid", or "best".
        twin: what is taken away: "classical" (the circuits) or "separable" (their entanglement).
        seed: seed of every random choice.
        set: any keys of the configuration, as {"application.window": 64}.
        progress: show progress bars on a terminal, or a function that is told of it.

    Raises:
        DataError: a signal that cannot be used: no rate, gaps, flat or too short.
        ConfigError: an option out of range.

    Example:
        >>> monitor("pressure.csv", rate=125).to_frame()  # doctest: +SKIP
    """
    rarity = number("false_alarms", false_alarms)
    if rarity < 10:
        raise ConfigError(f"got false_alarms={rarity:g}: expected one in 10 samples or more")
    report = _VERBS.answer(
        MONITOR.name,
        signal,
        twin=twin,
        progress=progress,
        preset=preset,
        model=model,
        seed=seed,
        set=set,
        rate=rate,
        column=column,
        normal=normal,
        level=(100 * (1 - 1 / rarity),),
    )
    assert isinstance(report, MonitorReport)
    return report
