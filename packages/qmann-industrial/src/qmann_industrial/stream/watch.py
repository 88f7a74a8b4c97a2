"""One row after another to events: what is remembered of rows before, and what is said of a row."""

from collections.abc import Iterable, Mapping, Sequence
from dataclasses import asdict, dataclass, field, replace
from typing import Any, NamedTuple

import numpy as np
from jaxtyping import Float
from pandas import Index

from qmann_core.data import list_names
from qmann_core.errors import DataError
from qmann_core.tasks import Fitted
from qmann_core.training import single_precision

from ..alarms.features import Count, Reading, instant, stood, weighted
from ..alarms.reports import MISSING, ROWS
from ..alarms.scores import Hysteresis
from ..faults.data import aside
from .events import Event
from .scorer import Scorer, application_of
from .sources import MANY, Row

_GAP = 5  # times the usual step
_STILL, _LEAST = 2, 10  # times the longest stand in normal operation, and rows at least
_TINY = 1e-12
_RUNS = 100  # that are watched at once; the one that is longest unseen is forgotten
_NAMES = 1000  # of columns that are remembered
_NOTHING = ("", "na", "n/a", "nan", "null", "none")


class Seen(NamedTuple):
    """A row that may belong to an alarm."""

    when: str
    x: Float[np.ndarray, " sensor"]
    height: float
    """Over the limit; NaN where there is no data."""


@dataclass
class Run:
    """What is remembered of one run."""

    name: str
    means: Reading
    last: Reading
    """Of each sensor the last reading, and ``rows``, for how many it has been so."""
    rows: Count
    watch: Hysteresis
    level: float = 0.0
    time: float = -np.inf
    dropped: int = 0
    """Rows out of order since the last one in order."""
    told: bool = True
    """Whether the last row had data."""
    begun: list[Seen] = field(default_factory=list)
    """The last rows; of an alarm its first ones."""
    length: int = 0
    """Rows of the alarm from its onset to the last one over the limit, and to the last one."""
    so_far: int = 0
    until: str = ""
    top: float = 0.0


class _Read(NamedTuple):
    """A row of a run, and what its sensors say."""

    row: int
    run: Run
    when: str
    cells: list[float]


