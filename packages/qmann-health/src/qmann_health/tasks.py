"""The tasks of qmann-health: the table of contents, and the functions that people call."""

from functools import partial
from typing import Any

from qmann_core.config import Model, Twin
from qmann_core.data import held_out, number
from qmann_core.evaluation import (
    closed_form,
    linear_ridge,
    mean_value,
    nearest_neighbours,
    random_forest,
)
from qmann_core.nn import classification_head
from qmann_core.survival import (
    PENALTIES,
    UNPENALISED,
    cox_head,
    linear_cox,
    no_covariates,
    risk_plot,
    score_survival,
)
from qmann_core.tasks import Listener, Task, Verbs

from .alarms import (
    MonitorReport,
    NextSample,
    autoregression,
    monitor_report,
    score_alarms,
    second_difference,
    windows,
)
from .beats import read_beats, read_unlabelled
from .data import read_patients, read_unknown
from .features import beat_samples, patient_samples, settle, settle_beats
from .plots import calibration_plot
from .presets import PRESETS
from .reports import (
    ClassesReport,
    DiagnosisReport,
    beats_report,
    diagnosis_report,
)
from .scores import patient_folds, score_diagnosis
from .signals import read_signal
from .signals import read_unknown as read_unmarked
from .survival.data import read_followed
from .survival.data import read_unknown as read_unknown_followed
from .survival.features import followed_samples, settle_horizon
from .survival.reports import SurvivalReport, survival_report

DIAGNOSIS: Task[Any, Any] = Task(
    name="diagnose",
    summary="Probability of a diagnosis or an outcome",
    load=read_patients,
    load_unknown=read_unknown,
    demo=partial(read_patients, None),
    features=patient_samples,
    settle=settle,
    split=patient_folds,
    head=classification_head,
    score=score_diagnosis,
    baselines={
        "logistic ridge": linear_ridge,
        "random forest": random_forest,
        "nearest neighbours": nearest_neighbours,
        "mean": mean_value,
    },
    report=diagnosis_report,
    track=calibration_plot,
    presets=PRESETS["diagnose"],
    asked="unknown",
    calibration="fixed",
)
SURVIVAL: Task[Any, Any] = Task(
    name="survival",
    summary="How long patients are without an event",
    load=read_followed,
    load_unknown=read_unknown_followed,
    demo=partial(read_followed, None),
    features=followed_samples,
    settle=settle_horizon,
    split=patient_folds,
    head=cox_head,
    score=score_survival,
    baselines={
        "Cox": partial(closed_form, partial(linear_cox, UNPENALISED)),
        "Cox ridge": partial(closed_form, partial(linear_cox, PENALTIES)),
        "Kaplan-Meier": partial(closed_form, no_covariates),
    },
    report=survival_report,
    track=risk_plot,
    presets=PRESETS["survival"],
    asked="unknown",
    calibration="fixed",
)
ECG: Task[Any, Any] = Task(
    name="ecg",
    summary="Labels of heartbeats",
    load=read_beats,
    load_unknown=read_unlabelled,
    demo=partial(read_beats, None),
    features=beat_samples,
    settle=settle_beats,
    split=patient_folds,
    head=classification_head,
    score=score_diagnosis,
    baselines=DIAGNOSIS.baselines,
    report=beats_report,
    track=calibration_plot,
    presets=PRESETS["ecg"],
    asked="unknown",
    calibration="fixed",
)
MONITOR: Task[Any, Any] = Task(
    name="monitor",
    summary="Alarms in a vital sign",
    load=read_signal,
    load_unknown=read_unmarked,
    demo=partial(read_signal, None),
    features=windows,
    split=held_out,
    head=NextSample,
    score=score_alarms,
    baselines={"autoregression": autoregression, "second difference": second_difference},
    report=monitor_report,
    presets=PRESETS["monitor"],
    asked="all",
    refit="train",
    calibration="fixed",
)

TASKS = {task.name: task for task in (DIAGNOSIS, SURVIVAL, ECG, MONITOR)}

_VERBS = Verbs(TASKS)
fit, evaluate, audit = _VERBS.fit, _VERBS.evaluate, _VERBS.audit
load, predict = _VERBS.load, _VERBS.predict


