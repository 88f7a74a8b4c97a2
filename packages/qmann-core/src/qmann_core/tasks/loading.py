"""From the folder of a saved model to the model."""

import math
from collections.abc import Mapping
from pathlib import Path
from typing import Any

import torch
from torch import Tensor

from ..config import QMANNConfig, Twin, parse_config
from ..data import Samples
from ..errors import DataError, QMANNError
from ..nn import Ensemble, build_network, run_on
from ..storage import finite
from ..training import seeded, single_precision, torch_threads
from .description import Description
from .evaluation import TWIN
from .fitted import Fitted
from .others import Other, askable
from .saved import read_model
from .stored import (
    LEARNED_X,
    other_prefix,
    stored_backtest,
    stored_calibration,
    stored_data,
    stored_known,
    stored_learned,
    stored_state,
    stored_twin,
)
from .structure import Bounded, check_members, check_models, check_state, check_together, fitting
from .task import Task


@torch_threads(1)  # which answers one row
@single_precision()
def load_fitted(task: Task[Any, Any], folder: str | Path) -> Fitted:
    """Read a model folder that ``Fitted.save`` wrote for this task.

    Raises:
        DataError: as of `read_model`, or what is there does not fit together or is no number.
    """
    tensors, description = read_model(Path(folder), task.name)
    try:
        return _fitted(task, tensors, description)
    except QMANNError as error:
        raise DataError(f"{folder}: {error}") from error


def _fitted(
    task: Task[Any, Any], tensors: Mapping[str, Tensor], description: Description
) -> Fitted:
    config = parse_config(type(next(iter(task.presets.values()))), description.config)
    template, twin = description.shapes.template(), description.twin
    states = {twin: stored_state(tensors)}
    if apart := stored_twin(tensors):
        states[TWIN] = apart
    quantum = config.quantum
    if quantum.backend is not None:  # where nothing is run to see whether parts fit together
        quantum = quantum.model_copy(update={"backend": None, "noise": None})
    here = config.model_copy(update={"quantum": quantum})
    models = {each: _network(task, here, template, each, states[each]) for each in states}
    drawn = {name for each in models.values() for name in _not_stored(each)}
    plain = {
        name: each for name, each in tensors.items() if name.removeprefix("twin/") not in drawn
    }
    if LEARNED_X in plain:  # in which NaN is a value, a missing one
        plain[LEARNED_X] = plain[LEARNED_X].nan_to_num(0.0, math.inf, -math.inf)
    finite(plain, Path("model.safetensors"))
    known, n_units = stored_known(tensors), len(template.units)
    for each, model in models.items():
        with fitting():
            model.load_state_dict(states[each])
        check_members(model, n_units, None if known is None else len(known.label))
    others = {
        other.name: Other(
            {
                name: stored_calibration(tensors, name, other_prefix(k))
                for name in other.calibrations
            },
            models[TWIN].eval() if other.name == TWIN and TWIN in models else None,
        )
        for k, other in enumerate(description.others)
    }
    fitted = Fitted(
        task=task,
        config=config,
        twin=twin,
        model=models[twin].eval(),
        calibrations={name: stored_calibration(tensors, name) for name in description.calibrations},
        evaluation=description.evaluation,
        template=template,
        others=others,
        tested=stored_backtest(
            tensors, template, askable(task, description.evaluation.scores, config)
        ),
        learned=stored_learned(tensors, template),
        known=known,
        data=stored_data(tensors),
        notes=tuple(description.notes),
    )
    check_models(fitted)
    check_together(fitted)
    if config.quantum.shots is not None:  # those that were drawn meanwhile are taken back
        for each, model in models.items():
            model.load_state_dict(states[each])
    if config.quantum.backend is not None:
        for model in models.values():
            run_on(model, config.quantum.backend, config.quantum.noise)
    return fitted


def _network(
    task: Task[Any, Any],
    config: QMANNConfig,
    template: Samples,
    twin: Twin | None,
    state: Mapping[str, Tensor],
) -> Ensemble:
    """One of that configuration, whose state these tensors can be."""
    with seeded(config.seed, torch.device("cpu")), Bounded(state), fitting():
        # the weights drawn here are overwritten
        members = [
            build_network(config, template, task.head, twin) for _ in range(config.hybrid.members)
        ]
    model = Ensemble(members)
    check_state(model, state)
    return model


def _not_stored(model: Ensemble) -> set[str]:
    """Names of what is no number yet, and may stay so."""
    return {name for name, fresh in model.state_dict().items() if not fresh.isfinite().all()}
