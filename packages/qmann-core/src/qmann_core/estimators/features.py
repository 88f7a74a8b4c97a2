"""Circuits as transformers: features for any other estimator."""

from typing import Any, Literal, Self

import numpy as np
import torch
from jaxtyping import Float
from numpy.typing import ArrayLike
from sklearn.base import ClassNamePrefixFeaturesOutMixin, TransformerMixin
from sklearn.utils.validation import validate_data
from torch import Tensor

from ..nn import QMANN, Reservoir, regression_head
from ..training import single_precision
from .reservoir import Windows


class _Features(ClassNamePrefixFeaturesOutMixin, TransformerMixin, Windows):  # type: ignore[misc]
    bandwidth: float
    radius: float = 0.0

    @property
    def _n_features_out(self) -> int:
        return _reservoir(self.network_).n_states

    @single_precision()
    def fit(self, X: ArrayLike, y: object = None) -> Self:
        """Draw the circuits, and learn mean and deviation of each input.

        Args:
            X: (row, feature).
            y: not read.

        Raises:
            ValueError: values that are missing or not finite, one row, or a parameter out of range.
        """
        del y
        rows = validate_data(self, X, dtype=np.float64, ensure_min_samples=2)
        samples = self._samples(rows, np.zeros((len(rows), 1)))
        self._build(samples, regression_head)
        self.network_.scaling.fit(samples.x)
        _reservoir(self.network_).set(self.radius, self.bandwidth)
        return self


class QuantumFeatures(_Features):
    """Expectation values <X>, <Y>, <Z> of circuits of the inputs, simulated: f(s z).

    z are the inputs, standardised; f are blocks of weakly coupled wires that have fixed random
    couplings and fields, as in `nn.FeatureCircuits`. Nothing is learned but mean and deviation.
    Columns are those of one block after another: <X> of its wires, then <Y>, then <Z>.

    Args:
        n_qubits: wires of a block, 1 to 12.
        n_blocks: blocks, which read the same inputs again and again; None: two wires for each.
        bandwidth: s, radians for a standard deviation.
        coupling: largest angle of a coupling between neighbouring wires, 0 or more.
        noise: chance of a depolarising error after each gate; None for none.
        shots: measurements behind each value, drawn alike in every call; None for exact values.
        twin: "separable" without couplings, or "classical" with as many tanh units,
            `nn.TanhFeatures`, in place of circuits.
        random_state: of the fixed weights; None draws them anew in every fit.
    """

    window = 1

    def __init__(
        self,
        *,
        n_qubits: int = 4,
        n_blocks: int | None = None,
        bandwidth: float = 0.3,
        coupling: float = 0.5,
        noise: float | None = None,
        shots: int | None = None,
        twin: Literal["classical", "separable"] | None = None,
        random_state: Any = None,
    ) -> None:
        self.n_qubits = n_qubits
        self.n_blocks = n_blocks
        self.bandwidth = bandwidth
        self.coupling = coupling
        self.noise = noise
        self.shots = shots
        self.twin = twin
        self.random_state = random_state

    @torch.no_grad()
    @single_precision()
    def transform(self, X: ArrayLike) -> Float[np.ndarray, "row state"]:
        """The values, all in [-1, 1]."""
        network, rows = self._fitted(X)
        features = _reservoir(network).features
        again = torch.arange(features.n_inputs) % rows.shape[-1]
        values: Tensor = features(network.scaling(rows)[:, 0, again])
        return values.numpy()


class ReservoirFeatures(_Features):
    """The last state of a reservoir of circuits, simulated, for each window.

    See `ReservoirRegressor` for the equation, and for the arguments that are not here.

    Args:
        radius: strength of the feedback.
        bandwidth: s, radians for a standard deviation.
    """

    def __init__(
        self,
        *,
        window: int = 1,
        n_qubits: int = 4,
        n_blocks: int | None = None,
        radius: float = 0.5,
        bandwidth: float = 0.1,
        coupling: float = 0.5,
        noise: float | None = None,
        shots: int | None = None,
        twin: Literal["classical", "separable"] | None = None,
        random_state: Any = None,
    ) -> None:
        self.window = window
        self.n_qubits = n_qubits
        self.n_blocks = n_blocks
        self.radius = radius
        self.bandwidth = bandwidth
        self.coupling = coupling
        self.noise = noise
        self.shots = shots
        self.twin = twin
        self.random_state = random_state

    @torch.no_grad()
    @single_precision()
    def transform(self, X: ArrayLike) -> Float[np.ndarray, "row state"]:
        """States (row, state)."""
        network, rows = self._fitted(X)
        return network.encode(rows).numpy()


def _reservoir(network: QMANN) -> Reservoir:
    controller = network.controller
    assert isinstance(controller, Reservoir)
    return controller
