"""Jobs on a service: each recorded before it is sent, sent once, and kept when it is done."""

import sqlite3
from collections.abc import Iterator, Sequence
from contextlib import closing, contextmanager
from dataclasses import dataclass
from pathlib import Path
from typing import Literal

import numpy as np
from platformdirs import user_data_path
from safetensors.numpy import load, save

from ..errors import BackendError, DataError
from ..files import alone, make_folder
from .patience import Patience, PatientService
from .service import Arrays, Request, Service

State = Literal["recorded", "submitted", "done", "failed"]

_VERSION = 1
_TABLE = """
PRAGMA journal_mode = WAL;
PRAGMA user_version = 1;
CREATE TABLE IF NOT EXISTS jobs (
    key TEXT NOT NULL,
    attempt INTEGER NOT NULL,
    device TEXT NOT NULL,
    circuits INTEGER NOT NULL,
    shots INTEGER NOT NULL,
    recorded_at TEXT NOT NULL DEFAULT (strftime('%Y-%m-%d %H:%M:%f', 'now')),
    state TEXT NOT NULL DEFAULT 'recorded',
    job_id TEXT,
    result BLOB,
    PRIMARY KEY (key, attempt)
);
CREATE VIEW IF NOT EXISTS entries AS
    SELECT key, attempt, device, circuits, shots, recorded_at, state, job_id FROM jobs;
"""


@dataclass(frozen=True, kw_only=True)
class Entry:
    """A line of the ledger: one attempt at one request."""

    key: str
    attempt: int
    device: str
    circuits: int
    """In every basis of every row."""
    shots: int
    """Of all circuits together."""
    recorded_at: str
    """In UTC."""
    state: State
    job_id: str | None

    @property
    def tag(self) -> str:
        """What the job carries, and is found by."""
        return f"qmann-{self.key}-{self.attempt}"


