"""Tensors and a few facts about them in one checked file, without pickle."""

import hashlib
import json
import re
from collections.abc import Mapping
from pathlib import Path
from typing import Any

import safetensors.torch
import torch
from safetensors import SafetensorError
from torch import Tensor, nn

from .errors import DataError
from .files import atomic_writes, read_file
from .parsing import parse_json, shown

_SCHEMA = 1
_KEY = "qmann"
_BLANK = "0" * 64
# Read from the raw header, before anything that could be damaged is parsed.
_SEAL = re.compile(
    rb'\{\\"schema\\": (\d+), \\"bytes\\": (\d+), \\"sha256\\": \\"([0-9a-f]{64})\\", '
)


def write_tensors(
    path: Path,
    tensors: Mapping[str, Tensor],
    metadata: Mapping[str, Any],
    *,
    beside: Mapping[str, str] | None = None,
) -> None:
    """Write tensors and facts about them: wholly, or not at all.

    The file is in the safetensors format. Its header also holds ``metadata`` as JSON and a SHA-256
    of the whole file (names, dtypes, shapes, bytes and metadata), taken with the place of the
    checksum itself zeroed.

    Args:
        path: where to; the folder must exist.
        tensors: on any device; stored as they are, tied ones once for each name.
        metadata: values that JSON can hold, without NaN.
        beside: text by the names of files that say the same to people; replaced once this one is.

    Raises:
        DataError: the disk refused; the file from before is unchanged and nothing else is left.
    """
    blob, texts = _seal(tensors, metadata), beside or {}
    with atomic_writes(path, *map(path.with_name, texts)) as (draft, *others):
        draft.write_bytes(blob)
        for other, text in zip(others, texts.values(), strict=True):
            other.write_text(text, encoding="utf-8")


def read_tensors(
    path: Path, *, kind: str = "checkpoint", links: bool = True
) -> tuple[dict[str, Tensor], dict[str, Any]]:
    """Read what ``write_tensors`` wrote, on the CPU, after checking that every byte is as written.

    Args:
        path: of the file.
        kind: what messages call it.
        links: whether it may be a link to such a file.

    Raises:
        DataError: a file that is missing, unreadable, truncated, damaged, of another program, or
            written by a later version; a place that is no file.
    """
    blob = read_file(path, kind=kind, links=links)
    header_end = _check(path, blob, kind)
    try:
        header = parse_json(blob[8:header_end])
        metadata = parse_json(header["__metadata__"][_KEY])["metadata"]
        loaded = safetensors.torch.load(blob)
    except (ValueError, KeyError, TypeError, AssertionError, SafetensorError) as error:
        raise DataError(f"{path}: {_damaged('it is not put together as QMANN does')}") from error
    if not isinstance(metadata, dict):
        raise DataError(f"{path}: {_damaged('what it says of itself is no mapping')}")
    # Copies are aligned like torch's own tensors, so that arithmetic on them is the same.
    return {name: tensor.clone() for name, tensor in loaded.items()}, metadata


def finite(tensors: Mapping[str, Tensor], source: Path) -> None:
    """Refuse numbers that are not finite.

    Raises:
        DataError: names the first tensor with one.
    """
    for name, tensor in tensors.items():
        if not tensor.isfinite().all():
            raise DataError(
                f"{source}: {shown(name)} holds numbers that are not finite (NaN or infinity): "
                "restore the file, or make it again"
            )


def fingerprint(model: nn.Module) -> str:
    """A short digest of the names, dtypes and shapes of a model's state, not of its values."""
    kinds = [f"{name} {_kind(tensor)}" for name, tensor in model.state_dict().items()]
    return hashlib.sha256("\n".join(kinds).encode()).hexdigest()[:16]


def load_state(model: nn.Module, tensors: Mapping[str, Tensor], *, source: Path) -> None:
    """Put stored tensors into the model they came from; the errors are those of ``check_state``."""
    check_state(model, tensors, source=source)
    model.load_state_dict(tensors)


def check_state(model: nn.Module, tensors: Mapping[str, Tensor], *, source: Path) -> None:
    """Check that stored tensors have the names, dtypes and shapes of a model's state.

    Raises:
        DataError: they are another model's; names the first that differ.
    """
    check_kinds(model.state_dict(), tensors, source=source)


def check_kinds(own: Mapping[str, Tensor], tensors: Mapping[str, Tensor], *, source: Path) -> None:
    """`check_state`, of a state that is at hand."""
    there = {name: _kind(tensor) for name, tensor in tensors.items()}
    here = {name: _kind(tensor) for name, tensor in own.items()}
    differing = [name for name in here | there if here.get(name) != there.get(name)]
    if differing:
        listed = "; ".join(
            f"{name} is {there.get(name, 'absent')} in the file and {here.get(name, 'absent')} here"
            for name in differing[:3]
        )
        more = f"; and {len(differing) - 3} more" if len(differing) > 3 else ""
        raise DataError(
            f"{source}: holds another model: {listed}{more}. Build the model with the "
            "configuration it was trained with, or choose another folder"
        )


def _kind(tensor: Tensor) -> str:
    return f"{str(tensor.dtype).removeprefix('torch.')}{list(tensor.shape)}"


def _seal(tensors: Mapping[str, Tensor], metadata: Mapping[str, Any]) -> bytes:
    for name, tensor in tensors.items():
        if tensor.dtype == torch.complex128:
            raise DataError(
                f"{name} is complex128, which safetensors cannot hold: store view_as_real of it"
            )
    # A clone each, because safetensors refuses tensors that share memory.
    stored = {
        name: tensor.detach().cpu().clone(memory_format=torch.contiguous_format)
        for name, tensor in tensors.items()
    }
    size = sum(tensor.nbytes for tensor in stored.values())
    seal = {"schema": _SCHEMA, "bytes": size, "sha256": _BLANK, "metadata": dict(metadata)}
    blob = safetensors.torch.save(stored, {_KEY: json.dumps(seal, allow_nan=False)})
    digest = hashlib.sha256(blob).hexdigest()
    return blob.replace(_BLANK.encode(), digest.encode(), 1)


def _check(path: Path, blob: bytes, kind: str) -> int:
    """Where the header of an undamaged file ends."""
    header_end = 8 + int.from_bytes(blob[:8], "little")
    seal = _SEAL.search(blob, 8, min(header_end, len(blob)))
    if seal is None:
        raise DataError(
            f"{path}: not a {kind} of QMANN, or cut off near its start; give the path of a {kind}, "
            "or delete this file"
        )
    schema, size, digest = int(seal[1]), int(seal[2]), seal[3].decode()
    if schema > _SCHEMA:
        raise DataError(
            f"{path}: written in format {schema} by a later version of QMANN, and this one reads "
            f"up to format {_SCHEMA}; upgrade qmann-core"
        )
    if len(blob) < header_end + size:
        raise DataError(
            f"{path}: truncated: {len(blob)} of {header_end + size} bytes; delete it, or copy it "
            "again from where it came from"
        )
    view = memoryview(blob)
    actual = hashlib.sha256(view[: seal.start(3)])
    actual.update(_BLANK.encode())
    actual.update(view[seal.end(3) :])
    if actual.hexdigest() != digest:
        raise DataError(f"{path}: {_damaged('its checksum does not match its content')}")
    return header_end


def _damaged(how: str) -> str:
    return f"damaged: {how}; delete it, or copy it again from where it came from"