class Watch:
    """Rows to events; it learns nothing, and what it remembers of rows is bounded.

    Args:
        fitted: the model.
        where: what the stream is called.
    """

    def __init__(self, fitted: Fitted, where: str) -> None:
        self.scorer, self.where = Scorer(fitted), where
        self.application = application_of(fitted)
        self.usual = np.array(self.application.usual)
        self.still = np.maximum(_STILL * np.array(self.application.still), _LEAST)
        self.offset = np.zeros_like(self.usual)
        self.shift(0)
        self.row = self.number = 0
        self.columns: tuple[str | None, ...] | None = None
        self.known: set[str] = set()
        self.told: set[str] = set()
        self.runs: dict[str, Run] = {}
        self._found: list[Event] = []

    def state(self) -> dict[str, Any]:
        """All that it remembers."""
        names = ("offset", "left", "sums", "row", "number", "columns")
        kept = {name: getattr(self, name) for name in names}
        kept |= {name: sorted(getattr(self, name)) for name in ("known", "told")}
        return {**kept, "runs": [asdict(run) for run in self.runs.values()]}

    def restore(self, state: Mapping[str, Any]) -> None:
        """Go on from a state."""
        for name in ("left", "row", "number", "columns"):
            setattr(self, name, state[name])
        for name in ("offset", "sums"):
            setattr(self, name, np.array(state[name]))
        self.known, self.told = set(state["known"]), set(state["told"])
        self.runs = {given["name"]: _run(given) for given in state["runs"]}

    def shift(self, rows: int) -> None:
        """Take the mean of the next rows for what is usual: each sensor is read from there."""
        self.left = rows
        self.sums = np.zeros((3, len(self.usual)))  # of ones, of readings, and of their squares

    def say(self, kind: str, detail: str) -> Event:
        """An event that no row has brought about."""
        self.number += 1
        return Event(number=self.number, kind=kind, row=self.row, detail=detail)

    @single_precision()
    def take(self, rows: Sequence[Row]) -> list[Event]:
        """Events of more rows, in their order."""
        self._found = []
        while rows:
            n = min(MANY, self.left or MANY)  # what is usual moves between blocks only
            self._score([read for row in rows[:n] if (read := self._read(row))])
            rows = rows[n:]
        found = sorted(self._found, key=lambda event: event.row)
        first, self.number = self.number + 1, self.number + len(found)
        return [replace(event, number=first + k) for k, event in enumerate(found)]

    def _read(self, given: Row) -> _Read | None:
        """A row as the model reads it; None where it is dropped."""
        self.row += 1
        run_column, time_column = self._columns(given)
        name = self.where if run_column is None else str(given.get(run_column, self.where))
        when = str(self.row if time_column is None else given.get(time_column, ""))
        run = self.runs[name] = self.runs.pop(name) if name in self.runs else self._new(name)
        if len(self.runs) > _RUNS:
            self.runs.pop(next(iter(self.runs)))
        read = _Read(self.row, run, when, [])
        if time_column is not None and not self._in_order(read, instant(given.get(time_column))):
            return None
        return read._replace(cells=self._numbers(given))

    def _score(self, rows: list[_Read]) -> None:
        if not rows:
            return
        values = np.array([read.cells for read in rows])
        values = np.where(np.isfinite(values), values, np.nan)
        told = np.isnan(values).mean(axis=1) <= MISSING
        by_run: dict[int, list[int]] = {}
        for place, read in enumerate(rows):
            by_run.setdefault(id(read.run), []).append(place)
        means = np.empty_like(values)
        for places in by_run.values():
            run = rows[places[0]].run
            for place in places:
                self._stands(rows[place], values[place])
            weight = self.application.weight
            means[places] = weighted(values[places] - self.offset, weight, run.means)
            run.means = means[places[-1]]
        x = means.astype(np.float32)
        weight, limit = self.scorer.weight, self.scorer.limit
        for place, location in enumerate(self.scorer.location(x)):
            read = rows[place]
            read.run.level = weight * location + (1 - weight) * read.run.level
            height = float(np.exp((read.run.level - limit) / 2)) if told[place] else np.nan
            self._data(read, told=bool(told[place]))
            self._alarm(read, Seen(read.when, x[place], height))
        if self.left:
            self.left -= len(rows)
            there, known = ~np.isnan(values), np.nan_to_num(values)
            self.sums += [each.sum(axis=0) for each in (there, known, known**2)]
            if not self.left:
                self._move(rows[-1])

    def _stands(self, read: _Read, values: Reading) -> None:
        run, before = read.run, read.run.rows
        run.last, run.rows = stood(values, run.last, before)
        if stale := np.flatnonzero((before <= self.still) & (run.rows > self.still)).tolist():
            names = [self.application.sensors[k] for k in stale]
            rows = ", ".join(map(str, self.still[stale]))
            self._add("stale", read, sensors=", ".join(names), detail=f"the same for {rows} rows")

    def _data(self, read: _Read, *, told: bool) -> None:
        if told != read.run.told:
            read.run.told = told
            self._add("data again" if told else "no data", read)

    def _alarm(self, read: _Read, seen: Seen) -> None:
        if self.application.weight == 1:  # rows by themselves
            if seen.height > 1 and read.run.watch.k == 1:
                sensors = self.scorer.sensors([seen.x])
                self._add("alarm", read, since=seen.when, height=seen.height, sensors=sensors)
            return
        run, over, raised = read.run, seen.height > 1, read.run.watch.raised
        on = run.watch.step(over)
        if raised:
            run.so_far += 1
            run.begun += [seen] * (len(run.begun) < ROWS)
        else:
            run.begun = [*run.begun, seen][-run.watch.of :]
            if not on:
                return
            run.begun = run.begun[-run.watch.since - 1 :]
            run.so_far = len(run.begun)
            run.top = float(np.nanmax([each.height for each in run.begun]))
        if over:
            run.until, run.length, run.top = seen.when, run.so_far, max(run.top, seen.height)
        if raised and on:
            return
        rows = [each.x for each in run.begun[: min(ROWS, run.length)]]
        told = {"since": run.begun[0].when, "sensors": self.scorer.sensors(rows)}
        if on:
            self._add("alarm", read, height=run.top, **told)
        else:
            self._add("end", read, height=run.top, until=run.until, **told)
            run.begun = []

    def _move(self, read: _Read) -> None:
        """Take what was seen since `shift` for usual; what is remembered moves with it."""
        counts, total, squares = self.sums
        mean, square = total / np.maximum(counts, 1), squares / np.maximum(counts, 1)
        offset = np.where(counts > 0, mean - self.usual, self.offset)
        moved, self.offset = offset - self.offset, offset
        deviations = np.abs(moved) / np.sqrt(np.maximum(square - mean**2, _TINY))
        names = self.application.sensors
        most = [f"{names[k]} {moved[k]:+.3g}" for k in np.argsort(-deviations)[:3]]
        self._add("shift", read, sensors=", ".join(most), detail="usual from here on")
        for run in self.runs.values():
            run.means = run.means - moved

    def _in_order(self, read: _Read, time: float) -> bool:
        """Whether the time of a row is later than that before; where it cannot be read, it is."""
        run = read.run
        if time <= run.time:
            run.dropped += 1
            if run.dropped == 10 ** (len(str(run.dropped)) - 1):  # 1, 10, 100, ... are said
                self._add("out of order", read, detail=f"{run.dropped} dropped")
            return False
        if run.dropped:
            self._add("in order", read, detail=f"{run.dropped} dropped before")
            run.dropped = 0
        step = self.application.step
        if step and time - run.time > _GAP * step and run.time > -np.inf:
            passed = f"{time - run.time:g} after the row before, usually {step:g}"
            self._add("gap", read, detail=passed)
        run.time = run.time if np.isnan(time) else time
        return True

    def _columns(self, given: Row) -> tuple[str | None, ...]:
        """Those of runs and times; the first row settles them, later ones are compared with it."""
        sensors = self.application.sensors
        if self.columns is None:
            names = Index(list(map(str, given)))
            if not set(sensors) & set(names):
                raise DataError(
                    f"{self.where}: none of the sensors {list_names(sensors)} is among the columns "
                    f"{list_names(names)}. Expected those that the model has learned from"
                )
            self.columns = aside(names, self.application, self.where, known=False)[1:]
            self.known = {*names, *sensors}
        if given.keys() != self.known:
            self._say_once("gone", sorted(self.known - given.keys()))
            if new := [name for name in given if name not in self.known]:
                self._say_once("new", new)
        return self.columns

    def _numbers(self, given: Row) -> list[float]:
        cells = [given.get(name) for name in self.application.sensors]
        try:
            return [float(cell) for cell in cells]  # type: ignore[arg-type]
        except (TypeError, ValueError):
            values = [_number(cell) for cell in cells]
        told = zip(self.application.sensors, cells, values, strict=True)
        texts = [name for name, cell, v in told if np.isnan(v) and _said(cell) not in _NOTHING]
        self._say_once("text", texts)
        return values

    def _say_once(self, what: str, names: Iterable[str]) -> None:
        fresh = [name for name in names if f"{what} {name}" not in self.told]
        if fresh and len(self.told) < _NAMES:
            self.told |= {f"{what} {name}" for name in fresh}
            said = f"{what}: {list_names(fresh)}"
            self._found.append(Event(number=0, kind="schema", row=self.row, detail=said))

    def _add(self, kind: str, read: _Read, **told: Any) -> None:
        about: dict[str, Any] = {"run": read.run.name, "row": read.row, "when": read.when}
        self._found.append(Event(number=0, kind=kind, **about, **told))

    def _new(self, name: str) -> Run:
        nothing = np.full(len(self.usual), np.nan)
        watch = Hysteresis(*self.application.persist)
        return Run(name, self.usual, nothing, np.zeros(len(self.usual), int), watch)


def _run(given: Mapping[str, Any]) -> Run:
    arrays = {name: np.array(given[name]) for name in ("means", "last", "rows")}
    begun = [Seen(when, np.array(x, np.float32), height) for when, x, height in given["begun"]]
    return Run(**{**given, **arrays, "watch": Hysteresis(**given["watch"]), "begun": begun})


def _number(cell: Any) -> float:
    try:
        return float(cell)
    except (TypeError, ValueError):
        return np.nan


def _said(cell: Any) -> str:
    return "" if cell is None else str(cell).strip().lower()
