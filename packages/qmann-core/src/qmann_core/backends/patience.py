"""A service whose connection fails, whose index lags behind and whose jobs take long."""

import time
from collections.abc import Callable, Sequence
from dataclasses import dataclass
from functools import partial
from itertools import count
from math import inf
from typing import Literal, TypeVar

from ..errors import BackendError
from .service import Arrays, Request, Service

T = TypeVar("T")


@dataclass(frozen=True, kw_only=True)
class Patience:
    """How long to go on with a service that does not answer, and with jobs that fail."""

    tries: int = 8
    """Of a call that is not answered."""
    lookups: int = 4
    """For a job that may have been accepted, before it is sent again: indices lag behind."""
    attempts: int = 3
    """Jobs for the same work, when they fail or are cancelled."""
    first_wait: float = 1.0
    """Seconds; each wait is twice the one before."""
    longest_wait: float = 60.0
    """Seconds."""
    timeout: float = inf
    """Seconds to wait for a job before leaving it to another run."""

    def wait(self, number: int) -> None:
        """Sleep, after so many times before."""
        time.sleep(min(self.longest_wait, self.first_wait * 2.0 ** min(number, 60)))


@dataclass(frozen=True)
class PatientService:
    """A service's methods, with patience.

    Raises:
        BackendError: from each of them, when patience is at an end.
    """

    service: Service
    patience: Patience

    def submit_once(self, request: Request, tag: str, *, perhaps_sent: bool) -> str:
        """The id of a job with ``tag``: one that is there, or else a new one; others are cancelled.

        Args:
            request: what to run.
            tag: of this request alone.
            perhaps_sent: whether such a job may be there.
        """
        job = self._submitted(request, tag, perhaps_sent=perhaps_sent)
        for twin in self.find(tag):
            if twin != job:
                self._ask(partial(self.service.cancel, twin))
        return job

    def ended(self, job: str) -> Literal["done", "failed"]:
        """How a job has ended, which is waited for."""
        start = time.monotonic()
        for number in count():
            status = self._ask(lambda: self.service.status(job))
            if status != "waiting":
                return status
            if time.monotonic() - start > self.patience.timeout:
                break
            self.patience.wait(number)
        raise BackendError(
            f"job {job} is not done after {self.patience.timeout:g} s; it stays recorded: run the "
            "same again later, which waits for it and sends nothing"
        )

    def another(self, tag: str, job: str) -> str | None:
        """A job with ``tag`` other than ``job`` that has not failed, if there is one."""
        others = (each for each in self.find(tag) if each != job)
        alive = (
            each for each in others if self._ask(partial(self.service.status, each)) != "failed"
        )
        return next(alive, None)

    def find(self, tag: str) -> Sequence[str]:
        return self._ask(lambda: self.service.find(tag))

    def result(self, job: str) -> Arrays:
        return self._ask(lambda: self.service.result(job))

    def _submitted(self, request: Request, tag: str, *, perhaps_sent: bool) -> str:
        def found_or_sent() -> str:
            nonlocal perhaps_sent
            found = self._looked_up(tag) if perhaps_sent else ()
            perhaps_sent = True
            return found[0] if found else self.service.submit(request, tag)

        return self._ask(found_or_sent)

    def _looked_up(self, tag: str) -> Sequence[str]:
        for number in range(self.patience.lookups):
            if found := self.find(tag):
                return found
            self.patience.wait(number)
        return ()

    def _ask(self, call: Callable[[], T]) -> T:
        for number in range(self.patience.tries):
            try:
                return call()
            except (ConnectionError, TimeoutError):
                self.patience.wait(number)
        raise BackendError(
            f"the service did not answer {self.patience.tries} times; look at your connection and "
            "at its status page, then run the same again, which goes on from here"
        )
