"""The tasks of qmann-autonomous: the table of contents, and the functions that people call."""

from functools import partial
from typing import Any

from qmann_core.config import Model, Twin
from qmann_core.tasks import Listener, Task, Verbs

from .baselines import constant_velocity, ridge, trees
from .features import agent_folds, settle, track_samples
from .heads import Drift
from .presets import PRESETS
from .records import read_tracks
from .reports import TrajectoryReport, trajectory_report
from .scores import score_paths

TRAJECTORY: Task[Any, Any] = Task(
    name="trajectory",
    summary="Where agents will be",
    load=read_tracks,
    demo=partial(read_tracks, None),
    features=track_samples,
    settle=settle,
    split=agent_folds,
    head=Drift,
    score=score_paths,
    baselines={
        "constant velocity": constant_velocity,
        "extra trees": trees,
        "linear ridge": ridge,
    },
    report=trajectory_report,
    presets=PRESETS,
    asked="unknown",
    calibration="fixed",
)
TASKS = {TRAJECTORY.name: TRAJECTORY}

_VERBS = Verbs(TASKS)
fit, evaluate, audit = _VERBS.fit, _VERBS.evaluate, _VERBS.audit
load, predict = _VERBS.load, _VERBS.predict


def predict_trajectory(
    tracks: Any = None,
    *,
    level: tuple[float, ...] = (80, 95),
    preset: str = "standard",
    model: Model = "hybrid",
    twin: Twin | None = None,
    seed: int = 0,
    progress: bool | Listener = True,
    **application: Any,
) -> TrajectoryReport:
    """Where each agent will be, with an ellipse around each step.

    Constant velocity, of the last step, is corrected by what simulated circuits, a projected
    quantum kernel, say of the past in the frame of the heading; the least mean distance is solved
    for, and ellipses are conformal, from agents left out.

    Args:
        tracks: what `load_tracks` takes; vessels in New York harbor when left out.
        level: levels of the regions in percent, from 50.
        preset: "standard", "fast" or "thorough" for vessels, "pedestrians", "vehicles", "hardware".
        model: "hybrid", which is "quantum_kernel", or "best": the model, a baseline too, that loses
            least before the test part.
        twin: what is taken away: "classical" (the circuits) or "separable" (their entanglement).
        seed: seed of every random choice.
        progress: show progress bars on a terminal, or a function that is told of it.
        application: any other field of `AutonomousConfig`, such as ``horizon`` or ``step``.

    Raises:
        DataError: tracks that cannot be used; the message says why and what to do.
        ConfigError: an option out of range.

    Example:
        >>> predict_trajectory("ais.csv", horizon=1200).to_frame()  # doctest: +SKIP
    """
    how: dict[str, Any] = {"preset": preset, "model": model, "twin": twin, "seed": seed}
    given = {"level": level, **application}
    report = _VERBS.answer(TRAJECTORY.name, tracks, progress=progress, **how, **given)
    assert isinstance(report, TrajectoryReport)
    return report
