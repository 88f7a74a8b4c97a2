"""The tasks of qmann-industrial: the table of contents, and the functions that people call."""

from collections.abc import Mapping
from functools import partial
from typing import Any

from qmann_core.config import Model, Twin
from qmann_core.data import number
from qmann_core.evaluation import (
    closed_form,
    extra_trees,
    gradient_boosting,
    linear_ridge,
    mean_value,
    nearest_neighbours,
    random_forest,
)
from qmann_core.nn import classification_head, regression_head
from qmann_core.survival import (
    PENALTIES,
    cox_head,
    linear_cox,
    no_covariates,
    risk_plot,
    score_survival,
)
from qmann_core.tasks import Listener, Task, Verbs, score_classification

from .alarms.baselines import mewma, pca, pca_ewma, random_rows
from .alarms.data import read_unknown as read_all_watched
from .alarms.data import read_watched
from .alarms.features import block_folds, watched_samples
from .alarms.features import settle as settle_alarms
from .alarms.head import Deviation
from .alarms.reports import AnomalyReport, anomaly_report
from .alarms.scores import score_alarms
from .faults.data import read_readings, read_unknown
from .faults.features import fault_folds, window_samples
from .faults.features import settle as settle_faults
from .faults.plots import confusion_plot
from .faults.reports import FaultReport, fault_report
from .histories import load_histories, with_running
from .life.features import (
    fleet_samples,
    life_samples,
    read_histories,
    read_running,
    settle,
    unit_folds,
)
from .life.fleet import FleetReport, fleet_report
from .life.reports import LifeReport, life_report
from .life.scores import RemainingLife, score_life
from .presets import PRESETS

RUL: Task[Any, Any] = Task(
    name="rul",
    summary="How long machines will last",
    load=read_histories,
    load_unknown=read_running,
    demo=partial(read_histories, None),
    features=life_samples,
    settle=settle,
    split=unit_folds,
    head=partial(regression_head, kind=RemainingLife),
    score=score_life,
    baselines={
        "gradient boosting": gradient_boosting,
        "random forest": random_forest,
        "linear ridge": linear_ridge,
        "mean": mean_value,
    },
    report=life_report,
    presets=PRESETS["rul"],
    asked="unknown",
    calibration="fixed",
)
FLEET: Task[Any, Any] = Task(
    name="fleet",
    summary="Which machines will fail first",
    load=read_histories,
    load_unknown=read_running,
    demo=partial(read_histories, None),
    features=fleet_samples,
    settle=settle,
    split=unit_folds,
    head=cox_head,
    score=score_survival,
    baselines={
        "Cox ridge": partial(closed_form, partial(linear_cox, PENALTIES)),
        "Kaplan-Meier": partial(closed_form, no_covariates),
    },
    report=fleet_report,
    track=risk_plot,
    presets=PRESETS["fleet"],
    asked="unknown",
    calibration="fixed",
)
FAULT: Task[Any, Any] = Task(
    name="fault",
    summary="Which fault a machine has",
    load=read_readings,
    load_unknown=read_unknown,
    demo=partial(read_readings, None),
    features=window_samples,
    settle=settle_faults,
    split=fault_folds,
    head=classification_head,
    score=score_classification,
    baselines={
        "random forest": random_forest,
        "extra trees": extra_trees,
        "logistic ridge": linear_ridge,
        "nearest neighbours": nearest_neighbours,
        "mean": mean_value,
    },
    report=fault_report,
    track=confusion_plot,
    presets=PRESETS["fault"],
    asked="unknown",
    calibration="fixed",
)

ANOMALIES: Task[Any, Any] = Task(
    name="anomalies",
    summary="Alarms in the sensors of a machine",
    load=read_watched,
    load_unknown=read_all_watched,
    demo=partial(read_watched, None),
    features=watched_samples,
    settle=settle_alarms,
    split=block_folds,
    head=Deviation,
    score=score_alarms,
    baselines={
        "multivariate EWMA": mewma,
        "full-rank PCA, EWMA": pca_ewma,
        "PCA, textbook limits": pca,
        "random": random_rows,
    },
    report=anomaly_report,
    presets=PRESETS["anomalies"],
    asked="unknown",
    calibration="fixed",
)

TASKS = {task.name: task for task in (RUL, FLEET, FAULT, ANOMALIES)}

