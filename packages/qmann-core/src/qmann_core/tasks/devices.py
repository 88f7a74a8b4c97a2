"""What a task answers and loses on circuits of a back end, beside exact ones."""

from dataclasses import dataclass, replace
from typing import Any

import numpy as np
import pandas as pd
import torch
from numpy.typing import NDArray
from pandas import DataFrame

from ..backends import Backend, Cost
from ..backends.standing import Recalled
from ..config import QMANNConfig, QuantumConfig, Twin
from ..data import Fold, Folds, Samples
from ..errors import ConfigError
from ..mitigation import Mitigated, named
from ..mitigation.automatic import AUTO
from ..nn import Ensemble, made
from ..nn.variants import network_circuit
from ..training import single_precision
from .assessment import Assessment
from .calibrating import fixed_calibration, same_for_all
from .conditions import Noise, chance, counted, known_there, under
from .fitted import Fitted
from .report import Report
from .result import Result
from .walk import Members, as_asked, decode, evaluated_rows, raw_outputs

RUN = "run there"
_AUTO = "readout,evd"


@dataclass(frozen=True, kw_only=True)
class Device:
    """What circuits run on: a back end, its noise, shots, and how its noise is mitigated.

    ``mitigation`` is a pipeline by its stages' names, see `mitigation.named`; ``"auto"`` is
    "readout,evd", at as many shots in all.
    """

    backend: str | Backend | None = None
    noise: Noise = None
    shots: int | None = None
    mitigation: str | None = None

    def check(self, config: QMANNConfig, twin: Twin | None = None, *, priced: bool = False) -> None:
        """Refuse, before anything is trained, what circuits of such a network cannot run on.

        Raises:
            ConfigError: no such back end, noise or mitigation, none where it is to be ``priced``,
                or a back end whose circuits cannot be mitigated.
            CircuitError: shots that make no sense there, or circuits that are too wide.
            ModuleNotFoundError: what the back end needs is not installed.
        """
        if self.mitigation is not None:
            self.variants()
        if self.backend is None:
            if priced:
                raise ConfigError(
                    "got no back end: expected one, such as backend=aer, for what it costs"
                )
            chance(self.noise or 0.0)
        elif circuit := network_circuit(config, twin):
            nothing = torch.zeros(0, circuit.n_inputs), torch.zeros(circuit.n_weights)
            there = made(self.backend, self.noise)
            shots = config.quantum.shots if self.shots is None else self.shots
            there.expectations(circuit, *nothing, shots=shots)
            if self.mitigation is not None:
                there.native(circuit)

    @property
    def on(self) -> dict[str, Any]:
        """What `under` takes."""
        return {"backend": self.backend, "noise": self.noise, "shots": self.shots}

    def variants(self) -> "dict[str, Device]":
        """Itself and, if that is wanted, with mitigation; what they ask twice is asked once."""
        if self.backend is None:
            if self.mitigation is not None:
                raise ConfigError(
                    "got mitigation without a back end: expected one, such as backend=aer"
                )
            return {"": self}
        there = made(self.backend, self.noise)
        plain = replace(self, backend=Recalled(of=there), noise=None)
        if self.mitigation is None:
            return {"": plain}
        chosen = _AUTO if self.mitigation == AUTO else self.mitigation
        by = Recalled(of=Mitigated(of=there, pipeline=named(chosen)))
        return {"": plain, "mitigated": replace(plain, backend=by)}


@single_precision()
def price(report: Report, records: Any, device: Device, *, rows: int = 250) -> Result:
    """What `beside` takes on a back end, without asking anything of it.

    Raises:
        ConfigError: no back end, more than the configuration's ``price`` allows, or as `beside`.
    """
    cost = _price(report, records, device, rows)
    return taken(cost, under(_fitted(report).model, **device.on)[-1])


def taken(cost: Cost, where: str) -> Result:
    """A cost as a result."""
    return Result(
        title=f"What it takes: {where}", table=DataFrame([vars(cost)]), notes=(in_words(cost),)
    )


def _price(report: Report, records: Any, device: Device, rows: int) -> Cost:
    config = _fitted(report).config
    device.check(config, _fitted(report).twin, priced=True)
    assert device.backend is not None
    prices, counting = config.price, counted(device.backend, device.noise, config.price)
    _beside(report, records, replace(device, backend=counting, noise=None), rows)
    assert counting.total is not None
    counting.total.check(prices)
    return counting.total


def _fitted(report: Report) -> Fitted:
    assert isinstance(report.fitted, Fitted)
    return report.fitted


@single_precision()
def beside(report: Report, records: Any, device: Device, *, rows: int = 250) -> Result:
    """Answers and losses of exact circuits, of a back end's, and of a readout adapted to it.

    Losses are those of ``rows`` test rows, by a model that has learned from all before them or,
    of independent folds, from all others; the readout is solved again on these, on a back end on
    `ADAPTED` of them. With 0, nothing is lost or adapted. A model that was fitted with noise or
    shots is called "as fitted" in place of "exact".

    Raises:
        ConfigError: a report whose model has no fixed circuits, what `under` refuses, or a back end
            that would take more than the configuration's ``price`` allows.
    """
    if device.backend is None:
        return _beside(report, records, device, rows)
    taken = _price(report, records, device, rows)
    found = _beside(report, records, device, rows)
    return replace(found, notes=(*found.notes, in_words(taken)))


