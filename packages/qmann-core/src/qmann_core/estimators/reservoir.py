"""Reservoirs of circuits over windows of time."""

from typing import Any, Literal

import numpy as np
import torch
from jaxtyping import Float
from torch import Tensor

from ..data import Samples
from ..errors import DataError
from .solved import Classification, FixedCircuits, Regression, Table


class Windows(FixedCircuits):
    """Fixed circuits that read rows as windows of time."""

    _controller = "reservoir"
    window: int

    def _rows(self, X: Table) -> Float[Tensor, "row time feature"]:
        if self.window < 1 or X.shape[1] % self.window:
            raise DataError(
                f"got rows of {X.shape[1]} numbers and window={self.window}: expected as many "
                "numbers at every step; set window to the steps in a row"
            )
        return torch.tensor(X.reshape(len(X), self.window, -1))


class _Reservoir(Windows):
    def __init__(
        self,
        *,
        window: int = 1,
        lead: int = 1,
        n_qubits: int = 4,
        n_blocks: int | None = None,
        coupling: float = 0.5,
        noise: float | None = None,
        shots: int | None = None,
        twin: Literal["classical", "separable"] | None = None,
        random_state: Any = None,
    ) -> None:
        self.window = window
        self.lead = lead
        self.n_qubits = n_qubits
        self.n_blocks = n_blocks
        self.coupling = coupling
        self.noise = noise
        self.shots = shots
        self.twin = twin
        self.random_state = random_state

    def _samples(self, X: Table, y: Float[np.ndarray, "row target"]) -> Samples:
        return Samples(self._rows(X), torch.tensor(y), lead=(self.lead,) * y.shape[1])


class ReservoirRegressor(Regression, _Reservoir):
    """Ridge regression on the last state of a reservoir of circuits, simulated, for windows.

    r_t = (1 - leak) r_{t-1} + leak (f(z_t + A r_{t-1} / s) - f(0)) with z the inputs, standardised,
    f the expectation values <X>, <Y>, <Z> of blocks of weakly coupled wires, and A fixed feedback;
    see `nn.Reservoir` and arXiv:2505.13933. The bandwidth s, the strength of the feedback and the
    penalty are those that predict later rows best from earlier ones: rows come in order of time,
    15 or more of them. Of more than 16384 an even sample is learned from.

    Args:
        window: steps in a row, which is a window flattened in order of time: first all features of
            its first step.
        lead: rows after which a target is known: what is left out before a predicted part.
        n_qubits: wires of a block, 1 to 12.
        n_blocks: blocks, which read the same features again and again; None: two wires for each.
        coupling: largest angle of a coupling between neighbouring wires, 0 or more.
        noise: chance of a depolarising error after each gate; None for none.
        shots: measurements behind each value, drawn alike in every prediction; None for exact
            values.
        twin: "separable" without couplings, or "classical" with tanh units in place of circuits.
        random_state: of the fixed weights; None draws them anew in every fit.

    After a fit, ``network_`` is the `QMANN` that answers.

    Example:
        >>> import numpy as np
        >>> series = np.sin(np.arange(200) / 5)
        >>> X = np.lib.stride_tricks.sliding_window_view(series[:-1], 8)
        >>> model = ReservoirRegressor(window=8, random_state=0).fit(X, series[8:])
    """


class ReservoirClassifier(Classification, _Reservoir):
    """Classes by the last state of a reservoir, simulated: p = sigmoid or softmax(a + B u(x)).

    u are the ridge regressions of the classes' indicators, see `ReservoirRegressor`, whose
    arguments it has, and a + B u a logistic regression on what u says of later rows (Platt 1999).
    """
