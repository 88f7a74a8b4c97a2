"""What these tests have in common: shipped models, which nobody has to train, and how often."""

import json
import os
import struct
from pathlib import Path

import pytest

N = int(os.environ.get("QMANN_FUZZ", "20"))
"""Mutations, pairs of writers, ...: thousands where there is time."""


@pytest.fixture(scope="session")
def times() -> int:
    return N


@pytest.fixture(scope="session")
def shipped() -> Path:
    """The folder of the smallest model."""
    from qmann_drug.tasks import model_folder

    return Path(model_folder("hydration"))


@pytest.fixture(scope="session")
def tiny(shipped):
    """A model of a few numbers, with a description as of any other: (tensors, description)."""
    import torch

    blob = (shipped / "model.safetensors").read_bytes()
    header = json.loads(blob[8 : 8 + struct.unpack("<Q", blob[:8])[0]])
    description = json.loads(header["__metadata__"]["qmann"])["metadata"]
    for given in ("format", "qmann"):
        del description[given]
    return {"weight": torch.arange(6.0)}, description
