"""kill -9 at random moments of saving: see memory_killed.py, which this runs."""

import json
import os
import re
from pathlib import Path

import pytest
from forked import script

from qmann_core.memory.store.saving import load

pytestmark = [
    pytest.mark.slow,
    pytest.mark.skipif(not hasattr(os, "fork"), reason="needs fork"),
]


def test_a_killed_save_leaves_the_old_or_the_new_memory(tmp_path):
    """That each file was whole was checked by the script after each kill."""
    done = script(Path(__file__).with_name("memory_killed.py"), tmp_path, 5)
    assert done.returncode == 0, done.stderr
    found = json.loads(done.stdout)
    assert set(found["statuses"]) == {-9}
    assert found["steps"] == sorted(found["steps"])
    assert found["steps"][-1] > 5  # saved between kills, too
    assert load(tmp_path / "memory")[1] == {"step": found["steps"][-1]}
    others = {file.name for file in tmp_path.iterdir()} - {"memory"}
    assert all(re.fullmatch(r"\.memory-\w+\.partial", name) for name in others)
    assert len(others) <= len(found["statuses"])
