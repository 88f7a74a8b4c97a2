"""The call convention of ``nn.LSTM`` and ``nn.GRU``, around cells that each run one layer."""

from collections.abc import Callable
from typing import Literal, Protocol, runtime_checkable

import torch
from torch import Tensor, nn
from torch.nn.utils.rnn import PackedSequence, pack_padded_sequence, pad_packed_sequence

from ..errors import CircuitError, ConfigError

States = tuple[Tensor, ...]
"""What a layer carries from step to step: (h, c) of an LSTM, (h,) of a GRU."""

Convention = Literal["nn.LSTM", "nn.GRU"]
"""Whose call and return; the number of states follows."""

_N_STATES: dict[Convention, int] = {"nn.LSTM": 2, "nn.GRU": 1}


@runtime_checkable
class Stack(Protocol):
    """Layers of cells and what was said of them at construction.

    A cell maps x (time, batch, feature), its states, each (batch, hidden), and a mask ``alive``
    (time, batch, 1) or None, to outputs (time, batch, hidden) and the states at the end. A sequence
    that is not alive keeps its states.
    """

    input_size: int
    hidden_size: int
    num_layers: int
    batch_first: bool
    dropout: nn.Dropout
    cells: nn.ModuleList


def check_sizes(input_size: int, hidden_size: int, num_layers: int) -> None:
    """Refuse sizes that leave nothing to compute.

    Raises:
        ConfigError: one of them is below 1.
    """
    if min(input_size, hidden_size, num_layers) < 1:
        raise ConfigError(
            f"got input_size {input_size}, hidden_size {hidden_size}, num_layers {num_layers}: "
            "expected at least 1 each"
        )


def stack_cells(
    cell: Callable[[int], nn.Module], input_size: int, hidden_size: int, num_layers: int
) -> nn.ModuleList:
    """One cell a layer, made from the width of what it reads."""
    widths = [input_size] + [hidden_size] * (num_layers - 1)
    return nn.ModuleList(cell(width) for width in widths)


def run(
    stack: Stack, x: Tensor | PackedSequence, states: States | None, convention: Convention
) -> tuple[Tensor | PackedSequence, States]:
    """Run a stack on whatever ``nn.LSTM`` and ``nn.GRU`` take as input.

    Args:
        stack: the layers.
        x: (time, batch, feature), or (batch, time, feature) if the stack is ``batch_first``, or
            (time, feature), or a PackedSequence.
        states: initial states, each (num_layers, batch, hidden), without ``batch`` if x has none;
            zeros by default.
        convention: whose call this is.

    Returns:
        The last layer's outputs in the form of ``x``, and every layer's states at the end.

    Raises:
        CircuitError: an input or an initial state of the wrong shape.
    """
    if isinstance(x, PackedSequence):
        padded, lengths = pad_packed_sequence(x)
        output, final = _run_layers(stack, padded, states, lengths, convention)
        return pack_padded_sequence(output, lengths, enforce_sorted=False), final
    if x.dim() == 2:
        one = None if states is None else tuple(state.unsqueeze(1) for state in states)
        output, final = _run_layers(stack, x.unsqueeze(1), one, None, convention)
        return output.squeeze(1), tuple(state.squeeze(1) for state in final)
    if x.dim() != 3:
        raise CircuitError(
            f"got an input of shape {tuple(x.shape)}: expected two or three axes, "
            f"as {convention} does"
        )
    steps_first = x.transpose(0, 1) if stack.batch_first else x
    output, final = _run_layers(stack, steps_first, states, None, convention)
    return output.transpose(0, 1) if stack.batch_first else output, final


def _run_layers(
    stack: Stack,
    x: Tensor,  # time batch feature
    states: States | None,
    lengths: Tensor | None,
    convention: Convention,
) -> tuple[Tensor, States]:
    if x.shape[-1] != stack.input_size:
        raise CircuitError(
            f"got {x.shape[-1]} input features: expected {stack.input_size}, as constructed"
        )
    if len(x) == 0:
        raise CircuitError("got a sequence without steps: expected at least one")
    shape = (stack.num_layers, x.shape[1], stack.hidden_size)
    if states is None:
        states = tuple(x.new_zeros(shape) for _ in range(_N_STATES[convention]))
    _check_states(states, shape)
    alive = None
    if lengths is not None:
        steps = torch.arange(len(x), device=x.device).unsqueeze(-1)
        alive = (steps < lengths.to(x.device)).unsqueeze(-1)  # time batch 1
    final = []
    for layer, cell in enumerate(stack.cells):
        first = tuple(state[layer] for state in states)
        x, last = cell(stack.dropout(x) if layer else x, first, alive)
        final.append(last)
    if len(final) == 1:
        return x, tuple(state.unsqueeze(0) for state in final[0])
    return x, tuple(torch.stack(layers) for layers in zip(*final, strict=True))


def _check_states(states: States, shape: tuple[int, int, int]) -> None:
    if all(state.shape == shape for state in states):
        return
    found = " and ".join(str(tuple(state.shape)) for state in states)
    what = "initial states" if len(states) > 1 else "an initial state"
    raise CircuitError(f"got {what} of shape {found}: expected {shape}")
