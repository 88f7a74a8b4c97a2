"""Alarms of a stream, row by row, and the command that appends them to a file."""

import json
import os
import time
from collections.abc import Callable, Iterable, Iterator
from pathlib import Path
from typing import Any, BinaryIO

from qmann_core.data import name_source, number, whole
from qmann_core.errors import DataError
from qmann_core.files import work_folder
from qmann_core.tasks import Fitted

from ..tasks import load
from .events import Event
from .slots import Slots, digest_of, files
from .sources import Batch, Place, Row, from_file, from_pipe, from_rows
from .watch import Watch

_TAIL = 2**16  # bytes of events, in which the last one is looked for
Stream = str | Path | BinaryIO | Iterable[Row] | Callable[[int], Iterable[Row]]


def monitor(
    model: str | Path | Fitted,
    stream: Stream,
    *,
    state: str | Path | None = None,
    after: int = 0,
    follow: bool = True,
    shift: int = 0,
    block: int = 1,
    every: float = 1.0,
    silence: float = 60.0,
) -> Iterator[Event]:
    """Watch sensors row by row: alarms as they are raised and end, and what is wrong with the data.

    They are those that ``load(model).predict(table)`` finds in the same rows. Nothing is learned
    from them. Rows of several runs may come mixed; of a hundred at most something is remembered.

    Args:
        model: of ``fit("anomalies", ...)``, or the folder where it is saved.
        stream: a CSV file, or one of JSON lines, which may grow; an open pipe of one, as
            ``sys.stdin.buffer``; dicts, sensor -> reading, of the rows that come next; or a
            function that gives these from a number of rows on, with which a source that can be
            read again goes on where the state is.
        state: folder in which it is kept, and from which the next call goes on; a file from its
            place there. After a kill, events since the state was written come again, with the same
            numbers.
        after: number of the last event that was received, which are not given again.
        follow: wait for more at the end of a file.
        shift: a lasting shift is accepted: the mean of so many next rows, of all runs together, is
            what is usual from there on, until which alarms are as before. Give it once, not at
            every start.
        block: dicts to wait for and score together: more are faster, and later.
        every: seconds from writing the state to the next time, at least.
        silence: seconds without a row of a file that is followed, after which that is said.

    Raises:
        DataError: no such model, file, or sensors; a damaged state, or that of another model.
        ConfigError: a model in which no network answers, or with shots.

    Example:
        >>> for event in monitor("model", "plant.csv", state="state"):  # doctest: +SKIP
        ...     print(event)
    """
    fitted = model if isinstance(model, Fitted) else load(model)
    folder = None if state is None else Path(state)
    file = Path(stream) if isinstance(stream, str | Path) else None
    watch = Watch(fitted, "stream" if file is None else name_source(file))
    slots = Slots(folder, digest_of(fitted))
    rows = whole("shift", shift, least=0)

    def batches(place: Place) -> Iterator[Batch]:
        given: Any = stream(watch.row) if callable(stream) else stream
        if file is not None:
            return from_file(file, place, follow=follow, whole=not follow and folder is None)
        return from_pipe(given) if hasattr(given, "read1") else from_rows(given, block)

    def events() -> Iterator[Event]:
        with work_folder(folder, "the state of a monitor"):
            kept = slots.read() or {"place": {}}
            if "watch" in kept:
                watch.restore(kept["watch"])
            if file is None and not callable(stream):  # what was seen since then is not read again
                watch.number = max(watch.number, after)
            if rows:
                watch.shift(rows)
            batches_on = batches(kept["place"])
            yield from _followed(watch, slots, kept["place"], batches_on, after, every, silence)

    return events()


def _followed(
    watch: Watch,
    slots: Slots,
    place: Place,
    batches: Iterator[Batch],
    after: int,
    every: float,
    silence: float,
) -> Iterator[Event]:
    """Events of batches; the state is written when those before it have been received."""

    def save() -> float:
        if slots.folder is not None:
            slots.write({"watch": watch.state(), "place": place})
        return time.monotonic()

    saved = heard = save()
    changed = silent = False
    for batch in batches:
        found, place, now = watch.take(batch.rows), batch.place, time.monotonic()
        said = batch.said and ("file", batch.said)
        if batch.rows:
            heard, silent, changed = now, False, True
        elif not (said or silent) and now - heard > silence:
            silent, said = True, ("silent", f"no row for {now - heard:.0f} s")
        if said:  # no row brings it about again: it is written before it is given
            watch.number = max(watch.number, after)
            found, saved = [watch.say(*said)], save()
        yield from (event for event in found if event.number > after)
        if changed and time.monotonic() - saved >= every:
            saved, changed = save(), False
    if changed:
        save()


def record(
    model: str | Path | Fitted,
    stream: Any,
    *,
    events: str | Path | None = None,
    state: str | Path | None = None,
    shift: int | str = 0,
    silence: float | str = 60.0,
    follow: bool = False,
    every: float = 1.0,
) -> Iterator[Event]:
    """`monitor`, its events appended to a file of JSON lines, each once in spite of kills.

    Raises:
        DataError: as of `monitor`; or events in the file, but no state that they go with.
    """
    how: dict[str, Any] = {"shift": whole("shift", shift, least=0), "follow": follow}
    how |= {"silence": number("silence", silence), "state": state, "every": every}
    if events is None:
        yield from monitor(model, stream, **how)
        return
    last = _last_number(Path(events))
    if last and not files(None if state is None else Path(state)):
        raise DataError(
            f"{events}: has {last} events, and there is no state that they go with. Give the "
            "folder of their state, or another file"
        )
    with Path(events).open("ab") as file:
        for event in monitor(model, stream, after=last, **how):
            file.write(json.dumps(event.to_dict(), ensure_ascii=False).encode() + b"\n")
            file.flush()
            os.fsync(file.fileno())
            yield event


def _last_number(output: Path) -> int:
    """That of the last whole line; a torn one behind it is cut off."""
    if not output.exists():
        return 0
    with output.open("rb+") as file:
        file.seek(max(0, output.stat().st_size - _TAIL))
        begin, content = file.tell(), file.read()
        end = content.rfind(b"\n") + 1
        file.truncate(begin + end)
    try:
        return int(json.loads(content[:end].splitlines()[-1])["number"]) if end else 0
    except (ValueError, TypeError, KeyError) as error:
        raise DataError(f"{output}: is no file of events. Choose another name") from error
