"""Tennessee Eastman: a simulated chemical plant with faults (Downs and Vogel 1993, doi below)."""

from collections.abc import Sequence
from pathlib import Path
from typing import Any

import numpy as np
from jaxtyping import Float
from pandas import DataFrame, concat

from qmann_core.errors import DataError

SENSORS = (*(f"XMEAS({k})" for k in range(1, 42)), *(f"XMV({k})" for k in range(1, 12)))
"""41 measurements and 11 valves."""
_SHIPPED = Path(__file__).parent / "data" / "tennessee_eastman.npz"
_BEFORE = 160  # rows of a test run before its fault


def tennessee_eastman() -> DataFrame:
    """The runs that are shipped: two without a fault (d00, d00_te) and the test runs of five.

    A row is three minutes, with the columns run, row (from 1), fault ("normal", "fault 1", ...) and
    the 52 of ``SENSORS``. In a test run (``_te``, 960 rows) the fault sets in at row 161. Faults 1
    (ratio of two feeds, a step) and 5 (cooling water of the condenser, a step) are usual examples,
    and 4, 11 and 14 (cooling water of the reactor: a step, random, a valve that sticks) are hard to
    tell from each other. Before their faults, d04_te and d05_te are the same rows.

    The data are simulated (doi:10.1016/0098-1354(93)80018-I) by Chiang, Russell and Braatz
    (doi:10.1007/978-1-4471-0347-9), (c) 1998-2002 The Board of Trustees of the University of
    Illinois; ``data/NOTICE.txt`` has their terms. Kept as float32, which all five digits of the
    files survive.
    """
    with np.load(_SHIPPED) as file:
        return concat([_run(name, file[name].T) for name in file], ignore_index=True)


def read_tennessee_eastman(folder: Any, names: Sequence[str] = ()) -> DataFrame:
    """Runs of a folder of d00.dat, d00_te.dat, ..., d21_te.dat, in the form of the shipped ones.

    In a training run (480 rows; d00 has 500 and lies on its side) the fault is there from the first
    row on.

    Args:
        folder: of the files.
        names: of runs, such as "d01_te"; by default all that are there.

    Raises:
        DataError: a file is missing, or does not hold numbers of 52 sensors.
    """
    at = Path(folder)
    found = names or sorted(file.stem for file in at.glob("d[0-9][0-9]*.dat"))
    if not found:
        raise DataError(f"{at}: no run. Expected d00.dat, d01_te.dat and so on")
    return concat([_run(name, _read(at / f"{name}.dat")) for name in found], ignore_index=True)


def _read(file: Path) -> Float[np.ndarray, "row sensor"]:
    try:
        values = np.loadtxt(file, ndmin=2)
    except (OSError, ValueError) as error:
        raise DataError(f"{file}: {error}. Expected rows of {len(SENSORS)} numbers") from error
    values = values.T if values.shape[0] == len(SENSORS) else values
    if values.shape[1] != len(SENSORS) or not np.isfinite(values).all():
        raise DataError(
            f"{file}: got {' x '.join(map(str, values.shape))} values. Expected {len(SENSORS)} "
            "finite numbers in each row"
        )
    return values


def _run(name: str, values: Float[np.ndarray, "row sensor"]) -> DataFrame:
    number, row = int(name[1:3]), np.arange(1, len(values) + 1)
    faulty = (number > 0) & (row > (_BEFORE if name.endswith("_te") else 0))
    fault = np.where(faulty, f"fault {number}", "normal")
    table = DataFrame(values.astype(np.float64), columns=list(SENSORS))
    return DataFrame({"run": name, "row": row, "fault": fault}).join(table)
