"""The toy task, and what is trained on it once for all tests here."""

import importlib
from types import ModuleType

import pytest


@pytest.fixture(scope="session")
def toy() -> ModuleType:
    """The module toy.py of tests/support, which a script of these tests imports as well."""
    return importlib.import_module("toy")


@pytest.fixture(scope="session")
def series(toy):
    return toy.generate(toy.SETTINGS.application)


@pytest.fixture(scope="session")
def fitted(toy, series):
    from qmann_core.tasks import fit

    return fit(toy.TOY, series, toy.SETTINGS)


@pytest.fixture(scope="session")
def pair(toy):
    return toy.small_fit()
