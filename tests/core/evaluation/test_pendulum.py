"""The audit of the published quantum cell, on the data that it was published with."""

import importlib.util
from pathlib import Path

import pytest
import torch

PLACE = Path(__file__).parents[2] / "benchmarks" / "pendulum.py"


@pytest.fixture(scope="module")
def audit():
    """Seven seeds of six epochs, of the hundred of the paper; and nothing tuned."""
    spec = importlib.util.spec_from_file_location("pendulum", PLACE)
    benchmark = importlib.util.module_from_spec(spec)
    spec.loader.exec_module(benchmark)
    with torch.random.fork_rng(devices=[]):
        return benchmark.audited(seeds=7, epochs=6)


@pytest.mark.slow
def test_the_smaller_classical_cell_wins(audit):
    assert audit.parameters["classical"] < audit.parameters["hybrid"] == 126
    assert audit.verdict.startswith(
        "The quantum part does not help: by MSE, hybrid is worse than its classical twin (p = .0"
    )
    (twin,) = audit.rivals
    assert twin.wins == 0
    assert twin.comparison.interval[0] > 0
    assert twin.relative > 300
