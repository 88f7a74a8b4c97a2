import subprocess
import sys

import pytest
import torch
from torch import nn

from qmann_core.training.optimiser import AdamW, flatten

SHAPES = [(3, 4), (5,), (), (2, 1, 2)]


def parameters(dtype=torch.float64):
    generator = torch.Generator().manual_seed(0)
    return [nn.Parameter(torch.randn(s, generator=generator, dtype=dtype)) for s in SHAPES]


def gradients(steps, dtype=torch.float64):
    generator = torch.Generator().manual_seed(1)
    return [
        [torch.randn(s, generator=generator, dtype=dtype) * 10.0**-step for s in SHAPES]
        for step in range(steps)
    ]


@pytest.mark.parametrize(
    ("dtype", "tolerance"), [(torch.float64, 1e-13), (torch.float32, 1e-6)], ids=str
)
@pytest.mark.parametrize("decay", [0.0, 0.3])
def test_equals_the_optimiser_of_torch(dtype, tolerance, decay):
    own, theirs = parameters(dtype), parameters(dtype)
    optimiser = AdamW(own, rate=0.05, decay=decay)
    oracle = torch.optim.AdamW(theirs, lr=0.05, weight_decay=decay)
    for gradient in gradients(6, dtype):
        optimiser.step(flatten(gradient))
        for parameter, part in zip(theirs, gradient, strict=True):
            parameter.grad = part
        oracle.step()
        for a, b in zip(own, theirs, strict=True):
            torch.testing.assert_close(a, b, rtol=tolerance, atol=tolerance)


def test_a_factor_is_a_factor_of_the_rate_in_decay_too():
    own, theirs = parameters(), parameters()
    (gradient,) = gradients(1)
    AdamW(own, rate=0.2, decay=0.5).step(flatten(gradient), factor=0.1)
    AdamW(theirs, rate=0.02, decay=0.5).step(flatten(gradient))
    torch.testing.assert_close(flatten(own), flatten(theirs), rtol=1e-14, atol=0)


def test_continues_bit_for_bit_from_its_state():
    whole, halves = parameters(), parameters()
    first, second, again = (AdamW(p, rate=0.05, decay=0.1) for p in (whole, halves, halves))
    *early, late = gradients(4)
    for gradient in early:
        first.step(flatten(gradient))
        second.step(flatten(gradient))
    again.load(second.state())
    first.step(flatten(late))
    again.step(flatten(late))
    assert torch.equal(flatten(whole), flatten(halves))


def test_building_it_leaves_values_and_gradients_alone():
    own = parameters()
    optimiser = AdamW(own, rate=0.05, decay=0.1)
    assert optimiser.size == 12 + 5 + 1 + 4
    assert torch.equal(flatten(own), flatten(parameters()))
    assert all(p.requires_grad and p.grad is None for p in own)


@pytest.mark.slow
def test_training_does_not_import_the_compiler_of_torch():
    """It would take longer than to import torch; torch.optim does."""
    code = (
        "import sys, torch; from qmann_core.training.optimiser import AdamW, flatten\n"
        "p = torch.nn.Parameter(torch.ones(2)); o = AdamW([p], rate=0.1, decay=0.0)\n"
        "o.step(flatten(torch.autograd.grad(p.sum(), [p], materialize_grads=True)))\n"
        "assert 'torch._dynamo' not in sys.modules"
    )
    done = subprocess.run([sys.executable, "-c", code], capture_output=True, text=True, check=False)
    assert done.returncode == 0, done.stderr
