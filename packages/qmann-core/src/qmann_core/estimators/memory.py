"""Remembered cases that vote."""

from typing import Literal, Self

import numpy as np
import torch
from jaxtyping import Float
from numpy.typing import ArrayLike
from sklearn.base import BaseEstimator
from sklearn.utils.validation import check_is_fitted, validate_data

from ..config import MemoryConfig
from ..errors import ConfigError
from ..memory import ClassicalMemory, QuantumMemory
from ..nn import Whiten
from ..training import single_precision
from .solved import Voting, fitted_classes

_KINDS = {None: QuantumMemory, "classical": ClassicalMemory}


class MemoryClassifier(Voting, BaseEstimator):  # type: ignore[misc]
    """The k training rows most like a row vote, by a quantum memory, simulated: p = sum_a w_a y_a.

    w_a is in proportion to |<q|k_a>|^(2 copies), the chance that a recall from the memory ends in
    case a. Keys turn a wire for each of the first principal components, divided by their deviations
    and clipped at pi / 2; see `memory.QuantumMemory`. Nothing is random.

    Args:
        k: most alike cases that vote.
        n_qubits: principal components, if there are as many features; 1 to 12.
        copies: of each key, 1 to 64: more make near cases count more.
        twin: "classical" for softmax of distances in place of fidelities, see
            `memory.ClassicalMemory`.
    """

    def __init__(
        self,
        *,
        k: int = 5,
        n_qubits: int = 4,
        copies: int = 16,
        twin: Literal["classical"] | None = None,
    ) -> None:
        self.k = k
        self.n_qubits = n_qubits
        self.copies = copies
        self.twin = twin

    @torch.no_grad()
    @single_precision()
    def fit(self, X: ArrayLike, y: ArrayLike) -> Self:
        """Write all rows.

        Args:
            X: (row, feature).
            y: (row,), labels.

        Raises:
            ValueError: values that are missing or not finite, one class only, or a parameter out of
                range.
        """
        table, number = fitted_classes(self, X, y)
        rows, row = torch.tensor(table), torch.arange(len(table))
        width = min(self.n_qubits, table.shape[1])
        config = MemoryConfig(
            capacity=len(rows), n_qubits=width, encoding="angle", copies=self.copies
        )
        if self.twin not in _KINDS:
            raise ConfigError(f"got twin={self.twin}: expected None or classical")
        self.keys_ = Whiten(table.shape[1], width).double()
        self.keys_.fit(rows)
        self.memory_ = _KINDS[self.twin](width, 1, config, payload_size=len(self.classes_)).double()
        self.memory_.write(
            self.keys_(rows),
            rows.new_zeros(len(rows), 1),
            payload=torch.tensor(np.eye(len(self.classes_))[number]),
            settled=row,
            origin=row,
            group=0 * row,
            row=row,
        )
        return self

    @torch.no_grad()
    @single_precision()
    def predict_proba(self, X: ArrayLike) -> Float[np.ndarray, "row class"]:
        """Shares of the votes for ``classes_``, which sum to 1."""
        check_is_fitted(self)
        rows = torch.tensor(validate_data(self, X, reset=False, dtype=np.float64))
        found = self.memory_.recalled(self.keys_(rows), self.k)
        votes = (found.weight.unsqueeze(-1) * found.payload).sum(dim=1)
        return (votes / votes.sum(dim=1, keepdim=True)).numpy()
