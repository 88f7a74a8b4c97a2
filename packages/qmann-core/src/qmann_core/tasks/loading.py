"""From the folder of a saved model to the model."""

from collections.abc import Mapping
from pathlib import Path
from typing import Any

import torch
from torch import Tensor

from ..config import parse_config
from ..errors import DataError, QMANNError
from ..nn import Ensemble, build_network
from ..storage import finite
from ..training import seeded, single_precision
from .description import Description
from .fitted import Fitted
from .saved import read_model, stored_calibration, stored_data, stored_known, stored_state
from .structure import Bounded, check_members, check_state, check_together, fitting
from .task import Task


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
    kind = type(next(iter(task.presets.values())))
    config = parse_config(kind, description.config)
    template, twin = description.shapes.template(), description.twin
    state = stored_state(tensors)
    with seeded(config.seed, torch.device("cpu")), Bounded(state), fitting():
        # the weights drawn here are overwritten
        members = [
            build_network(config, template, task.head, twin) for _ in range(config.hybrid.members)
        ]
    model = Ensemble(members)
    check_state(model, state)
    unknown = {name for name, fresh in model.state_dict().items() if not fresh.isfinite().all()}
    filled = {name: each for name, each in tensors.items() if name not in unknown}
    finite(filled, Path("model.safetensors"))
    known, n_units = stored_known(tensors), len(template.units)
    with fitting():
        model.load_state_dict(state)
    check_members(model, n_units, None if known is None else len(known.label))
    fitted = Fitted(
        task=task,
        config=config,
        twin=twin,
        model=model.eval(),
        calibrations={name: stored_calibration(tensors, name) for name in description.calibrations},
        evaluation=description.evaluation,
        template=template,
        known=known,
        data=stored_data(tensors),
        notes=tuple(description.notes),
    )
    check_together(fitted)
    model.load_state_dict(state)  # shots that were drawn meanwhile are taken back
    return fitted
