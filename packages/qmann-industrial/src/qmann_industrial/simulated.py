"""Machines that wear out, simulated: the demo of histories."""

import numpy as np
from jaxtyping import Float
from pandas import DataFrame, Index

from .histories import Histories

SIMULATED = "Simulated machines of QMANN's own wear model: figures say nothing of real ones."
_UNITS, _RUNNING = 120, 10
_SOURCE = "the wear model of QMANN"
_SENSORS = ("temperature", "pressure", "vibration", "speed", "current", "flow", "noise", "humidity")
_GAIN = np.array([4.0, -2.5, 3.0, 1.0, 2.5, -3.0, 2.0, 0.0])
_POWER = np.array([1.0, 1.0, 2.0, 0.5, 1.0, 1.5, 2.0, 1.0])
_LOAD = np.array([0.5, 0.8, 0.2, 1.0, 0.6, 0.4, 0.3, 0.0])


def demo_histories(seed: int = 0) -> Histories:
    """120 simulated machines with 8 sensors, of which 10 are still running; no real data.

    Health is h(t) = 1 - d - (exp(a t^b) - 1), where d is initial wear, and a machine fails when it
    is 0 (the form of Saxena et al. 2008, doi:10.1109/PHM.2008.4711414, eq. 5). Each machine draws
    d, its life and b, and in each cycle a load. A sensor shows gain (1 - h)^power + effect of the
    load + noise of unit variance; humidity shows noise alone.

    Args:
        seed: of all that is drawn.
    """
    rng = np.random.default_rng(seed)
    frames, failed = {}, {}
    for number in range(1, _UNITS + 1):
        life = int(rng.lognormal(np.log(200), 0.25))
        readings = _sensors(rng, life)
        last = life if number <= _UNITS - _RUNNING else int(life * rng.uniform(0.4, 0.95))
        name = f"machine {number}"
        cycle = Index(np.arange(1, last + 1), name="cycle")
        frames[name] = DataFrame(readings[:last].round(4), cycle, list(_SENSORS))
        failed[name] = number <= _UNITS - _RUNNING
    return Histories(frames, _SOURCE, (SIMULATED,), failed=failed, simulated=True)


def health(
    cycle: Float[np.ndarray, " cycle"], life: float, wear: float, exponent: float
) -> Float[np.ndarray, " cycle"]:
    """h(t) = 1 - d - (exp(a t^b) - 1), with a such that it is 0 at the end of life."""
    rate = np.log(2 - wear) / life**exponent
    return np.asarray(1 - wear - np.expm1(rate * cycle**exponent))


def _sensors(rng: np.random.Generator, life: int) -> Float[np.ndarray, "cycle sensor"]:
    wear, exponent = rng.uniform(0, 0.15), rng.uniform(1.5, 3.5)
    worn = 1 - health(np.arange(1.0, life + 1), life, wear, exponent)
    load = rng.normal(size=(life, 1))
    offset = rng.normal(scale=0.3, size=8)
    noise = rng.normal(size=(life, 8))
    return np.asarray(50 + offset + _GAIN * worn[:, None] ** _POWER + _LOAD * load + noise)
