"""A trained model of a task: it predicts, and says how well it did out of sample."""

import copy
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, replace
from io import BytesIO
from pathlib import Path
from typing import Any

import numpy as np
from numpy.typing import NDArray

from ..circuits import Circuit
from ..config import QMANNConfig, Twin, parse_config
from ..data import Samples
from ..data.orders import after_all
from ..errors import ConfigError, DataError
from ..evaluation import Calibration
from ..nn import Ensemble, FeatureCircuits, add_noise
from ..nn.outcomes import Outputs
from ..nn.variants import network_circuit
from ..training import single_precision
from .asked import asked_samples
from .card import card
from .evaluation import CLOSED_FORM, Evaluation
from .evidence import Known, gather
from .prediction import Prediction
from .regions import pool, standard_quantiles, too_few
from .report import Report
from .saved import calibration_tensors, data_tensors, known_tensors, write_model
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
    def circuit(self) -> Circuit | None:
        """The circuit in the network; None where none has a say in its answers."""
        stays = self.evaluation.model == CLOSED_FORM
        return None if stays else network_circuit(self.config, self.twin)

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
        model, under = self.model, tuple[str, ...]()
        if noise is not None:
            model, _, said = self._under(noise)
            under = (said,)
        placed = latest if self.task.calibration == "adaptive" else after_all(latest)
        outputs, outcome = decode(model, raw_outputs(model, placed)), model.head
        application = self.config.application
        calibrations, notes = self._calibrations(latest)
        if far := max(member.turned_back(latest.x) for member in model):
            said = f"{far} of {len(latest)} rows are so far from those of the training"
            notes += (f"{said} that circuits turn back (angles beyond pi / 2): trust them less",)
        notes += too_few(calibrations, outcome, application.level)
        probabilities, region = self.bounded(outputs, calibrations)
        names, n_cases = self.template.units, application.cases
        return self.task.report(
            Prediction(
                fitted=self,
                records=records,
                samples=latest,
                outputs={**outputs, outcome.region: region},
                probabilities=probabilities,
                calibrations=calibrations,
                evidence=gather(self.model, placed, names, n_cases, self.known),
                n_cases=n_cases,
                notes=(*notes, *under),
            )
        )

    def bounded(
        self, outputs: Outputs, calibrations: Sequence[Calibration]
    ) -> tuple[tuple[float, ...], NDArray[np.float64]]:
        """Probabilities, and the regions of outputs, each by its calibration."""
        outcome = self.model.head
        probabilities = outcome.probabilities(self.config.application.level)
        quantiles = standard_quantiles(calibrations, np.array(probabilities), outcome)
        return probabilities, outcome.bound(outputs, quantiles)

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
        model, change, under = self._under(noise, shots)
        for member in model:
            member.fit_statistics(samples[samples.known])
        quantum = self.config.quantum.model_copy(update=change)
        note = f"readout solved again on {under}"
        return replace(
            self,
            model=model,
            config=self.config.model_copy(update={"quantum": quantum}),
            notes=(*self.notes, note),
        )

    def save(self, folder: str | Path) -> None:
        """Write the model folder, all of it or nothing; see `write_model`."""
        tensors = dict(self.model.state_dict())
        tensors |= calibration_tensors(self.calibrations)
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

    def _calibrations(self, samples: Samples) -> tuple[tuple[Calibration, ...], tuple[str, ...]]:
        """The scores that each sample's regions come from, and the notes."""
        pooled = pool(list(self.calibrations.values()))
        if self.task.calibration == "fixed":
            return (pooled,) * len(samples), self.notes
        found = tuple(self.calibrations.get(samples.units[u], pooled) for u in samples.unit)
        strangers = [name for name in samples.units if name not in self.calibrations]
        if not strangers:
            return found, self.notes
        text = f"not seen at the fit, intervals are pooled: {', '.join(strangers)}"
        return found, (*self.notes, text)

    def _under(
        self, noise: float | None, shots: int | None = None
    ) -> tuple[Ensemble, dict[str, Any], str]:
        """The model on other circuits, what of the configuration differs, and that in words."""
        model, change, words = copy.deepcopy(self.model), {}, []
        if noise is not None:
            if not 0 <= noise <= 1:
                raise ConfigError(f"got noise={noise}: expected a probability, such as 0.01")
            if not add_noise(model, noise):
                raise ConfigError(
                    f"got noise={noise}: fixed circuits or those of a dense controller are "
                    "simulated with noise; this model has none: leave noise out"
                )
            change["noise"] = noise
            words.append(f"{noise:.2%} depolarising noise after each gate")
        if shots is not None:
            features = [part for part in model.modules() if isinstance(part, FeatureCircuits)]
            if shots < 1 or not features:
                raise ConfigError(
                    f"got shots={shots}: expected 1 or more, for a model of fixed circuits"
                )
            for part in features:
                part.shots = shots
            change["shots"] = shots
            words.append(f"{shots} shots for each value")
        if not change:
            raise ConfigError("got neither noise nor shots: give one, or both")
        return model, change, f"circuits simulated with {' and '.join(words)}"

    def _check_shapes(self, samples: Samples) -> None:
        given = (tuple(samples.x.shape[1:]), samples.regressors.shape[1])
        expected = (tuple(self.template.x.shape[1:]), self.template.regressors.shape[1])
        if given != expected:
            raise DataError(
                f"the data give features of the shapes {given}, but the model reads {expected}: "
                "give the same columns as at the fit"
            )
