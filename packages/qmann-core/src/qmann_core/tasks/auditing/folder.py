"""Finished jobs of an audit on disk, so that an interrupted one goes on."""

import hashlib
import json
from collections.abc import Mapping
from importlib.metadata import version
from pathlib import Path
from urllib.parse import quote

import numpy as np
import torch
from pydantic import BaseModel, ConfigDict, ValidationError

from ...data import Samples
from ...errors import DataError
from ...files import make_folder
from ...storage import read_tensors, write_tensors
from ..assessment import Assessment
from .jobs import Done, Job

_SUFFIX = ".safetensors"
_FEW = 3  # differences that are told


class Finished:
    """A folder with one checked file for each finished job of one audit.

    What a job gives follows from the audit's identity and the job, so that an audit of more seeds
    or trials goes on from one of fewer.
    """

    def __init__(self, folder: Path | None, identity: Mapping[str, str]) -> None:
        self._folder = folder
        self._identity = dict(identity)

    def read(self) -> dict[Job, Done]:
        """All jobs in the folder.

        Raises:
            DataError: a damaged file, or one of another audit; says what to do.
        """
        if self._folder is None or not self._folder.exists():
            return {}
        if not self._folder.is_dir():
            raise DataError(f"{self._folder} is no folder: choose another place for the progress")
        return dict(self._read(file) for file in sorted(self._folder.glob(f"*{_SUFFIX}")))

    def write(self, job: Job, done: Done) -> None:
        """Keep what a job gave; the whole file or none.

        Raises:
            DataError: the disk refuses.
        """
        if self._folder is None:
            return
        seed = "" if job.seed is None else f" seed {job.seed} x{job.factor:.4g}"
        name = f"{quote(job.arm, safe=' +')}{seed}{_SUFFIX}"
        figures = [done.validation, done.seconds]
        tensors = {
            "loss": torch.from_numpy(done.loss),
            "figures": torch.tensor(figures, dtype=torch.float64),
        }
        facts = {
            "identity": self._identity,
            "job": {"arm": job.arm, "seed": job.seed, "factor": job.factor},
            "metric": done.metric,
            "parameters": done.parameters,
            "improved": done.improved,
        }
        make_folder(self._folder, "the progress")
        write_tensors(self._folder / name, tensors, facts)

    def _read(self, file: Path) -> tuple[Job, Done]:
        tensors, values = read_tensors(file, kind="finished job of an audit")
        if not values.keys() >= {"job", "improved"}:
            raise DataError(f"{file}: not a finished job of an audit; choose another folder")
        try:
            facts = _Facts.model_validate(values)
        except ValidationError as error:
            key = ".".join(map(str, error.errors()[0]["loc"]))
            raise DataError(
                f"{file}: {key:.80} is not that of a finished job; delete it"
            ) from error
        there = facts.identity
        differing = [
            f"{key} is {there.get(key, 'absent')} there and {self._identity.get(key, 'absent')} "
            "here"
            for key in self._identity | there
            if self._identity.get(key) != there.get(key)
        ]
        if differing:
            more = f"; and {len(differing) - _FEW} more" if len(differing) > _FEW else ""
            raise DataError(
                f"{file}: belongs to another audit: {'; '.join(differing[:_FEW])}{more}. Go on "
                "with the same settings and data, or choose another folder"
            )
        figures, loss = tensors.get("figures"), tensors.get("loss")
        fits = (
            figures is not None
            and loss is not None
            and figures.dtype == loss.dtype == torch.float64
            and (figures.shape, loss.ndim) == ((2,), 1)
            and loss.isfinite().all()
        )
        if not fits:
            raise DataError(f"{file}: its figures are not those of a finished job; delete it")
        assert figures is not None
        assert loss is not None
        validation, seconds = figures.tolist()
        done = Done(
            metric=facts.metric,
            loss=loss.numpy(),
            validation=validation,
            seconds=seconds,
            parameters=facts.parameters,
            improved=facts.improved,
        )
        return Job(facts.job.arm, facts.job.seed, facts.job.factor), done


class _Strict(BaseModel):
    model_config = ConfigDict(extra="forbid", strict=True)


class _Job(_Strict):
    arm: str
    seed: int | None
    factor: float


class _Facts(_Strict):
    identity: dict[str, str]
    job: _Job
    metric: str
    parameters: int
    improved: bool


def identify(assessment: Assessment) -> dict[str, str]:
    """What all jobs of an audit have in common: task, version, settings and data."""
    settings = assessment.config.model_dump(mode="json")
    for free in ("answer", "seed", "log_level"):
        del settings[free]
    flat = {
        f"{part}.{key}": json.dumps(value)
        for part, own in settings.items()
        for key, value in own.items()
    }
    return {
        "task": assessment.task.name,
        "version": version("qmann-core"),
        "data": _digest(assessment.known),
        **flat,
    }


def _digest(samples: Samples) -> str:
    tested = np.empty(0, dtype=bool) if samples.test is None else samples.test
    tensors = (samples.x, samples.regressors, samples.y, samples.origin, *samples.aux.values())
    digest = hashlib.sha256("\n".join(samples.units).encode())
    for values in (*(tensor.numpy() for tensor in tensors), samples.unit, tested):
        digest.update(f"{values.dtype}{values.shape}".encode())
        digest.update(np.ascontiguousarray(values).data)
    return digest.hexdigest()[:16]
