"""Options of the suite, and what every process does before its first test."""

import fcntl
import gc
import importlib
import sys

import pytest
from hypothesis import settings
from jaxtyping import install_import_hook

PARTS = "circuits simulation interop lint backends mitigation memory nn data training evaluation"
CHECKED = tuple(f"qmann_core.{name}" for name in PARTS.split())

settings.register_profile("qmann", deadline=None, derandomize=True)
settings.load_profile("qmann")


def pytest_addoption(parser):
    parser.addoption("--shapes", action="store_true", help="check the shapes in annotations, too")
    parser.addoption("--slow", action="store_true", help="run the tests that are marked slow, too")


def pytest_configure(config):
    if config.getoption("shapes"):
        loaded = sorted(sys.modules.keys() & set(CHECKED))
        if loaded:
            raise pytest.UsageError(f"--shapes: a conftest.py imports {loaded} outside fixtures")
        install_import_hook(CHECKED, "shapes.once")


def pytest_collection_modifyitems(config, items):
    # the longest first, for which no worker should wait in the end; each reads the same order
    items.sort(key=lambda item: item.path.parent != config.rootpath / "tests")
    if not config.getoption("slow"):
        for item in items:
            if item.get_closest_marker("slow"):
                item.add_marker(pytest.mark.skip(reason="slow: give --slow"))


def pytest_collection_finish():
    gc.freeze()  # thousands of tests and all that they import stay: no collection looks at them


@pytest.fixture(scope="session", autouse=True)
def _one_thread():
    """Tensors of tests are small: more threads would only wait for each other."""
    importlib.import_module("torch").set_num_threads(1)


@pytest.fixture(scope="session", autouse=True)
def _compiled_kernels(worker_id, tmp_path_factory, _one_thread):
    """Of two workers that find no compiled kernels, each makes those of one precision."""
    if worker_id == "master":
        return
    precisions = ["float32", "float64"]
    for precision in precisions if int(worker_id[2:]) % 2 else reversed(precisions):
        with (tmp_path_factory.getbasetemp().parent / f"{precision}.lock").open("w") as lock:
            fcntl.flock(lock, fcntl.LOCK_EX)
            importlib.import_module("kernels").make(precision)
