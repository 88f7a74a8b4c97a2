"""Jobs in processes of their own, started afresh so that nothing of this one is in them."""

import multiprocessing
import signal
from collections.abc import Iterator, Sequence
from contextlib import contextmanager, suppress
from multiprocessing import resource_tracker
from multiprocessing.connection import Connection, wait
from multiprocessing.process import BaseProcess

from ...errors import ConfigError, QMANNError
from ..assessment import Assessment
from .jobs import Done, Job, perform


class Workers:
    """A number of processes that do jobs; with one, the jobs are done here.

    They end at once when the block is left, whatever the reason.
    """

    def __init__(self, assessment: Assessment, n: int) -> None:
        self._assessment = assessment
        self._n = n
        self._processes: dict[Connection, BaseProcess] = {}

    def __enter__(self) -> "Workers":
        return self

    def __exit__(self, *_: object) -> None:
        started = {c: process for c, process in self._processes.items() if process.pid is not None}
        for process in started.values():
            process.terminate()
        for connection, process in started.items():
            process.join()
            connection.close()

    def results(self, jobs: Sequence[Job]) -> Iterator[tuple[Job, Done]]:
        """Each job with what it gave, as they end.

        Raises:
            QMANNError: what a job raised.
            ConfigError: a process died.
        """
        if self._n == 1:
            for job in jobs:
                yield job, perform(self._assessment, job)
            return
        if jobs and not self._processes:
            self._start()
        waiting = list(reversed(jobs))
        busy: dict[Connection, Job] = {}
        for connection in self._processes:
            self._next(connection, waiting, busy)
        while busy:
            ready = wait(list(busy))
            for connection in [other for other in busy if other in ready]:
                job = busy.pop(connection)
                done = self._answer(connection, job)
                self._next(connection, waiting, busy)
                yield job, done

    def _start(self) -> None:
        context = multiprocessing.get_context("spawn")
        for _ in range(self._n):
            here, there = context.Pipe()
            process = context.Process(target=_serve, args=(there,), daemon=True)
            self._processes[here] = process
            with _interrupts_held():
                process.start()
            there.close()
        for connection in self._processes:  # only now, so that none waits for another's imports
            with suppress(BrokenPipeError):  # a process that died has no answer either
                connection.send(self._assessment)

    def _next(
        self, connection: Connection, waiting: list[Job], busy: dict[Connection, Job]
    ) -> None:
        if waiting:
            busy[connection] = waiting.pop()
            with suppress(BrokenPipeError):
                connection.send(busy[connection])

    def _answer(self, connection: Connection, job: Job) -> Done:
        try:
            answer: Done | QMANNError = connection.recv()
        except (EOFError, ConnectionError):
            process = self._processes[connection]
            process.join()
            raise ConfigError(
                f"a process ended with status {process.exitcode} while it worked on {job}: see its "
                "error above; where there is none, memory may have run out: take fewer workers"
            ) from None
        if isinstance(answer, QMANNError):
            raise answer
        return answer


def _serve(connection: Connection) -> None:
    """Do what is asked until nobody asks any more."""
    with suppress(EOFError):
        assessment = connection.recv()
        while True:
            connection.send(_attempt(assessment, connection.recv()))


def _attempt(assessment: Assessment, job: Job) -> Done | QMANNError:
    try:
        return perform(assessment, job)
    except QMANNError as error:
        return error


@contextmanager
def _interrupts_held() -> Iterator[None]:
    """Processes started inside never see Ctrl-C, which this one answers for all of them."""
    if not hasattr(signal, "pthread_sigmask"):
        yield
        return
    resource_tracker.ensure_running()  # whose start would let interrupts through again
    before = signal.pthread_sigmask(signal.SIG_BLOCK, {signal.SIGINT})
    try:
        yield
    finally:
        signal.pthread_sigmask(signal.SIG_SETMASK, before)