def diagnose(
    table: Any = None,
    target: str | None = None,
    *,
    threshold: float = 0.5,
    level: tuple[float, ...] = (80, 95),
    preset: str = "standard",
    model: Model = "hybrid",
    twin: Twin | None = None,
    seed: int = 0,
    progress: bool | Listener = True,
    **application: Any,
) -> DiagnosisReport | ClassesReport:
    """The probability of an event, or of each class, for patients whose outcome is not known.

    Args:
        table: what ``load_patients`` takes, patients with a known outcome and without; breast
            masses of scikit-learn when left out.
        target: column of the outcome, or column=word of the event; one of three or more words is of
            as many classes, and the answer a `ClassesReport`; see ``load_patients``.
        threshold: probability from which on a patient counts as an event.
        level: levels of the conformal sets in percent, each in (0, 100).
        preset: "fast", "standard", "thorough", "hardware", or "outcome": tested on the latest
            patients of a column ``time``, with the threshold that has a sensitivity of .85.
        model: "hybrid", which is "quantum_kernel", or "best": the model, a baseline too, that loses
            least before the test part.
        twin: what is taken away: "classical" (the circuits) or "separable" (their entanglement).
        seed: seed of every random choice.
        progress: show progress bars on a terminal, or a function that is told of it.
        application: any other field of `HealthConfig`, such as ``identifier``, ``covariates``,
            ``log1p``, ``time``, ``split``.

    Raises:
        DataError: a table that cannot be used; the message says why and what to do.
        ConfigError: an option out of range.

    Example:
        >>> diagnose("patients.csv", "outcome=relapse").to_frame()  # doctest: +SKIP
    """
    given = {"target": target, "threshold": threshold, "level": level, **application}
    how: dict[str, Any] = {"preset": preset, "model": model, "twin": twin, "seed": seed}
    report = _VERBS.answer(DIAGNOSIS.name, table, progress=progress, **how, **given)
    assert isinstance(report, DiagnosisReport | ClassesReport)
    return report


def survival_risk(
    table: Any = None,
    time: str | None = None,
    event: str | None = None,
    horizon: float | None = None,
    *,
    log1p: tuple[str, ...] = (),
    level: tuple[float, ...] = (80, 95),
    preset: str = "standard",
    model: Model = "hybrid",
    twin: Twin | None = None,
    seed: int = 0,
    progress: bool | Listener = True,
    **application: Any,
) -> SurvivalReport:
    """Risks by a horizon and survival curves of patients whose time or event is not known.

    Args:
        table: what ``load_followed`` takes, patients with times and without; women with breast
            cancer (GBSG2, of lifelines) when left out.
        time: column of durations, such as days from entry to the event or the last visit.
        event: column that says whether the event came then, or column=word; see ``load_followed``.
        horizon: when risks are told, in units of the times; median follow-up when left out.
        log1p: columns with long tails, of which log(1 + x) is read.
        level: levels of intervals and of lower bounds in percent, from 50.
        preset: "fast", "standard", "thorough" or "hardware".
        model: "hybrid", which is "quantum_kernel", or "best": the model, a baseline too, that loses
            least before the test part.
        twin: what is taken away: "classical" (the circuits) or "separable" (their entanglement).
        seed: seed of every random choice.
        progress: show progress bars on a terminal, or a function that is told of it.
        application: any other field of `HealthConfig`, such as ``covariates`` or ``split``.

    Raises:
        DataError: a table that cannot be used; the message says why and what to do.
        ConfigError: an option out of range.

    Example:
        >>> survival_risk("patients.csv", "days", "status", 1825).to_frame()  # doctest: +SKIP
    """
    given = {"time": time, "event": event, "horizon": horizon, "log1p": log1p, "level": level}
    how: dict[str, Any] = {"preset": preset, "model": model, "twin": twin, "seed": seed, **given}
    report = _VERBS.answer(SURVIVAL.name, table, progress=progress, **how, **application)
    assert isinstance(report, SurvivalReport)
    return report


