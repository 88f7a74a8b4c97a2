"""What is asked of a service that runs circuits for others, and what it must be able to do."""

import json
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field, replace
from functools import cached_property
from hashlib import sha256
from typing import Any, Literal, Protocol, runtime_checkable

import numpy as np
from jaxtyping import Float
from numpy.typing import NDArray

from ..errors import ConfigError

Arrays = Mapping[str, NDArray[Any]]
"""A result by name; the first axis is the rows of what was asked."""

Status = Literal["waiting", "done", "failed"]
"""Of a job: cancelled ones, and ones that the service no longer knows, have failed."""


@dataclass(frozen=True, kw_only=True, eq=False)
class Request:
    """One job: a program for every row of parameters, and all else that its result follows from.

    Raises:
        ConfigError: options that JSON cannot hold.
    """

    device: str
    program: bytes
    """The circuit, the same bytes whenever it is the same circuit."""
    parameters: Float[np.ndarray, "row parameter"]
    """In float64; of inputs and weights, in radians."""
    observables: tuple[str, ...] = ()
    settings: int = 1
    """Bases that each row is measured in."""
    shots: int
    """Measurements of each row in each basis."""
    seed: int = 0
    """Another one asks for other shots of the same."""
    options: Mapping[str, Any] = field(default_factory=dict)
    """Of the service and of transpilation."""

    def __len__(self) -> int:
        return len(self.parameters)

    @property
    def n_circuits(self) -> int:
        return len(self) * self.settings

    @property
    def n_shots(self) -> int:
        return self.n_circuits * self.shots

    @cached_property
    def key(self) -> str:
        """SHA-256 of everything above, in hexadecimal."""
        parts = (self.device, self.program.hex(), self.parameters.shape, self.observables)
        numbers = (self.settings, self.shots, self.seed)
        try:
            content = json.dumps([*parts, *numbers, self.options], sort_keys=True, allow_nan=False)
        except (TypeError, ValueError):
            raise ConfigError(
                f"options of {self.device} are numbers, texts, lists and mappings that JSON can "
                f"hold; got {sorted(self.options)}"
            ) from None
        return sha256(content.encode() + self.parameters.astype("<f8").tobytes()).hexdigest()

    def split(self, most: int) -> list["Request"]:
        """Requests of at most ``most`` rows each, together this one."""
        starts = range(0, len(self), most)
        return [replace(self, parameters=self.parameters[k : k + most]) for k in starts]

    def after(self, n: int) -> "Request":
        """The same without the first ``n`` rows."""
        return replace(self, parameters=self.parameters[n:])


@runtime_checkable
class Service(Protocol):
    """Jobs of a vendor. Each of its methods may raise two kinds of errors.

    ``ConnectionError`` or ``TimeoutError``: nobody knows whether it was done, and it may be asked
    again, as after a session has expired. `BackendError`: asking again is of no use. Neither
    carries text of the vendor's, which may hold credentials.
    """

    def submit(self, request: Request, tag: str) -> str:
        """The id of a new job that carries ``tag``."""

    def find(self, tag: str) -> Sequence[str]:
        """Ids of all jobs that carry ``tag``, the oldest first."""

    def status(self, job_id: str) -> Status:
        """How a job is."""

    def result(self, job_id: str) -> Arrays:
        """Of a job that is done; of fewer rows than were asked for where it was cut off."""

    def cancel(self, job_id: str) -> None:
        """End a job unless it has ended."""
