"""Candidates ranked by what they promise beyond a target."""

from collections.abc import Mapping
from typing import Any

import numpy as np
from jaxtyping import Float, Int
from pandas import DataFrame

from qmann_core.data import number, whole
from qmann_core.errors import DataError
from qmann_core.tasks import Fitted, Result

from .compositions import keys
from .data import conditions_of
from .tasks import CLASSIFY, load, model_folder, predict

_LEVELS = range(5, 100, 5)  # percent, of the intervals that make a distribution
_GRID = (np.arange(1000) + 0.5) / 10  # percent


def screen(
    candidates: Any,
    target: float | str | None = None,
    k: int | str = 10,
    *,
    property: str = "hardness",  # noqa: A002  (the field's word)
    conditions: Mapping[str, Any] | str | None = None,
    saved: Any = None,
    below: bool = False,
) -> Result:
    """The ``k`` candidates that promise most beyond a target, none like those before it.

    With the conformal distribution F of a candidate, the probability of exceeding the target T is
    1 - F(T), and the expected improvement the mean of max(0, y - T) (Jones et al. 1998,
    doi:10.1023/A:1008306431147). Each next one has the largest expected improvement times 1 less
    the largest fidelity of its composition with one that was chosen before.

    Args:
        candidates: what `load_materials` takes.
        target: value to be beaten, in the unit of the property; it must be given.
        k: how many, the most promising first.
        property: as of `predict`.
        conditions: as of `predict`, or in words, as "temperature=600,process=CAST".
        saved: a model of your own in its place.
        below: whether low values are wanted.

    Raises:
        DataError: candidates that cannot be used, or a model of classes.
        ConfigError: a number that is none.

    Example:
        >>> screen(["AlCoCrFeNi", "CoCrFeMnNi", "TiNbTaZr"], 500, k=2).to_frame()  # doctest: +SKIP
    """
    wanted, count = number("target", target), whole("k", k, most=10**6)
    at = conditions_of(conditions.split(",")) if isinstance(conditions, str) else conditions
    model = model_folder(property) if saved is None else saved
    fitted = model if isinstance(model, Fitted) else load(model)
    if fitted.task.name == CLASSIFY.name:
        raise DataError("got a model of classes: expected one of values, which can be beaten")
    report = predict(candidates, conditions=at, saved=fitted, level=tuple(_LEVELS))
    table = report.table[report.table["error"].eq("")].reset_index(drop=True)
    sign = -1 if below else 1
    beyond = sign * (_draws(table) - wanted)
    promise = np.maximum(beyond, 0).mean(axis=1)
    order, passed = _diverse(promise, keys(table["formula"]), count)
    columns = ["row", "material", "formula", "value", "unit"]
    found = table[columns].assign(
        **{
            "P(below)" if below else "P(exceeds)": (beyond > 0).mean(axis=1),
            "expected improvement": promise,
            "domain": table["domain"],
        }
    )
    found = found.iloc[order].assign(alike=passed)
    found.insert(0, "rank", np.arange(1, len(found) + 1))
    errors = int(report.table["error"].ne("").sum())
    notes = (f"{errors} candidates cannot be used",) if errors else ()
    side = "below" if below else "above"
    return Result(
        title=f"{len(found)} of {len(table)} candidates that promise most {side} {wanted:g}",
        table=found.reset_index(drop=True),
        notes=(report.typical_error, *notes, *report.notes),
    )


def _draws(table: DataFrame) -> Float[np.ndarray, "candidate draw"]:
    """Evenly spread quantiles of each candidate, between those that intervals give."""
    ends = {50 - level / 2: f"lo-{level}" for level in _LEVELS}
    ends |= {50 + level / 2: f"hi-{level}" for level in _LEVELS}
    chances = sorted(ends)
    values = table[[ends[each] for each in chances]].to_numpy(float)
    return np.stack([np.interp(_GRID, chances, row) for row in values])


def _diverse(
    promise: Float[np.ndarray, " candidate"],
    amplitudes: Float[np.ndarray, "candidate element"],
    count: int,
) -> tuple[Int[np.ndarray, " chosen"], Float[np.ndarray, " chosen"]]:
    """The chosen ones, and the largest fidelity of each with one chosen before."""
    alike, order, passed = np.zeros(len(promise)), list[int](), list[float]()
    for _ in range(min(count, len(promise))):
        worth = np.where(np.isin(np.arange(len(promise)), order), -1.0, promise * (1 - alike))
        order.append(int(worth.argmax()))
        passed.append(alike[order[-1]])
        alike = np.maximum(alike, np.square(amplitudes @ amplitudes[order[-1]]))
    return np.array(order), np.array(passed)
