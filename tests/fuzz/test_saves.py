"""Saves that are killed anywhere, or that run side by side: the old state or a new one."""

import itertools
import os
import threading
from concurrent.futures import ThreadPoolExecutor
from contextlib import suppress

import pytest
import torch

from qmann_core.errors import DataError
from qmann_core.memory import QMatrix
from qmann_core.storage import read_tensors, write_tensors
from qmann_core.tasks.saved import read_model, saved_task, write_model

TOUCHING = ("open", "fsync", "replace", "rename", "unlink", "mkdir", "rmdir")


class Killed(BaseException):
    """What a kill would do: nothing after it reaches the disk."""


def killed_at(n, save, monkeypatch):
    """Run a save whose process is gone from its nth call on; whether it ended before."""
    calls = itertools.count()

    def dying(function):
        def call(*args, **options):
            if next(calls) >= n:
                raise Killed
            return function(*args, **options)

        return call

    with monkeypatch.context() as patched:
        for name in TOUCHING:
            patched.setattr(os, name, dying(getattr(os, name)))
        try:
            save()
        except Killed:
            return False
    return True


def names(folder):
    return sorted(file.name for file in folder.iterdir())


WHOLE = ["card.md", "config.json", "model.safetensors"]


@pytest.mark.parametrize("there", [False, True], ids=["new", "replaced"])
def test_a_model_whose_save_is_killed_anywhere_is_the_old_or_the_new_one(
    tiny, tmp_path, monkeypatch, there
):
    tensors, description = tiny

    def save(folder, note):
        described = {**description, "notes": [note]}
        write_model(folder, {"weight": tensors["weight"] + len(note)}, described, note)

    def notes(folder):
        read, found = read_model(folder, description["task"])
        assert read["weight"][0] == len(found.notes[0])
        assert saved_task(folder) == description["task"]
        return found.notes[0]

    seen = set()
    for n in itertools.count():
        folder = tmp_path / str(n)
        if there:
            save(folder, "old")
        ended = killed_at(n, lambda folder=folder: save(folder, "newer"), monkeypatch)
        if there:
            seen.add(notes(folder))
        elif folder.exists() and (folder / "model.safetensors").exists():
            assert notes(folder) == "newer"
        if ended:
            break
        # and the next one is killed at once, where drafts of the first may still be needed
        killed_at(n // 2, lambda folder=folder: save(folder, "third one"), monkeypatch)
        if there:
            notes(folder)
        save(folder, "last")
        assert notes(folder) == "last"
        assert names(folder) == WHOLE
        assert (folder / "card.md").read_text() == "last"
    assert n > 10
    assert names(folder) == WHOLE
    assert seen == ({"old", "newer"} if there else set())


def test_a_file_whose_save_is_killed_anywhere_is_the_old_or_the_new_one(tmp_path, monkeypatch):
    place = tmp_path / "last.safetensors"
    write_tensors(place, {}, {"n": -1})
    for n in itertools.count():
        before = read_tensors(place)[1]["n"]
        ended = killed_at(n, lambda n=n: write_tensors(place, {}, {"n": n}), monkeypatch)
        assert read_tensors(place)[1]["n"] in (before, n)
        if ended:
            break
    assert names(tmp_path) == [place.name]


@pytest.mark.parametrize("kind", ["checkpoint", "memory", "model"])
def test_of_two_writers_at_once_neither_fails_and_one_counts(tiny, tmp_path, times, kind):
    description = tiny[1]
    place, gate = tmp_path / "saved", threading.Barrier(3)

    def write(number):
        if kind == "checkpoint":
            write_tensors(place, {"n": torch.full((100,), number)}, {"n": number})
        elif kind == "memory":
            memory = QMatrix(capacity=2, key_width=2)
            memory.write([1.0, float(number)])
            memory.save(place)
        else:
            described = {**description, "notes": [str(number)]}
            write_model(place, {"n": torch.full((100,), number)}, described, str(number))

    def read():
        if kind == "checkpoint":
            found, facts = read_tensors(place)
            return {*found["n"].tolist(), facts["n"]}
        if kind == "memory":
            return {int(QMatrix.load(place).read(0).keys[0, 1])}
        found, facts = read_model(place, description["task"])
        return {*found["n"].tolist(), int(facts.notes[0])}

    def pairs(which):
        try:
            for number in range(which, 2 * times, 2):
                gate.wait(timeout=60)
                write(number)
        except BaseException:
            gate.abort()  # nobody waits for one that failed
            raise

    with ThreadPoolExecutor(2) as pool:
        writers = [pool.submit(pairs, which) for which in (0, 1)]
        for number in range(0, 2 * times, 2):
            with suppress(threading.BrokenBarrierError):
                gate.wait(timeout=60)
            if number and not gate.broken:  # while both write
                (found,) = read()
                assert found in range(number - 2, number + 2)
        errors = [writer.exception(timeout=60) for writer in writers]
    failed = [each for each in errors if not isinstance(each, threading.BrokenBarrierError)]
    assert failed == [None, None]
    (found,) = read()
    assert found in (2 * times - 2, 2 * times - 1)
    assert [file.name for file in tmp_path.iterdir()] == ["saved"]
    if kind == "model":
        assert names(place) == WHOLE


def test_a_folder_of_links_or_devices_is_no_model(tiny, tmp_path):
    tensors, description = tiny
    folder = tmp_path / "model"
    write_model(folder, tensors, description, "")
    moved = (folder / "model.safetensors").rename(tmp_path / "elsewhere")
    for make in (lambda p: p.symlink_to(moved), os.mkfifo, lambda p: p.symlink_to("/dev/zero")):
        make(folder / "model.safetensors")
        with pytest.raises(DataError, match=r"cannot be read \(it is a (link|pipe)\)"):
            read_model(folder, description["task"])
        (folder / "model.safetensors").unlink()
