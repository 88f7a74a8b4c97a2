"""Jobs are sent once and none is lost, whatever goes wrong; by the fake service."""

import json
import logging
import os
import sqlite3
import traceback
from concurrent.futures import ThreadPoolExecutor
from dataclasses import replace
from functools import partial
from pathlib import Path

import numpy as np
import pytest
from fake_service import TOKEN, FakeService, values
from forked import script

from qmann_core.backends.ledger import Ledger
from qmann_core.backends.patience import Patience
from qmann_core.backends.service import Request
from qmann_core.errors import BackendError, ConfigError, DataError

REQUEST = Request(
    device="fake",
    program=b"a circuit",
    parameters=np.linspace(-2, 2, 18).reshape(9, 2),
    observables=("XI", "ZZ"),
    settings=2,
    shots=100,
    options={"resilience_level": 1},
)
QUICK = Patience(first_wait=0.0)


@pytest.fixture
def service(tmp_path):
    return FakeService(tmp_path / "service")


@pytest.fixture
def ledger(tmp_path):
    return Ledger(tmp_path / "ledger", patience=QUICK)


def check(found, request=REQUEST):
    for name, expected in values(request.parameters, request.shots, request.seed).items():
        np.testing.assert_array_equal(found[name], expected)


def lost(call, times, *, after=False):
    """A method that is not answered some times, before or after it is carried out."""
    left = [times]

    def answered(*arguments):
        left[0] -= 1
        if after or left[0] < 0:
            answer = call(*arguments)
        if left[0] >= 0:
            raise TimeoutError(f"no answer for {TOKEN}")
        return answer

    return answered


def facing(service, *jobs):
    """A service that changes the jobs that it accepts, the first as the first of ``jobs`` says."""
    rest, accept = list(jobs), service._job
    service._job = lambda *given: accept(*given) | (rest.pop(0) if rest else {})
    return service


def test_the_same_is_run_once(ledger, service):
    for one in (ledger, Ledger(ledger.path)):
        for found in one.run([REQUEST, REQUEST], service):
            check(found)
    assert service.counts() | {"calls": None} == {
        "calls": None,
        "jobs": 1,
        "circuits": REQUEST.n_circuits,
        "shots": REQUEST.n_shots,
    }
    (entry,) = ledger.entries()
    assert (entry.state, entry.job_id, entry.circuits, entry.shots) == ("done", "job-0", 18, 1800)
    assert service.jobs()[0]["tag"] == entry.tag == f"qmann-{REQUEST.key}-1"


@pytest.mark.parametrize(
    "change",
    [
        {"device": "another"},
        {"program": b"another"},
        {"parameters": REQUEST.parameters + 1e-15},
        {"parameters": REQUEST.parameters.reshape(6, 3)},
        {"observables": ("XI", "ZY")},
        {"settings": 1},
        {"shots": 101},
        {"seed": 1},
        {"options": {"resilience_level": 2}},
    ],
)
def test_what_differs_is_another_job(change):
    assert replace(REQUEST, **change).key != REQUEST.key
    assert replace(REQUEST, parameters=REQUEST.parameters.copy()).key == REQUEST.key


@pytest.mark.parametrize("method", ["submit", "find", "status", "result", "cancel"])
@pytest.mark.parametrize("after", [False, True])
def test_a_lost_connection_loses_and_doubles_nothing(ledger, service, method, after):
    facing(service, {"hidden": 2 if method == "submit" else 0, "queue": 2})
    times = 1 if method == "submit" else 3
    setattr(service, method, lost(getattr(service, method), times, after=after))
    check(*ledger.run([REQUEST], service))
    assert service.counts()["jobs"] == 1


def test_a_service_that_is_down_is_given_up_and_taken_up_again(ledger, service):
    result, service.result = service.result, lost(service.result, 10**9)
    with pytest.raises(BackendError, match=r"did not answer 8 times.*run the same again"):
        ledger.run([REQUEST], service)
    assert [entry.state for entry in ledger.entries()] == ["submitted"]
    service.result = result
    check(*ledger.run([REQUEST], service))
    assert service.counts()["jobs"] == 1


@pytest.mark.parametrize("fate", ["failed", "cancelled"])
def test_a_job_that_fails_is_tried_again(ledger, service, fate):
    check(*ledger.run([REQUEST], facing(service, {"fate": fate}, {"fate": fate})))
    assert [entry.state for entry in ledger.entries()] == ["failed", "failed", "done"]
    assert [entry.attempt for entry in ledger.entries()] == [1, 2, 3]


