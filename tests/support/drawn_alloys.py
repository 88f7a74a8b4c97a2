"""Pairs of metals with drawn values, which follow their elements and the temperature of a test."""

import numpy as np
from pandas import DataFrame

METALS = ("Al", "Co", "Cr", "Fe", "Ni", "Ti", "Nb", "Ta")
PAIRS = [f"{a}{n}{b}" for i, a in enumerate(METALS) for b in METALS[:i] for n in ("", 2, 3)]


def drawn_alloys(seed=0):
    """Formulas, temperature, gap (exactly zero in a third of the rows), and phase."""
    rng = np.random.default_rng(seed)
    level = np.array([sum(METALS.index(m) for m in METALS if m in f) for f in PAIRS]) / 5
    heat = rng.choice([25.0, 300.0, 600.0], size=len(PAIRS))
    gap = level + heat / 600 + 0.1 * rng.normal(size=len(PAIRS))
    gap = np.where(level < 1, 0, gap)
    phase = np.where(level < 1, "one", np.where(level < 1.8, "several", "glass"))
    return DataFrame({"formula": PAIRS, "temperature": heat, "gap": gap, "phase": phase})
