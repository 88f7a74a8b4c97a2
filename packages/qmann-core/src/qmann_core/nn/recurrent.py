"""The call convention of ``nn.LSTM`` and ``nn.GRU``, around cells that each run one layer."""

from collections.abc import Mapping
from typing import ClassVar

import torch
from torch import Tensor, nn
from torch.nn.utils.rnn import PackedSequence, pack_padded_sequence, pad_packed_sequence

from ..base import HybridComponent
from ..config import QuantumConfig
from ..errors import CircuitError, ConfigError

States = tuple[Tensor, ...]
"""What a layer carries from step to step: (h, c) of an LSTM, (h,) of a GRU."""


class Recurrent(HybridComponent):
    """Layers of cells, of one of the ``kinds``.

    A cell maps x (time, batch, feature), its states, each (batch, hidden), and a mask ``alive``
    (time, batch, 1) or None, to outputs (time, batch, hidden) and the states at the end. A sequence
    that is not alive keeps its states.
    """

    kinds: ClassVar[Mapping[str, type[nn.Module]]]
    convention: ClassVar[str]
    n_states: ClassVar[int]

    def __init__(
        self,
        input_size: int,
        hidden_size: int,
        num_layers: int = 1,
        *,
        batch_first: bool = False,
        dropout: float = 0.0,
        cell: str = "gated",
        quantum: QuantumConfig | None = None,
        generator: torch.Generator | None = None,
    ) -> None:
        super().__init__()
        if min(input_size, hidden_size, num_layers) < 1:
            raise ConfigError(
                f"got input_size {input_size}, hidden_size {hidden_size}, num_layers {num_layers}: "
                "expected at least 1 each"
            )
        if cell not in self.kinds:
            raise ConfigError(f"got cell {cell!r}: expected one of {', '.join(self.kinds)}")
        self.input_size, self.hidden_size, self.num_layers = input_size, hidden_size, num_layers
        self.batch_first = batch_first
        self.dropout = nn.Dropout(dropout)
        widths = [input_size] + [hidden_size] * (num_layers - 1)
        options = hidden_size, quantum or QuantumConfig(), generator
        self.cells = nn.ModuleList(self.kinds[cell](width, *options) for width in widths)

    def _run(
        self, x: Tensor | PackedSequence, states: States | None
    ) -> tuple[Tensor | PackedSequence, States]:
        """The last layer's outputs in the form of ``x``, and every layer's states at the end."""
        if isinstance(x, PackedSequence):
            padded, lengths = pad_packed_sequence(x)
            output, final = self._run_layers(padded, states, lengths)
            return pack_padded_sequence(output, lengths, enforce_sorted=False), final
        if x.dim() == 2:
            one = None if states is None else tuple(state.unsqueeze(1) for state in states)
            output, final = self._run_layers(x.unsqueeze(1), one)
            return output.squeeze(1), tuple(state.squeeze(1) for state in final)
        if x.dim() != 3:
            raise CircuitError(
                f"got an input of shape {tuple(x.shape)}: expected two or three axes, "
                f"as {self.convention} does"
            )
        output, final = self._run_layers(x.transpose(0, 1) if self.batch_first else x, states)
        return output.transpose(0, 1) if self.batch_first else output, final

    def _run_layers(
        self,
        x: Tensor,  # time batch feature
        states: States | None,
        lengths: Tensor | None = None,
    ) -> tuple[Tensor, States]:
        if x.shape[-1] != self.input_size:
            raise CircuitError(
                f"got {x.shape[-1]} input features: expected {self.input_size}, as constructed"
            )
        if len(x) == 0:
            raise CircuitError("got a sequence without steps: expected at least one")
        shape = (self.num_layers, x.shape[1], self.hidden_size)
        if states is None:
            states = tuple(x.new_zeros(shape) for _ in range(self.n_states))
        if any(state.shape != shape for state in states):
            found = " and ".join(str(tuple(state.shape)) for state in states)
            what = "initial states" if len(states) > 1 else "an initial state"
            raise CircuitError(f"got {what} of shape {found}: expected {shape}")
        alive = None
        if lengths is not None:
            steps = torch.arange(len(x), device=x.device).unsqueeze(-1)
            alive = (steps < lengths.to(x.device)).unsqueeze(-1)  # time batch 1
        final = []
        for layer, cell in enumerate(self.cells):
            first = tuple(state[layer] for state in states)
            x, last = cell(self.dropout(x) if layer else x, first, alive)
            final.append(last)
        if len(final) == 1:
            return x, tuple(state.unsqueeze(0) for state in final[0])
        return x, tuple(torch.stack(layers) for layers in zip(*final, strict=True))
