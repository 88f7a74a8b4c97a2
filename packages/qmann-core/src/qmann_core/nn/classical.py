"""Classical counterparts: what a hybrid layer is compared with, behind the same interface."""

import torch
from jaxtyping import Float
from torch import Tensor, nn

from ..base import ClassicalComponent


class ClassicalLSTM(ClassicalComponent):
    """``nn.LSTM`` behind a dense embedding of the features: the twin of QuantumLSTM.

    The embedding mirrors the hybrid's projection to angles; its width lets the parameter counts
    be matched closely.
    """

    def __init__(
        self,
        input_size: int,
        hidden_size: int,
        num_layers: int = 1,
        *,
        embedding_size: int,
        batch_first: bool = False,
    ) -> None:
        super().__init__()
        self.hidden_size = hidden_size
        self.embedding = nn.Linear(input_size, embedding_size)
        self.lstm = nn.LSTM(embedding_size, hidden_size, num_layers, batch_first=batch_first)

    def forward(
        self, x: Float[Tensor, "*batch feature"], state: tuple[Tensor, Tensor] | None = None
    ) -> tuple[Float[Tensor, "*batch_hidden"], tuple[Tensor, Tensor]]:
        output, final = self.lstm(self.embedding(x), state)
        return output, final


class ClassicalGRU(ClassicalComponent):
    """``nn.GRU`` behind a dense embedding of the features: the twin of QuantumGRU.

    The embedding is ClassicalLSTM's.
    """

    def __init__(
        self,
        input_size: int,
        hidden_size: int,
        num_layers: int = 1,
        *,
        embedding_size: int,
        batch_first: bool = False,
    ) -> None:
        super().__init__()
        self.hidden_size = hidden_size
        self.embedding = nn.Linear(input_size, embedding_size)
        self.gru = nn.GRU(embedding_size, hidden_size, num_layers, batch_first=batch_first)

    def forward(
        self, x: Float[Tensor, "*batch feature"], state: Tensor | None = None
    ) -> tuple[Float[Tensor, "*batch_hidden"], Tensor]:
        output, final = self.gru(self.embedding(x), state)
        return output, final


class DenseLayer(ClassicalComponent):
    """tanh(W_2 m(W_1 x + b_1) + b_2), with m = tanh or, in the hybrid, a circuit.

    Args:
        input_size: width of x.
        output_size: width of the result.
        middle_size: width of W_1 x.
        middle: what stands between the two; maps ``middle_size`` to ``middle_size``.
    """

    def __init__(
        self,
        input_size: int,
        output_size: int,
        *,
        middle_size: int,
        middle: nn.Module | None = None,
    ) -> None:
        super().__init__()
        self.inward = nn.Linear(input_size, middle_size)
        self.middle = nn.Tanh() if middle is None else middle
        self.outward = nn.Linear(middle_size, output_size)

    def forward(self, x: Float[Tensor, "*batch input"]) -> Float[Tensor, "*batch output"]:
        return torch.tanh(self.outward(self.middle(self.inward(x))))
