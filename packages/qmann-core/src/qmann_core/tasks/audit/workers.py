"""Jobs in processes of their own, started afresh so that nothing of this one is in them."""

import multiprocessing
import signal
from collections.abc import Iterator, Sequence
from contextlib import contextmanager, suppress
from multiprocessing.connection import Connection, wait
from multiprocessing.process import BaseProcess
from types import TracebackType

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
        if self._n > 1:
            context = multiprocessing.get_context("spawn")
            for _ in range(self._n):
                here, there = context.Pipe()
                process = context.Process(
                    target=_serve, args=(there, self._assessment), daemon=True
                )
                with _interrupts_held():
                    process.start()
                there.close()
                self._processes[here] = process
        return self

    def __exit__(
        self,
        kind: type[BaseException] | None,
        error: BaseException | None,
        trace: TracebackType | None,
    ) -> None:
        for process in self._processes.values():
            process.terminate()
        for connection, process in self._processes.items():
            process.join()
            connection.close()

    def results(self, jobs: Sequence[Job]) -> Iterator[tuple[Job, Done]]:
        """Each job with what it gave, as they end.

        Raises:
            QMANNError: what a job raised.
            ConfigError: a process died.
        """
        if not self._processes:
            for job in jobs:
                yield job, perform(self._assessment, job)
            return
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

    def _next(
        self, connection: Connection, waiting: list[Job], busy: dict[Connection, Job]
    ) -> None:
        if waiting:
            busy[connection] = waiting.pop()
            with suppress(BrokenPipeError):  # a process that died has no answer either
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


def _serve(connection: Connection, assessment: Assessment) -> None:
    """Do what is asked until nobody asks any more."""
    while True:
        try:
            job = connection.recv()
        except EOFError:
            return
        try:
            answer: Done | QMANNError = perform(assessment, job)
        except QMANNError as error:
            answer = error
        connection.send(answer)


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
