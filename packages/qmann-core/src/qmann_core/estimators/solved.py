"""What estimators share: a network of fixed circuits, its readout, and scikit-learn's checks."""

from abc import abstractmethod
from collections.abc import Mapping
from copy import deepcopy
from typing import Any, ClassVar, Self

import numpy as np
import torch
from jaxtyping import Float, Int, Shaped
from numpy.typing import ArrayLike, NDArray
from sklearn.base import BaseEstimator, ClassifierMixin, MultiOutputMixin, RegressorMixin
from sklearn.utils import check_random_state
from sklearn.utils.multiclass import check_classification_targets
from sklearn.utils.validation import check_is_fitted, validate_data
from torch import Tensor

from ..config import (
    ClassicalConfig,
    MemoryConfig,
    QMANNConfig,
    QuantumConfig,
    Twin,
    check_twin,
)
from ..data import Samples
from ..errors import DataError
from ..nn import QMANN, classification_head, regression_head
from ..nn.variants import HeadFactory, build_network
from ..training import derive, seeded, single_precision

_ROWS = 4096  # answered at once
CPU = torch.device("cpu")

Table = Float[np.ndarray, "row feature"]


class FixedCircuits(BaseEstimator):  # type: ignore[misc]
    """Simulated circuits of which nothing is trained; ``network_`` is the `QMANN` that has them."""

    network_: QMANN
    _controller: ClassVar[str]
    twin: Twin | None
    shots: int | None
    random_state: Any

    def _rows(self, X: Table) -> Float[Tensor, "row *axis feature"]:
        """As the controller reads them."""
        return torch.tensor(X)

    def _samples(self, X: Table, y: Float[np.ndarray, "row target"]) -> Samples:
        return Samples(self._rows(X), torch.tensor(y))

    def _build(self, samples: Samples, head: HeadFactory) -> None:
        check_twin(self.twin)
        options = self.get_params(deep=False)
        quantum = {name: options[name] for name in options.keys() & QuantumConfig.model_fields}
        config = QMANNConfig(
            quantum=QuantumConfig(**quantum),
            classical=ClassicalConfig.model_validate({"controller": self._controller}),
            memory=MemoryConfig(kind="none"),
        )
        with seeded(derive(seed_of(self.random_state), 0), CPU):
            self.network_ = build_network(config, samples, head, self.twin).double()

    def _fitted(self, X: ArrayLike) -> tuple[QMANN, Float[Tensor, "row *axis feature"]]:
        """The network, whose shots are the same again with every call, and rows to ask it about."""
        check_is_fitted(self)
        rows = self._rows(validate_data(self, X, reset=False, dtype=np.float64))
        return self.network_ if self.shots is None else deepcopy(self.network_), rows


class Solved(FixedCircuits):
    """Fixed circuits with a readout."""

    def _solve(self, X: Table, y: Float[np.ndarray, "row target"], head: HeadFactory) -> Self:
        samples = self._samples(X, y)
        self._build(samples, head)
        self.network_.choose(samples)
        return self

    @torch.no_grad()
    def _answer(self, X: ArrayLike) -> Mapping[str, NDArray[np.float64]]:
        network, rows = self._fitted(X)
        parts = torch.split(rows, _ROWS)
        raw = torch.cat([network(part, part.new_empty(len(part), 0)) for part in parts])
        return {name: values.numpy() for name, values in network.head.decode(raw).items()}


class Regression(MultiOutputMixin, RegressorMixin, Solved):  # type: ignore[misc]
    """Numbers, each with the standard deviation that its error is expected to have."""

    @single_precision()
    def fit(self, X: ArrayLike, y: ArrayLike) -> Self:
        """Choose settings and penalty by rows left out, and solve.

        Args:
            X: (row, feature).
            y: (row,) or (row, target).

        Raises:
            ValueError: values that are missing or not finite, too few rows, a target that is the
                same in all of them, or a parameter out of range.
        """
        options = {"dtype": np.float64, "multi_output": True, "y_numeric": True}
        rows, targets = validate_data(self, X, y, ensure_min_samples=2, **options)
        self.output_shape_ = targets.shape[1:]
        targets = targets.reshape(len(targets), -1).astype(np.float64)
        return self._solve(rows, targets, regression_head)

    @single_precision()
    def predict(
        self, X: ArrayLike, return_std: bool = False
    ) -> NDArray[np.float64] | tuple[NDArray[np.float64], NDArray[np.float64]]:
        """Locations of the shape of ``y``, and with ``return_std`` their standard deviations."""
        found = self._answer(X)
        location, scale = (
            found[name].reshape(-1, *self.output_shape_) for name in ("location", "scale")
        )
        return (location, scale) if return_std else location


def fitted_classes(
    estimator: Any, X: ArrayLike, y: ArrayLike
) -> tuple[Table, Int[np.ndarray, " row"]]:
    """Checked rows, and the number of each one's class among ``estimator.classes_``, which it sets.

    Raises:
        DataError: all rows are of one class.
    """
    rows, labels = validate_data(estimator, X, y, ensure_min_samples=2, dtype=np.float64)
    check_classification_targets(labels)
    estimator.classes_, number = np.unique(labels, return_inverse=True)
    if len(estimator.classes_) < 2:
        raise DataError(
            f"got one class, {labels[0]}, in all {len(labels)} rows: expected two or "
            "more; check y, or choose folds that keep all classes (StratifiedKFold)"
        )
    return rows, number


class Voting(ClassifierMixin):  # type: ignore[misc]
    """Classes by the largest probability."""

    classes_: Shaped[np.ndarray, " class"]

    @abstractmethod
    def predict_proba(self, X: ArrayLike) -> Float[np.ndarray, "row class"]: ...

    def predict(self, X: ArrayLike) -> Shaped[np.ndarray, " row"]:
        """The most probable class of each row."""
        best = self.predict_proba(X).argmax(axis=1)
        labels: NDArray[Any] = self.classes_[best]
        return labels


class Classification(Voting, Solved):
    """Labels of any kind, two or more, with probabilities."""

    @single_precision()
    def fit(self, X: ArrayLike, y: ArrayLike) -> Self:
        """Choose settings and penalty by rows left out, and solve.

        Args:
            X: (row, feature).
            y: (row,), labels.

        Raises:
            ValueError: values that are missing or not finite, too few rows, one class only, or a
                parameter out of range.
        """
        rows, number = fitted_classes(self, X, y)
        targets = np.eye(len(self.classes_))[number]
        binary = len(self.classes_) == 2
        return self._solve(rows, targets[:, 1:] if binary else targets, classification_head)

    @single_precision()
    def predict_proba(self, X: ArrayLike) -> Float[np.ndarray, "row class"]:
        """Probabilities of ``classes_``, which sum to 1."""
        found = self._answer(X)
        if "probability" in found:
            return found["probability"]
        return np.hstack((1 - found["location"], found["location"]))


def seed_of(random_state: Any) -> int:
    """A whole number as it is; None draws one without touching NumPy's own generator."""
    if random_state is None:
        return int(np.random.SeedSequence().generate_state(1)[0])
    if isinstance(random_state, int | np.integer):
        return int(random_state)
    return int(check_random_state(random_state).randint(2**31))
