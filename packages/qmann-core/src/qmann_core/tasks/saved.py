"""Folders of saved models: model.safetensors, config.json and card.md; no pickle."""

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
from torch import Tensor

from ..errors import DataError
from ..evaluation import Calibration
from ..storage import read_tensors, write_tensors
from .evidence import Known

_FORMAT = 4
_LABELS, _TARGETS = "known/label", "known/y"
_TENSORS, _CONFIG, _CARD = "model.safetensors", "config.json", "card.md"


def write_model(
    folder: Path, tensors: Mapping[str, Tensor], description: Mapping[str, Any], card: str
) -> None:
    """Write the model folder; all of it or nothing.

    An older model at the same place is replaced; any other folder there is left alone.

    Raises:
        DataError: the place is taken by something else, or the disk refuses.
    """
    check_place(folder)
    # as JSON hands it back, so that both copies compare equal
    text = json.dumps({"format": _FORMAT, "qmann": version("qmann-core"), **description}, indent=1)
    try:
        folder.parent.mkdir(parents=True, exist_ok=True)
        draft = Path(tempfile.mkdtemp(prefix=f".{folder.name}-", dir=folder.parent))
    except OSError as error:
        raise DataError(
            f"cannot write to {folder.parent}: {error}; choose another place"
        ) from error
    try:
        write_tensors(draft / _TENSORS, tensors, json.loads(text))
        (draft / _CONFIG).write_text(text + "\n", encoding="utf-8")
        (draft / _CARD).write_text(card, encoding="utf-8")
        draft.chmod(0o755)
        _move(draft, folder)
    except OSError as error:
        raise DataError(f"could not write {folder}: {error}; nothing was changed") from error
    finally:
        shutil.rmtree(draft, ignore_errors=True)


def read_model(folder: Path, task: str) -> tuple[dict[str, Tensor], dict[str, Any]]:
    """Tensors and description of a model that ``write_model`` wrote for a task.

    Raises:
        DataError: no model there, another task's or another version's, a truncated or altered file.
    """
    tensors, description = read_tensors(folder / _TENSORS)
    if saved_task(folder) != task:
        raise DataError(f"{folder} holds a model of {saved_task(folder)!r}, not of {task!r}")
    if description != _read_config(folder):
        raise DataError(f"{folder / _CONFIG} was changed after the model was saved: restore it")
    found = description.get("format", 1)
    if found != _FORMAT:
        raise DataError(
            f"{folder} holds a model in format {found}, written by QMANN {description['qmann']}; "
            f"this version reads format {_FORMAT}: fit again, or use the version that wrote it"
        )
    return tensors, description


def calibration_tensors(calibrations: Mapping[str, Calibration]) -> dict[str, Tensor]:
    """As they are stored."""
    return {
        f"calibration/{name}/{part}": torch.from_numpy(np.ascontiguousarray(values))
        for name, calibration in calibrations.items()
        for part, values in asdict(calibration).items()
    }


def stored_calibration(tensors: Mapping[str, Tensor], name: str) -> Calibration:
    """A unit's, from what was stored."""
    parts = ("scores", "probabilities", "adapted")
    return Calibration(**{part: tensors[f"calibration/{name}/{part}"].numpy() for part in parts})


def known_tensors(known: Known) -> dict[str, Tensor]:
    """As they are stored."""
    text = bytearray("\n".join(known.label).encode())
    labels = torch.frombuffer(text, dtype=torch.uint8)
    return {_LABELS: labels, _TARGETS: torch.from_numpy(known.y)}


def stored_known(tensors: Mapping[str, Tensor]) -> Known | None:
    """What the model was trained on, if labels name it."""
    if _LABELS not in tensors:
        return None
    labels = bytes(tensors[_LABELS].numpy()).decode().split("\n")
    return Known(np.array(labels), tensors[_TARGETS].numpy())


def stored_state(tensors: Mapping[str, Tensor]) -> dict[str, Tensor]:
    """The networks' own."""
    return {k: v for k, v in tensors.items() if not k.startswith(("calibration/", "known/"))}


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
