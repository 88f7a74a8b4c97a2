"""Pairs of real tensors calculate as complex tensors do."""

import pytest
import torch

from qmann_core.simulation.tensors.parts import Parts, real_and_imag, signed

GENERATOR = torch.Generator().manual_seed(0)
Z = torch.randn(2, 3, 3, generator=GENERATOR, dtype=torch.complex128)
SIGN = torch.tensor([1.0, -1.0, 1.0], dtype=torch.float64)


def parts(z):
    return Parts(z.real, z.imag)


@pytest.mark.parametrize(
    "made",
    [
        lambda z: z @ z.mT,
        lambda z: z * z[1],
        lambda z: signed(z, SIGN),
        lambda z: z.mT.reshape(3, 6).contiguous(),
        lambda z: z.unsqueeze(0).expand(4, -1, -1, -1).flatten(0, 1),
        lambda z: z[1:].squeeze(0),
        lambda z: z.movedim(0, 2).unbind(1)[2],
        lambda z: z[:, 0].flip(0, 1),
        lambda z: z.index_select(2, torch.tensor([2, 2, 0])),
    ],
)
def test_as_complex_tensors(made):
    expected, found = made(Z), made(parts(Z))
    real, imag = real_and_imag(found)
    torch.testing.assert_close(torch.complex(real, imag), expected)
    assert found.shape == expected.shape
    assert len(found) == len(expected)
