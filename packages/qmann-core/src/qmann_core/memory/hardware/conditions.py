"""What is asked of the entries: a predicate, or likeness to a query."""

from collections.abc import Callable
from dataclasses import dataclass
from math import pi
from typing import Literal

import numpy as np
from jaxtyping import Float, Num

from ...circuits import Operation, inverse
from ...circuits.controlled import Wires, reflection
from ...errors import CircuitError
from ..keys.predicates import Reversible
from ..search import step_phases
from .loading import Registers, load
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

    predicate: Reversible


@dataclass(frozen=True, eq=False)
class Soft:
    """Good is the key register in |q>: P(a | success) = F_a / sum F.

    With a length L above 1 that comes after a fixed-point sequence on the key register. It turns
    every fidelity into g(F) = 1 - (T_L(sqrt(1 - F) / w) / T_L(1 / w))^2 with
    w = sqrt(1 - threshold), a smooth step: at least 1 - T_L(1 / w)^-2 from the threshold on. Yoder,
    Low and Chuang, arXiv:1409.3305.
    """

    query: Num[np.ndarray, " feature"]
    threshold: float = 1.0
    """In (0, 1]; means nothing where the length is 1."""
    length: int = 1
    """L, odd."""

    @property
    def phases(self) -> Float[np.ndarray, "iterate 2"]:
        """(alpha_j, beta_j) of the inner iterates, (L - 1) / 2 of them."""
        return step_phases(self.length, self.threshold)


Asked = Hard | Soft


_MOST_WORK = 10_000


def grover(iterations: int) -> Phases:
    """The phases of that many plain iterates: all are pi."""
    return ((pi, pi),) * iterations


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
        case int() if wanted <= _MOST_WORK:
            number = wanted
        case _:
            raise CircuitError(
                f"got n_work={wanted!r}: expected 'fewest', 'ladder' or a number up to {_MOST_WORK}"
            )
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


def unquery(asked: Soft, layout: Registers) -> tuple[Operation, ...]:
    """|q> to |0...0> in every copy of the key register."""
    return tuple(
        step
        for wires in layout.by_copy
        for step in inverse(load(layout.encoding, asked.query[None], (), wires))
    )
