"""Kill a process that runs jobs on a service with faults, again and again: run as a script.

See tests/support/forked.py and fake_service.py.
"""

import json
import os
import random
import signal
import sys
from functools import partial
from multiprocessing import get_context
from pathlib import Path

import numpy as np
from fake_service import FakeService, undisturbed, values
from forked import run

from qmann_core.backends.ledger import Ledger
from qmann_core.backends.patience import Patience
from qmann_core.backends.service import Request

PATIENCE = Patience(tries=60, attempts=60, first_wait=0.0)


def requests(rng):
    return [
        Request(
            device="fake",
            program=b"a circuit",
            parameters=np.array([[rng.uniform(-3, 3), number] for _ in range(rng.randint(1, 9))]),
            settings=3,
            shots=rng.randint(1, 4096),
        )
        for number in range(rng.randint(1, 4))
    ]


def work(folder, wanted, faults, seed, crash, name="found"):
    service = FakeService(folder / "service", faults=faults, seed=seed, crash=crash)
    found = Ledger(folder / "ledger", patience=PATIENCE).run(wanted, service)
    np.savez(folder / name, *[each["mean"] for each in found])


def crash_at(number, moment):
    """Ends the process before or after a submission is carried out, the nth."""
    left = [number]

    def crash(now):
        left[0] -= now == moment
        if left[0] == 0:
            os.kill(os.getpid(), signal.SIGKILL)

    return crash


def kill_once(folder, task, rng):
    """By the service's calls, or at once around a submission."""
    service, finished = FakeService(folder / "service"), folder / "found.npz"
    if rng.random() < 0.4:
        return run(partial(task, crash_at(rng.randint(1, 3), rng.choice(["before", "after"]))))
    calls = service.counts()["calls"] + rng.randint(0, 12)
    return run(
        partial(task, undisturbed),
        until=lambda: service.counts()["calls"] >= calls or finished.exists(),
    )


def one(folder, seed):
    """How often it was killed; what was sent, found and lost is asserted."""
    rng = random.Random(seed)
    wanted, faults = requests(rng), rng.choice([0.0, 0.05, 0.15])
    task = partial(work, folder, wanted, faults, seed)
    whole = partial(task, undisturbed)
    rival = (
        get_context("fork").Process(target=whole, args=("rival",)) if rng.random() < 0.3 else None
    )
    if rival:
        rival.start()
    statuses = [kill_once(folder, task, rng) for _ in range(rng.randint(1, 4))]
    assert run(whole) == 0
    if rival:
        rival.join()
        assert rival.exitcode == 0
    with np.load(folder / "found.npz") as found:
        for got, request in zip(found.values(), wanted, strict=True):
            expected = values(request.parameters, request.shots, request.seed)
            assert np.array_equal(got, expected["mean"])
    jobs = [job for job in FakeService(folder / "service").jobs() if job["copy"] == 0]
    assert len({job["tag"] for job in jobs}) == len(jobs), "sent twice"
    done = [job["tag"].rpartition("-")[0] for job in jobs if job["state"] == "done"]
    assert len(set(done)) == len(done), "done twice"
    entries = Ledger(folder / "ledger").entries()
    assert {entry.state for entry in entries} <= {"done", "failed"}
    assert sorted(entry.tag for entry in entries) == sorted(job["tag"] for job in jobs)
    return statuses.count(-signal.SIGKILL), len(jobs), len(entries) - len(done)


def main(folder, first, n):
    totals = np.zeros(3, dtype=int)
    for seed in range(first, first + n):
        place = folder / str(seed)
        place.mkdir()
        totals += one(place, seed)
    sys.stdout.write(
        json.dumps(dict(zip(("kills", "jobs", "failed"), totals.tolist(), strict=True)))
    )


if __name__ == "__main__":
    main(Path(sys.argv[1]), int(sys.argv[2]), int(sys.argv[3]))
