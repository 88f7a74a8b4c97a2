"""What is asked of the entries: the three modes of recall."""

from collections.abc import Callable
from dataclasses import dataclass
from math import pi
from typing import Literal

import numpy as np
from jaxtyping import Float, Num

from ...circuits import Operation, inverse
from ...errors import CircuitError
from ..keys.encodings import ENCODINGS
from ..keys.predicates import Predicate
from ..search import step_phases
from .contents import Registers
from .controlled import Wires, reflection
from .loading import query_inverse
from .oracles import least_work, phase_oracle

Phases = tuple[tuple[float, float], ...] | Float[np.ndarray, "iterate pair"]
"""Of each iterate (alpha, beta): exp(i beta) on what is good, then exp(i alpha) on the start."""

Oracle = Callable[[float], tuple[Operation, ...]]
"""From an angle to a circuit that multiplies what is good by exp(i angle)."""

WorkWires = int | Literal["fewest", "ladder"]
"""As few as there can be, as many as make ladders of Toffolis, or a number."""


@dataclass(frozen=True)
class Hard:
    """Good are the keys, which are bits, for which a predicate holds."""

    predicate: Predicate


@dataclass(frozen=True, eq=False)
class Soft:
    """Good is the key register in |q>: P(a | success) = F_a / sum F."""

    query: Num[np.ndarray, " feature"]


@dataclass(frozen=True, eq=False)
class Threshold:
    """As `Soft`, after a fixed-point sequence of odd length L on the key register.

    It turns every fidelity into g(F) = 1 - (T_L(sqrt(1 - F) / w) / T_L(1 / w))^2 with
    w = sqrt(1 - threshold), a smooth step: at least 1 - T_L(1 / w)^-2 from the threshold on. Yoder,
    Low and Chuang, arXiv:1409.3305.

    Raises:
        CircuitError: the threshold is not in (0, 1], or the length is not odd.
    """

    query: Num[np.ndarray, " feature"]
    threshold: float
    length: int

    def __post_init__(self) -> None:
        if not 0 < self.threshold <= 1:
            raise CircuitError(
                f"threshold is in (0, 1], got {self.threshold}; "
                "to weigh all keys by their fidelity, ask softly"
            )
        if self.length < 1 or self.length % 2 == 0:
            raise CircuitError(f"length is odd and at least 1, got {self.length}")

    @property
    def phases(self) -> Float[np.ndarray, "iterate 2"]:
        """(alpha_j, beta_j) of the inner iterates, (L - 1) / 2 of them."""
        return step_phases(self.length, self.threshold)


Asked = Hard | Soft | Threshold


def grover(iterations: int) -> Phases:
    """The phases of that many plain iterates: all are pi."""
    return ((pi, pi),) * iterations


def check_fits(asked: Asked, layout: Registers) -> None:
    """What is asked is a question about such keys.

    Raises:
        CircuitError: a predicate about keys that are no bits, or another width.
        DataError: a query that has no state.
    """
    if isinstance(asked, Hard):
        if layout.encoding != "basis" or layout.copies > 1:
            raise CircuitError(
                "a predicate reads one copy of a key that is bits, so the encoding is 'basis'; got "
                f"{layout.copies} of {layout.encoding!r}"
            )
        _check_width(asked.predicate.width, layout.width)
        return
    _check_width(len(asked.query), layout.width)
    ENCODINGS[layout.encoding].check(asked.query[None])


def work_wires(asked: Asked, layout: Registers, wanted: WorkWires) -> Wires:
    """The wires after those of address and key that a recall circuit works on.

    Raises:
        CircuitError: fewer than the predicate counts on.
    """
    least = least_work(asked.predicate) if isinstance(asked, Hard) else 0
    match wanted:
        case "fewest":
            number = least
        case "ladder":
            number = max(layout.n_wires - 2, least + max(0, least - 2))
        case int():
            number = wanted
    if number < least:
        raise CircuitError(f"the predicate counts on {least} work wires, got {number}")
    return tuple(range(layout.n_wires, layout.n_wires + number))


def oracle(asked: Asked, layout: Registers, work: Wires) -> Oracle:
    """The phase where the key bits answer yes, or where the key register is in |q>."""
    keys, idle = layout.key_wires, layout.address_wires
    if isinstance(asked, Hard):
        predicate = asked.predicate
        return lambda angle: phase_oracle(predicate, keys, work, angle, borrowed=idle)
    undone = unquery(asked, layout)
    query = inverse(undone)
    return lambda angle: (*undone, *reflection(keys, angle, clean=work, borrowed=idle), *query)


def unquery(asked: Soft | Threshold, layout: Registers) -> tuple[Operation, ...]:
    """|q> to |0...0> in every copy of the key register."""
    return tuple(
        step
        for wires in layout.by_copy
        for step in query_inverse(layout.encoding, asked.query, wires)
    )


def _check_width(got: int, expected: int) -> None:
    if got != expected:
        raise CircuitError(f"what is asked has {got} features and a key has {expected}")