_VERBS = Verbs(TASKS)
fit, evaluate, audit = _VERBS.fit, _VERBS.evaluate, _VERBS.audit
load, predict = _VERBS.load, _VERBS.predict


def predict_rul(
    histories: Any = None,
    running: Any = None,
    *,
    cap: float = 125,
    level: tuple[float, ...] = (80, 90),
    preset: str = "standard",
    model: Model = "hybrid",
    twin: Twin | None = None,
    seed: int = 0,
    progress: bool | Listener = True,
    **application: Any,
) -> LifeReport:
    """The remaining life of machines that are running, learned from machines that failed.

    Moving means of each sensor over few and more rows, the mean so far and the age go through
    simulated circuits, a projected quantum kernel, to min(remaining life, cap), solved by least
    squares; intervals are conformal, from machines left out.

    Args:
        histories: what `load_histories` takes, up to the failure of at least 5 machines; simulated
            machines when left out.
        running: the same of machines that are running, where the first has none.
        cap: most remaining life that is told apart, in the unit of the times.
        level: levels of the intervals in percent, each in (0, 100).
        preset: "fast", "standard" or "thorough", which learns from most rows.
        model: "hybrid", which is "quantum_kernel", or "best": the model, a baseline too, that loses
            least before the test part.
        twin: what is taken away: "classical" (the circuits) or "separable" (their entanglement).
        seed: seed of every random choice.
        progress: show progress bars on a terminal, or a function that is told of it.
        application: any other field of `HistoryConfig`, such as ``unit``, ``time``, ``failed``.

    Raises:
        DataError: histories that cannot be used; the message says why and what to do.
        ConfigError: an option out of range.

    Example:
        >>> predict_rul("train_FD001.txt", "test_FD001.txt").to_frame()  # doctest: +SKIP
    """
    given = {"cap": cap, "level": level, **application}
    source = _together(histories, running, application)
    how: dict[str, Any] = {"preset": preset, "model": model, "twin": twin, "seed": seed}
    report = _VERBS.answer(RUL.name, source, progress=progress, **how, **given)
    assert isinstance(report, LifeReport)
    return report


def fleet_health(
    histories: Any = None,
    running: Any = None,
    *,
    horizon: float = 30,
    level: tuple[float, ...] = (80, 90),
    preset: str = "standard",
    model: Model = "hybrid",
    twin: Twin | None = None,
    seed: int = 0,
    progress: bool | Listener = True,
    **application: Any,
) -> FleetReport:
    """Machines that are running, ranked by the probability that they fail within a horizon.

    What `predict_rul` reads goes through the same kernel to the risk of a Cox model, in which
    machines that are running are censored, not left out; with the sensors behind each probability.

    Args:
        histories: what `load_histories` takes, of machines that failed and that are running;
            simulated machines when left out.
        running: the same of more machines that are running.
        horizon: within how long a failure counts, in the unit of the times.
        level: levels of lower bounds of the time to failure in percent, from 50.
        preset: "fast", "standard" or "thorough", which learns from most rows.
        model: "hybrid", which is "quantum_kernel", or "best": the model, a baseline too, that loses
            least before the test part.
        twin: what is taken away: "classical" (the circuits) or "separable" (their entanglement).
        seed: seed of every random choice.
        progress: show progress bars on a terminal, or a function that is told of it.
        application: any other field of `HistoryConfig`, such as ``unit``, ``time``, ``failed``.

    Raises:
        DataError: histories that cannot be used; the message says why and what to do.
        ConfigError: an option out of range.

    Example:
        >>> fleet_health("fleet.parquet", failed="failed", horizon=50).to_frame()  # doctest: +SKIP
    """
    given = {"horizon": horizon, "level": level, **application}
    source = _together(histories, running, application)
    how: dict[str, Any] = {"preset": preset, "model": model, "twin": twin, "seed": seed}
    report = _VERBS.answer(FLEET.name, source, progress=progress, **how, **given)
    assert isinstance(report, FleetReport)
    return report


