"""Classical counterparts: what a hybrid layer is compared with, behind the same interface."""

from typing import ClassVar

import torch
from jaxtyping import Float
from torch import Tensor, nn

from ..base import ClassicalComponent

State = Tensor | tuple[Tensor, Tensor]


class _Embedded(ClassicalComponent):
    """``nn.LSTM`` or ``nn.GRU`` behind a dense embedding of the features.

    The embedding mirrors the hybrid's projection to angles; its width lets the parameter counts
    be matched closely.
    """

    kind: ClassVar[type[nn.LSTM | nn.GRU]]
    name: ClassVar[str]

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
        recurrent = self.kind(embedding_size, hidden_size, num_layers, batch_first=batch_first)
        self.add_module(self.name, recurrent)

    def forward(
        self, x: Float[Tensor, "*batch feature"], state: State | None = None
    ) -> tuple[Float[Tensor, "*batch_hidden"], State]:
        output, final = self.get_submodule(self.name)(self.embedding(x), state)
        return output, final


class ClassicalLSTM(_Embedded):
    """``nn.LSTM`` behind a dense embedding of the features: the twin of QuantumLSTM."""

    kind, name = nn.LSTM, "lstm"


class ClassicalGRU(_Embedded):
    """``nn.GRU`` behind a dense embedding of the features: the twin of QuantumGRU."""

    kind, name = nn.GRU, "gru"


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
