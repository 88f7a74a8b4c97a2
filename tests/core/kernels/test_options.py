"""Where compiled kernels cannot be kept, they run all the same, and it is said once."""

import errno
import os
import subprocess
import sys

import pytest
from numba.core import caching

from qmann_core.kernels import options


def full(*_given):
    raise OSError(errno.ENOSPC, "No space left on device")


REFUSALS = {
    "full": (caching.IndexDataCacheFile, "save", full, "No space left on device"),
    "unwritable": (options._Stored, "_locator_classes", (), "no folder for them can be written"),
}

KEPT = """
import math, sys
import numpy as np
from qmann_core.kernels.options import kernel, when_compiling

def circle(x):
    place = np.empty(2)
    place[0], place[1] = math.cos(x), math.sin(x)
    return place

compiled = []
with when_compiling(lambda: compiled.append(1)):
    assert np.allclose(kernel(circle)(0.75), (math.cos(0.75), math.sin(0.75)), rtol=1e-12)
print(bool(compiled), "numba.np.linalg" in sys.modules)
"""


@pytest.mark.parametrize("refusal", REFUSALS)
def test_a_cache_that_refuses_is_said_once(refusal, monkeypatch, caplog):
    owner, name, instead, told = REFUSALS[refusal]
    options._say.cache_clear()
    monkeypatch.setattr(owner, name, instead)

    def more(x):
        return x + 1

    def less(x):
        return x - 1

    assert [options.kernel(function)(1) for function in (more, less)] == [2, 0]
    (record,) = caplog.records
    assert told in record.message


@pytest.mark.slow
def test_what_is_kept_runs_without_making_ready_to_compile(tmp_path):
    script = tmp_path / "halves.py"
    script.write_text(KEPT)
    environ = os.environ | {"NUMBA_CACHE_DIR": str(tmp_path)}
    said = [
        subprocess.run(
            [sys.executable, script], env=environ, capture_output=True, text=True, check=True
        ).stdout
        for _ in range(2)
    ]
    assert said == ["True True\n", "False False\n"]
