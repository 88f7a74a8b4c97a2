"""Heartbeats that nobody had: a narrow peak, a wide one, or one that comes late, and noise."""

import numpy as np
import pandas as pd

SHAPES = {"N": (8, 1.0), "S": (11, 1.0), "V": (8, 2.5)}  # place and width of the peak


def drawn_beats(n=60, *, asked=0, seed=0, samples=24):
    """A row for each: its label, empty for the last ``asked``, and its samples."""
    rng = np.random.default_rng(seed)
    label = rng.choice([*SHAPES], n)
    place, width = np.array([SHAPES[each] for each in label]).T[..., None]
    peak = np.exp(-(((np.arange(samples) - place) / width) ** 2))
    wave = peak + rng.normal(0, 0.15, (n, samples))
    table = pd.DataFrame(wave.round(4), columns=[str(k) for k in range(1, samples + 1)])
    table.insert(0, "label", np.where(np.arange(n) < n - asked, label, ""))
    return table
