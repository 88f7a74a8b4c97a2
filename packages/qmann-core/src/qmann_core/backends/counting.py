"""What would be sent to a back end, counted on our own engine."""

from collections import Counter
from dataclasses import dataclass, field, replace
from functools import reduce
from operator import add

from torch import Tensor

from ..circuits import Circuit
from ..config import PriceConfig
from .base import Backend
from .cost import Cost
from .exact import Exact
from .standing import Standing
from .values import Values


@dataclass(kw_only=True, eq=False)
class Counting(Standing):
    """Stands for another back end: checks as it does, answers exactly, and adds up its costs."""

    price: PriceConfig = field(default_factory=PriceConfig)
    costs: list[Cost] = field(default_factory=list)
    """Of each question so far."""

    @property
    def total(self) -> Cost | None:
        """Of all that was asked so far; None where nothing was."""
        return reduce(add, self.costs) if self.costs else None

    def native(self, circuit: Circuit) -> tuple[Backend, Circuit]:
        there, laid = self.of.native(circuit)
        return replace(self, of=there), laid

    def with_gain(self, gain: float | int) -> Backend:
        return replace(self, of=self.of.with_gain(gain))

    def _run(
        self, circuit: Circuit, inputs: Tensor, weights: Tensor, shots: int | None, seed: int
    ) -> Values:
        self._add(circuit, inputs, shots)
        return Exact().expectations(circuit, inputs, weights, seed=seed)

    def _sample(
        self, circuit: Circuit, inputs: Tensor, weights: Tensor, shots: int, seed: int
    ) -> tuple[Counter[str], ...]:
        self._add(circuit, inputs, shots)
        return Exact().sample(circuit, inputs, weights, shots=shots, seed=seed)

    def _add(self, circuit: Circuit, inputs: Tensor, shots: int | None) -> None:
        self.costs.append(self.of.cost(circuit, len(inputs), shots=shots, price=self.price))
