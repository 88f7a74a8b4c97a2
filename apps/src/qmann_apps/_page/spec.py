"""What a domain says of its page."""

from collections.abc import Callable, Mapping
from dataclasses import dataclass
from typing import Any

from pandas import DataFrame

from qmann_core.tasks import Task

from .inputs import Control, Data
from .series import View
from .things import Things


@dataclass(frozen=True, kw_only=True)
class Train:
    """A question answered by a model that is trained on the page.

    Where the task answers rows of their own (it has a ``load_unknown``), these are asked for once
    the model is trained; else the answer is for the newest of what it was trained on.
    """

    label: str
    task: Task[Any, Any]
    data: Data
    controls: Mapping[str, Control]
    """Fields of the configuration that a person chooses."""
    about: tuple[str, ...] = ()
    """Fields of the configuration that describe a file of one's own."""
    settle: Callable[[str, Any], Task[Any, Any]] | None = None
    """Demo (or "own") and records -> the task to train, where it is not always the same."""
    look: Callable[[Any, Any], None] | None = None
    """Shows what records say without a model; its second argument is the configuration's part."""
    draw: Callable[[View], None] | None = None
    """Headline and chart of a series; the report's own picture and table if None."""


@dataclass(frozen=True, kw_only=True)
class Predict:
    """A question answered by models that come with the package."""

    label: str
    models: Mapping[str, tuple[str, str]]
    """Name -> label, which stands in the page's address, and a line about the model."""
    ask: Callable[[Any, str], Any]
    """Rows and name -> report."""


@dataclass(frozen=True)
class Library:
    """What is searched."""

    data: Data
    demo: Callable[[str], Any]
    """Name of a demo -> records."""
    load: Callable[[Any], Any]
    """File -> records."""


@dataclass(frozen=True, kw_only=True)
class LookUp:
    """A question that needs no model."""

    label: str
    title: str
    terms: tuple[str, ...]
    """Terms to explain beside the title."""
    caption: str
    ask: Callable[..., Any]
    """Rows, and where there is a library its records and a number of hits -> answer."""
    view: Callable[[DataFrame], DataFrame] = lambda table: table
    """The answer's table -> as it is shown."""
    library: Library | None = None
    hit: Callable[[Mapping[Any, Any]], tuple[str, str, str]] | None = None
    """A row of the table -> title, thing and remark of a picture."""


@dataclass(frozen=True, kw_only=True)
class Page:
    """What a domain says of its page."""

    name: str
    """Of the package, without ``qmann_``."""
    lead: str
    questions: Mapping[str, Train | Predict | LookUp]
    names: Mapping[str, str]
    """Plain names of figures, methods and columns."""
    things: Things | None = None
    """What the rows are, where rows are asked about."""
