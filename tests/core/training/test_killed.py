"""kill -9 at random moments: see killed.py, which one process runs for all tests here."""

import json
import os
from pathlib import Path

import pytest
import torch
from forked import script

from qmann_core.storage import read_tensors

pytestmark = [
    pytest.mark.slow,
    pytest.mark.skipif(not hasattr(os, "fork"), reason="needs fork"),
]


@pytest.fixture(scope="module")
def folder(tmp_path_factory):
    return tmp_path_factory.mktemp("killed")


@pytest.fixture(scope="module")
def statuses(folder):
    done = script(Path(__file__).with_name("killed.py"), folder, 5)
    assert done.returncode == 0, done.stderr
    return json.loads(done.stdout)


def test_a_killed_writer_leaves_the_old_or_the_new_file(folder, statuses):
    """That each file was whole was checked by the script after each kill."""
    assert set(statuses["writers"]) == {-9}
    assert read_tensors(folder / "writing" / "last.safetensors")[0].keys() == {"step", "filled"}


@pytest.mark.parametrize("name", ["last", "best"])
def test_killed_training_ends_where_uninterrupted_training_does(folder, statuses, name):
    *killed, end = statuses["trainers"]
    assert set(killed) == {-9}
    assert end == statuses["whole"] == 0
    (tensors, facts), (expected, whole) = (
        read_tensors(folder / run / f"{name}.safetensors") for run in ("resumed", "whole")
    )
    for side in (facts, whole):
        assert side["history"].pop("seconds") > 0
    assert facts == whole
    assert facts["finished"] == (name == "last")
    assert tensors.keys() == expected.keys()
    assert all(torch.equal(tensors[key], expected[key]) for key in expected)
