"""Observables: what a circuit returns the expectation values of."""

from dataclasses import dataclass
from itertools import product

from ..errors import CircuitError
from .wires import check_distinct, check_size


@dataclass(frozen=True)
class Observable:
    """A Pauli word: the letter at position k acts on wire ``wires[k]``."""

    word: str
    wires: tuple[int, ...]

    def __post_init__(self) -> None:
        if not isinstance(self.word, str) or not self.word or set(self.word) - set("IXYZ"):
            raise CircuitError(f"a Pauli word has letters I, X, Y, Z; got {self.word!r}")
        if len(self.word) != len(self.wires):
            raise CircuitError(
                f"Pauli word {self.word!r} needs {len(self.word)} wires, got {self.wires}"
            )
        check_distinct(self.wires, f"observable {self.word!r}")


@dataclass(frozen=True)
class Projector:
    """``|bits><bits|``: wire ``wires[k]`` reads character k of ``bits``, ``"0"`` or ``"1"``.

    Its expectation value is the probability of that outcome; wires not named are not looked at.
    """

    bits: str
    wires: tuple[int, ...]

    def __post_init__(self) -> None:
        if not isinstance(self.bits, str) or not self.bits or set(self.bits) - set("01"):
            raise CircuitError(f"a projector's bits are characters 0 and 1; got {self.bits!r}")
        if len(self.bits) != len(self.wires):
            raise CircuitError(
                f"projector {self.bits!r} needs {len(self.bits)} wires, got {self.wires}"
            )
        check_distinct(self.wires, f"projector {self.bits!r}")


def z_each(n_wires: int, k: int | None = None) -> tuple[Observable, ...]:
    """Z on each of the first ``k`` wires; on all of them if ``k`` is not given."""
    check_size("n_wires", n_wires)
    k = n_wires if k is None else k
    check_size("k", k, 0)
    if not 1 <= k <= n_wires:
        raise CircuitError(f"k is between 1 and the {n_wires} wires there are, got {k}")
    return tuple(Observable("Z", (wire,)) for wire in range(k))


def pauli(word: str, wires: tuple[int, ...] | None = None) -> Observable:
    """The Pauli word with letter k on wire ``wires[k]``; on wires 0, 1, ... if not given."""
    return Observable(word, _first(word) if wires is None else wires)


def projector(bits: str, wires: tuple[int, ...] | None = None) -> Projector:
    """The projector on ``bits`` of ``wires``; of wires 0, 1, ... if not given."""
    return Projector(bits, _first(bits) if wires is None else wires)


def probabilities(wires: tuple[int, ...]) -> tuple[Projector, ...]:
    """The ``2**len(wires)`` outcomes on ``wires``, 0...0 first, the first wire changing last."""
    if not wires:
        raise CircuitError("probabilities are those of at least 1 wire, got none")
    return tuple(Projector("".join(bits), wires) for bits in product("01", repeat=len(wires)))


def _first(letters: str) -> tuple[int, ...]:
    """Wires 0, 1, ..., one for each letter."""
    return tuple(range(len(letters))) if isinstance(letters, str) else ()
