"""The check of annotations can fail: with --shapes each package refuses what does not fit."""

import importlib

import numpy as np
import pytest
import shapes
import torch
from jaxtyping import Float, TypeCheckError, jaxtyped
from torch import Tensor

WRONG = {
    "circuits.z_each": ("two",),
    "data.sliding": ([1.0, 2.0, 3.0], 2),
    "evaluation.holm": (np.ones((2, 2)),),
    "interop.to_openqasm": ("a circuit",),
    "memory.QMatrix": ("four", "two"),
    "nn.fit_log_variance": (torch.ones(3, 2), torch.ones(4)),
    "simulation.compile_circuit": ("a circuit",),
    "training.metrics.log_loss": (np.ones(3), np.ones(4)),
}


@pytest.mark.parametrize("path", WRONG)
def test_what_does_not_fit_its_annotation_is_refused(path, pytestconfig):
    if not pytestconfig.getoption("shapes"):
        pytest.skip("annotations are checked with --shapes")
    module, name = f"qmann_core.{path}".rsplit(".", 1)
    with pytest.raises(TypeCheckError, match="Type-check error"):
        getattr(importlib.import_module(module), name)(*WRONG[path])


def test_what_is_returned_has_the_axes_of_the_parameters():
    @jaxtyped(typechecker=shapes.once)
    def head(x: Float[Tensor, " row"], n: int) -> Float[Tensor, " row"]:
        return x[:n]

    assert len(head(torch.ones(3), 3)) == 3
    with pytest.raises(TypeCheckError, match="the return value"):
        head(torch.ones(3), 2)
    with pytest.raises(TypeCheckError, match="the parameters"):
        head(torch.ones(3), "3")
