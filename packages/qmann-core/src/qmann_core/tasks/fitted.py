"""A trained model of a task: it predicts, and says how well it did out of sample."""

from collections.abc import Mapping
from dataclasses import dataclass, replace
from functools import cached_property
from io import BytesIO
from pathlib import Path
from typing import Any

from pandas import DataFrame

from ..backends import Backend
from ..circuits import Circuit
from ..config import QMANNConfig, Twin
from ..data import Samples
from ..data.orders import after_all
from ..errors import ConfigError, DataError
from ..evaluation import Calibration
from ..evaluation.rivals import HYBRID
from ..nn import Ensemble
from ..nn.outcomes import Outputs
from ..nn.variants import network_circuit
from ..training import single_precision, torch_threads
from .asked import asked_samples
from .backtest import Backtest
from .card import card
from .conditions import Noise, known_there, under
from .description import shapes_of
from .evaluation import CLOSED_FORM, Evaluation
from .evidence import Known, gather
from .others import Other, askable, baseline_outputs
from .prediction import Prediction
from .regions import calibrations_of, warnings_of, with_region
from .report import Report
from .saved import write_model
from .settings import check_free, with_settings
from .stored import (
    backtest_tensors,
    calibration_tensors,
    data_tensors,
    known_tensors,
    learned_tensors,
    other_tensors,
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
    elsewhere: Backend | None = None
    """The back end that it is adapted to, where that has no name by which a file could hold it."""

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
    def askable(self) -> tuple[str, ...]:
        """Models of the evaluation that answer."""
        return askable(self.task, self.evaluation.scores, self.config)

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
        return self.evaluation.by_year()

    def plot_backtest(self) -> Any:
        """What the answering model predicted and what came, as a matplotlib figure."""
        name, whole = self.evaluation.model, self.backtest
        title = f"{self.task.name.capitalize()} by {name}, out of sample"
        return self.task.track(title, whole[whole["model"] == name])

    def under(self, config: QMANNConfig) -> "Fitted":
        """The same model with other settings of the application that need no fit.

        Raises:
            ConfigError: settings that only another fit could follow.
        """
        check_free(self.config, config)
        return replace(self, config=config)

    @single_precision()
    def predict(
        self,
        source: Any = None,
        *,
        noise: Noise = None,
        shots: int | None = None,
        backend: str | Backend | None = None,
        **application: Any,
    ) -> Report:
        """The report for what a source holds; see `report`.

        Args:
            source: what the task reads, whose targets do not count where the task has a
                ``load_unknown``; the data of the fit when None.
            noise: of the circuits, as for `report`.
            shots: likewise.
            backend: likewise.
            application: likewise.

        Raises:
            DataError: None for a task that goes on from nothing; else as of `report`.
        """
        asked = self.under(with_settings(self.config, application))
        if source is None:
            if self.data is None:
                raise DataError("got nothing to predict: give a file, or demo data by --demo")
            source = BytesIO(self.data)
            source.name = "the data of the fit"
        records = self.task.unknown(source, asked.config)
        return asked.report(records, noise=noise, shots=shots, backend=backend)

    @single_precision()
    def report(
        self,
        records: Any,
        *,
        noise: Noise = None,
        shots: int | None = None,
        backend: str | Backend | None = None,
        **application: Any,
    ) -> Report:
        """The report for what is asked: the newest sample of every unit, or as the task says.

        Where regions are adaptive, a unit that was not there at the fit is calibrated with the
        scores of all that were.

        Args:
            records: what the task has loaded.
            noise: chance p of a depolarising error after each gate, on each of its wires, or the
                name of a device whose noise the back end knows, such as "fake_manila"; regions are
                calibrated without it.
            shots: measurements behind each value of a circuit; None for exact values.
            backend: where circuits run, a back end or its name, such as "aer"; see
                `backends.backend`.
            application: settings instead of the configuration's that need no fit, such as ``level``
                of the regions or ``cases``, how many remembered ones to show.

        Raises:
            DataError: data that have other columns than at the fit.
            ConfigError: settings, noise or shots out of range, any of these for a model without
                circuits, shots of trained circuits without a back end, or no such back end.
        """
        asked = self.under(with_settings(self.config, application))
        samples = self.task.features(records, asked.config.application)
        return asked.report_of(records, samples, noise=noise, shots=shots, backend=backend)

    @single_precision()
    def report_of(
        self,
        records: Any,
        samples: Samples,
        *,
        noise: Noise = None,
        shots: int | None = None,
        backend: str | Backend | None = None,
    ) -> Report:
        """The same, where the samples of the records are at hand."""
        self._check_shapes(samples)
        latest = asked_samples(samples, self.task)
        model, said = self.model, list[str]()
        if (noise, shots, backend) != (None, None, None):
            self._check_answers()
            model, change, words = under(model, noise, shots, backend)
            if change.items() - self.config.quantum.model_dump().items():
                words += ", to which its readout is not adapted"
            said = [words]
        name, application = self.evaluation.model, self.config.application
        names, n_cases = self.template.units, application.cases
        units = self.calibrations.keys() if self._adaptive else latest.units
        with torch_threads(self.config.hybrid.threads):
            outputs, calibrations = self._answered(name, records, latest, model)
            warned = warnings_of(latest, model, calibrations, application.level, units)
            if self.config.memory.together > 1:
                said.append("no similar cases are shown: the model keeps none (--without-records)")
            return self.task.report(
                Prediction(
                    fitted=self,
                    records=records,
                    samples=latest,
                    outputs=outputs,
                    probabilities=model.head.probabilities(application.level),
                    calibrations=calibrations,
                    evidence=gather(self.model, self._placed(latest), names, n_cases, self.known),
                    n_cases=n_cases,
                    notes=(*self.notes, *warned, *said),
                )
            )

    def by(self, prediction: Prediction, name: str) -> Prediction:
        """The same question, answered by another model of the evaluation."""
        records, asked = prediction.records, prediction.samples
        outputs, calibrations = self._answered(name, records, asked, self.model)
        return replace(prediction, outputs=outputs, calibrations=calibrations)

    def _answered(
        self, name: str, records: Any, asked: Samples, model: Ensemble
    ) -> tuple[Outputs, tuple[Calibration, ...]]:
        """Outputs of a model with regions, and what these come from; ``model`` is the network."""
        own = Other(self.calibrations, model)
        if name not in self.askable:
            raise ConfigError(
                f"got a model without records, to which {name} would be fitted: expected one of "
                f"{', '.join(self.askable)}; or fit again with records"
            )
        other = own if name == self.network else self.others[name]
        if other.model is None:
            application = self.config.application
            outputs = baseline_outputs(self.task, name, records, asked, application, self.learned)
        else:
            outputs = decode(other.model, raw_outputs(other.model, self._placed(asked)))
        if not other.calibrations:
            return outputs, ()
        calibrations = calibrations_of(other.calibrations, asked, adaptive=self._adaptive)
        head, levels = (other.model or model).head, self.config.application.level
        return with_region(outputs, calibrations, head, levels), calibrations

    @property
    def _adaptive(self) -> bool:
        return self.task.calibration == "adaptive"

    def _placed(self, asked: Samples) -> Samples:
        return asked if self._adaptive else after_all(asked)

    def _check_answers(self) -> None:
        if self.evaluation.model != self.network:
            raise ConfigError(
                f"got noise, shots or a back end, but {self.evaluation.model} answers, which has "
                "no circuits: leave them out, or fit with model=hybrid"
            )

    @single_precision()
    def adapt(
        self,
        source: Any = None,
        *,
        noise: Noise = None,
        shots: int | None = None,
        backend: str | Backend | None = None,
    ) -> "Fitted":
        """The same circuits under noise or shots, with the readout solved again on what is known.

        Of a back end, on an even sample of 300 rows. Intervals keep the scores of the model without
        noise.

        Args:
            source: what the task reads, as at the fit; the demo when None.
            noise: of the circuits, as for `report`.
            shots: likewise.
            backend: likewise.

        Raises:
            ConfigError: noise or shots out of range, none of the three, or a readout that was not
                solved.
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
        model, change, words = under(self.model, noise, shots, backend)
        known = known_there(samples[samples.known], backend)
        for member in model:
            member.fit_statistics(known)
        quantum = self.config.quantum.model_copy(update=change)
        note = f"readout solved again on {words}, from {len(known)} rows"
        return replace(
            self,
            model=model,
            config=self.config.model_copy(update={"quantum": quantum}),
            notes=(*self.notes, note),
            elsewhere=backend if isinstance(backend, Backend) else None,
        )

    def save(self, folder: str | Path) -> None:
        """Write the model folder, all of it or nothing; see `write_model`.

        Raises:
            ConfigError: it is adapted to a back end that was given as an object.
        """
        if self.elsewhere is not None:
            raise ConfigError(
                f"got a model adapted to {self.elsewhere.name}, given as an object: expected a "
                "back end by its name, which a file can hold; adapt it again, as with "
                "backend='aer', noise='fake_manila'"
            )
        tensors = dict(self.model.state_dict())
        tensors |= calibration_tensors(self.calibrations) | backtest_tensors(self.tested)
        tensors |= other_tensors(tuple(self.others.values()))
        tensors |= {} if self.learned is None else learned_tensors(self.learned)
        tensors |= {} if self.known is None else known_tensors(self.known)
        tensors |= {} if self.data is None else data_tensors(self.data)
        description = {
            "task": self.task.name,
            "twin": self.twin,
            "config": self.config.model_dump(mode="json"),
            "shapes": shapes_of(self.template),
            "calibrations": list(self.calibrations),
            "others": [
                {"name": name, "calibrations": list(other.calibrations)}
                for name, other in self.others.items()
            ],
            "evaluation": self.evaluation.to_dict(),
            "notes": list(self.notes),
        }
        kept = 0 if self.learned is None else len(self.learned)
        text = card(self.task.name, self.summary, self.evaluation, self.config, kept)
        write_model(Path(folder), tensors, description, text)

    def _check_shapes(self, samples: Samples) -> None:
        given = (tuple(samples.x.shape[1:]), samples.regressors.shape[1])
        expected = (tuple(self.template.x.shape[1:]), self.template.regressors.shape[1])
        if given != expected:
            raise DataError(
                f"the data give features of the shapes {given}, but the model reads {expected}: "
                "give the same columns as at the fit"
            )
