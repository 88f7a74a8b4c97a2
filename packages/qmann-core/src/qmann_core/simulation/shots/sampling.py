"""Finite shots: bitstrings, counts, and expectation values estimated from them."""

from collections.abc import Callable, Sequence
from dataclasses import dataclass, replace
from functools import lru_cache
from math import prod

import numpy as np
import torch
from jaxtyping import Float, Int64, UInt8
from torch import Tensor

from ...circuits import Circuit, Observable, Operation, Projector
from ...errors import CircuitError
from ..plan import ExecutionPlan, compile_circuit

MAX_AMPLITUDES = 2**22  # held at once, gates and samples together: 64 MB of complex128
MAX_OUTCOMES = 2**24  # torch.multinomial takes no more


@dataclass(frozen=True)
class Measurement:
    """Observables that one set of shots serves: on every wire, all read the same Pauli letter."""

    basis: tuple[tuple[int, str], ...]
    """The wires looked at, ascending, each with X, Y or Z."""
    positions: tuple[int, ...]
    """Which observables of the circuit."""

    @property
    def wires(self) -> tuple[int, ...]:
        """The wires looked at, ascending."""
        return tuple(wire for wire, _ in self.basis)


def sample(
    probabilities: Float[Tensor, "*batch outcome"], shots: int, generator: torch.Generator
) -> UInt8[Tensor, "*batch {shots} wire"]:
    """Bitstrings drawn from the probabilities of all ``2**n`` outcomes, wire 0 first.

    Raises:
        CircuitError: ``shots`` is no positive integer, the probabilities are not of ``2**n``
            outcomes, negative or do not sum to 1, or the generator is on another device.
    """
    chances = _checked(probabilities, shots, generator)
    *batch, size = chances.shape
    if size > MAX_OUTCOMES:
        raise CircuitError(
            f"{size} outcomes are more than the {MAX_OUTCOMES} that bitstrings are drawn from; "
            "use sample_counts"
        )
    rows = chances.reshape(prod(batch), size)
    drawn = torch.multinomial(rows, shots, replacement=True, generator=generator)
    places = torch.arange(size.bit_length() - 2, -1, -1, device=drawn.device)
    bits = (drawn[..., None] >> places) & 1
    return bits.to(torch.uint8).reshape(*batch, shots, len(places))


def sample_counts(
    probabilities: Float[Tensor, "*batch outcome"], shots: int, generator: torch.Generator
) -> Int64[Tensor, "*batch outcome"]:
    """How often each outcome occurs in ``shots`` draws, at a cost that does not depend on them.

    The number of shots with wire 0 at 0 is binomial; given it, so is the number with wire 1 at 0,
    and so on down the tree of prefixes: together, the multinomial distribution of `sample`.

    Raises:
        CircuitError: as `sample`.
    """
    chances = _checked(probabilities, shots, generator)
    *batch, size = chances.shape
    prefixes = [chances]
    while prefixes[-1].shape[-1] > 1:
        prefixes.append(prefixes[-1][..., ::2] + prefixes[-1][..., 1::2])
    drawn = torch.full((*batch, 1), float(shots), dtype=chances.dtype, device=chances.device)
    for parents, children in zip(prefixes[:0:-1], prefixes[-2::-1], strict=True):
        share = (children[..., ::2] / parents).nan_to_num(0.0).clamp(0.0, 1.0)
        zeros = torch.binomial(drawn, share, generator=generator)
        drawn = torch.stack([zeros, drawn - zeros], dim=-1).flatten(-2)
    return drawn.to(torch.int64).reshape(*batch, size)


def measurements(observables: Sequence[Observable | Projector]) -> tuple[Measurement, ...]:
    """Qubit-wise commuting observables together, each in the first set where it fits.

    Verteletskyi, Yen and Izmaylov, arXiv:1907.03358, with first fit as the colouring.
    """
    sets: list[tuple[dict[int, str], list[int]]] = []
    for position, observable in enumerate(observables):
        letters = _letters(observable)
        for basis, positions in sets:
            if all(basis.get(wire, letter) == letter for wire, letter in letters.items()):
                basis.update(letters)
                positions.append(position)
                break
        else:
            sets.append((letters, [position]))
    return tuple(Measurement(tuple(sorted(basis.items())), tuple(p)) for basis, p in sets)


def estimate(
    circuit: Circuit,
    inputs: Float[Tensor, "*batch n_inputs"],
    weights: Float[Tensor, "*gates n_weights"],
    shots: int,
    generator: torch.Generator,
) -> Float[Tensor, "*batch_and_gates n_observables"]:
    """Expectation values from ``shots`` measurements of each set of `measurements`.

    Unbiased, with variance ``(1 - <P>**2) / shots`` for a Pauli word P; observables of one set
    share its shots. Not differentiable: see `Estimator`.

    Raises:
        CircuitError: as `sample`, and as an execution plan.
    """
    with torch.no_grad():
        width = prod(weights.shape[:-1]) * 2**circuit.n_wires
        return by_rows(
            lambda rows: _estimated(circuit, rows, weights, shots, generator), inputs, width
        )


