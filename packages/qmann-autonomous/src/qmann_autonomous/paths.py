"""Where agents will be: the middle of each step's region, and its shape."""

from dataclasses import dataclass

import numpy as np
from jaxtyping import Float


@dataclass(frozen=True, eq=False)
class Paths:
    """Predicted positions of agents, from the last known one of each."""

    agents: tuple[str, ...]
    ahead: Float[np.ndarray, " step"]
    """Seconds after the last known position."""
    last: Float[np.ndarray, "agent 2"]
    """The last known position in m."""
    velocity: Float[np.ndarray, "agent 2"]
    """At the last known position, in m/s."""
    place: Float[np.ndarray, "agent step 2"]
    """Predicted positions in m, in the frame of the tracks."""
    factor: Float[np.ndarray, "agent step 2 2"]
    """L, where L L' is the covariance of a position in m^2."""
