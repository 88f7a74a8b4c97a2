"""A trained model of a task: it predicts, and says how well it did out of sample."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, replace
from functools import cached_property
from io import BytesIO
from pathlib import Path
from typing import Any

import numpy as np
from numpy.typing import NDArray
from pandas import DataFrame

from ..circuits import Circuit
from ..config import QMANNConfig, Twin, parse_config
from ..data import Samples
from ..data.orders import after_all
from ..errors import ConfigError, DataError
from ..evaluation import Calibration
from ..evaluation.rivals import HYBRID
from ..nn import Ensemble
from ..nn.outcomes import Outcome, Outputs
from ..nn.variants import network_circuit
from ..training import single_precision
from .asked import asked_samples
from .backtest import Backtest
from .card import card
from .conditions import under
from .evaluation import CLOSED_FORM, Evaluation
from .evidence import Known, gather
from .others import Other, baseline_outputs
from .prediction import Prediction
from .regions import calibrations_of, standard_quantiles, too_few
from .report import Report
from .saved import write_model
from .stored import (
    backtest_tensors,
    calibration_tensors,
    data_tensors,
    known_tensors,
    learned_tensors,
    other_prefix,
    twin_tensors,
)
from .task import Task
from .walk import decode, raw_outputs


@dataclass(frozen=True)
class Fitted:
    """A trained model with the evidence of how well it did out of sample."""

    task: Task[Any, Any]
    config: QMANNConfig
    twin: Twin | None
    model: Ensemble
    calibrations: Mapping[str, Calibration]
    evaluation: Evaluation
    template: Samples
    """No rows: the shapes that the network was built for."""
    others: Mapping[str, Other]
    """Every other model of the evaluation."""
    tested: Backtest
    """What all of them answered on the test rows."""
    learned: Samples | None = None
    """What the model was trained on, where baselines cannot be fitted to what is asked."""
    known: Known | None = None
    """What the model was trained on, where labels name it."""
    data: bytes | None = None
    """What it was fitted to, as packed CSV, where a prediction can go on from there."""
    notes: tuple[str, ...] = ()

    @property
    def summary(self) -> str:
        """What the task is about."""
        return self.task.summary

    @property
    def network(self) -> str:
        """What the evaluation calls the network."""
        name = self.twin or HYBRID
        return name if name in self.evaluation.scores else CLOSED_FORM

    @property
    def circuit(self) -> Circuit | None:
        """The circuit in the network; None where none has a say in the answers."""
        stays = self.network == CLOSED_FORM or self.network != self.evaluation.model
        return None if stays else network_circuit(self.config, self.twin)

    @cached_property
    def backtest(self) -> DataFrame:
        """Every model's out-of-sample predictions beside what came, the answering model's first.

        A row for each model, test row and target: ``model``; ``unique_id`` or ``label``; ``date``,
        or ``place`` where there is none; ``target``, ``outcome``, ``prediction``; and the regions.
        """
        return self.tested.frame(self.model.head)

    @property
    def coverage(self) -> DataFrame:
        """By calendar year, or of all: ``n`` test rows, and how often regions held what came."""
        found = DataFrame.from_dict(
            {year: dict(row) for year, row in self.evaluation.coverage.items()}, orient="index"
        )
        return found.rename_axis("year").astype({"n": int} if len(found) else {})

    def plot_backtest(self) -> Any:
        """What the answering model predicted and what came, as a matplotlib figure."""
        name, whole = self.evaluation.model, self.backtest
        title = f"{self.summary}: {name}, {self.evaluation.extent}"
        return self.task.track(title, whole[whole["model"] == name])

    def under(self, config: QMANNConfig) -> "Fitted":
        """The same model with other settings of the application that need no fit.

        Raises:
            ConfigError: settings that only another fit could follow.
        """
        free = config.application.WITHOUT_REFIT
        kept = config.application.model_copy(
            update={name: getattr(self.config.application, name) for name in free}
        )
        if config.model_copy(update={"application": kept}) != self.config:
            raise ConfigError(
                f"a saved model predicts as it was fitted; only {', '.join(sorted(free))} of the "
                "application can change: leave the other settings out, or fit again"
            )
        return replace(self, config=config)

    @single_precision()
    def predict(
        self, source: Any = None, *, noise: float | None = None, **application: Any
    ) -> Report:
        """The report for what a source holds; see `report`.

        Args:
            source: what the task reads, whose targets do not count where the task has a
                ``load_unknown``; the data of the fit when None.
            noise: of the circuits' gates.
            application: as for `report`.

        Raises:
            DataError: None for a task that goes on from nothing; else as of `report`.
        """
        asked = self._asked(application)
        if source is None:
            if self.data is None:
                raise DataError("got nothing to predict: give a file, or demo data by --demo")
            source = BytesIO(self.data)
            source.name = "the data of the fit"
        return asked.report(self.task.unknown(source, asked.config), noise=noise)

    @single_precision()
    def report(self, records: Any, *, noise: float | None = None, **application: Any) -> Report:
        """The report for what is asked: the newest sample of every unit, or as the task says.

        Where regions are adaptive, a unit that was not there at the fit is calibrated with the
        scores of all that were.

        Args:
            records: what the task has loaded.
            noise: chance p of a depolarising error after each gate, on each of its wires; regions
                are calibrated without it.
            application: settings instead of the configuration's that need no fit, such as ``level``
                of the regions or ``cases``, how many remembered ones to show.

        Raises:
            DataError: data that have other columns than at the fit.
            ConfigError: settings or noise out of range, or noise for a model without circuits or
                with recurrent ones.
        """
        asked = self._asked(application)
        samples = self.task.features(records, asked.config.application)
        return asked.report_of(records, samples, noise=noise)

    @single_precision()
    def report_of(self, records: Any, samples: Samples, *, noise: float | None = None) -> Report:
        """The same, where the samples of the records are at hand."""
        self._check_shapes(samples)
        latest = asked_samples(samples, self.task)
        model, said = self.model, tuple[str, ...]()
        if noise is not None:
            self._check_answers()
            model, _, words = under(model, noise)
            said = (words,)
        name, application = self.evaluation.model, self.config.application
        outputs, calibrations = self._answered(name, records, latest, model)
        n_cases = application.cases
        return self.task.report(
            Prediction(
                fitted=self,
                records=records,
                samples=latest,
                outputs=outputs,
                probabilities=model.head.probabilities(application.level),
                calibrations=calibrations,
                evidence=gather(
                    self.model, self._placed(latest), self.template.units, n_cases, self.known
                ),
                n_cases=n_cases,
                notes=(*self.notes, *self._warnings(latest, model, calibrations), *said),
            )
        )

    def by(self, prediction: Prediction, name: str) -> Prediction:
        """The same question, answered by another model of the evaluation."""
        outputs, calibrations = self._answered(
            name, prediction.records, prediction.samples, self.model
        )
        return replace(prediction, outputs=outputs, calibrations=calibrations)

    def _answered(
        self, name: str, records: Any, asked: Samples, model: Ensemble
    ) -> tuple[Outputs, tuple[Calibration, ...]]:
        """Outputs of a model with regions, and what these come from; ``model`` is the network."""
        own = Other(self.calibrations, model)
        other = own if name == self.network else self.others[name]
        if other.model is None:
            application = self.config.application
            outputs = baseline_outputs(self.task, name, records, asked, application, self.learned)
        else:
            outputs = decode(other.model, raw_outputs(other.model, self._placed(asked)))
        if not other.calibrations:
            return outputs, ()
        adaptive = self.task.calibration == "adaptive"
        calibrations = calibrations_of(other.calibrations, asked, adaptive=adaptive)
        head = (other.model or model).head
        return {**outputs, head.region: self.region(outputs, calibrations, head)}, calibrations

    def region(
        self, outputs: Outputs, calibrations: Sequence[Calibration], outcome: Outcome
    ) -> NDArray[np.float64]:
        """The regions of outputs, each by its calibration."""
        wanted = np.array(outcome.probabilities(self.config.application.level))
        return outcome.bound(outputs, standard_quantiles(calibrations, wanted, outcome))

    def _placed(self, asked: Samples) -> Samples:
        return asked if self.task.calibration == "adaptive" else after_all(asked)

    def _warnings(
        self, asked: Samples, model: Ensemble, calibrations: Sequence[Calibration]
    ) -> tuple[str, ...]:
        """What has to be said of these answers."""
        notes = list[str]()
        strangers = [name for name in asked.units if name not in self.calibrations]
        if strangers and self.task.calibration == "adaptive":
            notes.append(f"not seen at the fit, intervals are pooled: {', '.join(strangers)}")
        if far := max(member.turned_back(asked.x) for member in model):
            said = f"{far} of {len(asked)} rows are so far from those of the training"
            notes.append(f"{said} that circuits turn back (angles beyond pi / 2): trust them less")
        if calibrations:
            notes += too_few(calibrations, model.head, self.config.application.level)
        return tuple(notes)

    def _check_answers(self) -> None:
        if self.evaluation.model != self.network:
            raise ConfigError(
                f"got noise or shots, but {self.evaluation.model} answers, which has no circuits: "
                "leave them out, or fit with model=hybrid"
            )

    @single_precision()
    def adapt(
        self, source: Any = None, *, noise: float | None = None, shots: int | None = None
    ) -> "Fitted":
        """The same circuits under noise or shots, with the readout solved again on what is known.

        Intervals keep the scores of the model without noise.

        Args:
            source: what the task reads, as at the fit; the demo when None.
            noise: chance of a depolarising error after each gate of the circuits.
            shots: measurements behind each value of a circuit; None for exact values.

        Raises:
            ConfigError: noise or shots out of range, neither, or a readout that was not solved.
        """
        if not all(member.is_solved for member in self.model):
            raise ConfigError(
                "got a network that was trained: expected fixed circuits, whose readout can be "
                "solved again; set model=reservoir or quantum_kernel and fit again"
            )
        records = self.task.records(source, self.config)
        samples = self.task.features(records, self.config.application)
        self._check_shapes(samples)
        self._check_answers()
        model, change, words = under(self.model, noise, shots)
        for member in model:
            member.fit_statistics(samples[samples.known])
        quantum = self.config.quantum.model_copy(update=change)
        note = f"readout solved again on {words}"
        return replace(
            self,
            model=model,
            config=self.config.model_copy(update={"quantum": quantum}),
            notes=(*self.notes, note),
        )

    def save(self, folder: str | Path) -> None:
        """Write the model folder, all of it or nothing; see `write_model`."""
        tensors = dict(self.model.state_dict())
        tensors |= calibration_tensors(self.calibrations) | backtest_tensors(self.tested)
        for number, other in enumerate(self.others.values()):
            tensors |= calibration_tensors(other.calibrations, other_prefix(number))
            if other.model is not None:
                tensors |= twin_tensors(other.model.state_dict())
        if self.learned is not None:
            tensors |= learned_tensors(self.learned)
        if self.known is not None:
            tensors |= known_tensors(self.known)
        if self.data is not None:
            tensors |= data_tensors(self.data)
        template = self.template
        description = {
            "task": self.task.name,
            "twin": self.twin,
            "config": self.config.model_dump(mode="json"),
            "shapes": {
                "x": list(template.x.shape[1:]),
                "regressors": template.regressors.shape[1],
                "targets": {axis: list(names) for axis, names in template.targets.items()},
                "lead": list(template.lead),
                "units": list(template.units),
                "dated": template.dated,
            },
            "calibrations": list(self.calibrations),
            "others": [
                {"name": name, "calibrations": list(other.calibrations)}
                for name, other in self.others.items()
            ],
            "evaluation": self.evaluation.to_dict(),
            "notes": list(self.notes),
        }
        text = card(self.task.name, self.summary, self.evaluation, self.config)
        write_model(Path(folder), tensors, description, text)

    def _asked(self, application: Mapping[str, Any]) -> "Fitted":
        if not application:
            return self
        values = self.config.model_dump()
        unknown = application.keys() - values["application"].keys()
        if unknown:
            raise ConfigError(f"got {', '.join(sorted(unknown))}: no such setting of the task")
        values["application"].update(application)
        return self.under(parse_config(type(self.config), values))

    def _check_shapes(self, samples: Samples) -> None:
        given = (tuple(samples.x.shape[1:]), samples.regressors.shape[1])
        expected = (tuple(self.template.x.shape[1:]), self.template.regressors.shape[1])
        if given != expected:
            raise DataError(
                f"the data give features of the shapes {given}, but the model reads {expected}: "
                "give the same columns as at the fit"
            )
