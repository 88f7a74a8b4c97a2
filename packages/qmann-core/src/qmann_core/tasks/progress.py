"""What a waiting person sees: which model is being trained, and how far it is."""

import sys
from collections.abc import Callable

from rich.console import Console
from rich.progress import (
    BarColumn,
    ProgressColumn,
    TaskProgressColumn,
    TextColumn,
    TimeElapsedColumn,
)
from rich.progress import Progress as Bars

from ..config import QMANNConfig
from ..training import Callback, History

Listener = Callable[[str, float | None], None]
"""Told what is going on, and which share of that is done if it is known.

What it raises ends the work, and reaches the caller.
"""


class Progress:
    """Tells a listener, or shows a bar on the terminal's error stream.

    The bar is silent when it is not wanted (False) or there is no terminal.
    """

    def __init__(self, title: str, progress: bool | Listener) -> None:
        self._bars = terminal_bars(progress, TimeElapsedColumn())
        self._title = title
        self._listener: Listener = _ignore if isinstance(progress, bool) else progress

    def __enter__(self) -> "Progress":
        self._bars.start()
        return self

    def __exit__(self, *_: object) -> None:
        self._bars.stop()

    def step(self, description: str) -> None:
        """A stage of unknown length begins."""
        self._finish()
        self._bars.add_task(f"{self._title}: {description}", total=None)
        self._listener(description, None)

    def training(self, label: str, n_fits: int, config: QMANNConfig) -> tuple[Callback, ...]:
        """A walk begins; the callbacks tell of the end of every epoch, where there are any."""
        if config.classical.is_solved:
            self.step(f"training {label}")
            return ()
        self._finish()
        hybrid = config.hybrid
        total = hybrid.members * (hybrid.epochs + (n_fits - 1) * hybrid.refit_epochs)
        bar = self._bars.add_task(f"{self._title}: training {label}", total=total)
        self._listener(f"training {label}", 0.0)
        done = 0

        def advance() -> None:
            nonlocal done
            done += 1
            self._bars.advance(bar)
            self._listener(f"training {label}", min(1.0, done / total))

        return (_Advance(advance),)

    def _finish(self) -> None:
        for bar in self._bars.task_ids:
            self._bars.remove_task(bar)


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
    def __init__(self, advance: Callable[[], None]) -> None:
        self._advance = advance

    def on_epoch_end(self, _history: History) -> None:
        self._advance()


def _ignore(_description: str, _share: float | None) -> None:
    """Nobody listens."""
