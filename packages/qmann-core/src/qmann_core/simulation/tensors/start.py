"""How inputs become the state that the stages act on, or features that the state is linear in.

Each of the three has constant ``arrays``, the ``features`` of a batch of inputs, and the matrix
``embedding`` that takes features to amplitudes.
"""

import numpy as np
import torch
from jaxtyping import Float
from numpy.typing import NDArray
from torch import Tensor
from torch.nn.functional import linear, pad

from ...errors import CircuitError
from ..derivatives import can_look
from ..lowering.lower import Layer
from .cosines import Cosines, monomials
from .parts import Amplitudes
from .state import as_matrix, kron_columns, layer_matrices, real_row
from .tables import Arrays, Tensors, layer_arrays


class AmplitudeStart:
    """The inputs, divided by their Euclidean norm, are the first amplitudes; the others are 0.

    Args:
        n_inputs: how many inputs are amplitudes, at most ``2**n_wires``.
        n_wires: size of the register.
    """

    def __init__(self, n_inputs: int, n_wires: int) -> None:
        self.n_inputs = n_inputs
        self.n_missing = 2**n_wires - n_inputs
        self.arrays: Arrays = {}

    def embedding(self) -> NDArray[np.complex128]:
        """The matrix from features to amplitudes: (feature, amplitude)."""
        return np.eye(self.n_inputs, self.n_inputs + self.n_missing, dtype=np.complex128)

    def features(
        self, inputs: Float[Tensor, "*batch input"], constants: Tensors
    ) -> Float[Tensor, "*batch feature"]:
        """The normalised inputs of every sample.

        Raises:
            CircuitError: a sample is all zeros.
        """
        del constants
        inputs = inputs[..., : self.n_inputs]
        norm = torch.linalg.vector_norm(inputs, dim=-1, keepdim=True)
        if can_look(norm) and not bool(norm.all()):
            sample = int((norm.detach().flatten() == 0).nonzero()[0])
            raise CircuitError(
                f"amplitude encoding: all {self.n_inputs} inputs of sample {sample} (of "
                f"{norm.numel()}, counted from 0) are zero, so they have no direction; leave the "
                "sample out or add a constant input"
            )
        return inputs.div(norm)

    def state(
        self, inputs: Float[Tensor, "*batch input"], constants: Tensors
    ) -> Float[Tensor, "*batch amplitude"]:
        """Amplitudes of every sample, which are real numbers."""
        features = self.features(inputs, constants)
        return pad(features, (0, self.n_missing)) if self.n_missing else features

    def explain(self) -> str:
        """The start in plain words."""
        zeros = f" and {self.n_missing} zeros" if self.n_missing else ""
        return f"{self.n_inputs} inputs, normalised,{zeros} are the amplitudes"


class ProductStart:
    """One vector per wire, multiplied out: for any number of angles.

    Args:
        layer: the gates that act on |0...0>.
        n_inputs: inputs of the circuit.
        is_real: whether to calculate with real numbers, which must then be enough.
    """

    def __init__(self, layer: Layer, n_inputs: int, *, is_real: bool) -> None:
        self.size = 2 ** len(layer.wires)
        self.is_real = is_real
        self.arrays = layer_arrays("start", [layer], n_inputs, columns=1, is_real=is_real)

    def embedding(self) -> NDArray[np.complex128]:
        """The matrix from features to amplitudes: (feature, amplitude)."""
        parts = np.array([[1.0]] if self.is_real else [[1.0], [1.0j]], dtype=np.complex128)
        return np.asarray(np.kron(np.eye(self.size), parts))

    def columns(self, inputs: Float[Tensor, "sample input"], constants: Tensors) -> Amplitudes:
        """The vector of every wire for every sample: (wire, 1, sample, 2)."""
        return layer_matrices(inputs, constants, "start").squeeze(-1)

    def features(
        self, inputs: Float[Tensor, "*batch input"], constants: Tensors
    ) -> Float[Tensor, "*batch feature"]:
        """Amplitudes of every sample, or their real and imaginary parts in turn."""
        (state,) = kron_columns(self.columns(as_matrix(inputs), constants), 1)
        return real_row(state).reshape(*inputs.shape[:-1], -1)

    def explain(self) -> str:
        """The start in plain words."""
        return "a product state, one vector per wire"


class AngleCosines:
    """All angles together: ``cos(frequencies @ inputs + phases)``, for few angles.

    Args:
        layer: the gates that act on |0...0>.
        cosines: features of half the angles (see `cosines.monomials`); of whole angles with
            ``scale=2``.
        n_inputs: inputs of the circuit.
        scale: 1 or 2.
    """

    def __init__(self, layer: Layer, cosines: Cosines, n_inputs: int, *, scale: int = 1) -> None:
        self.layer = layer
        self.n_features = len(cosines.frequencies)
        columns = np.array([angle.index for angle in layer.angles])
        halves = 0.5 * (columns[:, None] == np.arange(n_inputs))  # (angle, input)
        self.arrays: Arrays = {
            "start.frequencies": scale * cosines.frequencies @ halves,
            "start.phases": -np.pi / 2 * cosines.quarter_turns,
        }

    def embedding(self) -> NDArray[np.complex128]:
        """The matrix from features of half angles to amplitudes: (feature, amplitude)."""
        amplitudes = np.ones((1, 1), dtype=np.complex128)  # (product of cosines, amplitude)
        for wire in self.layer.wires:
            amplitudes = np.asarray(np.kron(amplitudes, wire.column.reshape(-1, 2)))
        _, matrix = monomials(len(self.layer.angles))
        return matrix.T @ amplitudes

    def features(
        self, inputs: Float[Tensor, "*batch input"], constants: Tensors
    ) -> Float[Tensor, "*batch feature"]:
        """The cosines of every sample."""
        return linear(inputs, constants["start.frequencies"], constants["start.phases"]).cos()

    def explain(self) -> str:
        """The start in plain words."""
        return f"{self.n_features} cosines of signed sums of the inputs"