def in_words(cost: Cost) -> str:
    """A sentence about a cost."""
    return (
        f"on a device: {cost.circuits:,} circuits, {cost.shots:,} shots, depth {cost.depth}, "
        f"{cost.two_wire_gates} two-qubit gates, {cost.seconds:,.0f} s, {cost.money:,.2f} in money"
    )


def _beside(report: Report, records: Any, device: Device, rows: int) -> Result:
    fitted = _fitted(report)
    words, own = under(fitted.model, **device.on)[-1], _own(fitted.config.quantum)
    variants = device.variants()
    tables = {own: report.table}
    for name, each in variants.items():
        tables[name or RUN] = fitted.report(records, **each.on).table
    losses, said = None, [f"{RUN}: by the same readout"]
    if rows:
        for name, each in variants.items():
            adapted = fitted.adapt(records, **each.on)
            tables[_adapted(name)] = adapted.report(records).table
            said.append(f"{_adapted(name)}: {adapted.notes[-1]}")
        losses = _losses(fitted, records, device, variants, rows)
        said.append(f"losses on the same {losses['test rows'][0]} rows")
        if len(variants) > 1:
            least = losses.iloc[1:].sort_values(losses.columns[1])["circuits"].iloc[0]
            said.append(f"on these rows, {least} loses least of what runs there")
    whole = [table.assign(circuits=name) for name, table in tables.items()]
    table = pd.concat(whole, ignore_index=True)[["circuits", *report.table.columns]]
    title = f"{own[0].upper()}{own[1:]}, and {words}"
    return Result(title=title, table=table, figures=losses, notes=("; ".join(said),))


def _adapted(name: str) -> str:
    return f"{name} and adapted" if name else "adapted"


def _own(quantum: QuantumConfig) -> str:
    given = (quantum.backend, quantum.noise, quantum.shots)
    return "exact" if given == (None, None, None) else "as fitted"


def _losses(
    fitted: Fitted, records: Any, device: Device, variants: dict[str, Device], most: int
) -> DataFrame:
    """A row for the model's circuits, for each variant there, and for readouts adapted to them."""
    config = fitted.config
    assessment = Assessment(fitted.task, records, config)
    known, folds = assessment.known, assessment.folds
    train, test = _last(folds, most)
    folds = Folds((Fold(train, test),), folds.kind)
    members = Members(assessment.task.head, config, fitted.twin, folds)
    first = members.first_fit(known[train])
    quantiles = _quantiles(assessment, first, known[_held_back(known, folds, config)], folds)
    exact = members.refit(known[train])
    models = {_own(config.quantum): exact}
    for name, each in variants.items():
        models[name or RUN], _, _ = under(exact, **each.on)
    for name, each in variants.items():
        models[_adapted(name)], _, _ = under(exact, **each.on)
        for member in models[_adapted(name)]:
            member.fit_statistics(known_there(known[train], device.backend))
    asked, rows = as_asked(known[test], folds), []
    for name, model in models.items():
        outputs = decode(model, raw_outputs(model, asked))
        repeated = np.broadcast_to(quantiles, (len(test), *quantiles.shape))
        outputs = {**outputs, model.head.region: model.head.bound(outputs, repeated)}
        score = assessment.task.score(outputs, asked, known[train], assessment.probabilities)
        metric = next(iter(score))
        rows.append({"circuits": name, metric: np.mean(score[metric]), "test rows": len(test)})
    return DataFrame(rows)


def _held_back(known: Samples, folds: Folds, config: QMANNConfig) -> NDArray[np.int64]:
    evaluated = evaluated_rows(known, folds, config, by_unit=False)
    return evaluated.rows[: evaluated.n_calibration]


def _quantiles(
    assessment: Assessment, model: Ensemble, held_back: Samples, folds: Folds
) -> NDArray[np.float64]:
    """Of the scores that regions come from: of exact circuits, of rows not learned from."""
    head, wanted = model.head, np.array(assessment.probabilities)
    outputs = decode(model, raw_outputs(model, as_asked(held_back, folds)))
    calibration = fixed_calibration(head.nonconformity(outputs, held_back), wanted)
    quantiles: NDArray[np.float64] = same_for_all(calibration, wanted, 1, head)[0]
    return quantiles


def _last(folds: Folds, most: int) -> tuple[NDArray[np.int64], NDArray[np.int64]]:
    """Rows to learn from, and so many to test on: the latest, or some of the first fold."""
    if folds.kind == "independent":
        test = folds[0].test
        return folds[0].train, test[np.linspace(0, len(test) - 1, min(most, len(test))).astype(int)]
    number, test = len(folds), np.array([], dtype=np.int64)
    while number and len(test) < most:
        number -= 1
        test = np.concatenate((folds[number].test, test))
    return folds[number].train, test[-most:]
