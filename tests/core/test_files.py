"""Files that are whole or not there; the tests of what uses them have full disks and kills."""

import os
import stat
import time
from concurrent.futures import ThreadPoolExecutor
from pathlib import Path

import pytest

from qmann_core.errors import DataError
from qmann_core.files import alone, atomic_write, make_folder, read_file


def names(folder: Path) -> list[str]:
    return [file.name for file in folder.iterdir()]


def test_two_writers_at_the_same_time_do_not_clash(tmp_path):
    place = tmp_path / "t.csv"
    with atomic_write(place) as first:
        first.write_text("first")
        with atomic_write(place) as second:
            second.write_text("second")
        assert place.read_text() == "second"
    assert place.read_text() == "first"
    assert names(tmp_path) == ["t.csv"]


def test_the_file_has_the_rights_of_any_other(tmp_path):
    (tmp_path / "other").write_text("")
    with atomic_write(tmp_path / "file") as draft:
        draft.write_text("")
    modes = {stat.S_IMODE(file.stat().st_mode) for file in tmp_path.iterdir()}
    assert len(modes) == 1


@pytest.mark.parametrize("error", [ValueError("no"), KeyboardInterrupt()])
def test_what_fails_leaves_the_older_file(tmp_path, error):
    place = tmp_path / "file"
    place.write_text("older")

    def write() -> None:
        with atomic_write(place) as draft:
            draft.write_text("half")
            raise error

    with pytest.raises(type(error)):
        write()
    assert (names(tmp_path), place.read_text()) == (["file"], "older")


def test_a_folder_that_cannot_be_made(tmp_path):
    (tmp_path / "file").touch()
    make_folder(tmp_path / "a" / "b", "tests")
    make_folder(tmp_path / "a" / "b", "tests")
    with pytest.raises(DataError, match=r"file: cannot be made a folder for tests \(.*another one"):
        make_folder(tmp_path / "file", "tests")


def test_over_a_link_the_file_behind_it_is_written(tmp_path):
    real, link = tmp_path / "real.csv", tmp_path / "link.csv"
    link.symlink_to(real)
    for text in ("new", "newer"):
        with atomic_write(link) as draft:
            draft.write_text(text)
        assert link.is_symlink()
        assert real.read_text() == text
    assert sorted(names(tmp_path)) == ["link.csv", "real.csv"]


@pytest.mark.parametrize(
    ("make", "called"),
    [
        (os.mkfifo, "a pipe"),
        (lambda p: p.symlink_to("/dev/null"), "a device"),
        (Path.mkdir, "a folder"),
        (lambda p: p.symlink_to(p), "Too many levels"),
    ],
)
def test_what_is_no_file_is_neither_replaced_nor_read(tmp_path, make, called):
    place = tmp_path / "place"
    make(place)
    with pytest.raises(DataError, match=called), atomic_write(place) as draft:
        draft.write_text("")
    with pytest.raises(DataError, match=rf"place: cannot be read \(.*{called}"):
        read_file(place, kind="memory")
    assert names(tmp_path) == ["place"]


def test_drafts_of_writers_that_were_killed_are_cleared_and_of_others_not(tmp_path):
    place = tmp_path / "a[1]*.csv"
    left = tmp_path / f".{place.name}-0123456789ab.partial"
    other = tmp_path / ".b.csv-0123456789ab.partial"
    for file in (left, other):
        file.write_text("half")
    with atomic_write(place) as first:
        first.write_text("first")
        with atomic_write(place) as second:
            second.write_text("second")
        assert first.exists()
    assert sorted(names(tmp_path)) == sorted([other.name, place.name])


def test_one_at_a_time_is_inside_and_the_place_is_left_clean(tmp_path):
    place, inside = tmp_path / ".lock", []

    def enter(_):
        with alone(place):
            inside.append(len(inside))
            before = len(inside)
            time.sleep(0.001)
            assert len(inside) == before

    with ThreadPoolExecutor(8) as pool:
        list(pool.map(enter, range(100)))
    assert len(inside) == 100
    with alone(place), pytest.raises(DataError, match="taken"), alone(place, busy="taken"):
        pass
    assert names(tmp_path) == []
