"""What is asked of the entries: the three modes of recall."""

from dataclasses import dataclass
from math import atan2, pi, sqrt, tan
from typing import Literal

import numpy as np
from jaxtyping import Float, Num

from ...errors import CircuitError
from ..keys.predicates import Predicate
from .controlled import Wires
from .loading import check_features
from .oracles import least_work
from .registers import Layout

Phases = tuple[tuple[float, float], ...] | Float[np.ndarray, "iterate pair"]
"""Of each iterate (alpha, beta): exp(i beta) on what is good, then exp(i alpha) on the start."""

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
    def phases(self) -> Phases:
        """(alpha_j, beta_j) of the inner iterates, l = (L - 1) / 2 of them.

        alpha_j = beta_{l-j+1} = 2 arccot(tan(2 pi j / L) sqrt(threshold)). The paper's alpha has
        the opposite sign, because its reflection turns by -alpha.
        """
        root = sqrt(self.threshold)
        steps = range(1, (self.length - 1) // 2 + 1)
        angles = [2 * atan2(1.0, tan(2 * pi * j / self.length) * root) for j in steps]
        return tuple(zip(angles, reversed(angles), strict=True))


Asked = Hard | Soft | Threshold


def grover(iterations: int) -> Phases:
    """The phases of that many plain iterates: all are pi."""
    return ((pi, pi),) * iterations


def check_fits(asked: Asked, layout: Layout) -> None:
    """What is asked is a question about such keys.

    Raises:
        CircuitError: a predicate about keys that are no bits, another width, or a query that the
            encoding cannot hold.
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
    check_features(layout.encoding, asked.query[None], "query")


def work_wires(asked: Asked, layout: Layout, wanted: WorkWires) -> Wires:
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


def _check_width(got: int, expected: int) -> None:
    if got != expected:
        raise CircuitError(f"what is asked has {got} features and a key has {expected}")
