"""The noise of gates, learned from how Pauli words decay when they are repeated."""

from collections import Counter
from collections.abc import Iterator, Mapping, Sequence
from itertools import count, product
from math import ceil, pi
from typing import NamedTuple

import torch
from jaxtyping import Float
from torch import Tensor

from ..backends import Backend
from ..backends.outcomes import chances, words
from ..circuits import AMPLITUDE_ENCODING, Circuit, Input, Operation
from ..errors import CircuitError
from ..simulation import Measurement, PauliChannel
from ..simulation.noise.rates import pauli_words
from ..simulation.shots.evaluation import weightless
from .insertions import signs
from .pec import PEC

DEPTHS: Mapping[int, tuple[int, ...]] = {1: (0, 8, 64), 2: (0, 4, 32)}
"""How often a gate on so many wires is repeated: even numbers, from 0."""
_PAIRS = ("CNOT", "CZ", "CY", "SWAP")
_LEAST = 0.05  # of a word, that is left at the second depth
_CLEARLY = 3  # standard errors, that all noise together is
# in which a wire is prepared, turned by these angles for 1 and -1
_PREPARED = {"X": ("RY", pi / 2, -pi / 2), "Y": ("RX", -pi / 2, pi / 2), "Z": ("RX", 0.0, pi)}


def learned_pec(
    backend: Backend,
    circuit: Circuit,
    *,
    free: tuple[str, ...] = (),
    shots: int | None = None,
    seed: int = 0,
) -> PEC:
    """`PEC` of the noise that gates turn out to have on the wires where ``circuit`` has them.

    Product states that are, in sum with signs, a Pauli word Q go through a gate that undoes itself,
    d times with d even, and Q is measured:

        <Q>_d = a_Q (f_Q f_Q')**(d / 2),

    with Q' what the gate makes of Q, f what its noise keeps of a word, and a the errors of
    preparation and measurement, which a line through ``log <Q>_d`` leaves out. That is done with
    each pair's gate in each order, and on each wire with X, which stands for all gates but those
    that are free. Probabilities are the Walsh-Hadamard transform of fidelities, those below 0 as 0
    and the others as much less; channels are in ``by_wires`` of what is returned. Erhard et al.,
    arXiv:1902.08543; van den Berg et al., arXiv:2201.09866.

    What no such circuit can tell apart is shared equally: f_Q and f_Q' are taken to be the same,
    which leaves something where they are not. Nothing is twirled: noise that is no Pauli channel is
    learned as its twirl, up to what it moves from word to word and back; decay to |0> leaves the
    pull of which `PEC` speaks. The errors of what is learned are not in those of values.

    Args:
        backend: where circuits run, in the gates of the device; 18 for each wire, 108 for each pair
            in an order.
        circuit: what the stage is for, and no other: wires are those of it on the device.
        free: gates without noise, such as ``("RZ",)`` on devices where it is virtual.
        shots: of each circuit; None for exact values.
        seed: of shots.

    Raises:
        CircuitError: a gate on two wires or more that does not undo itself, too much noise, or too
            few shots to see it.
        ConfigError: no gate that has noise, or a back end that runs no circuit as it stands.
        BackendError: the simulator or device fails.

    Example:
        >>> from qmann_core.backends import backend
        >>> from qmann_core.circuits import z_each
        >>> from qmann_core.simulation import NoiseModel, depolarising
        >>> device = backend("exact", noise=NoiseModel((depolarising(0.003),)))
        >>> learned = learned_pec(device, Circuit(1, (Operation("SX", (0,)),), z_each(1)))
        >>> [round(p, 6) for p in learned.by_wires[(0,)].probabilities]
        [0.001, 0.001, 0.001]
    """
    there, native = backend.native(weightless(circuit))
    used = _used(native, free)
    seeds = count(seed)
    found = {gate.wires: _rates(gate, there, native.n_wires, shots, seeds) for gate in used}
    _check_clear([(found[gate.wires], n) for gate, n in used.items()], shots)
    return PEC(by_wires={wires: _channel(each.mean) for wires, each in found.items()}, free=free)


def _used(circuit: Circuit, free: tuple[str, ...]) -> Counter[Operation]:
    """Gates to learn, and how many of the circuit each stands for.

    Raises:
        CircuitError: one on several wires that does not undo itself.
    """
    found: Counter[Operation] = Counter()
    for each in circuit.operations:
        if each.gate == AMPLITUDE_ENCODING or each.gate in free:
            continue
        flips = [Operation("X", (wire,)) for wire in each.wires]
        if len(flips) == 1:
            found[flips[0]] += 1
        elif each.gate in _PAIRS:
            found[each] += 1
            found.update(dict.fromkeys(flips, 0))  # which PEC inserts
        else:
            raise CircuitError(
                f"got {each.gate} on wires {each.wires}: expected {', '.join(_PAIRS)} alone on "
                "several wires, whose noise can be learned; write it in these with elementary()"
            )
    return found


