"""The tasks of qmann-industrial: the table of contents, and the functions that people call."""

from functools import partial
from typing import Any

from qmann_core.config import Model, Twin
from qmann_core.evaluation import (
    extra_trees,
    linear_ridge,
    mean_value,
    nearest_neighbours,
    random_forest,
)
from qmann_core.nn import classification_head
from qmann_core.tasks import Listener, Task, Verbs, score_classification

from .faults.data import read_readings, read_unknown
from .faults.features import fault_folds, settle, window_samples
from .faults.plots import confusion_plot
from .faults.reports import FaultReport, fault_report
from .presets import PRESETS

FAULT: Task[Any, Any] = Task(
    name="fault",
    summary="Which fault a machine has",
    load=read_readings,
    load_unknown=read_unknown,
    demo=partial(read_readings, None),
    features=window_samples,
    settle=settle,
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

TASKS = {task.name: task for task in (FAULT,)}

_VERBS = Verbs(TASKS)
fit, evaluate, audit = _VERBS.fit, _VERBS.evaluate, _VERBS.audit
load, predict = _VERBS.load, _VERBS.predict


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
