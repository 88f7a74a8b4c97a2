"""LSTM whose four gates are circuits, with ``torch.nn.LSTM``'s call and return."""

from typing import Literal

import torch
from torch import Tensor, nn
from torch.nn.utils.rnn import PackedSequence

from ..base import HybridComponent
from ..config import QuantumConfig
from .cells import ChenCell, GatedCell
from .recurrent import check_sizes, run, stack_cells

State = tuple[Tensor, Tensor]


class QuantumLSTM(HybridComponent):
    """Recurrent network with circuits as gates, simulated exactly.

    For each step, with v the cell's angles made from x_t and h_{t-1}:

        i, f, o = sigmoid(q_i(v)), sigmoid(q_f(v)), sigmoid(q_o(v));  g = tanh(q_g(v))
        c_t = f * c_{t-1} + i * g;  h_t = o * tanh(c_t)

    ``cell="gated"`` projects v to ``quantum.n_qubits`` angles by a dense layer, reads <Z> of
    every wire back to ``hidden_size`` values, and scales them so that gates can open and close.
    ``cell="chen_v0"`` is the cell of Chen, Yoo and Fang (arXiv:2009.01783) as published: one wire
    for each input and hidden value, no dense layer, and gates sigmoid(<Z>) confined to
    [0.269, 0.731]; there ``quantum.n_qubits`` must be ``input_size + hidden_size``.

    Call and return are those of ``nn.LSTM``: input (time, batch, feature), or (batch, time,
    feature) with ``batch_first``, or (time, feature), or a PackedSequence; optional initial state
    (h_0, c_0), each (num_layers, batch, hidden); returns ``output, (h_n, c_n)``.

    Raises:
        ConfigError: a number of wires that does not fit the cell.
        CircuitError: an input or an initial state of the wrong shape.

    Example:
        >>> lstm = QuantumLSTM(3, 8, batch_first=True)
        >>> output, (h, c) = lstm(torch.zeros(32, 10, 3))
        >>> output.shape
        torch.Size([32, 10, 8])
    """

    def __init__(
        self,
        input_size: int,
        hidden_size: int,
        num_layers: int = 1,
        *,
        batch_first: bool = False,
        dropout: float = 0.0,
        cell: Literal["gated", "chen_v0"] = "gated",
        quantum: QuantumConfig | None = None,
        generator: torch.Generator | None = None,
    ) -> None:
        super().__init__()
        check_sizes(input_size, hidden_size, num_layers)
        self.input_size, self.hidden_size, self.num_layers = input_size, hidden_size, num_layers
        self.batch_first = batch_first
        self.dropout = nn.Dropout(dropout)
        kind = {"gated": GatedCell, "chen_v0": ChenCell}[cell]
        config = quantum or QuantumConfig()
        self.cells = stack_cells(
            lambda width: kind(width, hidden_size, config, generator),
            input_size,
            hidden_size,
            num_layers,
        )

    def forward(
        self,
        input: Tensor | PackedSequence,  # noqa: A002  (nn.LSTM's name)
        state: State | None = None,
    ) -> tuple[Tensor | PackedSequence, State]:
        output, (h, c) = run(self, input, state, "nn.LSTM")
        return output, (h, c)
