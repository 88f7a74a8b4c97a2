"""What a saved model says of itself, checked once: nothing behind this edge is checked again."""

import re
from collections.abc import Mapping
from importlib.metadata import version
from pathlib import Path
from typing import Annotated, Any

import numpy as np
import torch
from pydantic import BaseModel, BeforeValidator, ConfigDict, Field, ValidationError

from ..config import Twin
from ..data import Samples
from ..errors import DataError
from ..parsing import shortened, shown
from .evaluation import Evaluation

FORMAT = 6
_Size = Annotated[int, Field(ge=1, le=2**20)]


class _Strict(BaseModel):
    model_config = ConfigDict(frozen=True, extra="forbid", strict=True)


class Shapes(_Strict):
    """Of the samples that the network was built for."""

    x: list[_Size] = Field(min_length=1, max_length=8)
    regressors: int = Field(ge=0, le=2**20)
    targets: dict[str, list[str]]
    lead: list[_Size]
    units: list[str] = Field(min_length=1)
    dated: bool

    def template(self) -> Samples:
        """No rows of that shape.

        Raises:
            DataError: targets and leads that do not fit.
        """
        targets = {axis: tuple(names) for axis, names in self.targets.items()}
        return Samples(
            torch.empty(0, *self.x),
            torch.empty(0, *map(len, targets.values())),
            regressors=torch.empty(0, self.regressors),
            time=np.empty(0, dtype="datetime64[ns]" if self.dated else "int64"),
            unit=np.empty(0, dtype=np.int64),
            units=tuple(self.units),
            targets=targets,
            lead=tuple(self.lead),
        )


def shapes_of(samples: Samples) -> dict[str, Any]:
    """As they are stored."""
    return {
        "x": list(samples.x.shape[1:]),
        "regressors": samples.regressors.shape[1],
        "targets": {axis: list(names) for axis, names in samples.targets.items()},
        "lead": list(samples.lead),
        "units": list(samples.units),
        "dated": samples.dated,
    }


class OtherModel(_Strict):
    """A model beside the network."""

    name: str
    calibrations: list[str]
    """Of each unit, or of all; none where it gives regions itself."""


class Description(_Strict):
    """All of a saved model but its tensors."""

    format: int
    qmann: str
    task: str
    twin: Twin | None
    config: dict[str, Any]
    shapes: Shapes
    calibrations: list[str]
    """As of others."""
    others: list[OtherModel]
    evaluation: Annotated[Evaluation, BeforeValidator(Evaluation.from_dict)]
    notes: list[str]


def described(values: Mapping[str, Any], source: Path) -> Description:
    """The description in a file.

    Raises:
        DataError: of another format, by a later version, or with a key missing, unknown or wrong.
    """
    found, by = values.get("format", 1), str(values["qmann"])
    later = type(found) is int and found > FORMAT
    if later or (found == FORMAT and _numbers(by) > _numbers(version("qmann-core"))):
        raise DataError(
            f"{source} holds a model in format {shown(found)}, made by a later QMANN ({by:.20}): "
            f"update qmann-core {version('qmann-core')}, which reads format {FORMAT}"
        )
    if found != FORMAT or type(found) is not int:
        raise DataError(
            f"{source} holds a model in format {shown(found)}, written by QMANN {by:.20}; "
            f"this version reads format {FORMAT}: fit again, or use the version that wrote it"
        )
    try:
        description = Description.model_validate(values)
    except ValidationError as error:
        first = error.errors()[0]
        key = ".".join(map(str, first["loc"]))
        raise DataError(
            f"{source}: {shown(key)} is not that of a saved model ({shortened(first['msg'])}); "
            "restore it, or fit again"
        ) from error
    others = (each.calibrations for each in description.others)
    for units in (description.calibrations, *others):
        if len(set(units)) < len(units):
            raise DataError(f"{source}: calibrations name a unit twice; restore it, or fit again")
    return description


def _numbers(text: str) -> list[int]:
    """Of a version, to compare it with others."""
    return [int(digits) for digits in re.findall(r"\d{1,9}", text.partition("+")[0])]
