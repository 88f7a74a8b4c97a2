"""What people call: the verbs of the command line as functions, for all tasks of a domain."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field, replace
from pathlib import Path
from typing import Any

from ..config import TOGETHER, Model, QMANNConfig, Twin, find_named, lay_over, load_config
from ..evaluation import Audit
from .auditing import audit
from .evaluation import Evaluation
from .fitted import Fitted
from .fitting import answer, evaluate, fit
from .loading import load_fitted
from .packed import unpacked
from .progress import Listener
from .report import Report
from .saved import saved_task
from .task import Task

Place = str | Path


@dataclass(frozen=True)
class Verbs:
    """The verbs of a domain, which take what the command line takes.

    Common to all that train are

    - ``task``: its name, as "forecast";
    - ``source``: what the task reads, such as the name of a file or a DataFrame; its real demo data
      when left out;
    - ``preset``: "fast", "standard", "thorough" or "hardware";
    - ``model``: "hybrid", "best" or a family, and ``twin``: what is taken away from it;
    - ``seed``: of every random choice; that of the configuration, 0, when left out;
    - ``records``: False to keep nothing of single rows, so that a saved model holds none;
    - ``config``: a YAML, TOML or JSON file laid over the preset;
    - ``set``: any keys of the configuration, as {"hybrid.epochs": 5};
    - ``progress``: a bar on a terminal, or a function that is told of it;
    - any field of the application's configuration, as ``horizon=10``.

    All raise DataError for data that cannot be used and ConfigError for an option that is none.
    """

    tasks: Mapping[str, Task[Any, Any]] = field(repr=False)

    def answer(
        self,
        task: str,
        source: Any = None,
        *,
        twin: Twin | None = None,
        checkpoint: Place | None = None,
        progress: bool | Listener = True,
        **options: Any,
    ) -> Report:
        """The task itself: train, compare out of sample, and predict; see `Verbs`."""
        asked = self._asked(task, source, **options)
        return answer(*asked, twin, progress=progress, checkpoint=_path(checkpoint))

    def fit(
        self,
        task: str,
        source: Any = None,
        *,
        twin: Twin | None = None,
        checkpoint: Place | None = None,
        progress: bool | Listener = True,
        **options: Any,
    ) -> Fitted:
        """Train a model and compare it out of sample; it predicts, and is saved; see `Verbs`.

        Example:
            >>> model = fit("forecast", "prices.csv", horizon=10)  # doctest: +SKIP
            >>> model.save("model")  # doctest: +SKIP
        """
        asked = self._asked(task, source, **options)
        return fit(*asked, twin, progress=progress, checkpoint=_path(checkpoint))

    def evaluate(
        self,
        task: str,
        source: Any = None,
        *,
        twin: Twin | None = None,
        checkpoint: Place | None = None,
        progress: bool | Listener = True,
        **options: Any,
    ) -> Evaluation:
        """Compare with the classical twin and the baselines out of sample; see `Verbs`.

        Example:
            >>> evaluate("volatility").to_frame()  # doctest: +SKIP
        """
        asked = self._asked(task, source, **options)
        return evaluate(*asked, twin, progress=progress, checkpoint=_path(checkpoint))

    def audit(
        self,
        task: str,
        source: Any = None,
        *,
        seeds: int = 10,
        trials: int = 3,
        workers: int | None = None,
        preset: str = "fast",
        checkpoint: Place | None = None,
        progress: bool | Listener = True,
        **options: Any,
    ) -> Audit:
        """Does the quantum part help? Train the model and its twins from many seeds; see `Verbs`.

        With more than one of the ``workers``, processes side by side, call it in a program below
        ``if __name__ == "__main__":`` only.

        Example:
            >>> print(audit("forecast", seeds=10).verdict)  # doctest: +SKIP
        """
        asked = self._asked(task, source, preset=preset, **options)
        counts: dict[str, Any] = {"seeds": seeds, "trials": trials, "workers": workers}
        return audit(*asked, progress=progress, folder=_path(checkpoint), **counts)

    def load(self, model: Place) -> Fitted:
        """A saved model: the folder that ``save`` or ``fit`` wrote, or a ZIP of it.

        Raises:
            DataError: no model there, or one of another program.
        """
        with unpacked(Path(model)) as folder:
            return load_fitted(self._task(saved_task(folder)), folder)

    def predict(
        self,
        model: Place | Fitted,
        source: Any = None,
        *,
        level: float | Sequence[float] | None = None,
        cases: int | None = None,
        noise: float | str | None = None,
        shots: int | None = None,
        backend: str | None = None,
        **application: Any,
    ) -> Report:
        """Predict with a trained model, see `load`.

        Args:
            model: where it is saved, or the model itself.
            source: what is to be predicted; the data of the fit when left out, where it has them.
            level: of the intervals, in percent.
            cases: remembered ones to show.
            noise: of the circuits, see `Fitted.report`.
            shots: measurements behind each value of a circuit.
            backend: where circuits run, such as "aer".
            application: other settings that need no fit.

        Raises:
            DataError: a source that cannot be used.
            ConfigError: a setting that only another fit could follow.

        Example:
            >>> predict("model", "newer.csv").to_frame()  # doctest: +SKIP
        """
        fitted = model if isinstance(model, Fitted) else self.load(model)
        given = {"level": level, "cases": cases, **application}
        on: dict[str, Any] = {"noise": noise, "shots": shots, "backend": backend}
        return fitted.predict(source, **on, **_words(given))

    def _task(self, name: str) -> Task[Any, Any]:
        return find_named("task", self.tasks, name)

    def _asked(
        self,
        task: str,
        source: Any,
        *,
        preset: str = "standard",
        model: Model = "hybrid",
        seed: int | None = None,
        records: bool = True,
        config: Place | None = None,
        set: Mapping[str, Any] | None = None,  # noqa: A002  (as --set)
        **application: Any,
    ) -> tuple[Task[Any, Any], Any, QMANNConfig]:
        """The task, its records and its configuration."""
        found = self._task(task)
        base = load_config(found.preset(preset), file=_path(config))
        asked = replace(found, presets={preset: base}).configured(
            preset, seed=base.seed if seed is None else seed, model=model, **_words(application)
        )
        kept = {} if records else {"memory.together": TOGETHER}
        settled = lay_over(asked, {**kept, **(set or {})})
        return found, found.records(source, settled), settled


def _words(application: Mapping[str, Any]) -> dict[str, Any]:
    """What was given; one level as a list of one."""
    given = {name: value for name, value in application.items() if value is not None}
    if isinstance(given.get("level"), int | float):
        given["level"] = (given["level"],)
    return given


def _path(place: Place | None) -> Path | None:
    return None if place is None else Path(place)
