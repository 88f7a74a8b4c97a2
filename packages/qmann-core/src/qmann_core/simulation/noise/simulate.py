"""Expectation values and density matrices of noisy circuits, batched and differentiable."""

from collections.abc import Iterable
from functools import reduce
from itertools import accumulate
from operator import add, mul

import numpy as np
import torch
from jaxtyping import Complex, Float
from numpy.typing import NDArray
from torch import Tensor

from ...circuits import Circuit, Observable
from ...errors import CircuitError
from ..arguments import check_inputs, check_weights
from ..derivatives import can_look
from ..lowering.angles import of_peak_one
from ..tensors.start import AmplitudeStart
from ..tensors.state import as_matrix
from ..tensors.tables import COMPLEX
from .chain import Link, chain, differs
from .model import NoiseModel
from .rates import LETTERS, word_matrix
from .vectors import Vectors, joined, linked, overlap, separate, transposed

MAX_WIRES = 10

_LETTERS = dict(zip(LETTERS, np.eye(4), strict=True))
_BITS = {"0": [0.5, 0.0, 0.0, 0.5], "1": [0.5, 0.0, 0.0, -0.5]}
_IN_FIRST_ROW = np.outer([1.0, 0.0, 0.0, 0.0], [0.0, 1.0, 1.0, 1.0])
_ENTRIES = np.stack([word_matrix(letter).reshape(4) / 2 for letter in LETTERS], axis=1)
"""From Pauli vectors to the entries (row, column) of 2 x 2 matrices."""


def noisy_expectations(
    circuit: Circuit,
    inputs: Float[Tensor, "*batch n_inputs"],
    weights: Float[Tensor, "*gates n_weights"],
    noise: NoiseModel,
) -> Float[Tensor, "*batch_and_gates n_observables"]:
    """Expectation values of every sample under every set of weights, with noise after each gate.

    States are real Pauli vectors of ``4**n_wires`` entries. The first gates on pairs of wires act
    on states and the last ones on observables (the Heisenberg picture), both of which start as
    products, so that few gates meet vectors of full length.

    Args:
        circuit: what is computed, on at most `MAX_WIRES` wires.
        inputs: angles in radians, or amplitudes.
        weights: in radians; leading axes are several sets of them, as for an `ExecutionPlan`.
        noise: channels and read-out confusion; derivatives flow to rates that are tensors.

    Returns:
        (batch..., gates..., observable), each in [-1, 1]. With read-out confusion a Pauli word is
        the mean product of what its wires are read as, each in the basis of its letter, and a
        projector is the probability to read its bits.

    Raises:
        CircuitError: nothing is measured, more wires than `MAX_WIRES`, noise that does not fit the
            circuit, or inputs or weights of another length, precision or device than expected.

    Example:
        >>> circuit = Circuit(2, compose(angle(2), strongly_entangling(2, 1)), z_each(2))
        >>> noise = NoiseModel(one_wire=(amplitude_damping(0.01),), two_wire=(depolarising(0.02),))
        >>> noisy_expectations(circuit, torch.rand(5, 2), torch.rand(6), noise).shape
        torch.Size([5, 2])
    """
    if not circuit.observables:
        raise CircuitError("the circuit measures nothing; give it observables such as z_each(n)")
    samples, sets = _checked(circuit, inputs, weights)
    made = chain(circuit, samples, sets, noise)
    n_forward = cheapest_division(circuit, made.links, len(samples))
    states, is_first = _states(circuit, samples, made.start, made.links[:n_forward])
    observables, per_sample = _observables(circuit, noise, made.end, made.links[n_forward:])
    if is_first != per_sample:
        states = transposed(states)
    values = overlap(states, observables)
    values = values[:, :, 0] if per_sample else values[:, 0]
    values = values.expand(len(sets), len(samples), -1).transpose(0, 1)
    return values.reshape(*inputs.shape[:-1], *weights.shape[:-1], len(circuit.observables))


