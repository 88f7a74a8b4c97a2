"""The tasks of qmann-materials: the table of contents, and the functions that people call."""

from collections.abc import Mapping, Sequence
from functools import partial
from pathlib import Path
from typing import Any

from qmann_core.config import Model, Twin
from qmann_core.tasks import Fitted, Listener, Task, Verbs, shipped_model, tabular_task

from .features import material_folds, material_samples, settle
from .heads import value_head
from .presets import PRESETS
from .records import read_classes, read_unknown, read_values
from .reports import MaterialReport, class_report, value_report
from .scores import score_classes

_REFUSED = dict.fromkeys(
    ("band gap", "formation energy", "melting point"),
    "no trained model comes with the package; fit one from your own table",
)


def _task(name: str, summary: str, *, classes: bool = False) -> Task[Any, Any]:
    read = read_classes if classes else read_values
    kind = {"score": score_classes} if classes else {"head": value_head}
    return tabular_task(
        classes=classes,
        split=material_folds,
        name=name,
        summary=summary,
        load=read,
        load_unknown=read_unknown,
        demo=partial(read, None),
        features=material_samples,
        settle=settle,
        report=class_report if classes else value_report,
        presets=PRESETS[name],
        **kind,
    )


HARDNESS = _task("hardness", "Vickers hardness of alloys")
STRENGTH = _task("strength", "Yield strength of alloys")
PROPERTY = _task("property", "A measured property of materials")
CLASSIFY = _task("classify", "Classes of materials", classes=True)
TASKS = {task.name: task for task in (HARDNESS, STRENGTH, PROPERTY, CLASSIFY)}

_VERBS = Verbs(TASKS)
fit, evaluate, audit, load = _VERBS.fit, _VERBS.evaluate, _VERBS.audit, _VERBS.load


def predict(
    materials: Any,
    property: str = "hardness",  # noqa: A002  (the field's word)
    *,
    conditions: Mapping[str, Any] | None = None,
    saved: str | Path | Fitted | None = None,
    level: float | Sequence[float] = (80, 95),
    cases: int = 5,
    noise: float | None = None,
) -> MaterialReport:
    """A property of materials by a trained model: one that comes with the package, or your own.

    Args:
        materials: what ``load_materials`` takes; measured values among them do not count.
        property: hardness (HV) or strength (yield strength, MPa) of alloys.
        conditions: of the measurement, for rows that do not say, as {"temperature": 600, "process":
            "CAST", "test": "C"}; those most frequent at the fit where left out.
        saved: a model of your own in its place: its folder or ZIP, or what ``fit`` gave.
        level: levels of the conformal intervals in percent, each in (0, 100).
        cases: known materials to show for each.
        noise: chance of a depolarising error after each gate of the simulated circuits.

    Raises:
        ConfigError: an unknown property or condition, or an option out of range.
        DataError: materials that cannot be read at all; single bad rows keep their place.

    Example:
        >>> predict(["Al0.5CoCrFeNi", "TiNbTaZr"]).to_frame()  # doctest: +SKIP
    """
    model = model_folder(property) if saved is None else saved
    at = tuple(f"{name}={value}" for name, value in (conditions or {}).items())
    report = _VERBS.predict(model, materials, level=level, cases=cases, noise=noise, at=at or None)
    assert isinstance(report, MaterialReport)
    return report


predict_property = predict


def fit_property(
    materials: Any,
    *,
    target: str | None = None,
    conditions: Sequence[str] = (),
    unit: str = "",
    split: str = "random",
    preset: str = "standard",
    model: Model = "hybrid",
    twin: Twin | None = None,
    seed: int = 0,
    set: Mapping[str, Any] | None = None,  # noqa: A002  (as --set)
    progress: bool | Listener = True,
) -> Fitted:
    """Train a model of your own property of materials; for classes see `classify_material`.

    Args:
        materials: what ``load_materials`` takes.
        target: name of the column of measured values.
        conditions: columns to learn from beside the formula.
        unit: of the values, for the reader.
        split: what the model is tested on: "random" materials, all in "folds", whole families of
            the same elements ("family"), clusters of like compositions ("cluster"), or as "given".
        preset: "fast", "standard", "thorough" or "hardware".
        model: "hybrid", which is "quantum_kernel", the one family that suits tables, or "best": the
            model, a baseline too, that loses least before the test part.
        twin: what is taken away: "classical" (the circuits) or "separable" (their entanglement).
        seed: seed of every random choice.
        set: any keys of the configuration, as {"hybrid.members": 3}.
        progress: show progress bars on a terminal, or a function that is told of it.

    Returns:
        The trained model: ``predict(materials)``, ``evaluation`` and ``save(folder)``.

    Raises:
        DataError: materials or targets that cannot be used.
        ConfigError: an option out of range.

    Example:
        >>> fitted = fit_property("gaps.csv", target="gap", unit="eV")  # doctest: +SKIP
    """
    how: dict[str, Any] = {"preset": preset, "model": model, "twin": twin, "seed": seed}
    how |= {"target": target, "conditions": tuple(conditions), "unit": unit, "split": split}
    return fit(PROPERTY.name, materials, set=set, progress=progress, **how)


def classify_material(
    materials: Any,
    known: Any = None,
    *,
    target: str | None = None,
    conditions: Sequence[str] = (),
    preset: str = "standard",
    model: Model = "hybrid",
    twin: Twin | None = None,
    seed: int = 0,
    progress: bool | Listener = True,
) -> MaterialReport:
    """The class of each material, with its probability and the classes that cannot be ruled out.

    Args:
        materials: what ``load_materials`` takes.
        known: the same with classes, to learn from; single and multiple phases of alloys, those of
            the demo, when left out.
        target: name of the column of classes.
        conditions: as of `fit_property`, and so are the others.
        preset: "fast", "standard", "thorough" or "hardware".
        model: "hybrid" or "best".
        twin: "classical" or "separable".
        seed: seed of every random choice.
        progress: show progress bars on a terminal, or a function that is told of it.

    Raises:
        DataError: materials that cannot be used, or one class only.
        ConfigError: an option out of range.
    """
    how: dict[str, Any] = {"preset": preset, "model": model, "twin": twin, "seed": seed}
    how |= {"target": target, "conditions": tuple(conditions)}
    return predict(materials, saved=fit(CLASSIFY.name, known, progress=progress, **how))


def model_folder(name: str) -> Path:
    """Where a trained model of a property lies; see `shipped_model` for errors."""
    return shipped_model(Path(__file__).parent / "models", name, _REFUSED)
