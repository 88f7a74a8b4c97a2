"""All values that a step needs, asked for at once: what is run elsewhere is one batch."""

from collections.abc import Iterator

import torch
from torch import Tensor

from ...circuits import Circuit
from ...errors import CircuitError
from .evaluation import Run


class Ahead:
    """Takes down what is asked for, has it run, and then answers in the same order."""

    def __init__(self) -> None:
        self._asked: list[tuple[Circuit, Tensor]] = []
        self._answers: Iterator[Tensor] = iter(())

    def ask(self, circuit: Circuit, rows: Tensor) -> Tensor:
        """Take down; the values are still missing."""
        self._asked.append((circuit, rows))
        return rows.new_zeros(len(rows), len(circuit.observables))

    def send(self, run: Run) -> None:
        """One batch for each circuit."""
        found: list[Tensor] = [torch.empty(0)] * len(self._asked)
        for circuit in dict.fromkeys(circuit for circuit, _ in self._asked):
            places = [place for place, (each, _) in enumerate(self._asked) if each == circuit]
            rows = [self._asked[place][1] for place in places]
            values = run(circuit, torch.cat(rows))
            for place, part in zip(places, torch.split(values, [*map(len, rows)]), strict=True):
                found[place] = part
        self._answers = iter(found)

    def answer(self, _circuit: Circuit, _rows: Tensor) -> Tensor:
        """The values of what was asked for next."""
        answer = next(self._answers, None)
        if answer is None:
            raise CircuitError(
                "the values for one backward pass were asked for, and this is another; call the "
                "layer again instead of retain_graph=True"
            )
        return answer
