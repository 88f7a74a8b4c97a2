"""The audit of a task: one result however it was reached, fair trials, and work that is kept."""

import dataclasses
import io
import multiprocessing
import os
import re
import signal
import subprocess
import sys
import time
from pathlib import Path

import audited
import numpy as np
import pytest
import torch

from qmann_core.errors import ConfigError, DataError
from qmann_core.files import work_folder
from qmann_core.storage import write_tensors
from qmann_core.tasks import audit, evaluate
from qmann_core.tasks.assessment import Assessment
from qmann_core.tasks.auditing import waiting as waiting_module
from qmann_core.tasks.auditing import workers as workers_module
from qmann_core.tasks.auditing.folder import Finished, identify
from qmann_core.tasks.auditing.jobs import Done, Job, perform
from qmann_core.tasks.auditing.waiting import waiting
from qmann_core.tasks.auditing.workers import Workers

ARMS = ("hybrid", "classical", "separable", "frozen")
BASELINES = ("closed form", "truth")
RATES = ("learning_rate", "quantum_learning_rate")


@pytest.fixture(scope="module")
def settings(toy):
    application = {"n_days": 150, "n_series": 2, "test_size": 40, "refit_every": 40}
    return toy.settings(
        hybrid={"epochs": 2, "refit_epochs": 1, "samples_per_epoch": 64}, **application
    )


@pytest.fixture(scope="module")
def records(toy, settings):
    return toy.generate(settings.application)


@pytest.fixture(scope="module")
def assessment(toy, records, settings):
    return Assessment(toy.TOY, records, settings)


@pytest.fixture(scope="module")
def folder(tmp_path_factory):
    return tmp_path_factory.mktemp("audit") / "progress"


@pytest.fixture(scope="module")
def whole(toy, records, settings, folder):
    """Two seeds, two trials, in one process and at one go."""
    return audit(toy.TOY, records, settings, seeds=2, trials=2, workers=1, folder=folder)


@pytest.fixture
def counted(monkeypatch):
    """The jobs that are done here."""
    done = []

    def count(assessment, job):
        done.append(job)
        return perform(assessment, job)

    monkeypatch.setattr(workers_module, "perform", count)
    return done


@pytest.fixture
def pretended(monkeypatch):
    """Jobs that end at once, with losses and validation losses by arm and rate."""
    validation = {}

    def pretend(_assessment, job):
        generator = np.random.default_rng([ARMS.index(job.arm) if job.arm in ARMS else 9])
        loss = 1 + 0.1 * generator.random(40)
        found = validation.get((job.arm, round(job.factor, 3)), 1.0)
        return Done("pinball", loss, found, 0.25, 7)

    monkeypatch.setattr(workers_module, "perform", pretend)
    return validation


def with_rates(settings, factor, seed):
    changed = {name: factor * getattr(settings.hybrid, name) for name in RATES}
    hybrid = settings.hybrid.model_copy(update=changed)
    return settings.model_copy(update={"seed": seed, "hybrid": hybrid})


def without_clock(result):
    return dataclasses.replace(result, seconds={})


class Listener:
    """Keeps what it is told; after some of it, it may have enough."""

    def __init__(self, after=None, error=None):
        self.told, self.after, self.error = [], after, error

    def __call__(self, text, share):
        self.told.append((text, share))
        if len(self.told) == self.after:
            raise self.error


def test_losses_are_those_of_evaluations(toy, records, settings, whole):
    """Of the second seed, at the rates that the trials chose."""
    differences = {rival.name: rival.by_seed[1] for rival in whole.rivals}
    own, twin = (
        evaluate(toy.TOY, records, with_rates(settings, whole.rates[name], 1)).scores
        for name in ("hybrid", "classical")
    )
    loss = own["hybrid"]["pinball"]
    assert differences["truth"] == pytest.approx(loss - own["truth"]["pinball"])
    assert differences["closed form"] == pytest.approx(loss - own["closed form"]["pinball"])
    assert differences["classical"] == pytest.approx(loss - twin["classical"]["pinball"])
    assert [rival.name for rival in whole.rivals] == [*ARMS[1:], *BASELINES]
    assert (whole.title, whole.metric, whole.n_seeds, whole.n_test) == ("toy", "pinball", 2, 40)


def test_costs_are_counted(toy, records, settings, whole):
    assert set(whole.seconds) == {*ARMS, *BASELINES}
    assert min(whole.seconds.values()) > 0
    counts = evaluate(toy.TOY, records, settings, "frozen").parameters
    assert whole.parameters["frozen"] == counts["frozen"] < whole.parameters["hybrid"]
    assert whole.parameters["classical"] == counts["classical"]
    assert set(whole.parameters) == set(ARMS)


