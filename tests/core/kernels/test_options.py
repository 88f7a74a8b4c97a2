"""Where compiled kernels cannot be kept, they run all the same, and it is said once."""

import errno

import pytest
from numba.core import caching

from qmann_core.kernels import options


def full(*_given):
    raise OSError(errno.ENOSPC, "No space left on device")


REFUSALS = {
    "full": (caching.IndexDataCacheFile, "save", full, "No space left on device"),
    "unwritable": (options._Stored, "_locator_classes", (), "no folder for them can be written"),
}


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
