"""What circuits did: planted shares come out."""

import numpy as np
import pytest
import torch

from qmann_core.evaluation.contribution import Contribution, bend, effects

N = 4000


def planted(share):
    """Answers sqrt(share) q + sqrt(1 - share) c of independent q and c, and their squared error."""
    rng = torch.Generator().manual_seed(3)
    q, c, noise = torch.randn(3, N, generator=rng, dtype=torch.float64)

    def answer(rows):
        return (share**0.5 * q[rows] + (1 - share) ** 0.5 * c).unsqueeze(1)

    truth = answer(torch.arange(N)) + 0.1 * noise.unsqueeze(1)
    found = effects(
        answer,
        lambda raw: (raw - truth).square().mean(),
        N,
        generator=torch.Generator().manual_seed(0),
    )
    return Contribution.of([torch.cat((found, torch.zeros(3)))], [N])


@pytest.mark.parametrize("share", [0, 0.083, 0.5, 0.9, 1])
def test_planted_shares_are_found(share):
    found = planted(share)
    assert found.share == pytest.approx(share, abs=0.02 if 0 < share < 1 else 0)
    assert found.rise == pytest.approx(2 * share, abs=0.1)  # a stranger's q: twice its variance


def test_parts_are_weighed_by_their_samples():
    parts = [torch.tensor(p).double() for p in ([1.0, 0, 4, 1, 2, 0.5], [0.0, 1, 0, 1, 2, 0.1])]
    found = Contribution.of(parts, [3, 1])
    assert (found.share, found.rise, found.nonlinear) == (0.75, 3.0, 0.5)
    assert found.entangled == pytest.approx(0.4)


@pytest.mark.parametrize("part", [0, 0.2, 1])
def test_planted_curves_are_what_no_linear_function_explains(part):
    x = torch.randn(N, 3, generator=torch.Generator().manual_seed(0), dtype=torch.float64)
    curved = (x[:, 1].square() - 1) / 2**0.5  # uncorrelated with x, of variance 1
    outputs = (1 - part) ** 0.5 * x[:, :1] + part**0.5 * curved.unsqueeze(1)
    bent, varied = bend(outputs, x).tolist()
    assert bent / varied == pytest.approx(part, abs=0.02)
    assert bend(outputs[:2], x[:2]).sum() == 0


def test_answers_that_never_differ_depend_on_nothing():
    flat = effects(
        lambda rows: torch.zeros(len(rows), 2),
        lambda raw: raw.sum(),
        5,
        generator=torch.Generator().manual_seed(0),
    )
    assert np.array_equal(flat, np.zeros(3))
    none = Contribution.of([torch.cat((flat, torch.zeros(3)))], [5])
    assert (none.share, none.nonlinear) == (0, 0)