def by_rows(
    run: Callable[[Tensor], Tensor], inputs: Float[Tensor, "*batch n_inputs"], width: int
) -> Tensor:
    """``run`` on so few samples at once that ``width`` numbers for each stay in bounds."""
    if inputs.ndim == 0:
        raise CircuitError("inputs are a single number; their last axis must be the inputs'")
    batch = inputs.shape[:-1]
    rows = inputs.reshape(prod(batch), inputs.shape[-1])
    parts = [run(part) for part in torch.split(rows, max(1, MAX_AMPLITUDES // max(1, width)))]
    values = parts[0] if len(parts) == 1 else torch.cat(parts)
    return values.reshape(*batch, *values.shape[1:])


def _estimated(
    circuit: Circuit, inputs: Tensor, weights: Tensor, shots: int, generator: torch.Generator
) -> Tensor:
    values = weights.new_empty(*inputs.shape[:-1], *weights.shape[:-1], len(circuit.observables))
    for measurement, plan, worth in _measured(circuit):
        probabilities = plan.probabilities(inputs, weights)
        looked_at = marginal(probabilities, circuit.n_wires, measurement.wires)
        drawn = sample_counts(looked_at, shots, generator).to(torch.float64)
        means = drawn @ worth.to(drawn.device) / shots
        values[..., list(measurement.positions)] = means.to(values.dtype)
    return values


@lru_cache(maxsize=64)
def _measured(circuit: Circuit) -> tuple[tuple[Measurement, ExecutionPlan, Tensor], ...]:
    """For every set of shots: the plan that reads in its basis, and (outcome, observable)."""
    made = []
    for each in measurements(circuit.observables):
        turned = replace(circuit, operations=circuit.operations + basis_change(each))
        made.append((each, compile_circuit(turned), eigenvalues(circuit.observables, each)))
    return tuple(made)


def _letters(observable: Observable | Projector) -> dict[int, str]:
    word = "Z" * len(observable.wires) if isinstance(observable, Projector) else observable.word
    return {w: letter for w, letter in zip(observable.wires, word, strict=True) if letter != "I"}


def basis_change(measurement: Measurement) -> tuple[Operation, ...]:
    """Gates after which Z on a wire reads what X or Y read before: H X H = Z, and H S^+ for Y."""
    gates = {"X": ("H",), "Y": ("Z", "S", "H"), "Z": ()}
    return tuple(
        Operation(gate, (wire,)) for wire, letter in measurement.basis for gate in gates[letter]
    )


def eigenvalues(
    observables: tuple[Observable | Projector, ...], measurement: Measurement
) -> Float[Tensor, "outcome observable"]:
    """What each outcome counts for in the mean of each observable that is measured so."""
    wires, chosen = measurement.wires, [observables[place] for place in measurement.positions]
    bit = {wire: 1 << place for place, wire in enumerate(reversed(wires))}
    masks = [sum(bit[wire] for wire in _letters(each)) for each in chosen]
    read = np.arange(2 ** len(wires))[:, None] & np.array(masks, dtype=np.int64)
    worth = 1.0 - 2.0 * (np.bitwise_count(read) % 2)
    for column, each in enumerate(chosen):
        if isinstance(each, Projector):
            wanted = sum(bit[w] for w, b in zip(each.wires, each.bits, strict=True) if b == "1")
            worth[:, column] = read[:, column] == wanted
    return torch.from_numpy(worth)


def marginal(
    probabilities: Float[Tensor, "*batch outcome"], n_wires: int, wires: tuple[int, ...]
) -> Float[Tensor, "*batch marginal"]:
    """The probabilities of what some wires, ascending, read."""
    batch = probabilities.shape[:-1]
    axes = [len(batch) + wire for wire in range(n_wires) if wire not in wires]
    if not axes:
        return probabilities
    return probabilities.reshape(*batch, *(2,) * n_wires).sum(axes).reshape(*batch, 2 ** len(wires))


def _checked(
    probabilities: Tensor, shots: int, generator: torch.Generator
) -> Float[Tensor, "*batch outcome"]:
    """The probabilities in float64, without the rounding errors below 0."""
    if isinstance(shots, bool) or not isinstance(shots, int) or shots < 1:
        raise CircuitError(f"shots are a positive integer, got {shots!r}")
    size = probabilities.shape[-1] if probabilities.ndim else 0
    if size < 1 or size & (size - 1):
        raise CircuitError(
            f"probabilities have shape {tuple(probabilities.shape)}; their last axis is the 2**n "
            "outcomes of n wires"
        )
    if generator.device != probabilities.device:
        raise CircuitError(
            f"the generator is on {generator.device}, the probabilities on "
            f"{probabilities.device}; make it with torch.Generator({str(probabilities.device)!r})"
        )
    chances = probabilities.detach().to(torch.float64)
    total = chances.sum(-1, keepdim=True)
    tolerance = 1e-4  # of float32, summed over many outcomes
    if not bool((chances >= -tolerance).all() & ((total - 1).abs() <= tolerance).all()):
        raise CircuitError(
            "probabilities are at least 0 and sum to 1 over the last axis; got values from "
            f"{float(chances.min()):.3g} and sums up to {float(total.max()):.6g}"
        )
    return chances.clamp(min=0.0)
