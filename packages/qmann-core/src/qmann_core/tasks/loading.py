"""From the folder of a saved model to the model."""

from collections.abc import Mapping
from pathlib import Path
from typing import Any

import numpy as np
import torch

from ..config import parse_config
from ..data import Samples
from ..nn import Ensemble, build_network
from ..training import seeded
from .evaluation import Evaluation
from .fitted import Fitted
from .saved import read_model, stored_calibration, stored_known, stored_state
from .task import Task


def load_fitted(task: Task[Any, Any], folder: Path) -> Fitted:
    """Read a model folder that ``Fitted.save`` wrote for this task; errors as of `read_model`."""
    tensors, description = read_model(folder, task.name)
    kind = type(next(iter(task.presets.values())))
    config = parse_config(kind, description["config"])
    template = _template(description["shapes"])
    twin = description["twin"]
    with seeded(config.seed, torch.device("cpu")):  # the weights drawn here are overwritten
        members = [
            build_network(config, template, task.head, twin) for _ in range(config.hybrid.members)
        ]
    model = Ensemble(members)
    model.load_state_dict(stored_state(tensors))
    return Fitted(
        task=task,
        config=config,
        twin=twin,
        model=model.eval(),
        calibrations={
            name: stored_calibration(tensors, name) for name in description["calibrations"]
        },
        evaluation=Evaluation.from_dict(description["evaluation"]),
        template=template,
        known=stored_known(tensors),
        notes=tuple(description["notes"]),
    )


def _template(shapes: Mapping[str, Any]) -> Samples:
    targets = {axis: tuple(names) for axis, names in shapes["targets"].items()}
    return Samples(
        torch.empty(0, *shapes["x"]),
        torch.empty(0, *map(len, targets.values())),
        regressors=torch.empty(0, shapes["regressors"]),
        time=np.empty(0, dtype="datetime64[ns]" if shapes["dated"] else "int64"),
        unit=np.empty(0, dtype=np.int64),
        units=tuple(shapes["units"]),
        targets=targets,
        lead=tuple(shapes["lead"]),
    )
