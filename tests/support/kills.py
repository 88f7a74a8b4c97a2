"""A monitor in processes that are killed at random moments."""

import time
from functools import partial

from forked import run

from qmann_industrial.stream.monitor import record


def events_despite_kills(model, file, folder, n, rng):
    """Texts of the events of a file, of one run and of a run that is killed and begun again.

    It is killed up to n times, after a time that is drawn, and runs to its end then. Gives also how
    often it was, and how often it had written events since the time before.
    """
    plain, killed = folder / "plain.jsonl", folder / "killed.jsonl"
    once = partial(_work, model, file, plain)
    (status, whole), (_, idle) = _timed(once), _timed(once)
    assert status == 0
    kills, wrote = 0, 0
    for _ in range(n):
        before = killed.stat().st_size if killed.exists() else 0
        seconds = max(0.0, idle + rng.uniform(-0.3, 1.3) * whole / n)
        status = run(partial(_work, model, file, killed), seconds)
        if status == 0:
            break
        kills += 1
        wrote += killed.exists() and killed.stat().st_size > before
    assert run(partial(_work, model, file, killed)) == 0
    return plain.read_text(), killed.read_text(), kills, wrote


def _timed(task):
    started = time.perf_counter()
    return run(task), time.perf_counter() - started


def _work(model, file, output):
    for _ in record(model, file, events=output, state=output.with_suffix(".state"), every=0.01):
        pass