def density_matrix(
    circuit: Circuit,
    inputs: Float[Tensor, "*batch n_inputs"],
    weights: Float[Tensor, "*gates n_weights"],
    noise: NoiseModel,
) -> Complex[Tensor, "*batch_and_gates row column"]:
    """The state that ``circuit`` ends in, of every sample under every set of weights.

    Args:
        circuit: what is computed; its observables are not looked at.
        inputs: angles in radians, or amplitudes.
        weights: in radians; leading axes are several sets of them.
        noise: its read-out does not change the state.

    Returns:
        (batch..., gates..., 2**n_wires, 2**n_wires), complex64 for weights in float32 and
        complex128 for float64; wire 0 is the most significant bit of row and column.

    Raises:
        CircuitError: as for `noisy_expectations`.
    """
    samples, sets = _checked(circuit, inputs, weights)
    made = chain(circuit, samples, sets, noise)
    states, is_first = _states(circuit, samples, made.start, made.links)
    if not is_first and any(map(differs, made.end)):
        states, is_first = transposed(states), True
    wires, dtype = range(circuit.n_wires), COMPLEX[samples.dtype]
    states = joined(states, wires)
    states = Vectors(states.order, states.joint.to(dtype), {})
    letters = torch.from_numpy(_ENTRIES).to(samples.device, dtype)
    for wire in reversed(wires):  # its entries (row, column) come first, in place of its letters
        states = linked(states, (wire,), letters @ made.end[wire].to(dtype))
    entries = states.joint.squeeze(3) if is_first else states.joint.squeeze(1).mT
    n = circuit.n_wires
    entries = entries.reshape(*entries.shape[:2], *(2,) * 2 * n)  # (gate, sample, row, column, ...)
    entries = entries.permute(1, 0, *range(2, 2 + 2 * n, 2), *range(3, 3 + 2 * n, 2))
    entries = entries.expand(len(samples), len(sets), *(2,) * 2 * n)
    return entries.reshape(*inputs.shape[:-1], *weights.shape[:-1], 2**n, 2**n)


def cheapest_division(circuit: Circuit, links: list[Link], n_samples: int) -> int:
    """How many links act on states, the others on observables, so that it costs least.

    States and observables both start as products and grow as links join their wires; links that
    differ from sample to sample leave one set of observables per sample.
    """
    joined = range(circuit.n_wires) if circuit.n_amplitudes else ()
    states = [n_samples * size for size in _sizes(links, joined)]
    varied = accumulate((differs(link.matrix) for link in reversed(links)), max)
    sets = [len(circuit.observables) * (n_samples if each else 1) for each in varied]
    sizes = _sizes(links[::-1], ())
    before = accumulate(states, initial=0)
    after = list(accumulate(map(mul, sets, sizes), initial=0))
    costs = list(map(add, before, reversed(after)))
    return costs.index(min(costs))


def _sizes(links: list[Link], joined: Iterable[int]) -> list[int]:
    """Entries of the joint vector after each link."""
    sets = accumulate((link.wires for link in links), set.union, initial=set(joined))
    return [4 ** len(wires) for wires in sets][1:]


def _states(
    circuit: Circuit, samples: Float[Tensor, "sample input"], start: list[Tensor], links: list[Link]
) -> tuple[Vectors, bool]:
    """States after the links, and whether samples are on the axis of that name.

    They are where a link has a matrix per sample; else they are items, which is faster.
    """
    is_first = any(differs(link.matrix) for link in links)
    if circuit.n_amplitudes:
        states = _of_amplitudes(samples, circuit.n_amplitudes, circuit.n_wires)
    else:  # |0> is (1, 0, 0, 1)
        states = separate([(matrix[..., :1] + matrix[..., 3:]) for matrix in start])
    states = states if is_first else transposed(states)
    for link in links:
        states = linked(states, *link)
    return states, is_first


