"""What a waiting person sees: what is going on, and how far the whole of it is."""

import sys
from collections.abc import Callable, Mapping
from contextlib import ExitStack

from rich.console import Console
from rich.progress import (
    BarColumn,
    ProgressColumn,
    TaskProgressColumn,
    TextColumn,
    TimeRemainingColumn,
)
from rich.progress import Progress as Bars

from ..config import QMANNConfig
from ..training import Callback, History

Listener = Callable[[str, float | None], None]
"""Told what is going on, and which share of the whole is done.

What it raises ends the work, and reaches the caller.
"""


class Progress:
    """One bar with the time left on the terminal's error stream, or a listener that is told.

    The bar is silent when it is not wanted (False) or there is no terminal.

    Args:
        title: what the bar is called.
        progress: whether it is wanted, or who is told.
        parts: of the work, in order, and what each weighs.
    """

    def __init__(self, title: str, progress: bool | Listener, parts: Mapping[str, float]) -> None:
        self._bars = terminal_bars(progress, TimeRemainingColumn(elapsed_when_finished=True))
        self._title = title
        self._listener: Listener = _ignore if isinstance(progress, bool) else progress
        self._left = dict(parts)
        self._total = sum(parts.values())
        self._label, self._weight, self._done = "starting", 0.0, 0.0
        self._within = ExitStack()

    def __enter__(self) -> "Progress":
        self._bars.start()
        self._bar = self._bars.add_task(f"{self._title}: starting", total=self._total)
        from ..kernels.options import COMPILING, when_compiling  # numba takes half a second

        self._within.enter_context(when_compiling(lambda: self._tell(COMPILING, self._done)))
        return self

    def __exit__(self, *_: object) -> None:
        self._within.close()
        self._bars.stop()

    def begin(self, label: str, steps: int = 0) -> tuple[Callback, ...]:
        """The next part begins; the callbacks tell of each of its steps."""
        self._done += self._weight
        self._label, self._weight = label, self._left.pop(label)
        self._tell(label, self._done)
        return (_Advance(self._advance, steps),) if steps else ()

    def _advance(self, share: float) -> None:
        self._tell(self._label, self._done + share * self._weight)

    def _tell(self, text: str, done: float) -> None:
        self._bars.update(self._bar, description=f"{self._title}: {text}", completed=done)
        self._listener(text, done / self._total)


def steps_of(config: QMANNConfig, n_fits: int) -> int:
    """How often the training of a network tells of itself: each epoch, or each solve."""
    hybrid = config.hybrid
    if config.classical.is_solved:
        return hybrid.members * n_fits
    return hybrid.members * (hybrid.epochs + (n_fits - 1) * hybrid.refit_epochs)


def terminal_bars(progress: bool | Listener, *columns: ProgressColumn) -> Bars:
    """Bars on the terminal's error stream, with more columns; silent where none are wanted."""
    console = Console(file=sys.stderr)
    return Bars(
        TextColumn("{task.description}"),
        BarColumn(),
        TaskProgressColumn("{task.percentage:>3.0f} %"),
        *columns,
        console=console,
        transient=True,
        disable=progress is not True or not console.is_terminal,
    )


class _Advance:
    """Tells which share of its steps is done; of those of early stopping, no more than all."""

    def __init__(self, tell: Callable[[float], None], steps: int) -> None:
        self._tell, self._steps, self._done = tell, steps, 0

    def on_epoch_end(self, _history: History) -> None:
        self._done += 1
        self._tell(min(1.0, self._done / self._steps))


def _ignore(_description: str, _share: float | None) -> None:
    """Nobody listens."""
