"""The tasks of qmann-autonomous: the table of contents, and the functions that people call."""

from dataclasses import replace
from functools import partial
from typing import Any

import numpy as np
from jaxtyping import Float
from pandas import DataFrame

from qmann_core.config import Model, Twin
from qmann_core.evaluation import compare, verdict
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


def predict_group(
    tracks: Any = None,
    *,
    neighbours: int = 3,
    preset: str = "fast",
    seed: int = 0,
    progress: bool | Listener = True,
    **application: Any,
) -> TrajectoryReport:
    """`predict_trajectory` with the nearest other agents as inputs, and whether these helped.

    The first note compares mean distances of held-out agents with those of a second model that
    does not see neighbours, by a paired test over agents.

    Args:
        tracks: as of `predict_trajectory`.
        neighbours: how many are seen, within ``reach`` metres.
        preset: likewise.
        seed: of every random choice.
        progress: show progress bars on a terminal, or a function that is told of it.
        application: any other field of `AutonomousConfig`.

    Raises:
        DataError: tracks that cannot be used; the message says why and what to do.
        ConfigError: an option out of range.

    Example:
        >>> predict_group("walkers.txt", preset="pedestrians").notes[0]  # doctest: +SKIP
    """
    records = TRAJECTORY.records(tracks, TRAJECTORY.configured(preset, **application))
    how: dict[str, Any] = {"preset": preset, "seed": seed, "progress": progress, **application}
    report = predict_trajectory(records, neighbours=neighbours, **how)
    alone = fit(TRAJECTORY.name, records, neighbours=0, **how)
    losses = {"with neighbours": _by_agent(report.backtest), "without": _by_agent(alone.backtest)}
    tested = compare(losses, reference="with neighbours", horizon=1, seed=seed)
    told = ", ".join(f"{name} {loss.mean():.4g}" for name, loss in losses.items())
    said = f"mean distance in m of held-out agents: {told}. {verdict(tested, 'it')}"
    return replace(report, notes=(said, *report.notes))


def _by_agent(rows: DataFrame) -> Float[np.ndarray, " agent"]:
    """Mean distance of each held-out agent, of a backtest."""
    rows = rows[rows["model"] == "hybrid"]
    missed = (rows["outcome"] - rows["prediction"]).to_numpy().reshape(-1, 2)
    far = np.linalg.norm(missed, axis=1)
    agents = rows["label"].str.rpartition(" at ")[0].to_numpy()[::2]
    return DataFrame({"far": far}).groupby(agents)["far"].mean().to_numpy()
