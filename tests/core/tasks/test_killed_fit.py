"""kill -9 at random moments: see killed_fit.py, which one process runs."""

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


def test_a_killed_fit_ends_where_an_uninterrupted_one_does(tmp_path):
    done = script(Path(__file__).with_name("killed_fit.py"), tmp_path, 7)
    assert done.returncode == 0, done.stderr
    whole, *killed, end = json.loads(done.stdout)
    assert whole == end == 0, done.stderr
    assert killed == [-9] * 3
    (tensors, facts), (expected, wanted) = (
        read_tensors(tmp_path / run / "model" / "model.safetensors") for run in ("resumed", "whole")
    )
    for description in (facts, wanted):
        del description["evaluation"]["seconds"]
    assert facts == wanted
    assert tensors.keys() == expected.keys()
    assert all(torch.equal(tensors[name], expected[name]) for name in expected)
    assert {p.name for p in (tmp_path / "resumed").iterdir()} == {"progress", "model"}
