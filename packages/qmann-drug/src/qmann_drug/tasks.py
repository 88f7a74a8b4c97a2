"""The tasks of qmann-drug: the table of contents, and the functions that people call."""

from collections.abc import Mapping, Sequence
from functools import partial
from pathlib import Path
from typing import Any

from pandas import DataFrame

from qmann_core.config import Model, Twin
from qmann_core.data import Split
from qmann_core.errors import DataError
from qmann_core.tasks import (
    Fitted,
    Listener,
    Task,
    Verbs,
    shipped_model,
    tabular_task,
)

from .data import load_molecules
from .features import molecule_samples
from .presets import PRESETS
from .records import read_molecules, read_unknown
from .reports import PropertyReport, class_report, value_report

_NOBODY = "nobody predicts it from structure better than its mean does (published R2 < 0)"
_REFUSED = {"volume of distribution": _NOBODY, "half-life": _NOBODY}


def _task(name: str, summary: str, *, classes: bool = False) -> Task[Any, Any]:
    return tabular_task(
        classes=classes,
        name=name,
        summary=summary,
        load=read_molecules,
        load_unknown=read_unknown,
        demo=partial(read_molecules, None),
        features=molecule_samples,
        report=class_report if classes else value_report,
        presets=PRESETS[name],
    )


SOLUBILITY = _task("solubility", "Solubility in water")
HYDRATION = _task("hydration", "Free energy of hydration")
AFFINITY = _task("affinity", "Affinity within a series")
PROPERTY = _task("property", "A measured property of molecules")
ACTIVITY = _task("activity", "Whether molecules are active", classes=True)
TASKS = {task.name: task for task in (SOLUBILITY, HYDRATION, AFFINITY, PROPERTY, ACTIVITY)}


_VERBS = Verbs(TASKS)
fit, evaluate, audit, load = _VERBS.fit, _VERBS.evaluate, _VERBS.audit, _VERBS.load


def predict(
    molecules: Any,
    property: str = "solubility",  # noqa: A002  (the field's word)
    *,
    saved: str | Path | Fitted | None = None,
    level: float | Sequence[float] = (80, 95),
    cases: int = 5,
    noise: float | None = None,
) -> PropertyReport:
    """A property of molecules by a trained model: one that comes with the package, or your own.

    Args:
        molecules: what ``load_molecules`` takes; measured values among them do not count.
        property: solubility (log10 mol/L), hydration (free energy, kcal/mol) or affinity (of the
            series CHEMBL2321810, pActivity).
        saved: a model of your own in its place: its folder or ZIP, or what ``fit`` gave.
        level: levels of the conformal intervals in percent, each in (0, 100).
        cases: remembered molecules to show for each.
        noise: chance of a depolarising error after each gate of the simulated circuits.

    Raises:
        ConfigError: an unknown property, one that nobody predicts, or an option out of range.
        DataError: molecules that cannot be read at all; single bad rows keep their place.

    Example:
        >>> predict(["CCO", "c1ccccc1O"]).to_frame()  # doctest: +SKIP
    """
    model = model_folder(property) if saved is None else saved
    report = _VERBS.predict(model, molecules, level=level, cases=cases, noise=noise)
    assert isinstance(report, PropertyReport)
    return report


predict_property = predict


def predict_affinity(
    molecules: Any,
    series: Any = None,
    *,
    target: str | None = None,
    preset: str = "standard",
    model: Model = "hybrid",
    twin: Twin | None = None,
    seed: int = 0,
    progress: bool | Listener = True,
) -> PropertyReport:
    """Affinities within a congeneric series.

    Args:
        molecules: what ``load_molecules`` takes.
        series: molecules of one series with their measured affinities, to learn from; the trained
            model of CHEMBL2321810 answers when left out.
        target: column of the affinities in ``series``.
        preset: "fast", "standard", "thorough" or "hardware".
        model: "hybrid", which is "quantum_kernel", the one family that suits molecules, or "best":
            the model, a baseline too, that loses least before the test part.
        twin: what is taken away: "classical" (the circuits) or "separable" (their entanglement).
        seed: seed of every random choice.
        progress: show progress bars on a terminal, or a function that is told of it.

    Raises:
        DataError: molecules that cannot be read, or too few to learn from.
        ConfigError: an option out of range.
    """
    if series is None:
        return predict(molecules, "affinity")
    how: dict[str, Any] = {"preset": preset, "model": model, "twin": twin, "seed": seed}
    fitted = fit(AFFINITY.name, series, target=target, progress=progress, **how)
    return predict(molecules, saved=fitted)


