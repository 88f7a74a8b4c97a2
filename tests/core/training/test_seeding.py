import sys
from concurrent.futures import ThreadPoolExecutor

import numpy as np
import pytest
import torch
from hypothesis import given
from hypothesis import strategies as st

from qmann_core.errors import ConfigError
from qmann_core.training.seeding import derive, seeded, torch_threads

numbers = st.integers(0, 2**40)
CPU = torch.device("cpu")


@given(seed=numbers, path=st.lists(numbers, max_size=3))
def test_a_derived_seed_is_a_function_that_torch_and_numpy_accept(seed, path):
    value = derive(seed, *path)
    assert value == derive(seed, *path)
    torch.Generator().manual_seed(value)
    np.random.default_rng(value)


def test_seeds_of_different_paths_differ_even_by_a_trailing_zero():
    paths = [(), (0,), (0, 0), (1,), (1, 0), (0, 1), *((2, epoch) for epoch in range(200))]
    seeds = {derive(seed, *path) for seed in range(50) for path in paths}
    assert len(seeds) == 50 * len(paths)


def test_a_negative_seed_is_refused():
    with pytest.raises(ConfigError, match="got seed -1: expected a whole number from 0"):
        derive(-1)


def test_inside_draws_follow_the_seed_and_outside_goes_on_as_if_nothing_had_been():
    with torch.random.fork_rng(devices=[]):
        torch.manual_seed(7)
        expected = torch.rand(4)
        torch.manual_seed(7)
        with seeded(11, CPU):
            first = torch.rand(3)
        assert torch.equal(torch.rand(4), expected)
        with seeded(11, CPU):
            assert torch.equal(torch.rand(3), first)


def test_threads_at_once_draw_what_each_would_alone():
    def draws(seed):
        found = []
        for epoch in range(200):
            with seeded(derive(seed, epoch), CPU):
                found += [torch.rand(2), torch.randperm(3)]
        return torch.cat(found)

    alone = [draws(seed) for seed in range(4)]
    interval = sys.getswitchinterval()
    sys.setswitchinterval(1e-6)
    try:
        with ThreadPoolExecutor(4) as pool:
            together = list(pool.map(draws, range(4)))
    finally:
        sys.setswitchinterval(interval)
    assert all(map(torch.equal, alone, together))


def test_threads_that_cross_leave_the_number_of_torchs_threads_as_it_was():
    before = torch.get_num_threads()
    first, second, third = torch_threads(2), torch_threads(3), torch_threads(None)
    first.__enter__()
    second.__enter__()
    assert torch.get_num_threads() == 3
    first.__exit__(None, None, None)
    third.__enter__()
    assert torch.get_num_threads() == 3
    second.__exit__(None, None, None)
    third.__exit__(None, None, None)
    assert torch.get_num_threads() == before


def _draw_and_fail():
    torch.rand(1)
    raise RuntimeError("inside")


def test_the_state_is_restored_after_an_error():
    before = torch.get_rng_state()
    with pytest.raises(RuntimeError, match="inside"), seeded(11, CPU):
        _draw_and_fail()
    assert torch.equal(torch.get_rng_state(), before)


def test_a_device_whose_state_cannot_be_kept_is_refused():
    with (
        pytest.raises(ConfigError, match="move the model to cpu or cuda"),
        seeded(0, torch.device("meta")),
    ):
        pass


@pytest.mark.skipif(not torch.cuda.is_available(), reason="needs a GPU")
def test_the_state_of_a_gpu_is_seeded_and_restored():
    device = torch.device("cuda")
    before = torch.cuda.get_rng_state()
    with seeded(11, device):
        first = torch.rand(3, device=device)
    with seeded(11, device):
        assert torch.equal(torch.rand(3, device=device), first)
    assert torch.equal(torch.cuda.get_rng_state(), before)