def classify_ecg(
    source: Any = None,
    target: str | None = None,
    *,
    test: str | None = None,
    level: tuple[float, ...] = (80, 95),
    preset: str = "standard",
    model: Model = "hybrid",
    twin: Twin | None = None,
    seed: int = 0,
    progress: bool | Listener = True,
    **application: Any,
) -> ClassesReport:
    """The label of heartbeats that have none, learned from those that have one.

    Beats are scaled to mean 0 and deviation 1; their samples, each times a learned relevance, turn
    the wires of blocks of four simulated spins, and a Matern kernel compares what is measured.

    Args:
        source: labelled beats and others whose label is empty: UCR's .tsv, a table with a row for
            each beat, or an annotated recording; see `read_beats`.
        target: column of the labels.
        test: file of beats that are tested on; of a file with TRAIN in its name, that with TEST.
        level: levels of the conformal sets in percent, from 50.
        preset: "fast", "standard", "thorough" or "hardware".
        model: "hybrid", which is "quantum_kernel", or "best": the model, a baseline too, that loses
            least before the test part.
        twin: what is taken away: "classical" (the circuits) or "separable" (their entanglement).
        seed: seed of every random choice.
        progress: show progress bars on a terminal, or a function that is told of it.
        application: any other field of `BeatConfig`, such as ``identifier`` or ``column``.

    Raises:
        DataError: no source, beats that cannot be used, or none without a label; the message says
            what to do.
        ConfigError: an option out of range.

    Example:
        >>> classify_ecg("beats.csv", "label").to_frame()  # doctest: +SKIP
    """
    given = {"target": target, "test": test, "level": level, **application}
    how: dict[str, Any] = {"preset": preset, "model": model, "twin": twin, "seed": seed}
    report = _VERBS.answer(ECG.name, source, progress=progress, **how, **given)
    assert isinstance(report, ClassesReport)
    return report


def monitor(
    signal: Any = None,
    rate: float | None = None,
    *,
    false_alarms: float = 10_000,
    preset: str = "standard",
    model: Model = "hybrid",
    twin: Twin | None = None,
    seed: int = 0,
    progress: bool | Listener = True,
    **application: Any,
) -> MonitorReport:
    """Alarms in a vital sign, where the samples before do not explain the next one.

    A reservoir of simulated circuits reads the last samples, and ridge regression on its state
    predicts the next; both are solved on a stretch at the start that is taken for normal. An alarm
    is an error beyond a limit, which an exponential tail of errors on normal samples left out gives
    for the chosen rate of false alarms. The result carries the same by the classical twin, linear
    autoregression, and the second difference.

    Args:
        signal: CSV or Parquet file, DataFrame or Series, a row for each sample; see `read_signal`
            for its columns; or a recording, as `read_recording` takes it. Arterial pressure when
            left out.
        rate: samples per second; by default as a column of times or the recording says.
        false_alarms: normal samples for one that is over the limit, 10 or more.
        preset: "fast", "standard", "thorough", or "beats": RR intervals of an ECG (by default one
            with a premature beat), each predicted from the four before it, in place of samples.
        model: who answers: "hybrid", or "best".
        twin: what is taken away: "classical" (the circuits) or "separable" (their entanglement).
        seed: seed of every random choice.
        progress: show progress bars on a terminal, or a function that is told of it.
        application: any other field of `SignalConfig`: ``column``, ``normal``, ``intervals``,
            ``window``.

    Raises:
        DataError: a signal that cannot be used: no rate, gaps, flat or too short.
        ConfigError: an option out of range.

    Example:
        >>> monitor("pressure.csv", rate=125).to_frame()  # doctest: +SKIP
        >>> monitor("ecg.edf", column="II", preset="beats").to_frame()  # doctest: +SKIP
    """
    level = 100 - 100 / max(number("false_alarms", false_alarms), 1)
    how: dict[str, Any] = {"preset": preset, "model": model, "twin": twin, "seed": seed}
    how |= {"rate": rate, "level": (level,), **application}
    report = _VERBS.answer(MONITOR.name, signal, progress=progress, **how)
    assert isinstance(report, MonitorReport)
    return report
