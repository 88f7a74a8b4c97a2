"""A monitor in processes that are killed at random moments."""

import time
from functools import partial
from math import inf

from forked import run

from qmann_industrial.stream.monitor import record

_PATIENCE = 60  # s for bytes that do not come


def events_despite_kills(model, file, folder, n, rng):
    """Texts of the events of a file, of one run and of a run that is killed and begun again.

    It is killed up to n times, when it has written a number of bytes that is drawn, or after a
    moment where that is none, and runs to its end then. Gives also how often it was, and how often
    it had written events since the time before.
    """
    plain, killed = folder / "plain.jsonl", folder / "killed.jsonl"
    started = time.perf_counter()
    assert run(partial(_work, model, file, plain)) == 0
    seconds, whole = time.perf_counter() - started, _size(plain)
    kills, wrote = 0, 0
    for _ in range(n):
        before, more = _size(killed), rng.uniform(-0.3, 1.3) * whole / n
        size, waits = (before + more, _PATIENCE) if more > 0 else (inf, rng.uniform() * seconds / n)
        until = partial(_reached, killed, size, time.perf_counter() + waits)
        status = run(partial(_work, model, file, killed), until=until)
        if status == 0:
            break
        kills += 1
        wrote += _size(killed) > before
    assert run(partial(_work, model, file, killed)) == 0
    return plain.read_text(), killed.read_text(), kills, wrote


def _size(file):
    return file.stat().st_size if file.exists() else 0


def _reached(file, size, end):
    return _size(file) >= size or time.perf_counter() > end


def _work(model, file, output):
    for _ in record(model, file, events=output, state=output.with_suffix(".state"), every=0.01):
        pass