def test_rates_are_those_of_the_best_validation_loss(assessment, whole, folder):
    done = Finished(folder, identify(assessment)).read()
    assert len(done) == len(BASELINES) + len(ARMS) * (2 + 1)
    for arm in ARMS:
        losses = {f: done[Job(arm, 0, f)].validation for f in (1.0, 1 / 3)}
        assert whole.rates[arm] == min(losses, key=losses.get)
        assert Job(arm, 1, whole.rates[arm]) in done


def test_each_network_has_the_same_trials(toy, records, settings, pretended):
    pretended |= {("hybrid", 3.0): 0.5, ("classical", 0.111): 0.5, ("frozen", 0.333): np.inf}
    listener = Listener()
    found = audit(
        toy.TOY, records, settings, seeds=3, trials=4, workers=1, progress=listener, folder=None
    )
    assert found.rates == pytest.approx(
        {"hybrid": 3.0, "classical": 1 / 9, "separable": 1.0, "frozen": 1.0}
    )
    for arm in ARMS:
        tried = [text.split(",")[2:] for text, _ in listener.told if text.startswith(f"{arm}, ")]
        rates = [part.strip() for rest in tried[:4] for part in rest if "rates" in part]
        assert rates == [f"learning rates x {factor}" for factor in ("0.333", "3", "0.111")]
        assert len(tried) == 4 + 2


def test_without_trials_the_rates_stay(toy, records, settings, pretended):
    pretended |= {("hybrid", 3.0): 0.5}
    found = audit(toy.TOY, records, settings, seeds=1, trials=1, workers=1, progress=False)
    assert set(found.rates.values()) == {1.0}


def test_trainings_that_stayed_at_their_start_are_counted(toy, records, settings):
    still = with_rates(settings, 1e-30, 0)
    found = audit(toy.TOY, records, still, seeds=2, trials=1, workers=1, progress=False)
    for arm in ARMS:
        assert f"{arm}: 2 of 2 trainings stayed at the closed-form start" in found.notes
    kept = audit(toy.TOY, records, settings, seeds=1, trials=1, workers=1, progress=False)
    assert "closed-form start" not in " ".join(kept.notes)


def test_a_trial_that_diverges_is_not_chosen(assessment):
    found = perform(assessment, Job("hybrid", 0, 1e30))
    assert found.diverged
    assert found.validation == np.inf
    assert not perform(assessment, Job("hybrid", 0)).diverged


def test_training_that_diverges_by_itself_is_told(toy, records, settings):
    wild = Assessment(toy.TOY, records, with_rates(settings, 1e30, 0))
    with pytest.raises(ConfigError, match="expected finite numbers"):
        perform(wild, Job("hybrid", 0))


@pytest.mark.parametrize("kind", ["quantum", "classical", "evidence", "none"])
def test_a_memory_that_the_network_reads_is_switched_off(toy, records, settings, pretended, kind):
    memory = settings.memory.model_copy(update={"kind": kind})
    config = settings.model_copy(update={"memory": memory})
    found = audit(toy.TOY, records, config, seeds=1, trials=1, workers=1, progress=False)
    names = [rival.name for rival in found.rivals]
    told = f"No rival with the memory off: with memory.kind={kind} the network reads no memory"
    if kind in ("quantum", "classical"):
        assert names == [*ARMS[1:], "memory off", *BASELINES]
        assert told not in found.notes
    else:
        assert names == [*ARMS[1:], *BASELINES]
        assert found.notes[0] == told


def test_with_the_memory_off_it_is_the_network_without(toy, records, settings):
    memory = settings.memory.model_copy(update={"kind": "quantum", "capacity": 50})
    config = settings.model_copy(update={"memory": memory})
    off = perform(Assessment(toy.TOY, records, config), Job("memory off", 0))
    none = settings.model_copy(update={"memory": memory.model_copy(update={"kind": "none"})})
    without = perform(Assessment(toy.TOY, records, none), Job("hybrid", 0))
    np.testing.assert_array_equal(off.loss, without.loss)
    assert off.parameters == without.parameters


@pytest.mark.slow
def test_it_goes_on_after_an_interrupt_and_in_two_processes(
    toy, records, settings, whole, tmp_path
):
    place = tmp_path / "progress"
    asked = {"seeds": 2, "trials": 2, "folder": place}
    stop = Listener(5, KeyboardInterrupt())
    with pytest.raises(KeyboardInterrupt):
        audit(toy.TOY, records, settings, workers=1, progress=stop, **asked)
    kept = {file.name: file.read_bytes() for file in place.iterdir()}
    assert len(kept) == 5
    listener = Listener()
    found = audit(toy.TOY, records, settings, workers=2, progress=listener, **asked)
    assert multiprocessing.active_children() == []
    assert without_clock(found) == without_clock(whole)
    assert all((place / name).read_bytes() == content for name, content in kept.items())
    assert len(listener.told) == 14 - 5
    assert listener.told[-1][1] == 1.0


