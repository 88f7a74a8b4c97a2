"""A service of jobs with faults; it is a file, so that it lives on when its client is killed.

What it answers follows from the rows and the seed of a request, so that jobs for the same work
agree. It can do what `qmann_core.backends.service.Service` asks for, and goes wrong by chance:
connections lost before or after a call was carried out, queues, jobs that fail, are cancelled, are
cut off or are accepted twice, an index of tags that lags behind, sessions that expire.
"""

import json
import random
from contextlib import contextmanager
from hashlib import sha256
from math import pi, sqrt

import numpy as np

from qmann_core.files import alone

TOKEN = "secret-token-7f3a"
"""In every message of the service's."""


def undisturbed(_moment):
    """The client is not killed."""


class FakeService:
    """
    Args:
        path: of the file that the service is.
        faults: chance of each kind of fault, wherever there may be one.
        seed: of the faults.
        crash: called with "before" or "after" around what carries a submission out.
    """

    def __init__(self, path, *, faults=0.0, seed=0, crash=undisturbed):
        self.path, self.faults, self.seed, self.crash = path, faults, seed, crash
        self.session = False

    def submit(self, request, tag):
        with self._called("submit") as (state, drawn):
            self._check_session(drawn)
            self.crash("before")
            for copy in range(1 + drawn()):
                state["jobs"].append(self._job(request, tag, drawn, copy))
            job_id, lost = f"job-{len(state['jobs']) - 1}", drawn()
        self.crash("after")
        if lost:
            raise TimeoutError(f"no answer for {TOKEN}")
        return job_id

    def find(self, tag):
        with self._called("find") as (state, _):
            found = []
            for number, job in enumerate(state["jobs"]):
                if job["tag"] == tag and job["hidden"] == 0:
                    found.append(f"job-{number}")
                job["hidden"] -= job["tag"] == tag and job["hidden"] > 0
        return found

    def status(self, job_id):
        with self._called("status") as (state, _):
            job = state["jobs"][int(job_id[4:])]
            job["queue"] -= job["queue"] > 0
            if job["state"] == "accepted" and job["queue"] == 0:
                job["state"] = job["fate"]
        return {"accepted": "waiting", "done": "done"}.get(job["state"], "failed")

    def result(self, job_id):
        with self._called("result") as (state, _):
            job = state["jobs"][int(job_id[4:])]
            assert job["state"] == "done", "results are of jobs that are done"
        rows = np.array(job["parameters"])[: job["rows"]]
        return values(rows, job["shots"], job["seed"])

    def cancel(self, job_id):
        with self._called("cancel") as (state, _):
            job = state["jobs"][int(job_id[4:])]
            if job["state"] == "accepted":
                job["state"] = "cancelled"

    def counts(self):
        """Calls, and the jobs, circuits and shots that the client asked for."""
        state = self._read()
        jobs = [job for job in state["jobs"] if job["copy"] == 0]
        return {
            "calls": state["calls"],
            "jobs": len(jobs),
            "circuits": sum(job["circuits"] for job in jobs),
            "shots": sum(job["circuits"] * job["shots"] for job in jobs),
        }

    def jobs(self):
        return self._read()["jobs"]

    def _job(self, request, tag, drawn, copy):
        n = len(request)
        return {
            "tag": tag,
            "copy": copy,
            "parameters": request.parameters.tolist(),
            "circuits": request.n_circuits,
            "shots": request.shots,
            "seed": request.seed,
            "state": "accepted",
            "fate": "failed" if drawn() else "cancelled" if drawn() else "done",
            "rows": random.Random(tag).randint(1, n) if drawn() else n,
            "queue": 3 if drawn() else 0,
            "hidden": 2 if drawn() else 0,
        }

    def _check_session(self, drawn):
        is_open, self.session = self.session, True
        if is_open and drawn():
            self.session = False  # opened anew by the next call
            raise ConnectionError(f"the session of {TOKEN} has expired")

    @contextmanager
    def _called(self, method):
        """The state, to change, and whether there is a fault; what is not carried out is lost."""
        with alone(self.path.with_suffix(".lock")):
            state = self._read()
            state["calls"] += 1
            chance = random.Random(f"{self.seed} {state['calls']} {method}")
            try:
                self._perhaps_lose(chance)
                yield state, lambda: chance.random() < self.faults
            finally:
                draft = self.path.with_suffix(".draft")
                draft.write_text(json.dumps(state))
                draft.replace(self.path)
        if method != "submit":
            self._perhaps_lose(chance)

    def _perhaps_lose(self, chance):
        if chance.random() < self.faults:
            raise ConnectionError(f"connection lost for {TOKEN}")

    def _read(self):
        if not self.path.exists():
            return {"calls": 0, "open": None, "jobs": []}
        return json.loads(self.path.read_text())


def values(rows, shots, seed):
    """Means and errors of each row: its own, whichever job it was in."""
    noise = [sha256(row.tobytes() + bytes([seed])).digest()[0] / 256 for row in rows]
    angles = rows.sum(axis=1) + 2 * pi * np.array(noise) / sqrt(shots)
    return {"mean": np.cos(angles)[:, None], "error": np.full((len(rows), 1), 1 / sqrt(shots))}
