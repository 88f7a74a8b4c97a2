"""Evidence by states: fidelities of what fixed circuits were in, and how sharp they are read."""

import numpy as np
import pytest
import torch

from qmann_core.config import MemoryConfig
from qmann_core.nn import Blend, FeatureCircuits, Projected, Reservoir, TanhFeatures
from qmann_core.nn.state_memory import StateMemory

BLOCKS, AMPLITUDES, CASES = 3, 4, 1000


def states(n, spread, seed=0):
    """Near one state, block by block, of any phase."""
    rng = np.random.default_rng(seed)
    centre = np.random.default_rng(9).normal(size=(BLOCKS, AMPLITUDES, 2))
    parts = centre + spread * rng.normal(size=(n, BLOCKS, AMPLITUDES, 2))
    vectors = parts[..., 0] + 1j * parts[..., 1]
    vectors /= np.linalg.norm(vectors, axis=2, keepdims=True)
    return vectors * np.exp(1j * rng.uniform(0, 7, size=(n, BLOCKS, 1)))


def real(vectors):
    return torch.view_as_real(torch.from_numpy(vectors)).flatten(1).float()


def fidelities(a, b):
    return np.prod(np.abs(np.einsum("abk,cbk->acb", a.conj(), b)) ** 2, axis=2)


@pytest.mark.parametrize("spread", [0.02, 0.3])
def test_weights_are_powers_of_the_fidelity_that_reach_the_nearest_hundredth(spread):
    kept, asked = states(CASES, spread), states(5, spread, seed=1)
    width = 2 * BLOCKS * AMPLITUDES
    memory = StateMemory(width, 1, MemoryConfig(capacity=CASES), n_amplitudes=AMPLITUDES).eval()
    row = torch.arange(CASES)
    time = {"settled": row, "origin": row, "group": 0 * row, "row": row}
    memory.write(real(kept), torch.zeros(CASES, 1), **time)
    memory.sharpen()
    within = fidelities(kept[::3], kept)
    others = within[np.arange(CASES) != np.arange(CASES)[::3, None]]
    assert int(memory.copies) == pytest.approx(1 / (1 - np.quantile(others, 0.99)), rel=0.02)
    found = memory.recalled(real(asked), 4)
    expected = fidelities(asked, kept)
    nearest = np.argsort(-expected, axis=1)[:, :4]
    np.testing.assert_array_equal(found.row, nearest)
    np.testing.assert_allclose(
        found.fidelity, np.take_along_axis(expected, nearest, axis=1), atol=1e-5
    )
    weights = expected ** int(memory.copies)
    weights /= weights.sum(axis=1, keepdims=True)
    np.testing.assert_allclose(
        found.weight, np.take_along_axis(weights, nearest, axis=1), rtol=0.02
    )


def test_of_few_cases_the_nearest_other_one_is_reached():
    memory = StateMemory(2 * BLOCKS * AMPLITUDES, 1, MemoryConfig(), n_amplitudes=AMPLITUDES)
    row, kept = torch.arange(9), states(9, 0.3)
    memory.write(real(kept), torch.zeros(9, 1), settled=row, origin=row, group=0 * row, row=row)
    memory.sharpen()
    others = np.sort(fidelities(kept, kept)[~np.eye(9, dtype=bool)])
    near = np.quantile(others, 0.99)
    assert int(memory.copies) == pytest.approx(1 / (1 - near), rel=0.05)


@pytest.mark.parametrize("apart", [0.0, 0.3, np.pi])
def test_a_level_takes_the_fidelity_of_its_block_of_wires_off(apart):
    kept, asked = real(states(5, 0.3)), real(states(5, 0.3, seed=1))
    width = 2 * BLOCKS * AMPLITUDES
    memory = StateMemory(
        width, 1, MemoryConfig(), payload_size=2, n_amplitudes=AMPLITUDES, has_level=True
    )
    assert (memory.query_size, memory.payload.shape[1]) == (width + 2 * AMPLITUDES, 3)
    level = torch.linspace(-1.0, 2.0, 5)
    keys = memory.with_level(kept, level).unsqueeze(0)
    found = memory.compare(memory.with_level(asked, level + apart).unsqueeze(0), keys)[0]
    plain = StateMemory(width, 1, MemoryConfig(), n_amplitudes=AMPLITUDES)
    expected = plain.compare(asked.unsqueeze(0), kept.unsqueeze(0))[0].diagonal()
    wires = np.log2(AMPLITUDES)
    torch.testing.assert_close(found.diagonal(), expected * np.cos(apart / 2) ** (2 * wires))


def circuits(n_inputs=6):
    generator = torch.Generator().manual_seed(0)
    return FeatureCircuits(n_inputs, 2, bandwidth=0.7, generator=generator).double()


def test_states_have_the_expectation_values_that_went_on_and_twins_have_none():
    rng = torch.Generator().manual_seed(1)
    x = torch.randn(7, 4, 3, generator=rng, dtype=torch.float64)
    reservoir = Reservoir(circuits(), radius=0.9, generator=rng).double()
    said = reservoir(x)
    rest = reservoir.features(torch.zeros(6, dtype=torch.float64))
    values = 2 * said[:, -1] - said[:, -2] + rest  # r = r_before / 2 + (values - rest) / 2
    vectors = torch.view_as_complex(reservoir.states(x).unflatten(1, (3, 4, 2)))
    first = (vectors.abs().square() @ torch.tensor([1.0, 1, -1, -1]).double()).flatten()
    torch.testing.assert_close(first, values.unflatten(1, (3, 6))[..., 4].flatten())
    kernel = Projected(12, 12, circuits(12)).double()
    kernel.set(0.5, 2.0)
    rows = x.flatten(1)
    torch.testing.assert_close(kernel.states(rows), kernel.features.states(rows))
    twin = Reservoir(TanhFeatures(6, 18)).double()
    assert twin.circuits is None
    both = Blend(reservoir, twin, 0.5)
    assert both.circuits is reservoir.features
    assert torch.equal(both.states(x), reservoir.states(x))