def test_jobs_that_always_fail_are_given_up(ledger, service):
    facing(service, *[{"fate": "failed"}] * 3)
    with pytest.raises(BackendError, match=r"fake: 3 jobs for the same.*failed.*last is job-2"):
        ledger.run([REQUEST], service)
    check(*ledger.run([REQUEST], service))


def test_what_a_job_left_out_is_another_job(ledger, service):
    facing(service, {"rows": 4}, {"rows": 0}, {"rows": 3})
    check(*ledger.run([REQUEST], service))
    assert [len(job["parameters"]) for job in service.jobs()] == [9, 5, 5, 2]
    check(*Ledger(ledger.path).run([REQUEST], service))
    assert service.counts()["jobs"] == 4


def test_of_a_job_that_was_accepted_twice_one_is_cancelled(ledger, service):
    accept = service.submit
    service.submit = lambda *given: (accept(*given), accept(*given))[1]
    check(*ledger.run([REQUEST], facing(service, {"queue": 1}, {"queue": 1})))
    assert [job["state"] for job in service.jobs()] == ["cancelled", "done"]


def test_a_result_that_comes_late_is_taken(ledger, service):
    """The job that is known fails; its like, which was not found before, does not."""
    accept = service.submit
    service.submit = lambda *given: (accept(*given), accept(*given))[1]
    facing(service, {"hidden": 1, "queue": 5}, {"fate": "failed"})
    check(*ledger.run([REQUEST], service))
    (entry,) = ledger.entries()
    assert (entry.state, entry.job_id) == ("done", "job-0")


def test_a_long_queue_is_left_to_another_run(tmp_path, service):
    hasty = Ledger(tmp_path / "ledger", patience=replace(QUICK, timeout=0.0))
    with pytest.raises(BackendError, match="job-0 is not done after 0 s; it stays recorded"):
        hasty.run([REQUEST], facing(service, {"queue": 50}))
    check(*Ledger(hasty.path, patience=QUICK).run([REQUEST], service))
    assert service.counts()["jobs"] == 1


def test_a_result_of_other_rows_is_refused(ledger, service):
    result = service.result
    service.result = lambda job: {"mean": np.concatenate([result(job)["mean"]] * 2)}
    with pytest.raises(BackendError, match="job-0 gave 18 rows for 9, so it is not what was sent"):
        ledger.run([REQUEST], service)


def test_of_two_at_once_one_submits_and_the_other_waits(ledger, service):
    facing(service, {"queue": 20})
    with ThreadPoolExecutor(4) as pool:
        runs = [pool.submit(partial(ledger.run, [REQUEST], service)) for _ in range(4)]
    for done in runs:
        check(*done.result())
    assert service.counts()["jobs"] == 1


def test_credentials_are_nowhere(tmp_path, ledger, service, caplog):
    caplog.set_level(logging.DEBUG)
    request = replace(REQUEST, options={"token": TOKEN})
    service.status = lost(service.status, 10**9)
    with pytest.raises(BackendError) as raised:
        ledger.run([request], service)
    texts = ["".join(traceback.format_exception(raised.value)), repr(raised.value), caplog.text]
    written = [file.read_bytes() for file in tmp_path.iterdir() if "ledger" in file.name]
    assert written
    assert not any(TOKEN.encode() in each for each in [*map(str.encode, texts), *written])


@pytest.mark.parametrize(
    ("write", "message"),
    [
        (lambda path: path.write_bytes(b"no database" * 100), "cannot be read and written as a"),
        (lambda path: sqlite3.connect(path).execute("PRAGMA user_version = 2"), "in format 2"),
        (lambda path: path.mkdir(), "cannot be read and written as a ledger"),
    ],
)
def test_another_file_is_refused(tmp_path, write, message):
    write(tmp_path / "ledger")
    with pytest.raises(DataError, match=message):
        Ledger(tmp_path / "ledger")


def test_options_that_have_no_content_are_refused():
    with pytest.raises(ConfigError, match=r"JSON can hold; got \['seed'\]"):
        _ = replace(REQUEST, options={"seed": object()}).key


@pytest.mark.skipif(not hasattr(os, "fork"), reason="needs fork")
@pytest.mark.parametrize("n", [20, pytest.param(180, marks=pytest.mark.slow)])
def test_no_kill_and_no_fault_loses_or_doubles_a_job(tmp_path, n):
    """Of each run, that nothing was sent twice and that numbers are right is checked there."""
    first = 0 if n == 20 else 20
    done = script(Path(__file__).with_name("killed_jobs.py"), tmp_path, first, n)
    assert done.returncode == 0, done.stderr
    found = json.loads(done.stdout)
    assert found["kills"] >= n
    assert found["failed"] >= n / 10
