"""What a waiting person sees of an audit: how far it is, and the time left."""

import statistics
import sys
import time
from collections.abc import Sequence
from types import TracebackType

from rich.console import Console
from rich.progress import BarColumn, Progress, TextColumn

from ..progress import Listener
from .jobs import Done, Job


class Waiting:
    """A bar on the terminal's error stream, or a listener that is told; or silence."""

    def __init__(self, title: str, progress: bool | Listener) -> None:
        console = Console(file=sys.stderr)
        self._bars = Progress(
            TextColumn("{task.description}"),
            BarColumn(),
            TextColumn("{task.percentage:>3.0f} %"),
            console=console,
            transient=True,
            disable=progress is not True or not console.is_terminal,
        )
        self._bar = self._bars.add_task(f"{title}: starting")
        self._title = title
        self._listener = None if isinstance(progress, bool) else progress
        self._seconds: dict[str, list[float]] = {}
        self._ended = 0
        self._since: float | None = None
        self._spent = 0.0

    def __enter__(self) -> "Waiting":
        self._bars.start()
        return self

    def __exit__(
        self,
        kind: type[BaseException] | None,
        error: BaseException | None,
        trace: TracebackType | None,
    ) -> None:
        self._bars.stop()

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
