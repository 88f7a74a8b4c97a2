"""What a waiting person sees: which model is being trained, and how far it is."""

import sys
from types import TracebackType

from rich.console import Console
from rich.progress import BarColumn, TextColumn, TimeElapsedColumn
from rich.progress import Progress as Bars

from ..config import HybridConfig
from ..training import Callback, EpochState


class Progress:
    """A bar on the terminal's error stream; silent when disabled or not on a terminal."""

    def __init__(self, title: str, *, enabled: bool) -> None:
        console = Console(file=sys.stderr)
        self._bars = Bars(
            TextColumn("{task.description}"),
            BarColumn(),
            TextColumn("{task.percentage:>3.0f} %"),
            TimeElapsedColumn(),
            console=console,
            transient=True,
            disable=not (enabled and console.is_terminal),
        )
        self._title = title

    def __enter__(self) -> "Progress":
        self._bars.start()
        return self

    def __exit__(
        self,
        kind: type[BaseException] | None,
        error: BaseException | None,
        trace: TracebackType | None,
    ) -> None:
        self._bars.stop()

    def step(self, description: str) -> None:
        """A stage of unknown length begins."""
        self._finish()
        self._bars.add_task(f"{self._title}: {description}", total=None)

    def training(self, label: str, n_fits: int, config: HybridConfig) -> tuple[Callback, ...]:
        """A walk begins; the callbacks move its bar at the end of every epoch."""
        self._finish()
        total = config.members * (config.epochs + (n_fits - 1) * config.refit_epochs)
        bar = self._bars.add_task(f"{self._title}: training {label}", total=total)
        return (_Advance(self._bars, bar),)

    def _finish(self) -> None:
        for bar in self._bars.task_ids:
            self._bars.remove_task(bar)


class _Advance:
    def __init__(self, bars: Bars, bar: object) -> None:
        self._bars, self._bar = bars, bar

    def on_epoch_end(self, _state: EpochState) -> None:
        self._bars.advance(self._bar)  # type: ignore[arg-type]
