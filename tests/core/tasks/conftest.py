"""The toy task, and what is trained on it once for all tests here."""

import importlib.util
import sys
from pathlib import Path
from types import ModuleType

import pytest

from qmann_core.tasks import fit


@pytest.fixture(scope="session")
def toy() -> ModuleType:
    """The module toy.py beside this file, which a script of these tests imports as well."""
    spec = importlib.util.spec_from_file_location("toy", Path(__file__).with_name("toy.py"))
    module = importlib.util.module_from_spec(spec)
    sys.modules["toy"] = module
    spec.loader.exec_module(module)
    return module


@pytest.fixture(scope="session")
def series(toy):
    return toy.generate(toy.SETTINGS.application)


@pytest.fixture(scope="session")
def fitted(toy, series):
    return fit(toy.TOY, series, toy.SETTINGS)


@pytest.fixture(scope="session")
def pair(toy):
    return toy.small_fit()
