"""Alarms from what is over a limit, and how good they are."""

from dataclasses import dataclass
from typing import Any

import numpy as np
from jaxtyping import Bool, Int

from qmann_core.data import Samples
from qmann_core.tasks import Outputs, Score

from .head import along, along_each

Over = Bool[np.ndarray, " row"]


@dataclass
class Hysteresis:
    """Raises an alarm when ``k`` of the last ``of`` rows are over a limit; ends it when none is.

    Its state is what it remembers of rows before.
    """

    k: int
    of: int
    recent: int = 0
    """The last rows as bits, the newest lowest."""
    raised: bool = False

    def step(self, over: bool) -> bool:
        """Whether there is an alarm after one more row."""
        self.recent = (self.recent << 1 | over) & ((1 << self.of) - 1)
        hits = self.recent.bit_count()
        self.raised = hits > 0 if self.raised else hits >= self.k
        return self.raised

    @property
    def since(self) -> int:
        """How many rows ago the first of the last rows that was over the limit came."""
        return self.recent.bit_length() - 1


def alarms(over: Over, persist: tuple[int, int]) -> Int[np.ndarray, "alarm 3"]:
    """First row over the limit, row that raised it, and last row over it, of each alarm."""
    watch, found, last = Hysteresis(*persist), list[list[int]](), -1
    for row, hit in enumerate(over.tolist()):
        before = watch.raised
        if watch.step(hit) and not before:
            found.append([row - watch.since, row, row])
        last = row if hit else last
        if before or watch.raised:
            found[-1][2] = last
    return np.array(found, int).reshape(-1, 3)


def score_alarms(
    outputs: Outputs, test: Samples, train: Samples, probabilities: tuple[float, ...]
) -> Score:
    """Rows that are wrong, of normal ones and of injected faults alike; both; and the delay.

    The first is 100 |over - y|, with weights by which both kinds have half of a say. Delay is in
    rows, to the first over the limit of six in a row; a fault that is not found counts as long.
    """
    del train, probabilities
    over = along(outputs, test) > outputs["limit"][:, -1]
    fault = test.y[:, 0].numpy() > 0
    wrong = 100.0 * (over != fault)
    figures: dict[str, Any] = {"balanced error %": wrong * _balance(fault)}
    if not fault.all():
        figures["false alarms %"] = float(wrong[~fault].mean())
    if fault.any():
        figures["found %"] = float(100 - wrong[fault].mean())
        runs = [r for r in along_each(test.aux["sequence"].numpy()) if fault[r[0]] and len(r) > 1]
        waited = [next(iter(alarms(over[r], (6, 6))[:, 0]), len(r)) for r in runs]
        figures |= {"delay": float(np.mean(waited))} if runs else {}
    return figures


def _balance(fault: Over) -> Any:
    share = fault.mean()
    weights = np.where(fault, share, 1 - share)
    return 1.0 if share in (0, 1) else 0.5 / weights
