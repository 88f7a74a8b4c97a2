"""Jobs in processes of their own, started afresh so that nothing of this one is in them."""

import os
import signal
import threading
import time
from collections.abc import Iterator, Sequence
from concurrent.futures import as_completed
from contextlib import contextmanager

from loky import ProcessPoolExecutor
from loky.process_executor import BrokenProcessPool

from ...data.tables import join_first
from ...errors import ConfigError
from ..assessment import Assessment
from .jobs import Done, Job, perform

# Loky would start a process again, and warn, once it has grown by 300 MB: kernels are compiled.
_ENVIRONMENT = {"LOKY_MAX_MEMORY_LEAK_SIZE": "1e15"}
_IDLE = 60.0  # seconds after which a process ends that has nothing to do
_WATCH = 0.2  # seconds between two looks whether the caller is there


class Workers:
    """A number of processes that do jobs; with one, the jobs are done here.

    They end at once when the block is left or the caller is killed, whatever the reason.
    """

    def __init__(self, assessment: Assessment, n: int) -> None:
        self._assessment = assessment
        self._n = n
        self._pool = None
        if n > 1:
            self._pool = ProcessPoolExecutor(
                n, timeout=_IDLE, env=_ENVIRONMENT, initializer=_end_with, initargs=(os.getpid(),)
            )

    def __enter__(self) -> "Workers":
        return self

    def __exit__(self, *_: object) -> None:
        if self._pool is not None:
            self._pool.shutdown(kill_workers=True)

    def results(self, jobs: Sequence[Job]) -> Iterator[tuple[Job, Done]]:
        """Each job with what it gave, as they end.

        Raises:
            QMANNError: what a job raised.
            ConfigError: a process died.
        """
        if self._pool is None:
            for job in jobs:
                yield job, perform(self._assessment, job)
            return
        with _interrupts_held():
            left = {self._pool.submit(perform, self._assessment, job): job for job in jobs}
        for future in as_completed(left):
            try:
                done = future.result()
            except BrokenProcessPool as error:
                under_way = join_first(list(map(str, left.values()))[: self._n], limit=3)
                raise ConfigError(
                    f"a process ended while it worked on {under_way}: see its error above; where "
                    "there is none, memory may have run out: take fewer workers"
                ) from error
            yield left.pop(future), done


def _end_with(caller: int) -> None:
    """End this process once its caller has gone, even in the middle of a job."""

    def watch() -> None:
        while os.getppid() == caller:
            time.sleep(_WATCH)
        os._exit(1)

    threading.Thread(target=watch, daemon=True).start()


@contextmanager
def _interrupts_held() -> Iterator[None]:
    """Processes started inside never see Ctrl-C, which this one answers for all of them."""
    if not hasattr(signal, "pthread_sigmask"):
        yield
        return
    before = signal.pthread_sigmask(signal.SIG_BLOCK, {signal.SIGINT})
    try:
        yield
    finally:
        signal.pthread_sigmask(signal.SIG_SETMASK, before)
