"""Fits side by side in threads: each gives what it gives alone."""

from concurrent.futures import ThreadPoolExecutor

import pytest
import torch
import toy

from qmann_core.config import MemoryConfig
from qmann_core.tasks import fit


def fitted_state(seed):
    changes = {"seed": seed, "memory": MemoryConfig(kind="quantum")}
    settings = toy.SMALL.model_copy(update=changes)
    return fit(toy.TOY, toy.generate(settings.application), settings).model.state_dict()


@pytest.mark.slow
def test_fits_in_threads_follow_their_seeds():
    alone = [fitted_state(seed) for seed in (0, 1)]
    with ThreadPoolExecutor(2) as pool:
        together = list(pool.map(fitted_state, (0, 1)))
    for first, second in zip(alone, together, strict=True):
        for name, tensor in first.items():
            torch.testing.assert_close(second[name], tensor, rtol=0, atol=0, equal_nan=True)
    names = [name for name, tensor in alone[0].items() if tensor.is_floating_point()]
    assert any(not torch.equal(alone[0][name], alone[1][name]) for name in names)
