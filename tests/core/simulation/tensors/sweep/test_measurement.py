"""Read-outs with tables of halves against dense matrices, in either layout of the state."""

from itertools import product

import numpy as np
import pytest
import torch

from qmann_core.circuits import Operation, Projector, pauli, probabilities
from qmann_core.simulation.lowering.permutations import SignedPermutation
from qmann_core.simulation.reference import gate_matrix, operation_matrix
from qmann_core.simulation.tensors.parts import Parts
from qmann_core.simulation.tensors.sweep.measurement import Measurement
from qmann_core.simulation.tensors.tables import as_masters, cast

WORDS = ["".join(word) for word in product("IXYZ", repeat=3)]
LAST = (Operation("CNOT", (1, 2)), Operation("CZ", (2, 0)))
N_GATES, N_SAMPLES = 2, 5


def states(*, is_real):
    rng = np.random.default_rng(0)
    shape = (N_GATES, N_SAMPLES, 8)
    return rng.normal(size=shape) + (0 if is_real else 1j * rng.normal(size=shape))


def measured(observables, psi, *, last=(), batch_last=False, in_parts=False):
    measurement = Measurement(observables, SignedPermutation(last, 3))
    constants = cast(as_masters(measurement.arrays), torch.float64, torch.device("cpu"))
    state = torch.from_numpy(psi)
    state = state.mT.contiguous() if batch_last else state
    numbers = Parts(state.real, state.imag) if in_parts else state
    return measurement.values(numbers, constants, batch_last=batch_last).transpose(0, 1).numpy()


def expected_words(psi, last):
    for operation in last:
        psi = psi @ operation_matrix(operation, [], 3).T
    matrices = [
        np.kron(np.kron(*(gate_matrix(a, []) for a in word[:2])), gate_matrix(word[2], []))
        for word in WORDS
    ]
    return np.einsum("gsi,wij,gsj->gsw", psi.conj(), np.array(matrices), psi).real


@pytest.mark.parametrize("is_real", [True, False])
@pytest.mark.parametrize("batch_last", [True, False])
@pytest.mark.parametrize("last", [(), LAST])
def test_every_word(is_real, batch_last, last):
    psi = states(is_real=is_real)
    observables = tuple(pauli(word) for word in WORDS)
    values = measured(observables, psi, last=last, batch_last=batch_last)
    np.testing.assert_allclose(values, expected_words(psi, last), atol=1e-12)


@pytest.mark.parametrize("is_real", [True, False])
@pytest.mark.parametrize("batch_last", [True, False])
@pytest.mark.parametrize("wires", [(0,), (2, 0), (1, 2), (2, 1, 0), (0, 1, 2)])
def test_outcomes_are_sums_of_squares(is_real, batch_last, wires):
    psi = states(is_real=is_real)
    values = measured(probabilities(wires), psi, batch_last=batch_last)
    squares = (abs(psi) ** 2).reshape(N_GATES, N_SAMPLES, 2, 2, 2)
    summed = tuple(2 + wire for wire in range(3) if wire not in wires)
    kept = squares.sum(summed, keepdims=True)
    ordered = kept.transpose(0, 1, *(2 + wire for wire in wires), *summed)
    np.testing.assert_allclose(values, ordered.reshape(N_GATES, N_SAMPLES, -1), atol=1e-13)


@pytest.mark.parametrize("batch_last", [True, False])
@pytest.mark.parametrize("in_parts", [True, False])
def test_the_state_itself_without_observables(batch_last, in_parts):
    psi = states(is_real=False)
    found = measured((), psi, batch_last=batch_last, in_parts=in_parts)
    np.testing.assert_array_equal(found[..., ::2] + 1j * found[..., 1::2], psi)


@pytest.mark.parametrize("batch_last", [True, False])
@pytest.mark.parametrize("in_parts", [True, False])
def test_words_and_outcomes_stay_in_order(batch_last, in_parts):
    psi = states(is_real=False)
    observables = (Projector("10", (2, 0)), pauli("XY"), Projector("1", (1,)), pauli("ZZ"))
    values = measured(observables, psi, batch_last=batch_last, in_parts=in_parts)
    for column, observable in enumerate(observables):
        alone = measured((observable,), psi)
        np.testing.assert_allclose(values[..., column], alone[..., 0], atol=1e-13)


def test_constants_are_small_however_many_wires():
    observables = tuple(pauli("Z", (wire,)) for wire in range(20))
    last = SignedPermutation(tuple(Operation("CNOT", (i, i + 1)) for i in range(19)), 20)
    made = Measurement(observables, last)
    assert sum(array.nbytes for array in made.arrays.values()) < 2**16
