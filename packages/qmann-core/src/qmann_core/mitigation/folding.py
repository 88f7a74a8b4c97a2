"""Circuits that do the same with more noise.

Odd whole factors only: a fold is a gate and what undoes it. Giurgica-Tiron et al.,
arXiv:2005.10921. Nothing may optimise a folded circuit before it runs, or the folds are gone.
"""

from collections.abc import Callable, Iterable, Iterator, Mapping
from dataclasses import replace
from functools import partial
from math import pi
from numbers import Integral
from types import MappingProxyType

from ..circuits import AMPLITUDE_ENCODING, Circuit, Operation, inverse
from ..errors import ConfigError

Operations = tuple[Operation, ...]


def fold_global(circuit: Circuit, factor: int) -> Circuit:
    """The whole circuit, undone and done again: ``U (U^dagger U)^k`` with ``factor = 1 + 2 k``.

    An amplitude encoding stays as it is. SX is undone by ``RZ(-pi) SX RZ(pi)``, as devices have it.

    Raises:
        ConfigError: a factor that is even, below 1 or no whole number.

    Example:
        >>> from qmann_core.circuits import angle, z_each
        >>> len(fold_global(Circuit(2, angle(2), z_each(2)), 3).operations)
        6
    """
    return _changed(circuit, factor, lambda gates: _folded(gates, factor))


def fold_local(circuit: Circuit, factor: int, *, two_wire_only: bool = False) -> Circuit:
    """Every gate, undone and done again: ``g (g^dagger g)^k`` with ``factor = 1 + 2 k``.

    Args:
        circuit: what is folded; an amplitude encoding stays as it is.
        factor: how many times each gate is there.
        two_wire_only: gates on one wire stay as they are, which are the less noisy ones.

    Raises:
        ConfigError: a factor that is even, below 1 or no whole number.
    """

    def folded(gates: Operations) -> Iterator[Operation]:
        for gate in gates:
            alone = two_wire_only and len(gate.wires) == 1
            yield from (gate,) if alone else _folded((gate,), factor)

    return _changed(circuit, factor, folded)


def insert_identities(circuit: Circuit, factor: int) -> Circuit:
    """After every gate ``factor - 1`` identities on each of its wires.

    They take time, and on devices whose noise follows time, noise with it.

    Raises:
        ConfigError: a factor that is even, below 1 or no whole number.
    """

    def waiting(gates: Operations) -> Iterator[Operation]:
        for gate in gates:
            yield gate
            yield from (Operation("I", (w,)) for w in gate.wires for _ in range(factor - 1))

    return _changed(circuit, factor, waiting)


def reached(circuit: Circuit, folded: Circuit) -> float:
    """The noise scale of ``folded``: the ratio of the numbers of gates on two wires or more.

    Where these are equal it is that of all gates, each counted once for every wire; 1 where there
    are none.
    """
    for before, after in zip(_sizes(circuit), _sizes(folded), strict=True):
        if after != before:
            return after / before
    return 1.0


FOLDS: Mapping[str, Callable[[Circuit, int], Circuit]] = MappingProxyType(
    {
        "global": fold_global,
        "local": fold_local,
        "two_wire": partial(fold_local, two_wire_only=True),
        "identity": insert_identities,
    }
)
"""By name; ``"two_wire"`` is `fold_local` of the gates on two wires."""


def _changed(
    circuit: Circuit, factor: int, change: Callable[[Operations], Iterable[Operation]]
) -> Circuit:
    """With other gates; an amplitude encoding stays as it is."""
    if not isinstance(factor, Integral) or factor < 1 or factor % 2 == 0:
        raise ConfigError(
            f"a circuit is folded by an odd whole number such as 1, 3 or 5, got {factor!r}; "
            "other noise scales are reached in our simulator, by fold='channel'"
        )
    n = int(circuit.n_amplitudes > 0)
    gates = change(circuit.operations[n:])
    return replace(circuit, operations=(*circuit.operations[:n], *gates))


def _folded(gates: Operations, factor: int) -> Operations:
    if factor == 1:
        return gates
    undone = tuple(step for gate in inverse(gates) for step in _native(gate))
    return gates + (undone + gates) * (factor // 2)


def _native(gate: Operation) -> Operations:
    """``Adjoint(SX)`` by what devices have, whose noise it would escape; else the gate itself."""
    if gate.gate != "Adjoint(SX)":
        return (gate,)
    turned, back = (Operation("RZ", gate.wires, (angle,)) for angle in (pi, -pi))
    return turned, Operation("SX", gate.wires), back


def _sizes(circuit: Circuit) -> tuple[int, int]:
    """How many gates there are on two wires or more, and how many wires all gates have."""
    wires = [len(each.wires) for each in circuit.operations if each.gate != AMPLITUDE_ENCODING]
    return sum(n > 1 for n in wires), sum(wires)
