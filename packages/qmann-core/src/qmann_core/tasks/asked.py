"""Which samples a task answers."""

from typing import Any

import numpy as np
from numpy.typing import NDArray

from ..data import Samples
from ..errors import DataError
from .task import Task


def asked_samples(samples: Samples, task: Task[Any, Any]) -> Samples:
    """The samples that are to be predicted.

    Raises:
        DataError: there are none.
    """
    return samples if task.asked == "all" else samples[asked_rows(samples, task)]


def asked_rows(samples: Samples, task: Task[Any, Any]) -> NDArray[np.int64]:
    """Their numbers.

    Raises:
        DataError: there are none.
    """
    if task.asked == "all":
        return np.arange(len(samples))
    if task.asked == "unknown":
        if samples.known.all():
            raise DataError(
                "got nothing to predict: expected a row that can be used and whose target is not "
                "known; add one, mend the rows with errors, or only evaluate or fit"
            )
        return np.flatnonzero(~samples.known)
    rows = [np.flatnonzero(samples.unit == u) for u in range(len(samples.units))]
    short = [name for name, r in zip(samples.units, rows, strict=True) if not len(r)]
    if short:
        raise DataError(f"too few rows to predict {', '.join(short)}: give a longer history")
    return np.array([r[np.argmax(samples.time[r])] for r in rows])
