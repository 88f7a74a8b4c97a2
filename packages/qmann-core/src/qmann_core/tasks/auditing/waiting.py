"""What a waiting person sees of an audit: how far it is, and the time left."""

import statistics
import time
from collections.abc import Iterator, Sequence
from contextlib import contextmanager

from rich.progress import Progress

from ..progress import Listener, terminal_bars
from .jobs import Done, Job


@contextmanager
def waiting(title: str, progress: bool | Listener) -> Iterator["Waiting"]:
    """A bar on the terminal's error stream, or a listener that is told; or silence."""
    with terminal_bars(progress) as bars:
        yield Waiting(title, bars, None if isinstance(progress, bool) else progress)


class Waiting:
    """How far an audit is."""

    def __init__(self, title: str, bars: Progress, listener: Listener | None) -> None:
        self._bars, self._listener = bars, listener
        self._bar = bars.add_task(f"{title}: starting")
        self._title = title
        self._seconds: dict[str, list[float]] = {}
        self._ended = 0
        self._since: float | None = None
        self._spent = 0.0

    def ended(self, job: Job, done: Done, left: Sequence[Job]) -> None:
        """A job ended, and these are left."""
        self._seconds.setdefault(job.arm, []).append(done.seconds)
        self._ended += 1
        share = self._ended / (self._ended + len(left))
        text = f"{job}{self._time_left(job, done, left)}"
        self._bars.update(self._bar, description=f"{self._title}: {text}", completed=100 * share)
        if self._listener is not None:
            self._listener(text, share)

    def _time_left(self, job: Job, done: Done, left: Sequence[Job]) -> str:
        """By what followed the first network: before it, processes start and code is compiled."""
        if self._since is None:
            self._since = None if job.seed is None else time.monotonic()
            return ""
        self._spent += done.seconds
        ahead = sum(self._expected(other) for other in left)
        pace = (time.monotonic() - self._since) / self._spent
        return f", about {_duration(pace * ahead)} left"

    def _expected(self, job: Job) -> float:
        """CPU seconds that a job takes, by those of its arm, or of all."""
        known = self._seconds.get(job.arm) or [s for some in self._seconds.values() for s in some]
        return statistics.median(known)


def _duration(seconds: float) -> str:
    """As a person says it."""
    if seconds < 90:
        return f"{seconds:.0f} s"
    minutes = round(seconds / 60)
    return f"{minutes} min" if minutes < 90 else f"{minutes // 60} h {minutes % 60} min"
