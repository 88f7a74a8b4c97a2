"""The tasks of qmann-industrial: the table of contents, and the functions that people call."""

from collections.abc import Mapping
from typing import Any

from qmann_core.tasks import Task, Verbs

TASKS: Mapping[str, Task[Any, Any]] = {}

_VERBS = Verbs(TASKS)
fit, evaluate, audit = _VERBS.fit, _VERBS.evaluate, _VERBS.audit
load, predict = _VERBS.load, _VERBS.predict
