"""Circuits that read their inputs again and again, trained by gradient."""

from collections.abc import Mapping
from typing import Any, Self

import numpy as np
import torch
from jaxtyping import Float
from numpy.typing import ArrayLike, NDArray
from sklearn.base import BaseEstimator, MultiOutputMixin, RegressorMixin
from sklearn.utils.validation import check_is_fitted, validate_data
from torch import Tensor, nn
from torch.nn import functional

from ..base import HybridComponent
from ..circuits import Circuit, Input, Operation, reuploading, strongly_entangling, z_each
from ..config import HybridConfig, QuantumConfig
from ..data import Samples
from ..nn import QuantumLayer, Standardise
from ..training import HybridTrainer, derive, seeded, single_precision
from .solved import CPU, Table, Voting, fitted_classes, seed_of


class _Network(HybridComponent):
    """Standardised inputs, the circuit, and a linear readout; it is its own head."""

    def __init__(self, samples: Samples, quantum: QuantumConfig) -> None:
        super().__init__()
        n_qubits, n_layers = quantum.n_qubits, quantum.n_layers
        n_inputs, self.classes = samples.x.shape[1], "class" in samples.targets
        read = tuple(Operation("RY", (i % n_qubits,), (Input(i),)) for i in range(n_inputs))
        layers = [strongly_entangling(n_qubits, 1)] * n_layers
        circuit = Circuit(n_qubits, reuploading(read, layers, scaled=True), z_each(n_qubits))
        self.scaling, self.layer = Standardise(n_inputs), QuantumLayer(circuit)
        self.readout = nn.Linear(n_qubits, samples.y.shape[1])
        with torch.no_grad():
            self.layer.weight.view(n_layers, -1)[:, :n_inputs] = 1
        self.double().scaling.fit(samples.x)

    @property
    def head(self) -> Self:
        return self

    def forward(self, x: Tensor, regressors: Tensor | None = None) -> Tensor:
        del regressors
        raw: Tensor = self.readout(self.layer(self.scaling(x)))
        return raw

    def loss(self, raw: Tensor, y: Tensor, aux: Mapping[str, Tensor]) -> Tensor:
        del aux
        return functional.cross_entropy(raw, y) if self.classes else functional.mse_loss(raw, y)


class _Reuploading(BaseEstimator):  # type: ignore[misc]
    def __init__(
        self,
        *,
        n_qubits: int = 4,
        n_layers: int = 3,
        epochs: int = 100,
        batch_size: int = 32,
        learning_rate: float = 0.03,
        random_state: Any = None,
    ) -> None:
        self.n_qubits = n_qubits
        self.n_layers = n_layers
        self.epochs = epochs
        self.batch_size = batch_size
        self.learning_rate = learning_rate
        self.random_state = random_state

    def _train(self, X: Table, y: Float[np.ndarray, "row output"], axis: str) -> Self:
        names = {axis: tuple(map(str, range(y.shape[1])))}
        samples = Samples(torch.tensor(X), torch.from_numpy(y), targets=names)
        config = HybridConfig(
            epochs=self.epochs,
            batch_size=self.batch_size,
            learning_rate=self.learning_rate,
            quantum_learning_rate=self.learning_rate,
        )
        quantum = QuantumConfig(n_qubits=self.n_qubits, n_layers=self.n_layers)
        seed = seed_of(self.random_state)
        with seeded(derive(seed, 0), CPU):
            self.network_ = _Network(samples, quantum)
        HybridTrainer(config, seed=derive(seed, 1)).fit(self.network_, samples)
        return self

    @torch.no_grad()
    def _answer(self, X: ArrayLike) -> Float[Tensor, "row output"]:
        check_is_fitted(self)
        rows = validate_data(self, X, reset=False, dtype=np.float64)
        raw: Tensor = self.network_(torch.tensor(rows))
        return raw


class ReuploadingRegressor(MultiOutputMixin, RegressorMixin, _Reuploading):  # type: ignore[misc]
    """Data re-uploading, simulated and trained by gradient: y = mean + deviation (a + B <Z>).

    Every layer turns wire i mod n_qubits about Y by s_i z_i for each standardised input z_i, and
    then mixes wires by a strongly entangling layer; scales s, angles and the readout are trained by
    Adam. Scales start at 1: near 0, a circuit is blind and its gradient vanishes. On volatility and
    solubility, in our measurements, it loses to fixed circuits whose readout is solved: try
    `QuantumKernelRegressor` first. Perez-Salinas et al., arXiv:1907.02085.

    Args:
        n_qubits: wires, 1 to 12.
        n_layers: times that the inputs are read, 1 to 20.
        epochs: passes over the rows.
        batch_size: rows of a step.
        learning_rate: Adam's, which falls to a twentieth.
        random_state: of first weights and the order of rows; None draws them anew in every fit.
    """

    @single_precision()
    def fit(self, X: ArrayLike, y: ArrayLike) -> Self:
        """Train on X (row, feature) and y (row,) or (row, target).

        Raises:
            ValueError: values that are missing or not finite, one row, or a parameter out of range.
        """
        options = {"dtype": np.float64, "multi_output": True, "y_numeric": True}
        rows, targets = validate_data(self, X, y, ensure_min_samples=2, **options)
        self.output_shape_ = targets.shape[1:]
        targets = targets.reshape(len(targets), -1).astype(np.float64)
        self.mean_, deviation = targets.mean(axis=0), targets.std(axis=0)
        self.deviation_ = np.where(deviation > 0, deviation, 1.0)
        return self._train(rows, (targets - self.mean_) / self.deviation_, "target")

    @single_precision()
    def predict(self, X: ArrayLike) -> NDArray[np.float64]:
        """Values of the shape of ``y``."""
        raw = self._answer(X).numpy()
        values: NDArray[np.float64] = self.mean_ + self.deviation_ * raw
        return values.reshape(-1, *self.output_shape_)


class ReuploadingClassifier(Voting, _Reuploading):
    """Classes by data re-uploading, simulated and trained by gradient: p = softmax(a + B <Z>).

    The circuit and the arguments are those of `ReuploadingRegressor`; try `QuantumKernelClassifier`
    first, too.
    """

    @single_precision()
    def fit(self, X: ArrayLike, y: ArrayLike) -> Self:
        """Train on X (row, feature) and labels y (row,).

        Raises:
            ValueError: values that are missing or not finite, one class only, or a parameter out of
                range.
        """
        rows, number = fitted_classes(self, X, y)
        return self._train(rows, np.eye(len(self.classes_))[number], "class")

    @single_precision()
    def predict_proba(self, X: ArrayLike) -> Float[np.ndarray, "row class"]:
        """Probabilities of ``classes_``, which sum to 1."""
        return self._answer(X).softmax(dim=1).numpy()
