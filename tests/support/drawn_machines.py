"""Machines that nobody has: histories with wear, and runs with faults."""

import numpy as np
import pandas as pd


def drawn_histories(n=14, running=2, first=0):
    """A wears out, and b does not; the last machines are running, one of them for longer."""
    rng, parts = np.random.default_rng(first), []
    for number in range(first, first + n):
        life = int(rng.integers(40, 60))
        age = np.arange(1, life + 1)
        wear = (age / life) ** 2 + 0.05 * rng.standard_normal(life)
        table = {"pump": f"P{number:02}", "hours": age, "a": wear, "b": rng.standard_normal(life)}
        part = pd.DataFrame(table).assign(broke=int(number < first + n - running))
        parts.append(part.head(life if number < first + n - running else 20 + number))
    return pd.concat(parts, ignore_index=True).round(4)


def as_cmapss(table):
    """The form of NASA's files: 26 columns, separated by blanks."""
    unit = pd.factorize(table["pump"])[0] + 1
    sensors = np.column_stack([table[["a", "b"]], np.ones((len(table), 22))])
    rows = np.column_stack([unit, table["hours"], sensors])
    return "\n".join(" ".join(f"{value:g}" for value in row) for row in rows)


def drawn_faults():
    """A leak moves a, and a valve shakes b; of the last run nothing is known, and c is off."""
    rng, parts = np.random.default_rng(0), []
    for number, fault in enumerate(["normal", "leak", "valve"] * 4 + [None]):
        x = rng.normal(size=(30, 3)) + 6 * np.array([fault == "leak", 0, 0])
        x[:, 1] *= 5 if fault == "valve" else 1
        x[:, 2] += 15 * (fault is None)
        part = pd.DataFrame(x, columns=list("abc")).assign(batch=f"run {number}", fault=fault)
        parts.append(part)
    return pd.concat(parts, ignore_index=True)
