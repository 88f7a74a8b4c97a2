"""A memory in one checked file, without pickle."""

from collections.abc import Mapping
from dataclasses import asdict
from pathlib import Path
from typing import Annotated, Any, Literal

import numpy as np
import torch
from jaxtyping import Shaped
from pydantic import BaseModel, ConfigDict, Field, ValidationError

from ...errors import ConfigError, DataError
from ...parsing import shortened, shown
from ...storage import read_tensors, write_tensors
from .contents import Snapshot
from .entries import TagSets
from .shape import Layout

_SCHEMA = 1
_FINITE = ("keys", "values", "timestamps", "last_used")


def save(path: str | Path, snapshot: Snapshot, metadata: Mapping[str, Any]) -> None:
    """Write a memory: wholly, or not at all.

    The file is safetensors: a tensor for each column, and a header with a JSON manifest (schema,
    layout, tags, ``metadata``) and a SHA-256 of everything. A reader, or a kill at any moment,
    finds the file from before or the new one.

    Args:
        path: where to; the folder must exist.
        snapshot: what to write; the memory itself may change meanwhile.
        metadata: more facts, such as the encoding: values that JSON can hold, without NaN.

    Raises:
        DataError: the disk refused; the file from before is unchanged.
    """
    columns = snapshot.columns()
    codes = np.flatnonzero(np.bincount(columns["tag_codes"]))  # those that are in use
    renumbered = np.zeros(len(snapshot.tag_sets), dtype=np.int32)
    renumbered[codes] = np.arange(len(codes))
    columns["tag_codes"] = renumbered[columns["tag_codes"]]
    manifest = {
        "memory": _SCHEMA,
        "layout": asdict(snapshot.layout),
        "tags": [snapshot.tag_sets[code] for code in codes.tolist()],
        "version": snapshot.version,
        "rewritten": snapshot.rewritten,
        "metadata": dict(metadata),
    }
    write_tensors(
        Path(path), {name: torch.tensor(rows) for name, rows in columns.items()}, manifest
    )


def load(path: str | Path) -> tuple[Snapshot, dict[str, Any]]:
    """What `save` wrote, and the ``metadata`` beside it; errors are those of `QMatrix.load`."""
    source = Path(path)
    tensors, manifest = read_tensors(source, kind="memory")
    schema = manifest.get("memory")
    if not isinstance(schema, int):
        raise DataError(f"{source}: holds something else than a memory; check the path")
    if schema > _SCHEMA:
        raise DataError(
            f"{source}: a memory in format {schema}, by a later version of QMANN; this one reads "
            f"up to format {_SCHEMA}. Upgrade qmann-core"
        )
    try:
        told = _Manifest.model_validate(manifest)
        layout = Layout(**told.layout.model_dump())
    except ValidationError as error:
        first = error.errors()[0]
        key = shown(".".join(map(str, first["loc"])))
        raise DataError(
            f"{source}: {key} is not that of a memory ({shortened(first['msg'])}); save the memory "
            "again"
        ) from error
    except ConfigError as error:
        raise DataError(f"{source}: {error}; save the memory again") from error
    columns = {name: tensor.numpy() for name, tensor in tensors.items()}
    tag_sets = TagSets(map(tuple, told.tags))
    _check(source, layout, columns, len(tag_sets))
    versions = {"version": told.version, "rewritten": told.rewritten}
    try:
        return Snapshot.of(layout, columns, tag_sets, **versions), told.metadata
    except MemoryError as error:
        raise DataError(
            f"{source}: a memory for {layout.capacity} entries needs more room than there is here"
        ) from error


class _Strict(BaseModel):
    model_config = ConfigDict(extra="forbid", strict=True)


class _Layout(_Strict):
    capacity: int
    key_width: int
    value_width: int
    dtype: str
    policy: str


class _Manifest(_Strict):
    memory: Literal[1]
    layout: _Layout
    tags: list[list[Annotated[str, Field(min_length=1)]]]
    version: int = Field(ge=0, lt=2**63)
    rewritten: int = Field(ge=0, lt=2**63)
    metadata: dict[str, Any]


def _check(
    source: Path, layout: Layout, columns: Mapping[str, Shaped[np.ndarray, "..."]], n_sets: int
) -> None:
    """Raise a DataError where a file that is as written is still no memory."""
    count = len(columns["addresses"]) if "addresses" in columns else 0
    expected = {
        name: f"{dtype}{[count, *shape]}" for name, (dtype, shape) in layout.columns().items()
    }
    found = {name: f"{rows.dtype}{list(rows.shape)}" for name, rows in columns.items()}
    for name in expected | found:
        if expected.get(name) != found.get(name):
            raise DataError(
                f"{source}: column {name} is {found.get(name, 'absent')}; expected "
                f"{expected.get(name, 'none')}. Save the memory again"
            )
    usable = {
        **{name: np.isfinite(columns[name]) for name in _FINITE},
        "ttl": columns["ttl"] > 0,
        "uses": columns["uses"] >= 0,
    }
    for name, right in usable.items():
        if not right.all():
            raise DataError(
                f"{source}: column {name} holds what no memory does, such as NaN; save the memory "
                "again"
            )
    numbers = {"addresses": layout.capacity, "tag_codes": n_sets}
    for name, limit in numbers.items():
        if count and not (columns[name].min() >= 0 and columns[name].max() < limit):
            raise DataError(f"{source}: {name} are not 0 to {limit - 1}; save the memory again")
    ordered = np.sort(columns["addresses"])
    if (ordered[1:] == ordered[:-1]).any():
        raise DataError(f"{source}: an address is there twice; save the memory again")