def _check_clear(found: Sequence[tuple["_Rates", int]], shots: int | None) -> None:
    """Refuse noise that is lost in that of shots.

    Raises:
        CircuitError: all of the circuit's together is less than three standard errors.
    """
    whole = sum(n * float(each.mean.mean()) for each, n in found)
    error = sum((n * float(each.error.mean())) ** 2 for each, n in found) ** 0.5
    if shots is not None and whole < _CLEARLY * error:
        least = ceil(shots * (_CLEARLY * error / max(whole, error)) ** 2)
        raise CircuitError(
            f"got {shots} shots of each circuit, from which the noise of all gates is {whole:.2g} "
            f"+- {error:.2g}: expected an error of a third of it at most, so give about {least} "
            "shots or more, or leave PEC out where there is so little noise"
        )


class _Rates(NamedTuple):
    """Of each Pauli word the rate at which it decays, ``-log f``, and the standard error of it."""

    mean: Float[Tensor, " word"]
    error: Float[Tensor, " word"]


def _rates(
    gate: Operation, there: Backend, n_wires: int, shots: int | None, seeds: Iterator[int]
) -> _Rates:
    """By least squares of ``log <Q>``, weighted with how well it is known, ``<Q>**2``.

    Raises:
        CircuitError: too much noise to see.
    """
    depths = DEPTHS[len(gate.wires)]
    measured = [_signed(gate, d, there, n_wires, shots, seeds) for d in depths]
    values, errors = (torch.stack(each) for each in zip(*measured, strict=True))
    if (least := float(values[1].min())) < _LEAST:
        raise CircuitError(
            f"{gate.gate} on wires {gate.wires}, {depths[1]} times, leaves {least:.2g} of some "
            f"Pauli word: expected at least {_LEAST}, as too much noise cannot be learned, nor "
            "cancelled; use other qubits, or leave PEC out"
        )
    weights = values.clamp_min(0).square()
    at = torch.tensor(depths, dtype=torch.float64)[:, None]
    at = at - (weights * at).sum(0) / weights.sum(0)
    scale = (weights * at.square()).sum(0)
    mean = -(weights * at * values.clamp_min(1e-9).log()).sum(0) / scale
    return _Rates(mean, (values * at * errors).square().sum(0).sqrt() / scale)


def _signed(
    gate: Operation,
    depth: int,
    there: Backend,
    n_wires: int,
    shots: int | None,
    seeds: Iterator[int],
) -> tuple[Float[Tensor, " word"], Float[Tensor, " word"]]:
    """Of each Pauli word the value after it was prepared, and its standard error.

    Words are read in all settings that they fit in, and what they leave out is prepared as both.
    """
    n = len(gate.wires)
    places = {word: place for place, word in enumerate(pauli_words(n))}
    sums = torch.zeros(3, len(places), dtype=torch.float64)
    for letters in product("XYZ", repeat=n):
        prepared = [_PREPARED[letter] for letter in letters]
        first = (
            Operation(turn, (wire,), (Input(place),))
            for place, (wire, (turn, *_)) in enumerate(zip(gate.wires, prepared, strict=True))
        )
        setting = Measurement(tuple(zip(gate.wires, letters, strict=True)), ())
        observables = words(setting)
        circuit = Circuit(n_wires, (*first, *(gate,) * depth), observables)
        rows = torch.tensor(list(product(*(angles for _, *angles in prepared)))).double()
        found = there.expectations(
            circuit, rows, rows.new_zeros(0), shots=shots, seed=next(seeds) % 2**32
        )
        mean = chances(found.mean.mT, setting).diagonal()  # with the sign of what was prepared
        variance = found.error.square().mean(0) / len(rows)
        sums[:, [places[each.word] for each in observables]] += torch.stack(
            [mean, variance, torch.ones_like(mean)]
        )
    return sums[0] / sums[2], sums[1].sqrt() / sums[2]


def _channel(rates: Float[Tensor, " word"]) -> PauliChannel:
    """The Pauli channel that keeps ``exp(-rates)``, or one as likely to do nothing."""
    n = {4: 1, 16: 2}[len(rates)]
    chances = signs(n) @ (-rates).exp() / len(rates)
    others = chances[1:].clamp_min(0)
    scale = (1 - chances[0]).clamp_min(0) / others.sum().clamp_min(1e-12)
    return PauliChannel(pauli_words(n)[1:], tuple((scale * others).tolist()))
