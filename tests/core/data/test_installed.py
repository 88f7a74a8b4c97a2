"""Files inside installed packages."""

import sys
from pathlib import Path

import pytest

from qmann_core.data.installed import installed_file
from qmann_core.errors import DataError


def package(folder: Path, name: str) -> Path:
    (folder / name).mkdir()
    (folder / name / "__init__.py").write_text("raise RuntimeError")
    return folder / name


def test_a_file_is_found_without_importing_its_package(tmp_path, monkeypatch):
    monkeypatch.syspath_prepend(tmp_path)
    expected = package(tmp_path, "qmann_found") / "a.csv"
    expected.touch()
    assert installed_file("qmann_found", "a.csv", about="numbers") == expected
    assert "qmann_found" not in sys.modules


def test_a_package_that_is_not_installed():
    with pytest.raises(DataError, match=r"\(numbers\) .* not installed.*pip install x\[data\]"):
        installed_file("qmann_none", "a.csv", about="numbers", install="x[data]")
    with pytest.raises(DataError, match=r"pip install qmann_none$"):
        installed_file("qmann_none", "a.csv", about="numbers")


def test_a_package_without_the_file(tmp_path, monkeypatch):
    monkeypatch.syspath_prepend(tmp_path)
    package(tmp_path, "qmann_bare")
    with pytest.raises(DataError, match=r"qmann_bare does not hold a\.csv.*install --upgrade"):
        installed_file("qmann_bare", "a.csv", about="numbers")
