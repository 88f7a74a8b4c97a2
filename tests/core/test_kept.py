"""What is kept is what was made, of just that; a file or folder that is none costs only time."""

import json
import sys

import pytest

from qmann_core import kept as module
from qmann_core.kept import kept


@pytest.fixture
def folder(tmp_path, monkeypatch):
    place = tmp_path / "cache" / "qmann"
    monkeypatch.setattr(module, "user_cache_path", lambda *_, **__: place)
    return place


@pytest.fixture
def code(tmp_path):
    place = tmp_path / "code.py"
    place.write_text("one")
    return place


class Squares:
    def __init__(self, code):
        self.code, self.made = code, 0

    def __call__(self, *numbers):
        def make():
            self.made += 1
            return json.dumps([n * n for n in numbers]).encode()

        return json.loads(kept("squares", map(str, numbers), [self.code], make))


def test_it_is_made_once(folder, code):
    squares = Squares(code)
    assert squares(2, 3) == squares(2, 3) == Squares(code)(2, 3) == [4, 9]
    assert squares.made == 1
    assert [file.name for file in folder.iterdir()] == ["squares"]


def test_it_follows_what_it_is_made_of_and_the_code(folder, code):
    squares = Squares(code)
    assert [squares(2, 3), squares(23), squares(2, 4)] == [[4, 9], [529], [4, 16]]
    code.write_text("two")
    assert squares(2, 4) == [4, 16]
    assert squares.made == 4


@pytest.mark.parametrize("place", [0, 31, 32, -1, None])
def test_a_damaged_file_is_made_again(folder, code, place):
    squares = Squares(code)
    squares(2, 3)
    content = bytearray((folder / "squares").read_bytes())
    if place is None:
        content = content[:20]
    else:
        content[place] ^= 1
    (folder / "squares").write_bytes(content)
    assert squares(2, 3) == squares(2, 3) == [4, 9]
    assert squares.made == 2


@pytest.mark.parametrize("there", ["file", "folder"])
def test_without_a_place_it_is_made_each_time(folder, code, there):
    folder.parent.mkdir()
    if there == "file":
        folder.write_text("")
    else:
        (folder / "squares").mkdir(parents=True)
    squares = Squares(code)
    assert squares(2, 3) == squares(2, 3) == [4, 9]
    assert squares.made == 2


def test_somebody_at_a_terminal_is_told_once(folder, code, monkeypatch, capsys):
    squares = Squares(code)
    squares(5)
    assert capsys.readouterr().err == ""
    monkeypatch.setattr(sys.stderr, "isatty", lambda: True)
    squares(2, 3)
    squares(2, 3)
    assert capsys.readouterr().err == "working out squares, once\n"
