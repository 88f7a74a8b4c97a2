"""A progress bar on standard error, which disappears when training is over."""

from collections.abc import Callable, Iterator
from contextlib import contextmanager


@contextmanager
def progress_bar(total: int, *, enabled: bool) -> Iterator[Callable[[str, int], None]]:
    """Yield ``advance(description, steps)``; it does nothing when not ``enabled``."""
    if not enabled:
        yield lambda _description, _steps: None
        return
    # Imported here, because it takes longer than everything else in this package together.
    from rich.console import Console
    from rich.progress import BarColumn, MofNCompleteColumn, Progress, TextColumn
    from rich.progress import TimeRemainingColumn as TimeRemaining

    columns = (TextColumn("{task.description}"), BarColumn(), MofNCompleteColumn(), TimeRemaining())
    with Progress(*columns, console=Console(stderr=True), transient=True) as bar:
        task = bar.add_task("training", total=total)
        yield lambda description, steps: bar.update(task, description=description, advance=steps)
