"""What is known of the panels of a domain: names of columns, and what is refused."""

from collections.abc import Iterable, Mapping
from dataclasses import dataclass, field
from typing import Literal

from ..tables import Column, plain_name

Clock = Literal["day", "date", "count"]


@dataclass(frozen=True, kw_only=True)
class PanelSchema:
    """The columns by which the panels of a domain are known; of several, the first counts.

    Names are written as `plain_name` gives them: "adj close" is also ``Adj_Close``.
    """

    columns: tuple[Column, ...] = ()
    """Columns of values, in the order in which they come back. Where just one is required, a table
    may be wide in it, with a column for each unit, and a long one may call it y."""
    unit: tuple[str, ...]
    """Columns that say what a row belongs to; their cells are kept as text."""
    time: tuple[str, ...] = ("date", "ds", "datetime", "timestamp")
    """Columns that say when; the first is the name of the index of every frame."""
    clock: Clock = "day"
    """Days, of which each has one row at most and loses its time of day; dates with times; or
    counts, such as cycles and seconds. Time zones are dropped."""
    aliases: Mapping[str, str] = field(default_factory=dict)
    """Columns that stand for another one where that is absent, by turns."""
    translations: Mapping[str, str] = field(default_factory=dict)
    """Headings in other words -> columns that they mean where no column is called so."""
    rest: Column | None = None
    """What all other columns must hold; None: they are not used, and a note says so."""
    ignored: frozenset[str] = frozenset()
    """Columns that are not used, which needs no note beside the value of one unit."""
    word: str = "series"
    """What a unit is called in messages."""
    thing: str = "value"
    """What a cell of a wide table holds, in words."""

    @property
    def words(self) -> str:
        """What units are called in messages."""
        return self.word if self.word.endswith("s") else f"{self.word}s"

    @property
    def moment(self) -> str:
        """What a time is called in messages."""
        return self.time[0] if self.clock == "count" else "date"

    @property
    def value(self) -> str | None:
        """The column that a wide table holds, if it can be wide."""
        required = [column.name for column in self.columns if column.required]
        return required[0] if len(required) == 1 and self.rest is None else None

    @property
    def beside(self) -> set[str]:
        """The declared columns that are neither the value of a wide table nor stand for it."""
        names = {column.name for column in self.columns} - {self.value}
        return {name for name in names if self.aliases.get(name) != self.value}

    def words_for(self, names: tuple[str, ...]) -> tuple[str, ...]:
        """Some names, and the headings that mean one of them."""
        return (*names, *(word for word, name in self.translations.items() if name in names))

    def is_ignored(self, label: object) -> bool:
        """Whether a column holds what is not used, for all units or one, as ``AAPL Volume``."""
        plain = plain_name(label)
        plain = self.translations.get(plain, plain)
        return any(plain == each or f" {each} " in f" {plain} " for each in self.ignored)

    def known(self, labels: Iterable[object]) -> list[str]:
        """Labels of columns in the words of this schema; the others stay as they are."""
        declared = {column.name for column in self.columns}
        words = {*declared, *self.aliases, *self.unit, *self.ignored, "y"}
        names = [p if (p := plain_name(each)) in words else str(each).strip() for each in labels]
        for alias, name in self.aliases.items():
            if name not in names:
                names = [name if each == alias else each for each in names]
        return names
