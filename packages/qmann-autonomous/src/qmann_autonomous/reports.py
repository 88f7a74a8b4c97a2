"""Reports: where agents will be, with regions, and what earlier tracks like theirs did."""

from dataclasses import dataclass, field
from typing import Any

import numpy as np
from jaxtyping import Bool, Float
from pandas import DataFrame

from qmann_core.tasks import Prediction, Report

from .features import shift
from .modes import normal, stand_ins
from .paths import Paths

_MARGIN = 0.05  # of the area's width, around it


@dataclass(frozen=True, kw_only=True)
class TrajectoryReport(Report):
    """Where each agent will be.

    The table has a row for each agent and step: seconds ahead, x and y in m, the semi-axes of an
    ellipse for each level in m, and the bearing of the longer one, in degrees clockwise from y.
    Evidence are the windows of the fit whose circuits' states are most like those of the agent
    (simulated), and where these were at the horizon.
    """

    EVIDENCE = "Tracks of the fit most like it, by the states of the circuits (simulated)"

    paths: Paths = field(repr=False, compare=False)
    """The same as arrays, in the frame of the tracks."""
    modes: Float[np.ndarray, "agent mode step 2"] = field(repr=False, compare=False)
    """K positions in m for each step; of K = 1 the predicted one. See `modes.stand_ins`."""

    @property
    def typical_error(self) -> str:
        """How far the model was off on agents held out, in words."""
        application: Any = self.fitted.config.application
        metres, still = self.metrics["FDE"], self.baselines["constant velocity"]["FDE"]
        return (
            f"Typically {metres:.3g} m off after {application.horizon:g} s, constant velocity "
            f"{still:.3g} m, on {self.evaluation.n_test} held-out windows{self._best}"
        )

    @property
    def _best(self) -> str:
        """How far the best of the modes was off, in words; K is said where it is 1, too."""
        k = self.modes.shape[1]
        off = self.metrics.get(f"minFDE {k}")
        return f"; modes: K = {k}" + ("" if off is None else f", the best of them {off:.3g} m off")

    def plot(self) -> Any:
        """A map of predicted paths with their regions."""
        from .plots import map_of

        return map_of(self.heading, self.table)


def trajectory_report(prediction: Prediction) -> TrajectoryReport:
    """Paths in the frame of the tracks, constant velocity where the model has not learned."""
    application, records = prediction.application, prediction.records
    outside, still = _outside(prediction), _still(prediction)
    left = records.table["agent"].nunique() - len(prediction.samples.units)
    straight = "constant velocity, without a region"
    said = {
        f"{{}} agents have moved less than {application.moved:g} m: {straight}": still.sum(),
        f"{{}} agents are outside of the area that the model has learned in: {straight}": (
            outside.sum()
        ),
        f"{{}} agents have no {application.history:g} s without a gap before the end": left,
    }
    away = outside | still
    common = prediction.common(
        f"Where agents will be in {application.horizon:g} s, of {records.source}",
        lambda by: _table(by, away),
        evidence=_evidence(prediction),
        notes=(*(text.format(n) for text, n in said.items() if n), *records.notes),
    )
    paths = _paths(prediction, away)
    return TrajectoryReport(**common, paths=paths, modes=_modes(prediction, paths))


def _modes(prediction: Prediction, paths: Paths) -> Float[np.ndarray, "agent mode step 2"]:
    factor = np.nan_to_num(paths.factor)
    spread = normal({**prediction.outputs, "factor": factor}, prediction.probabilities)
    n: int = prediction.application.modes
    return stand_ins({"location": paths.place, "factor": spread}, n)


def _paths(prediction: Prediction, away: Bool[np.ndarray, " agent"]) -> Paths:
    """What outputs mean in the frame of the tracks."""
    samples, application = prediction.samples, prediction.application
    outputs, outside = prediction.outputs, away[:, None, None]
    axes, last = (samples.aux[name].double().numpy() for name in ("axes", "last"))
    velocity = samples.aux["velocity"].double().numpy()
    steps = np.arange(1, samples.y.shape[1] + 1)
    straight = velocity[:, None] * steps[:, None]
    offset = straight * (application.offset != "none")
    moved = np.where(outside, straight, offset + outputs["location"])
    factor = np.where(outside[..., None], np.nan, outputs["factor"])
    return Paths(
        agents=tuple(np.array(samples.units)[samples.unit]),
        ahead=steps * application.step,
        last=last,
        velocity=np.einsum("nij,ni->nj", axes, velocity) / application.step,
        place=last[:, None] + np.einsum("nij,nsi->nsj", axes, moved),
        factor=np.einsum("nij,nsik->nsjk", axes, factor),
    )


def _outside(prediction: Prediction) -> Bool[np.ndarray, " agent"]:
    """Which agents are not where the model has learned, where place is among its inputs."""
    application, samples = prediction.application, prediction.samples
    if not application.place:
        return np.zeros(len(samples), dtype=bool)
    place = samples.aux["last"].double().numpy() + shift(prediction.records, application)
    low, high = np.array(application.area).reshape(2, 2)
    margin = _MARGIN * (high - low)
    return np.asarray(((place < low - margin) | (place > high + margin)).any(axis=1))


def _still(prediction: Prediction) -> Bool[np.ndarray, " agent"]:
    """Which agents have moved less than those that are learned from."""
    return np.asarray(prediction.samples.aux["way"].numpy() < prediction.application.moved)


def _table(prediction: Prediction, away: Bool[np.ndarray, " agent"]) -> DataFrame:
    outputs = prediction.outputs
    found = _paths(prediction, away)
    n, s = found.place.shape[:2]
    vectors, sizes, _ = np.linalg.svd(np.nan_to_num(found.factor))
    columns: dict[str, Any] = {
        "agent": np.repeat(found.agents, s),
        "seconds": np.tile(found.ahead, n),
        "x m": found.place[..., 0].ravel(),
        "y m": found.place[..., 1].ravel(),
    }
    for k, p in enumerate(prediction.probabilities):
        for axis, name in enumerate(("long", "wide")):
            size = sizes[..., axis] * outputs["radius"][..., k]
            columns[f"{name}-{100 * p:g} m"] = np.where(away[:, None], np.nan, size).ravel()
    bearing = np.degrees(np.arctan2(vectors[..., 0, 0], vectors[..., 1, 0])) % 180
    columns["bearing"] = np.where(away[:, None], np.nan, bearing).ravel()
    return DataFrame(columns)


def _evidence(prediction: Prediction) -> DataFrame | None:
    found, samples = prediction.evidence, prediction.samples
    if found is None:
        return None
    assert samples.label is not None
    assert found.label is not None
    axes = samples.targets["axis"]
    missed = found.y.reshape(*found.weight.shape, -1, len(axes))[..., -1, :]
    followed = {f"{name} m": missed[..., k] for k, name in enumerate(axes)}
    agents = np.array(samples.units)[samples.unit]
    return found.to_frame("agent", agents.tolist(), {"case": found.label}, followed)
