"""Folders of saved models: model.safetensors, config.json and card.md; no pickle."""

import json
import os
from collections.abc import Mapping
from contextlib import suppress
from importlib.metadata import version
from pathlib import Path
from typing import Any

from torch import Tensor

from ..errors import DataError
from ..files import alone, drafts, is_draft, read_file
from ..parsing import parse_json, shown
from ..storage import read_tensors, write_tensors
from .description import FORMAT, Description, described

_TENSORS, _CONFIG, _CARD = _FILES = "model.safetensors", "config.json", "card.md"
_LOCK = ".lock"
_MOST = 2**22  # bytes of a config.json


def write_model(
    folder: Path, tensors: Mapping[str, Tensor], description: Mapping[str, Any], card: str
) -> None:
    """Write the model folder; all of it or nothing.

    An older model at the same place is replaced; any other folder there is left alone. The model is
    that of model.safetensors, which holds the description, too, and is put in place first: killed
    before that, the older one is there, and after it the newer one. Of several writers at once each
    waits for the one before.

    Raises:
        DataError: the place is taken by something else, or the disk refuses.
    """
    # as JSON hands it back, so that both copies compare equal
    text = json.dumps({"format": FORMAT, "qmann": version("qmann-core"), **description}, indent=1)
    folder = Path(os.path.realpath(folder))
    _check_names(folder)
    made = not folder.exists()
    try:
        folder.mkdir(parents=True, exist_ok=True)
    except OSError as error:
        raise DataError(
            f"cannot write to {folder.parent}: {error}; choose another place"
        ) from error
    try:
        with alone(folder / _LOCK):
            _check_place(folder)
            beside = {_CONFIG: text + "\n", _CARD: card}
            write_tensors(folder / _TENSORS, tensors, json.loads(text), beside=beside)
    finally:
        if made:
            with suppress(OSError):  # it holds a model
                folder.rmdir()


def read_model(folder: Path, task: str) -> tuple[dict[str, Tensor], Description]:
    """Tensors and description of a model that ``write_model`` wrote for a task.

    One that is being replaced meanwhile is the older or the newer one.

    Raises:
        DataError: no model there, another task's or another version's, a truncated or altered file.
    """
    while True:
        before = _moment(folder)
        tensors, description = read_tensors(folder / _TENSORS, links=False)
        config = _config(folder, description)
        if config["task"] != task:
            raise DataError(f"{folder} holds a model of {shown(config['task'])}, not of {task!r}")
        if config == description:
            break
        if before == _moment(folder):
            raise DataError(f"{folder / _CONFIG} was changed after the model was saved: restore it")
    return tensors, described(description, folder)


def check_place(folder: Path) -> None:
    """Refuse a place that holds something else than a saved model.

    Raises:
        DataError: the place is taken, or cannot be written to.
    """
    _check_names(folder)
    if folder.exists():
        with alone(folder / _LOCK):
            _check_place(folder)


def saved_task(folder: Path) -> str:
    """Name of the task whose model the folder holds.

    Raises:
        DataError: no model there.
    """
    if drafts(folder / _CONFIG):  # the file may be that of the model before
        return str(_config(folder, read_tensors(folder / _TENSORS, links=False)[1])["task"])
    return str(_read_config(folder / _CONFIG)["task"])


def _check_names(folder: Path) -> None:
    """Refuse a place where anything is that no save, ended or killed, leaves."""
    if not folder.exists():
        return
    there = list(folder.iterdir()) if folder.is_dir() else [folder]
    if not all(map(_is_ours, there)):
        raise DataError(f"{folder} exists and is not just a saved model: choose another place")


def _check_place(folder: Path) -> None:
    """Refuse a folder of another program, or a part of a model; nobody else writes to it now."""
    _check_names(folder)
    missing = [name for name in _FILES if not (folder / name).exists()]
    if missing == [*_FILES]:
        return
    if not all(drafts(folder / name) for name in missing):
        raise DataError(f"{folder} exists and is not just a saved model: choose another place")
    if _CONFIG not in missing:
        _read_config(folder / _CONFIG)


def _is_ours(file: Path) -> bool:
    named = [file.with_name(name) for name in _FILES]
    known = file.name in (_LOCK, *_FILES) or any(is_draft(file, each) for each in named)
    return known and not file.is_symlink() and not file.is_dir()


def _moment(folder: Path) -> list[tuple[int, int]]:
    """What differs once a file has been replaced."""
    places = [folder / name for name in (_TENSORS, _CONFIG)]
    stats = [place.stat() for place in places if place.exists()]
    return [(stat.st_ino, stat.st_mtime_ns) for stat in stats]


def _config(folder: Path, description: Mapping[str, Any]) -> Mapping[str, Any]:
    """What config.json says, or is about to say where a save was killed before it was there."""
    for draft in drafts(folder / _CONFIG):
        try:
            if _read_config(draft) == description:
                return description
        except DataError:  # not whole: it belongs to a later save
            continue
    return _read_config(folder / _CONFIG)


def _read_config(file: Path) -> dict[str, Any]:
    if not file.exists():
        raise DataError(f"{file.parent} holds no saved model: expected a folder that fit wrote")
    text = read_file(file, kind="configuration", most=_MOST, links=False)
    try:
        description: dict[str, Any] = parse_json(text)
    except ValueError as error:
        raise DataError(f"{file} is damaged: {error}; restore it or fit again") from error
    if not isinstance(description, dict) or not description.keys() >= {"task", "qmann"}:
        raise DataError(f"{file} is not that of a saved model: expected a folder that fit wrote")
    return description
