"""How inputs become the state that the stages act on, or features that the state is linear in.

Each of the three has constant ``arrays``, the ``features`` of a batch of inputs, and the matrix
``embedding`` that takes features to amplitudes.
"""

import numpy as np
import torch
from jaxtyping import Float, Num
from numpy.typing import NDArray
from torch import Tensor
from torch.nn.functional import linear

from ..errors import CircuitError
from .cosines import Cosines, monomials
from .lowering import Layer
from .state import as_matrix, kron_wires, layer_matrices, real_row
from .tables import Arrays, Tensors, half_angles, layer_arrays


class Amplitudes:
    """The inputs, divided by their Euclidean norm, are the amplitudes."""

    def __init__(self, n_wires: int) -> None:
        self.size = 2**n_wires
        self.arrays: Arrays = {}

    def embedding(self) -> NDArray[np.complex128]:
        """The matrix from features to amplitudes: (feature, amplitude)."""
        return np.eye(self.size, dtype=np.complex128)

    def state(
        self, inputs: Float[Tensor, "*batch input"], constants: Tensors
    ) -> Float[Tensor, "*batch amplitude"]:
        """Amplitudes of every sample, which are real numbers.

        Raises:
            CircuitError: a sample is all zeros.
        """
        del constants
        inputs = inputs[..., : self.size]
        norm = torch.linalg.vector_norm(inputs, dim=-1, keepdim=True)
        if not torch.compiler.is_compiling() and not bool(norm.all()):
            sample = int((norm.detach().flatten() == 0).nonzero()[0])
            raise CircuitError(
                f"amplitude encoding: all {self.size} inputs of sample {sample} (of "
                f"{norm.numel()}, counted from 0) are zero, so they have no direction; leave the "
                "sample out or add a constant input"
            )
        return inputs.div(norm)

    features = state

    def explain(self) -> str:
        """The start in plain words."""
        return f"{self.size} inputs, normalised, are the amplitudes"


class ProductState:
    """One vector per wire, multiplied out: for any number of angles."""

    def __init__(self, layer: Layer, n_inputs: int) -> None:
        self.size = 2 ** len(layer.wires)
        self.arrays = layer_arrays("start", [layer], n_inputs, columns=1)
        self.is_real = all(not wire.column.imag.any() for wire in layer.wires)

    def embedding(self) -> NDArray[np.complex128]:
        """The matrix from features to amplitudes: (feature, amplitude)."""
        parts = np.array([[1.0]] if self.is_real else [[1.0], [1.0j]], dtype=np.complex128)
        return np.asarray(np.kron(np.eye(self.size), parts))

    def state(
        self, inputs: Float[Tensor, "*batch input"], constants: Tensors
    ) -> Num[Tensor, "*batch amplitude"]:
        """Amplitudes of every sample, real or complex."""
        columns = layer_matrices(as_matrix(inputs), constants, "start")
        return kron_wires(columns).reshape(*inputs.shape[:-1], self.size)

    def features(
        self, inputs: Float[Tensor, "*batch input"], constants: Tensors
    ) -> Float[Tensor, "*batch feature"]:
        """Amplitudes of every sample, or their real and imaginary parts in turn."""
        return real_row(self.state(inputs, constants))

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
        halves = half_angles(layer.angles, n_inputs)
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
