"""The projected quantum kernel of rows of a table."""

from typing import Any, Literal

from .solved import Classification, FixedCircuits, Regression


class _Kernel(FixedCircuits):
    _controller = "quantum_kernel"

    def __init__(
        self,
        *,
        n_qubits: int = 4,
        coupling: float = 0.5,
        noise: float | None = None,
        shots: int | None = None,
        twin: Literal["classical", "separable"] | None = None,
        random_state: Any = None,
    ) -> None:
        self.n_qubits = n_qubits
        self.coupling = coupling
        self.noise = noise
        self.shots = shots
        self.twin = twin
        self.random_state = random_state


class QuantumKernelRegressor(Regression, _Kernel):
    """Ridge regression on a projected quantum kernel, simulated: k(a, b) = (1 + r) exp(-r).

    Here r = sqrt(3) |g(a) - g(b)| with g(x) = f(s w z) / (s l |w|): z are the inputs, standardised,
    w their relevance, which is learned, and f the expectation values <X>, <Y>, <Z> of blocks of
    weakly coupled wires, one for each input. The bandwidth s and the penalty are those that
    predict best what is left out, row by row. Of more than 16384 rows an even sample is learned
    from, and of these 2048 are landmarks of Nystroem's approximation. See `nn.Projected`,
    `nn.matern` and Huang et al., arXiv:2011.01938.

    Args:
        n_qubits: wires of a block, 1 to 12.
        coupling: largest angle of a coupling between neighbouring wires, 0 or more.
        noise: chance of a depolarising error after each gate; None for none.
        shots: measurements behind each value, drawn alike in every prediction; None for exact
            values.
        twin: "separable" without couplings, or "classical" with z in place of f.
        random_state: of the fixed weights; None draws them anew in every fit.

    After a fit, ``network_`` is the `QMANN` that answers.

    Example:
        >>> import numpy as np
        >>> X = np.random.default_rng(0).normal(size=(100, 2))
        >>> model = QuantumKernelRegressor(random_state=0).fit(X, np.sin(X[:, 0]) + X[:, 1])
        >>> location, std = model.predict(X, return_std=True)
    """


class QuantumKernelClassifier(Classification, _Kernel):
    """Classes by a projected quantum kernel, simulated: p = sigmoid or softmax(a + B u(x)).

    u are the ridge regressions of the classes' indicators, see `QuantumKernelRegressor`, whose
    arguments it has, and a + B u a logistic regression on what u says of rows left out (Platt
    1999).
    """
