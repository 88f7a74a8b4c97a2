"""One attempt of a search, as what a circuit is emitted from."""

from dataclasses import dataclass

from ...errors import CircuitError, ConfigError
from ..hardware import Asked, Phases, grover
from ..search import best_iterations
from .pool import Pool
from .question import Question
from .recall import scan


@dataclass(frozen=True, eq=False)
class Attempt:
    """Entries in superposition, what is asked of them, and the phases of each iterate."""

    pool: Pool
    asked: Asked
    phases: Phases


def attempt(pool: Pool, question: Question, iterations: int | None) -> Attempt:
    """An attempt of plain iterates.

    Args:
        pool: the entries.
        question: what is asked of them.
        iterations: k; None for the best, of which this simulation knows p0.

    Raises:
        ConfigError: ``iterations`` is negative.
        CircuitError: there are no entries, or no circuit is known for the question.
    """
    if iterations is not None and iterations < 0:
        raise ConfigError(f"iterations is {iterations}: expected 0 or more")
    if not len(pool):
        raise CircuitError("the memory holds nothing to recall, so it has no circuit; write to it")
    asked = question.asked
    if asked is None:
        raise CircuitError(
            "no circuit is known for this question: threshold 0 asks nothing, and a predicate is "
            "Equal, Masked or Within; for others see circuits.amplify"
        )
    if iterations is None:
        iterations = best_iterations(scan(pool, question, 1).p0)
    return Attempt(pool, asked, grover(iterations))