def fit_property(
    molecules: Any,
    targets: Sequence[float] | None = None,
    *,
    target: str | None = None,
    unit: str = "",
    split: Split = "scaffold",
    preset: str = "standard",
    model: Model = "hybrid",
    twin: Twin | None = None,
    seed: int = 0,
    set: Mapping[str, Any] | None = None,  # noqa: A002  (as --set)
    progress: bool | Listener = True,
) -> Fitted:
    """Train a model of your own property: numbers, or classes; see `fit_activity` for these.

    Args:
        molecules: what ``load_molecules`` takes.
        targets: measured values, one for each molecule; those in the source when left out.
        target: name of their column.
        unit: of the values, for the reader.
        split: what the model is tested on: "scaffold", "random", "time" or "given".
        preset: "fast", "standard", "thorough" or "hardware".
        model: "hybrid", which is "quantum_kernel", the one family that suits molecules, or "best":
            the model, a baseline too, that loses least before the test part.
        twin: what is taken away: "classical" (the circuits) or "separable" (their entanglement).
        seed: seed of every random choice.
        set: any keys of the configuration, as {"hybrid.members": 3}.
        progress: show progress bars on a terminal, or a function that is told of it.

    Returns:
        The trained model: ``predict(molecules)``, ``evaluation`` and ``save(folder)``.

    Raises:
        DataError: molecules or targets that cannot be used, or one class only.
        ConfigError: an option out of range.

    Example:
        >>> fitted = fit_property("measured.csv", target="logS")  # doctest: +SKIP
    """
    source, target = _measured(molecules, targets, target)
    records = load_molecules(source, target=target)
    classes = records.counted["target"].dropna().isin((0, 1)).all()
    task = ACTIVITY if classes else PROPERTY
    how: dict[str, Any] = {"preset": preset, "model": model, "twin": twin, "seed": seed}
    how |= {"target": target, "unit": unit, "split": split}
    return fit(task.name, records, set=set, progress=progress, **how)


def fit_activity(
    molecules: Any,
    targets: Sequence[float | str] | None = None,
    *,
    target: str | None = None,
    threshold: float | None = None,
    split: Split = "scaffold",
    preset: str = "standard",
    model: Model = "hybrid",
    twin: Twin | None = None,
    seed: int = 0,
    set: Mapping[str, Any] | None = None,  # noqa: A002  (as --set)
    progress: bool | Listener = True,
) -> Fitted:
    """Train a model that says whether molecules are active: a probability, and sets of classes.

    Args:
        molecules: what ``load_molecules`` takes.
        targets: 1 or 0, "active" or "inactive", "yes" or "no", one for each molecule; or numbers,
            with a threshold. Those in the source when left out.
        target: name of their column.
        threshold: numbers from here on are active.
        split: as of `fit_property`, and so are the others.
        preset: "fast", "standard", "thorough" or "hardware".
        model: "hybrid" or "best".
        twin: "classical" or "separable".
        seed: seed of every random choice.
        set: any keys of the configuration.
        progress: show progress bars on a terminal, or a function that is told of it.

    Raises:
        DataError: molecules or targets that cannot be used, or one class only.
        ConfigError: an option out of range.

    Example:
        >>> fitted = fit_activity("ic50.csv", target="pIC50", threshold=7)  # doctest: +SKIP
        >>> fitted.predict(["CCO"]).to_frame()["probability"]  # doctest: +SKIP
    """
    source, target = _measured(molecules, targets, target)
    how: dict[str, Any] = {"preset": preset, "model": model, "twin": twin, "seed": seed}
    how |= {"target": target, "threshold": threshold, "split": split}
    return fit(ACTIVITY.name, source, set=set, progress=progress, **how)


def _measured(
    molecules: Any, targets: Sequence[Any] | None, target: str | None
) -> tuple[Any, str | None]:
    """A source with its targets, and the name of their column."""
    if targets is None:
        return molecules, target
    if isinstance(molecules, str) or len(molecules) != len(targets):
        raise DataError("expected as many targets as molecules, in two lists; or name a column")
    return DataFrame({"smiles": molecules, "target": targets}), "target"


def model_folder(name: str) -> Path:
    """Where a trained model of a property lies; see `shipped_model` for errors."""
    return shipped_model(Path(__file__).parent / "models", name, _REFUSED)
