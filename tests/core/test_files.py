"""Files that are whole or not there; the tests of what uses them have full disks and kills."""

import stat
from pathlib import Path

import pytest

from qmann_core.errors import DataError
from qmann_core.files import atomic_write, make_folder


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
