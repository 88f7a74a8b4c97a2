"""A recurrent network that writes what it sees into a memory of its own and reads from it."""

from typing import Literal, get_args

import torch
from jaxtyping import Float
from torch import Tensor, nn

from ..base import HybridComponent
from ..config import QuantumConfig
from ..errors import ConfigError, DataError
from .attention_masks import causal
from .quantum_attention import QuantumAttention
from .quantum_lstm import QuantumLSTM

MemoryKind = Literal["quantum", "classical", "off"]
"""Weights by fidelities of states, simulated; by softmax of dot products; no memory."""


class MemoryNetwork(HybridComponent):
    """(batch, time, input) -> (batch, time, output), with a memory for each sample's own past.

    At each step s the hidden state before it is written as a key, with the one after it as value:
    what was there, and what followed. At step t the memory is asked with h_t and gives back what
    followed similar states, from the steps before t only:

        h = controller(x);  r_t = attention(h_t; keys h_{s-1}, values h_s, s < t)
        y_t = W [h_t, r_t] + b

    States before the first step are 0; so is the one blank entry with which a memory starts.
    Nothing is kept between samples or calls. ``"quantum"`` reads by `QuantumAttention`, soft
    recall from a quantum memory, and ``"classical"``, its twin, by ``nn.MultiheadAttention``.
    Memories beside a recurrent network: Graves et al., arXiv:1410.5401, and Ba et al.,
    arXiv:1610.06258; values that follow their keys: Olsson et al., arXiv:2209.11895.

    Args:
        input_size: features at a step.
        hidden_size: of the controller, divisible by ``num_heads``.
        output_size: values at a step.
        memory: which.
        num_heads: reads at a step, each with keys and values of its own.
        n_qubits: wires of a key in the quantum memory.
        copies: of each key in the quantum memory; more are sharper.
        controller: a `QuantumLSTM` with these circuits; None for ``nn.LSTM``.

    Raises:
        ConfigError: sizes that do not fit, or an unknown memory.

    Example:
        >>> network = MemoryNetwork(3, 8, 2)
        >>> network(torch.zeros(5, 7, 3)).shape
        torch.Size([5, 7, 2])
    """

    def __init__(
        self,
        input_size: int,
        hidden_size: int,
        output_size: int,
        *,
        memory: MemoryKind = "quantum",
        num_heads: int = 1,
        n_qubits: int = 4,
        copies: int = 1,
        controller: QuantumConfig | None = None,
    ) -> None:
        super().__init__()
        check_memory(memory)
        _check_sizes(input_size, hidden_size, output_size, num_heads)
        self.input_size = input_size
        self.controller = (
            nn.LSTM(input_size, hidden_size, batch_first=True)
            if controller is None
            else QuantumLSTM(input_size, hidden_size, batch_first=True, quantum=controller)
        )
        self.memory: QuantumAttention | nn.MultiheadAttention | None = None
        if memory == "quantum":
            self.memory = QuantumAttention(
                hidden_size, num_heads, batch_first=True, n_qubits=n_qubits, copies=copies
            )
        elif memory == "classical":
            self.memory = nn.MultiheadAttention(hidden_size, num_heads, batch_first=True)
        width = hidden_size if self.memory is None else 2 * hidden_size
        self.readout = nn.Linear(width, output_size)

    def forward(self, x: Tensor) -> Float[Tensor, "batch time output"]:
        """Outputs at every step of ``x``, (batch, time, input).

        Raises:
            DataError: another shape, or no step.
        """
        hidden = self._hidden(x)
        if self.memory is not None:
            read, _ = self._read(hidden, need_weights=False)
            hidden = torch.cat((hidden, read), dim=-1)
        output: Tensor = self.readout(hidden)
        return output

    def weights(self, x: Tensor) -> Float[Tensor, "batch time step"]:
        """Evidence: how much of what step t read was written at each step, averaged over heads.

        Zero from t on; what is missing from a sum of 1 went to the blank entry.

        Raises:
            ConfigError: there is no memory.
            DataError: as ``forward``.
        """
        _, weights = self._read(self._hidden(x), need_weights=True)
        assert weights is not None
        return nn.functional.pad(weights[..., 1:], (0, 1))  # entry s + 1 was written at step s

    def _hidden(self, x: Tensor) -> Tensor:
        if x.dim() != 3 or x.shape[-1] != self.input_size or x.shape[1] == 0:
            raise DataError(
                f"got an input of shape {tuple(x.shape)}: expected (batch, time, "
                f"{self.input_size}) with at least one step"
            )
        hidden: Tensor = self.controller(x)[0]
        return hidden

    def _read(self, hidden: Tensor, *, need_weights: bool) -> tuple[Tensor, Tensor | None]:
        """Entry s + 1 holds h_{s-1} -> h_s and entry 0 is blank: step t may read entries 0 to t."""
        if self.memory is None:
            raise ConfigError("this network has no memory: build it with memory='quantum'")
        values, keys = _delayed(hidden, 1), _delayed(hidden, 2)
        read: tuple[Tensor, Tensor | None] = self.memory(
            hidden,
            keys,
            values,
            need_weights=need_weights,
            attn_mask=causal(hidden.shape[1], hidden),
            is_causal=True,
        )
        return read


def check_memory(memory: str) -> None:
    """Refuse an unknown memory, with the known ones."""
    if memory not in get_args(MemoryKind):
        raise ConfigError(
            f"got memory {memory!r}: expected one of {', '.join(get_args(MemoryKind))}"
        )


def _check_sizes(input_size: int, hidden_size: int, output_size: int, num_heads: int) -> None:
    if min(input_size, hidden_size, output_size, num_heads) < 1 or hidden_size % num_heads:
        raise ConfigError(
            f"got input_size {input_size}, hidden_size {hidden_size}, output_size {output_size}, "
            f"num_heads {num_heads}: expected at least 1 each, and a hidden_size that num_heads "
            "divides"
        )


def _delayed(x: Float[Tensor, "batch time feature"], steps: int) -> Tensor:
    """x_{t - steps}, and 0 before the first step."""
    return nn.functional.pad(x, (0, 0, steps, 0))[:, : x.shape[1]]