@pytest.mark.slow
def test_processes_hand_back_errors_and_end_at_once(records, settings):
    assessment = Assessment(audited.FAILING, records, settings)
    with Workers(assessment, 2) as processes:
        with pytest.raises(DataError, match="series a has a gap: fill it"):
            list(processes.results([Job("refuses")]))
        told = r"process ended while it worked on baseline dies, baseline sleeps: .* fewer workers"
        with pytest.raises(ConfigError, match=told):
            list(processes.results([Job("dies"), Job("sleeps")]))
    assert multiprocessing.active_children() == []


KILLED = """
import os, sys
import audited
from qmann_core.tasks.assessment import Assessment
from qmann_core.tasks.auditing.jobs import Job
from qmann_core.tasks.auditing.workers import Workers
assessment = Assessment(audited.FAILING, audited.TOY.demo(audited.SMALL.application), audited.SMALL)
with Workers(assessment, 2) as workers:
    list(workers.results([Job("sleeps"), Job("sleeps", None, 2.0)]))
"""


@pytest.mark.slow
@pytest.mark.parametrize("by", [signal.SIGTERM, signal.SIGKILL])
def test_processes_end_with_a_caller_that_is_killed(by, tmp_path):
    place = tmp_path / "working"
    path = os.pathsep.join(sys.path)
    environment = {**os.environ, "PYTHONPATH": path, "AUDITED_WORKING": str(place)}
    with subprocess.Popen([sys.executable, "-c", KILLED], env=environment) as caller:
        try:
            wait_for(lambda: place.exists() and len(place.read_text().split()) == 2, 240)
        finally:
            caller.send_signal(by)
    workers = [Path("/proc", pid) for pid in place.read_text().split()]
    wait_for(lambda: not any(worker.exists() for worker in workers), 5)


def wait_for(condition, seconds):
    end = time.monotonic() + seconds
    while time.monotonic() < end:
        if found := condition():
            return found
        time.sleep(0.05)
    pytest.fail("it did not happen in time")


def test_two_audits_do_not_share_a_folder(toy, records, settings, tmp_path):
    with (
        work_folder(tmp_path, "the progress"),
        pytest.raises(DataError, match=r"another run keeps the progress there now; wait for it"),
    ):
        audit(toy.TOY, records, settings, seeds=1, trials=1, workers=1, folder=tmp_path)
    assert list(tmp_path.iterdir()) == []


def test_more_seeds_and_trials_go_on_from_fewer(toy, records, settings, whole, folder, counted):
    again = audit(toy.TOY, records, settings, seeds=2, trials=2, workers=1, folder=folder)
    assert again == whole  # the clock, too, is what was kept
    assert counted == []
    audit(toy.TOY, records, settings, seeds=3, trials=1, workers=1, folder=folder)
    assert {(job.seed, job.factor) for job in counted} >= {(2, 1.0)}
    assert not {Job(arm, 0) for arm in ARMS} & set(counted)


@pytest.mark.parametrize(
    ("change", "told"),
    [
        ({"hybrid": {"epochs": 3}}, r"hybrid\.epochs is 2 there and 3 here"),
        ({"application": {"signal": 2.0}}, r"application\.signal is 1\.5 there and 2\.0 here"),
    ],
)
def test_a_folder_of_another_audit_is_refused(
    toy, records, settings, whole, folder, counted, change, told
):
    other = settings.model_copy(
        update={part: getattr(settings, part).model_copy(update=c) for part, c in change.items()}
    )
    with pytest.raises(DataError, match=f"belongs to another audit: {told}.* another folder"):
        audit(toy.TOY, records, other, workers=1, folder=folder)
    assert counted == []


def test_a_folder_of_other_data_is_refused(toy, records, settings, whole, folder):
    with pytest.raises(DataError, match=r"another audit: data is \w+ there and \w+ here\. Go on"):
        audit(toy.TOY, records.earlier(1), settings, workers=1, folder=folder)


def test_a_folder_of_another_task_is_refused(toy, records, settings, whole, folder):
    other = dataclasses.replace(toy.TOY, name="game")
    with pytest.raises(DataError, match="task is toy there and game here"):
        audit(other, records, settings, workers=1, folder=folder)


