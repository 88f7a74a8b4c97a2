"""Saved models: a folder with model.safetensors, config.json and card.md; no pickle."""

import json
import shutil
import tempfile
from collections.abc import Mapping
from dataclasses import asdict
from importlib.metadata import version
from pathlib import Path
from typing import Any

import numpy as np
import torch

from ..config import parse_config
from ..data import Samples
from ..errors import DataError
from ..evaluation import Calibration
from ..nn import Ensemble, build_network
from ..storage import read_tensors, write_tensors
from ..training import seeded
from .card import card
from .evidence import Known
from .fitted import Fitted
from .task import Evaluation, Task

_LABELS, _TARGETS = "known/label", "known/y"
_TENSORS, _CONFIG, _CARD = "model.safetensors", "config.json", "card.md"


def save_fitted(fitted: Fitted, folder: Path) -> None:
    """Write the model folder; all of it or nothing.

    An older model at the same place is replaced; any other folder there is left alone.

    Raises:
        DataError: the place is taken by something else, or the disk refuses.
    """
    check_place(folder)
    description = _describe(fitted)
    tensors = dict(fitted.model.state_dict())
    for name, calibration in fitted.calibrations.items():
        for part, values in asdict(calibration).items():
            tensors[f"calibration/{name}/{part}"] = torch.from_numpy(np.ascontiguousarray(values))
    if fitted.known is not None:
        text = bytearray("\n".join(fitted.known.label).encode())
        tensors[_LABELS] = torch.frombuffer(text, dtype=torch.uint8)
        tensors[_TARGETS] = torch.from_numpy(fitted.known.y)
    try:
        folder.parent.mkdir(parents=True, exist_ok=True)
        draft = Path(tempfile.mkdtemp(prefix=f".{folder.name}-", dir=folder.parent))
    except OSError as error:
        raise DataError(
            f"cannot write to {folder.parent}: {error}; choose another place"
        ) from error
    try:
        write_tensors(draft / _TENSORS, tensors, description)
        (draft / _CONFIG).write_text(json.dumps(description, indent=1) + "\n", encoding="utf-8")
        (draft / _CARD).write_text(card(fitted), encoding="utf-8")
        draft.chmod(0o755)
        _move(draft, folder)
    except OSError as error:
        raise DataError(f"could not write {folder}: {error}; nothing was changed") from error
    finally:
        shutil.rmtree(draft, ignore_errors=True)


def load_fitted(task: Task[Any, Any], folder: Path) -> Fitted:
    """Read a model folder that ``save_fitted`` wrote for this task.

    Raises:
        DataError: no model there, another task's model, a truncated or altered file.
    """
    tensors, description = read_tensors(folder / _TENSORS)
    if saved_task(folder) != task.name:
        raise DataError(f"{folder} holds a model of {saved_task(folder)!r}, not of {task.name!r}")
    if description != _read_config(folder):
        raise DataError(f"{folder / _CONFIG} was changed after the model was saved: restore it")
    kind = type(next(iter(task.presets.values())))
    config = parse_config(kind, description["config"])
    template = _template(description["shapes"])
    variant = description["variant"]
    with seeded(config.seed, torch.device("cpu")):  # the weights drawn here are overwritten
        members = [
            build_network(config, template, task.head, variant)
            for _ in range(config.hybrid.members)
        ]
    model = Ensemble(members)
    state = {k: v for k, v in tensors.items() if not k.startswith(("calibration/", "known/"))}
    model.load_state_dict(state)
    calibrations = {
        name: Calibration(
            **{
                part: tensors[f"calibration/{name}/{part}"].numpy()
                for part in ("scores", "probabilities", "adapted")
            }
        )
        for name in description["series"]
    }
    evaluation = Evaluation.from_dict(description["evaluation"])
    return Fitted(
        task=task,
        config=config,
        variant=variant,
        model=model.eval(),
        calibrations=calibrations,
        evaluation=evaluation,
        template=template,
        known=_known(tensors),
        warnings=tuple(description["warnings"]),
    )


def check_place(folder: Path) -> None:
    """Refuse a place that holds something else than a saved model.

    Raises:
        DataError: the place is taken.
    """
    if not folder.exists():
        return
    content = {file.name for file in folder.iterdir()} if folder.is_dir() else set[str]()
    if folder.is_dir() and not content:
        return
    if content != {_TENSORS, _CONFIG, _CARD}:
        raise DataError(f"{folder} exists and is not just a saved model: choose another place")
    _read_config(folder)


def saved_task(folder: Path) -> str:
    """Name of the task whose model the folder holds.

    Raises:
        DataError: no model there.
    """
    return str(_read_config(folder)["task"])


def _move(draft: Path, folder: Path) -> None:
    """Put the draft in the place of the folder, which is back where it was if that fails."""
    old = draft.with_name(f"{draft.name}-old")
    if folder.exists():
        folder.rename(old)
    try:
        draft.rename(folder)
    finally:
        if old.exists() and not folder.exists():
            old.rename(folder)
    shutil.rmtree(old, ignore_errors=True)


def _describe(fitted: Fitted) -> dict[str, Any]:
    x, skip, y = fitted.template.x, fitted.template.skip, fitted.template.y
    description = {
        "task": fitted.task.name,
        "qmann": version("qmann-core"),
        "variant": fitted.variant,
        "config": fitted.config.model_dump(mode="json"),
        "shapes": {
            "x": list(x.shape[1:]),
            "skip": skip.shape[1],
            "y": y.shape[1],
            "delay": list(fitted.template.delay),
            "dated": fitted.template.dated,
        },
        "series": list(fitted.calibrations),
        "evaluation": fitted.evaluation.to_dict(),
        "warnings": list(fitted.warnings),
    }
    # as JSON hands it back, so that both copies compare equal
    result: dict[str, Any] = json.loads(json.dumps(description))
    return result


def _known(tensors: Mapping[str, torch.Tensor]) -> Known | None:
    if _LABELS not in tensors:
        return None
    labels = bytes(tensors[_LABELS].numpy()).decode().split("\n")
    return Known(np.array(labels), tensors[_TARGETS].numpy())


def _template(shapes: Mapping[str, Any]) -> Samples:
    return Samples(
        x=torch.empty(0, *shapes["x"]),
        skip=torch.empty(0, shapes["skip"]),
        y=torch.empty(0, shapes["y"]),
        time=np.empty(0, dtype="datetime64[ns]" if shapes["dated"] else "int64"),
        group=np.empty(0, dtype=np.int64),
        names=(),
        delay=tuple(shapes["delay"]),
    )


def _read_config(folder: Path) -> dict[str, Any]:
    file = folder / _CONFIG
    try:
        description: dict[str, Any] = json.loads(file.read_text(encoding="utf-8"))
    except OSError as error:
        raise DataError(
            f"{folder} holds no saved model: expected a folder that fit wrote"
        ) from error
    except ValueError as error:
        raise DataError(f"{file} is damaged: {error}; restore it or fit again") from error
    if not isinstance(description, dict) or not description.keys() >= {"task", "qmann"}:
        raise DataError(f"{file} is not that of a saved model: expected a folder that fit wrote")
    return description
