"""What would be sent to a back end, counted on our own engine."""

from collections import Counter
from dataclasses import dataclass, field

from torch import Tensor

from ..circuits import Circuit
from ..config import PriceConfig
from .cost import Cost
from .exact import Exact
from .standing import Standing
from .values import Values


@dataclass(kw_only=True, eq=False)
class Counting(Standing):
    """Stands for another back end: checks as it does, answers exactly, and adds up its costs."""

    price: PriceConfig = field(default_factory=PriceConfig)
    total: Cost | None = field(default=None, init=False)
    """Of all that was asked so far; None where nothing was."""

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
        cost = self.of.cost(circuit, len(inputs), shots=shots, price=self.price)
        self.total = cost if self.total is None else self.total + cost
