"""What a domain says of its page."""

from collections.abc import Callable, Mapping
from dataclasses import dataclass, field
from typing import Any

from pandas import DataFrame

from qmann_core.tasks import Task

from .charts import Chart
from .inputs import Control, Data
from .series import View
from .things import Things


@dataclass(frozen=True, kw_only=True)
class Train:
    """A question answered by a model that is trained on the page."""

    label: str
    task: Task[Any, Any]
    data: Data
    controls: Mapping[str, Control]
    """Fields of the configuration that a person chooses."""
    things: Things | None = None
    """What the trained model is asked about; None where the task answers for series or tables."""
    about: Mapping[str, Control] = field(default_factory=dict)
    """Fields of the configuration that describe a file of one's own."""
    settle: Callable[[str, Any], Task[Any, Any]] | None = None
    """Demo (or "own") and records -> the task to train, where it is not always the same."""
    look: Callable[[Any, Any], None] | None = None
    """Shows what records say without a model; its second argument is the configuration's part."""
    draw: Callable[[View], None] | None = None
    """Headline and chart of a series; the report's own picture and table if None."""
    tell: Callable[[Any, Any, Any], None] | None = None
    """Shows what a report on a table says: the report, what is looked at (the number of a row, or
    what stands in the column ``each``; 0 where neither is there), and the records; None where it
    is on series or things."""
    each: str = "row"
    """The column of a table that says what an answer is about."""
    first: str | None = None
    """The column of such a table whose least value is looked at first; in its order without."""
    ask: Callable[..., Any] | None = None
    """Records, configuration, ``twin`` and ``progress`` -> an answer that is no report, by a model
    that is trained for it; ``tell`` shows it."""
    options: Callable[[Any], Mapping[str, Any]] | None = None
    """Records -> what else ``ask`` is told, by name; draws the controls that ask for it."""
    record: Callable[[Any, DataFrame], tuple[Chart, str]] | None = None
    """A report on a table, and what its model said of rows that it had not seen beside what came ->
    a chart of the latter, and what to say of it."""


@dataclass(frozen=True)
class Library:
    """What is searched, or reckoned with."""

    data: Data
    demo: Callable[[str], Any]
    """Name of a demo -> records."""
    load: Callable[[Any], Any]
    """File -> records."""


@dataclass(frozen=True, kw_only=True)
class Ask:
    """A question about rows that needs no training."""

    label: str
    things: Things
    """What it is asked about."""
    ask: Callable[..., Any]
    """Rows, and the chosen model, or the library's records and a number of hits -> report by a
    trained model, or answer."""
    models: Mapping[str, tuple[str, str]] | None = None
    """Trained models: name -> label, which stands in the page's address, and a line about it."""
    options: Callable[[str], Mapping[str, Any]] | None = None
    """A model -> what else ``ask`` is told, by name; draws the controls that ask for it."""
    library: Library | None = None
    terms: tuple[str, ...] = ()
    """Terms to explain beside an answer."""
    caption: str = ""
    """Of an answer."""
    hit: Callable[[Mapping[Any, Any]], tuple[str, str, str]] | None = None
    """A row of an answer -> title, thing and remark of a picture."""
    view: Callable[[DataFrame], DataFrame] = lambda table: table
    """An answer's table -> as it is shown."""


@dataclass(frozen=True, kw_only=True)
class Reckon:
    """A question about a whole file that is answered at once, without a model."""

    label: str
    library: Library
    """What it is about."""
    ask: Callable[..., Any]
    """Records -> answer."""
    options: Callable[[Any], Mapping[str, Any]]
    """Records -> what else ``ask`` is told, by name; draws the controls that ask for it."""
    tell: Callable[[Any, Any], None]
    """Shows an answer, beside the records."""


@dataclass(frozen=True, kw_only=True)
class Page:
    """What a domain says of its page."""

    name: str
    """Of the package, without ``qmann_``."""
    lead: str
    questions: Mapping[str, Train | Ask | Reckon]
    tasks: Mapping[str, Task[Any, Any]]
    """Those whose trained models can be asked again."""
    names: Mapping[str, str]
    """Plain names of figures, methods and columns."""
