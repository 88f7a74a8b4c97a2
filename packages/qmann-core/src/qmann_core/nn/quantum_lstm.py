"""LSTM whose four gates are circuits, with ``torch.nn.LSTM``'s call and return."""

from typing import Literal

import torch
from torch import Tensor, nn
from torch.nn.utils.rnn import PackedSequence, pack_padded_sequence, pad_packed_sequence

from ..base import HybridComponent
from ..config import QuantumConfig
from ..errors import CircuitError, ConfigError
from .cells import ChenCell, GatedCell

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
        if min(input_size, hidden_size, num_layers) < 1:
            raise ConfigError(
                f"got input_size {input_size}, hidden_size {hidden_size}, num_layers {num_layers}: "
                "expected at least 1 each"
            )
        self.input_size, self.hidden_size, self.num_layers = input_size, hidden_size, num_layers
        self.batch_first = batch_first
        self.dropout = nn.Dropout(dropout)
        kind = {"gated": GatedCell, "chen_v0": ChenCell}[cell]
        sizes = [input_size] + [hidden_size] * (num_layers - 1)
        config = quantum or QuantumConfig()
        self.cells = nn.ModuleList(kind(size, hidden_size, config, generator) for size in sizes)

    def forward(
        self,
        input: Tensor | PackedSequence,  # noqa: A002  (nn.LSTM's name)
        state: State | None = None,
    ) -> tuple[Tensor | PackedSequence, State]:
        if isinstance(input, PackedSequence):
            x, lengths = pad_packed_sequence(input)
            output, final = self._run(x, state, lengths)
            return pack_padded_sequence(output, lengths, enforce_sorted=False), final
        if input.dim() == 2:
            one = None if state is None else (state[0].unsqueeze(1), state[1].unsqueeze(1))
            output, (h, c) = self._run(input.unsqueeze(1), one, None)
            return output.squeeze(1), (h.squeeze(1), c.squeeze(1))
        if input.dim() != 3:
            raise CircuitError(
                f"got an input of shape {tuple(input.shape)}: expected two or three axes, "
                "as nn.LSTM does"
            )
        output, final = self._run(input.transpose(0, 1) if self.batch_first else input, state, None)
        return output.transpose(0, 1) if self.batch_first else output, final

    def _run(self, x: Tensor, state: State | None, lengths: Tensor | None) -> tuple[Tensor, State]:
        if x.shape[-1] != self.input_size:
            raise CircuitError(
                f"got {x.shape[-1]} input features: expected {self.input_size}, as constructed"
            )
        shape = (self.num_layers, x.shape[1], self.hidden_size)
        h0, c0 = state if state is not None else (x.new_zeros(shape), x.new_zeros(shape))
        if h0.shape != shape or c0.shape != shape:
            raise CircuitError(
                f"got initial states of shape {tuple(h0.shape)} and {tuple(c0.shape)}: "
                f"expected {shape}"
            )
        alive = None
        if lengths is not None:
            steps = torch.arange(len(x), device=x.device).unsqueeze(-1)
            alive = (steps < lengths.to(x.device)).unsqueeze(-1)  # time batch 1
        final = []
        for layer, cell in enumerate(self.cells):
            x, last = cell(self.dropout(x) if layer else x, (h0[layer], c0[layer]), alive)
            final.append(last)
        h, c = zip(*final, strict=True)
        return x, (torch.stack(h), torch.stack(c))