class Ledger:
    """A file of jobs, by the content of what is run.

    A request is recorded, then sent with a tag that follows from its content, and its result is
    stored as it arrives. Whoever asks for the same again, in this process or another, after a
    crash or a year, is given that job's result. Where a job may have been sent, the service is
    asked for the tag before it is sent again. What the ledger holds are hashes, sizes, ids and
    results: no circuits, no options, no credentials.

    Args:
        path: of a SQLite file; None is ``jobs.sqlite`` in the user's data folder.
        patience: with the service.

    Raises:
        DataError: the file is no ledger, of a later version, or cannot be written.

    Example:
        >>> ledger = Ledger(Path("jobs.sqlite"))  # doctest: +SKIP
        >>> (values,) = ledger.run([request], service)  # doctest: +SKIP
    """

    def __init__(self, path: Path | None = None, *, patience: Patience | None = None) -> None:
        self.path = path or user_data_path("qmann", appauthor=False) / "jobs.sqlite"
        self.patience = patience or Patience()
        make_folder(self.path.parent, "the ledger of jobs")
        with alone(self._lock("new")), self._opened() as database:
            (version,) = database.execute("PRAGMA user_version").fetchone()
            if version > _VERSION:
                raise DataError(
                    f"{self.path}: a ledger in format {version}, and this version of QMANN reads "
                    f"up to format {_VERSION}; upgrade qmann-core"
                )
            database.executescript(_TABLE)

    def run(self, requests: Sequence[Request], service: Service) -> list[Arrays]:
        """Results of ``requests`` in their order; all are sent before the first is waited for.

        Args:
            requests: what to run.
            service: that runs it.

        Raises:
            BackendError: the service does not answer, jobs fail again and again, or one takes
                longer than the timeout; what was sent stays recorded, so that the same call goes
                on from there.
            DataError: the disk refuses.
        """
        patient = PatientService(service, self.patience)
        for request in requests:
            self._sent(request, patient)
        return [self._collected(request, patient) for request in requests]

    def entries(self) -> tuple[Entry, ...]:
        """All attempts, the oldest first."""
        with self._opened() as database:
            rows = database.execute("SELECT * FROM entries ORDER BY recorded_at").fetchall()
        return tuple(Entry(**row) for row in rows)

    def _collected(self, request: Request, service: PatientService) -> Arrays:
        """The result of one request, of as many jobs as it takes."""
        for failures in range(self.patience.attempts):
            entry = self._sent(request, service)
            if entry.state == "done" or self._arrived(entry, request, service):
                break
            self.patience.wait(failures)
        else:
            raise BackendError(
                f"{request.device}: {self.patience.attempts} jobs for the same circuits failed or "
                f"were cancelled, the last is {entry.job_id}; ask the service why, then run again"
            )
        found = self._result(entry)
        n = _rows(found)
        if n == len(request):
            return found
        rest = self._collected(request.after(n), service)
        return {name: np.concatenate([found[name], rest[name]]) for name in found}

    def _sent(self, request: Request, service: PatientService) -> Entry:
        """The attempt that counts: submitted, perhaps by another process, or done."""
        with alone(self._lock(request.key[:16])):
            latest = self._latest(request.key)
            if latest is None or latest.state == "failed":
                entry = self._record(request, latest.attempt + 1 if latest else 1)
            else:
                entry = latest
            if entry.state == "recorded":
                job = service.submit_once(request, entry.tag, perhaps_sent=entry is latest)
                entry = self._change(entry, "submitted", job)
            return entry

    def _arrived(self, entry: Entry, request: Request, service: PatientService) -> bool:
        """Wait for a job and store what it gave; False if it failed, and no other has its tag."""
        job = str(entry.job_id)
        arrays = service.result(job) if service.ended(job) == "done" else {}
        if _rows(arrays) > len(request):
            raise BackendError(
                f"{request.device}: job {job} gave {_rows(arrays)} rows for {len(request)}, so it "
                "is not what was sent; cancel it, and choose another ledger"
            )
        if _rows(arrays):
            return self._change(entry, "done", job, save(dict(arrays))).state == "done"
        other = service.another(entry.tag, job)
        if other is not None:
            return self._arrived(self._change(entry, "submitted", other), request, service)
        self._change(entry, "failed", job)
        return False

    def _lock(self, purpose: str) -> Path:
        return self.path.with_name(f".{self.path.name}-{purpose}.lock")

    def _latest(self, key: str) -> Entry | None:
        query = "SELECT * FROM entries WHERE key = ? ORDER BY attempt DESC LIMIT 1"
        with self._opened() as database:
            row = database.execute(query, (key,)).fetchone()
        return Entry(**row) if row else None

    def _record(self, request: Request, attempt: int) -> Entry:
        query = "INSERT INTO jobs (key, attempt, device, circuits, shots) VALUES (?, ?, ?, ?, ?)"
        size = request.n_circuits, request.n_shots
        with self._opened() as database:
            database.execute(query, (request.key, attempt, request.device, *size))
            return self._entry(database, request.key, attempt)

    def _change(
        self, entry: Entry, state: State, job_id: str | None, result: bytes | None = None
    ) -> Entry:
        """Change an attempt, unless somebody else has; gives what it is then."""
        query = (
            "UPDATE jobs SET state = ?, job_id = ?, result = ? "
            "WHERE key = ? AND attempt = ? AND state = ?"
        )
        place = entry.key, entry.attempt
        with self._opened() as database:
            database.execute(query, (state, job_id, result, *place, entry.state))
            return self._entry(database, *place)

    def _result(self, entry: Entry) -> Arrays:
        query = "SELECT result FROM jobs WHERE key = ? AND attempt = ?"
        with self._opened() as database:
            (blob,) = database.execute(query, (entry.key, entry.attempt)).fetchone()
        arrays: Arrays = load(blob)
        return arrays

    def _entry(self, database: sqlite3.Connection, key: str, attempt: int) -> Entry:
        query = "SELECT * FROM entries WHERE key = ? AND attempt = ?"
        return Entry(**database.execute(query, (key, attempt)).fetchone())

    @contextmanager
    def _opened(self) -> Iterator[sqlite3.Connection]:
        """A connection of this call alone: they do not survive a fork."""
        try:
            with closing(sqlite3.connect(self.path, timeout=60, isolation_level=None)) as database:
                database.row_factory = sqlite3.Row
                yield database
        except sqlite3.Error as error:
            raise DataError(
                f"{self.path}: cannot be read and written as a ledger of jobs ({error}); make "
                "room, or choose another file"
            ) from error


def _rows(arrays: Arrays) -> int:
    return len(next(iter(arrays.values()), ()))