def classify_fault(
    table: Any = None,
    target: str | None = None,
    *,
    window: int = 20,
    unknown_rate: float = 0.02,
    level: tuple[float, ...] = (80, 95),
    preset: str = "standard",
    model: Model = "hybrid",
    twin: Twin | None = None,
    seed: int = 0,
    progress: bool | Listener = True,
    **application: Any,
) -> FaultReport:
    """Which fault a machine has, for rows of sensors whose fault is not known.

    Mean and log deviation of each sensor in a window, each times a learned relevance, turn the
    wires of blocks of four simulated spins, and a Matern kernel compares what is measured. A window
    that is not typical of the most probable fault is unknown; see `typicality`.

    Args:
        table: what `read_readings` takes, rows whose fault is known and others where nothing
            stands; Tennessee Eastman (simulated) when left out.
        target: column of the faults.
        window: rows that are told a fault of together; 1 for each row alone.
        unknown_rate: share of windows like those learned from that may be called unknown.
        level: levels of the conformal sets in percent, from 50.
        preset: "fast", "standard", "thorough" or "hardware".
        model: "hybrid", which is "quantum_kernel", or "best": the model, a baseline too, that loses
            least before the test part.
        twin: what is taken away: "classical" (the circuits) or "separable" (their entanglement).
        seed: seed of every random choice.
        progress: show progress bars on a terminal, or a function that is told of it.
        application: any other field of `FaultConfig`, such as ``run``, ``sensors`` or ``block``.

    Raises:
        DataError: a table that cannot be used; the message says why and what to do.
        ConfigError: an option out of range.

    Example:
        >>> classify_fault("historian.csv", "fault", run="batch").to_frame()  # doctest: +SKIP
    """
    given = {"target": target, "window": window, "unknown_rate": unknown_rate, "level": level}
    how: dict[str, Any] = {"preset": preset, "model": model, "twin": twin, "seed": seed, **given}
    report = _VERBS.answer(FAULT.name, table, progress=progress, **how, **application)
    assert isinstance(report, FaultReport)
    return report


def detect_anomalies(
    table: Any = None,
    normal: int | None = None,
    *,
    false_alarms: float = 50,
    persist: tuple[int, int] | None = None,
    preset: str = "standard",
    model: Model = "hybrid",
    twin: Twin | None = None,
    seed: int = 0,
    progress: bool | Listener = True,
    **application: Any,
) -> AnomalyReport:
    """Alarms in the sensors of a machine, learned from its normal operation alone.

    Principal components of the sensors turn the wires of simulated circuits; how far what these
    measure is from normal operation, by Hotelling's T2 and the residual, is exponentially weighted
    along rows; see `Deviation`. The limit is conformal, from normal rows left out; no share of
    anomalies is assumed.

    Args:
        table: what `read_watched` takes, a row for each instant, first those of normal operation;
            Tennessee Eastman (simulated) when left out.
        normal: rows at the start that are normal operation; by default those before the first that
            is marked, or half of them.
        false_alarms: normal rows for one that is over the limit, 2 or more.
        persist: an alarm is raised when so many of so many rows in a row are over the limit, and
            ends when none of so many is; by default 6 of 6.
        preset: "fast", "standard", "thorough", or "rows" of rows that do not follow each other,
            each of which is an alarm by itself (by default of a space shuttle).
        model: "hybrid", which is "reservoir", or "best": the model, a baseline too, that loses
            least before the test part.
        twin: what is taken away: "classical" (the circuits) or "separable" (their entanglement).
        seed: seed of every random choice.
        progress: show progress bars on a terminal, or a function that is told of it.
        application: any other field of `AlarmConfig`, such as ``run``, ``time`` or ``sensors``.

    Raises:
        DataError: a table that cannot be used; the message says why and what to do.
        ConfigError: an option out of range.

    Example:
        >>> detect_anomalies("historian.csv", normal=2000).to_frame()  # doctest: +SKIP
    """
    level = 100 - 100 / max(number("false_alarms", false_alarms), 1)
    given = {"normal": normal, "level": (level,), **application}
    given |= {} if persist is None else {"persist": persist}
    how: dict[str, Any] = {"preset": preset, "model": model, "twin": twin, "seed": seed}
    report = _VERBS.answer(ANOMALIES.name, table, progress=progress, **how, **given)
    assert isinstance(report, AnomalyReport)
    return report


def _together(histories: Any, running: Any, application: Mapping[str, Any]) -> Any:
    """One source of both; the first alone where there is no second."""
    if running is None:
        return histories
    words: dict[str, Any] = {name: application.get(name) for name in ("unit", "time")}
    known = load_histories(histories, **words, failed=application.get("failed"))
    return with_running(known, load_histories(running, **words, running=True))