def _of_amplitudes(
    samples: Float[Tensor, "sample input"], n_amplitudes: int, n_wires: int
) -> Vectors:
    """States given by their amplitudes, from the products of any two of these."""
    state = AmplitudeStart(n_amplitudes, n_wires).state(of_peak_one(samples[:, :n_amplitudes]), {})
    products = (state.unsqueeze(2) * state.unsqueeze(1)).reshape(-1, *(2,) * 2 * n_wires)
    axes = [1 + place for wire in range(n_wires) for place in (wire, n_wires + wire)]
    entries = products.permute(0, *axes)
    for _ in range(n_wires):  # tr(P rho) for I, X, -iY, Z of the last wire, which then comes first
        a, b, c, d = entries.reshape(len(samples), -1, 4).unbind(2)
        entries = torch.stack((a + d, b + c, b - c, a - d), dim=1)
    phases = reduce(np.kron, [np.array([1, 1, 1j, 1])] * n_wires).real  # an odd number of Y is 0
    joint = entries.reshape(1, len(samples), -1, 1) * entries.new_tensor(phases).unsqueeze(1)
    return Vectors(tuple(range(n_wires)), joint, {})


def _observables(
    circuit: Circuit, noise: NoiseModel, end: list[Tensor], links: list[Link]
) -> tuple[Vectors, bool]:
    """Observables before the links, and whether there is one set per sample."""
    measured = end[0].new_tensor(_observable_vectors(circuit))
    if noise.readout:
        measured = _confusions(noise, circuit.n_wires, measured) @ measured
    observables = separate([matrix.mT @ word for matrix, word in zip(end, measured, strict=True)])
    for link in reversed(links):
        observables = linked(observables, link.wires, link.matrix.mT)
    return observables, any(map(differs, (*end, *(link.matrix for link in links))))


def _observable_vectors(circuit: Circuit) -> NDArray[np.float64]:
    """Each observable as a product of Pauli vectors: (wire, entry, observable)."""
    vectors = np.zeros((circuit.n_wires, 4, len(circuit.observables)))
    vectors[:, 0] = 1
    for column, observable in enumerate(circuit.observables):
        of_letter = _LETTERS if isinstance(observable, Observable) else _BITS
        letters = observable.word if isinstance(observable, Observable) else observable.bits
        for wire, letter in zip(observable.wires, letters, strict=True):
            vectors[wire, :, column] = of_letter[letter]
    return vectors


def _confusions(noise: NoiseModel, n_wires: int, like: Tensor) -> Float[Tensor, "wire 4 4"]:
    """What a letter becomes when its wire is misread: a part of it, and a constant.

    ``Z -> (1 - p1_given_0 - p0_given_1) Z + (p0_given_1 - p1_given_0) I``, and so X and Y.
    """
    matrices = []
    for confusion in noise.confusions(n_wires):
        read = confusion.matrix(like.dtype, like.device)
        kept, constant = read[0, 0] - read[0, 1], read[0, 1] - read[1, 0]
        letters = torch.stack((torch.ones_like(kept), kept, kept, kept)).diag()
        matrices.append(letters + constant * like.new_tensor(_IN_FIRST_ROW))
    return torch.stack(matrices)


def _checked(
    circuit: Circuit, inputs: Tensor, weights: Tensor
) -> tuple[Float[Tensor, "sample input"], Float[Tensor, "gate weight"]]:
    """Inputs and weights with their leading axes made one."""
    if circuit.n_wires > MAX_WIRES:
        memory = 8 * 4**circuit.n_wires / 2**30
        raise CircuitError(
            f"density matrices go up to {MAX_WIRES} wires, the circuit has {circuit.n_wires}: one "
            f"sample would take {memory:,.3g} GiB in double precision, and as much again for each "
            "gate on two wires while gradients are recorded; use fewer wires, or compile_circuit, "
            "which has no noise"
        )
    check_inputs(inputs, circuit.n_inputs, weights)
    check_weights(weights, circuit.n_weights)
    for name, values in (("inputs", inputs), ("weights", weights)):
        if can_look(values) and not bool(values.isfinite().all()):
            raise CircuitError(f"{name} are not all finite; replace NaN and infinite values")
    return as_matrix(inputs), as_matrix(weights)