@pytest.mark.parametrize("damage", ["cut", "flipped"])
def test_a_damaged_file_is_refused(assessment, whole, folder, tmp_path, damage):
    (file, *_) = sorted(folder.glob("hybrid*"))
    content = bytearray(file.read_bytes())
    content[-20] ^= 1
    (tmp_path / file.name).write_bytes(content if damage == "flipped" else content[:-30])
    told = {"cut": "truncated: .* delete it", "flipped": "damaged: .* delete it"}[damage]
    with pytest.raises(DataError, match=f"{re.escape(file.name)}: {told}"):
        Finished(tmp_path, identify(assessment)).read()


def test_files_that_are_no_jobs_are_refused(assessment, tmp_path):
    place = tmp_path / "file"
    place.write_text("mine")
    with pytest.raises(DataError, match="file is no folder: choose another place"):
        Finished(place, identify(assessment)).read()
    with pytest.raises(DataError, match="cannot be made a folder"):
        Finished(place / "below", identify(assessment)).write(
            Job("truth"), perform(assessment, Job("truth"))
        )
    write_tensors(tmp_path / "last.safetensors", {"a": torch.zeros(1)}, {"identity": {}})
    with pytest.raises(DataError, match=r"last\.safetensors: not a finished job of an audit"):
        Finished(tmp_path, identify(assessment)).read()


@pytest.mark.parametrize("name", ["rw + GJR/GARCH", "../x", "a b"])
def test_any_name_of_a_baseline_can_be_kept(assessment, tmp_path, name):
    finished = Finished(tmp_path / "progress", identify(assessment))
    done = Done("QLIKE", np.array([0.1, np.pi]), np.nan, 0.5, 0)
    finished.write(Job(name), done)
    ((job, found),) = finished.read().items()
    assert job == Job(name)
    np.testing.assert_array_equal(found.loss, done.loss)
    assert np.isnan(found.validation)
    assert (found.metric, found.seconds, found.parameters) == ("QLIKE", 0.5, 0)
    assert [file.parent for file in tmp_path.rglob("*.safetensors")] == [tmp_path / "progress"]


@pytest.mark.parametrize(
    ("number", "told"),
    [
        ({"seeds": 0}, "got seeds=0: expected at least 1, and 10"),
        ({"trials": 0}, "got trials=0: expected 1, for none, to 7"),
        ({"trials": 8}, "got trials=8"),
        ({"workers": 0}, "got workers=0: expected at least 1"),
    ],
)
def test_numbers_out_of_range_are_refused(toy, records, settings, number, told):
    with pytest.raises(ConfigError, match=told):
        audit(toy.TOY, records, settings, **number)


def test_the_time_left_is_told_from_the_second_network_on(monkeypatch):
    """Before, processes start and code is compiled: it would be far too much."""
    clock = iter([100.0, 107.0, 400.0])
    monkeypatch.setattr(waiting_module.time, "monotonic", lambda: next(clock))
    listener, done = Listener(), Done("m", np.ones(3), 0.0, 4.0, 1)
    left = [Job("hybrid", seed) for seed in range(40)]
    with waiting("toy", listener) as shown:
        shown.ended(Job("HAR"), dataclasses.replace(done, seconds=0.1), left)
        shown.ended(Job("hybrid", 0), done, left[1:])
        shown.ended(Job("hybrid", 1), done, left[2:])
        shown.ended(Job("hybrid", 2), done, left[3:])
    # 38 more of 4 s each, of which one took 7 s by the clock; then 37, two in 300 s
    assert [text for text, _ in listener.told] == [
        "baseline HAR",
        "hybrid, seed 0",
        "hybrid, seed 1, about 4 min left",
        "hybrid, seed 2, about 1 h 32 min left",
    ]
    assert [share for _, share in listener.told] == [1 / 41, 2 / 41, 3 / 41, 4 / 41]


class Terminal(io.StringIO):
    def isatty(self):
        return True


@pytest.mark.parametrize(
    ("stream", "progress", "shown"),
    [(Terminal, True, True), (Terminal, False, False), (io.StringIO, True, False)],
)
def test_a_bar_is_shown_where_somebody_watches(monkeypatch, stream, progress, shown):
    monkeypatch.setenv("TERM", "xterm")
    monkeypatch.setattr(sys, "stderr", stream())
    with waiting("audit of toy", progress) as bar:
        bar.ended(Job("hybrid", 3), Done("m", np.ones(3), 0.0, 4.0, 1), [Job("hybrid", 4)])
        bar._bars.refresh()
    assert ("audit of toy: hybrid, seed 3" in sys.stderr.getvalue()) == shown
