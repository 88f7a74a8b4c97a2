"""The call convention of ``nn.LSTM`` and ``nn.GRU``, around cells that each run one layer."""

from collections.abc import Mapping
from contextlib import nullcontext
from numbers import Integral
from typing import Any, ClassVar

import torch
from torch import Tensor, nn
from torch.nn import functional
from torch.nn.utils.rnn import PackedSequence, pad_packed_sequence

from ..base import HybridComponent
from ..config import QuantumConfig
from ..data.numbers import whole
from ..errors import CircuitError, ConfigError
from ..simulation.arguments import like_weights
from .options import check_generator, check_precision, probability

States = tuple[Tensor, ...]
"""What a layer carries from step to step: (h, c) of an LSTM, (h,) of a GRU."""


class Recurrent(HybridComponent):
    """Layers of cells, of one of the ``kinds``.

    A cell maps x (time, batch, feature), its states, each (batch, hidden), and a mask ``alive``
    (time, batch, 1) or None, to outputs (time, batch, hidden) and the states at the end. A sequence
    that is not alive keeps its states.

    Options up to ``proj_size`` are those of ``nn.LSTM`` in its order, but circuits need a bias. A
    layer that is bidirectional has a second cell, in ``cells_reverse``, which reads each sequence
    from its end; the outputs of both stand side by side. With ``proj_size``, outputs and h are
    W_hr h, that wide.
    """

    kinds: ClassVar[Mapping[str, type[nn.Module]]]
    convention: ClassVar[str]
    n_states: ClassVar[int]

    def __init__(
        self,
        input_size: int,
        hidden_size: int,
        num_layers: int = 1,
        bias: bool = True,
        batch_first: bool = False,
        dropout: float = 0.0,
        bidirectional: bool = False,
        proj_size: int = 0,
        *,
        cell: str = "gated",
        quantum: QuantumConfig | None = None,
        generator: torch.Generator | None = None,
        device: torch.device | str | None = None,
        dtype: torch.dtype | None = None,
    ) -> None:
        super().__init__()
        sizes = input_size, hidden_size, num_layers
        if not all(isinstance(size, Integral) and size >= 1 for size in sizes):
            raise ConfigError(
                f"got input_size {input_size!r}, hidden_size {hidden_size!r}, num_layers "
                f"{num_layers!r}: expected at least 1 each, whole numbers"
            )
        self.input_size, self.hidden_size, self.num_layers = map(int, sizes)
        self.proj_size = whole("proj_size", proj_size, least=0)
        self.bias, self.batch_first, self.bidirectional = True, batch_first, bool(bidirectional)
        self.dropout = probability("dropout", dropout)
        self._check_options(bias, cell, quantum)
        check_precision(dtype)
        check_generator(generator)
        self.output_size = self.proj_size or self.hidden_size
        widths = [self.input_size] + [self._n_ways * self.output_size] * (self.num_layers - 1)
        options = self.hidden_size, quantum or QuantumConfig(), generator, self.proj_size

        def cells() -> nn.ModuleList:
            return nn.ModuleList(self.kinds[cell](width, *options) for width in widths)

        self.cells = cells()
        if self.bidirectional:
            self.cells_reverse = cells()
        self.to(device=device, dtype=dtype)

    def flatten_parameters(self) -> None:
        """Nothing: there is no memory of cuDNN to arrange, as ``nn.LSTM`` has it."""

    @property
    def _n_ways(self) -> int:
        return 2 if self.bidirectional else 1

    def _check_options(self, bias: bool, cell: str, quantum: QuantumConfig | None) -> None:
        if not bias:
            raise ConfigError(
                "got bias=False: expected True, because without a bias angles stay near 0, where "
                "circuits are blind to the sign of their input"
            )
        if cell not in tuple(self.kinds):
            raise ConfigError(f"got cell {cell!r}: expected one of {', '.join(self.kinds)}")
        if not isinstance(quantum, QuantumConfig | None):
            raise ConfigError(f"got quantum={quantum!r}: expected a QuantumConfig")
        if self.proj_size and (self.n_states == 1 or cell == "chen_v0"):
            raise ConfigError(
                f"got proj_size={self.proj_size}: expected 0; QuantumLSTM with the cell 'gated' "
                "has projections alone"
            )
        if self.proj_size >= self.hidden_size:
            raise ConfigError(
                f"got proj_size={self.proj_size}: expected less than hidden_size={self.hidden_size}"
            )

    def _run(
        self, x: Tensor | PackedSequence, states: States | None
    ) -> tuple[Tensor | PackedSequence, States]:
        """The last layer's outputs in the form of ``x``, and every layer's states at the end."""
        first: Any = self.cells[0]
        weights = first.circuits.weight
        if states is not None:
            states = tuple(like_weights("initial states", state, weights) for state in states)
        data = like_weights("inputs", x.data if isinstance(x, PackedSequence) else x, weights)
        kind = weights.device.type
        with torch.autocast(kind, enabled=False) if torch.is_autocast_enabled(kind) else _AS_IS:
            if isinstance(x, PackedSequence):
                return self._run_packed(x._replace(data=data), states)
            return self._run_tensor(data, states)

    def _run_packed(
        self, x: PackedSequence, states: States | None
    ) -> tuple[PackedSequence, States]:
        """In the order that ``x`` has already: its steps stay beside those of the outputs."""
        padded, lengths = pad_packed_sequence(PackedSequence(x.data, x.batch_sizes))
        order, back = x.sorted_indices, x.unsorted_indices
        self._check_states(states, (len(lengths),))
        if states is not None and order is not None:
            states = tuple(state.index_select(1, order) for state in states)
        steps = torch.arange(len(padded)).unsqueeze(-1)
        alive = (steps < lengths).to(padded.device)  # time batch
        turned = torch.where(steps < lengths, lengths - 1 - steps, steps).to(padded.device)
        output, final = self._run_layers(padded, states, alive, turned)
        if back is not None:
            final = tuple(state.index_select(1, back) for state in final)
        return PackedSequence(output[alive], x.batch_sizes, order, back), final

    def _run_tensor(self, x: Tensor, states: States | None) -> tuple[Tensor, States]:
        if x.dim() not in (2, 3):
            raise CircuitError(
                f"got an input of shape {tuple(x.shape)}: expected two or three axes, "
                f"as {self.convention} does"
            )
        if x.dim() == 2:
            self._check_states(states, ())
            one = None if states is None else tuple(state.unsqueeze(1) for state in states)
            output, final = self._run_layers(x.unsqueeze(1), one)
            return output.squeeze(1), tuple(state.squeeze(1) for state in final)
        x = x.transpose(0, 1) if self.batch_first else x
        self._check_states(states, (x.shape[1],))
        output, final = self._run_layers(x, states)
        return output.transpose(0, 1) if self.batch_first else output, final

    def _shapes(self, batch: tuple[int, ...]) -> list[tuple[int, ...]]:
        """Of the states, for one sample or a batch of them."""
        widths = [self.output_size, self.hidden_size][: self.n_states]
        return [(self.num_layers * self._n_ways, *batch, width) for width in widths]

    def _check_states(self, states: States | None, batch: tuple[int, ...]) -> None:
        expected, found = self._shapes(batch), [tuple(state.shape) for state in states or ()]
        if states is not None and found != expected:
            what = "initial states" if len(expected) > 1 else "an initial state"
            shapes = (" and ".join(map(str, each)) for each in (found, expected))
            raise CircuitError("got {} of shape {}: expected {}".format(what, *shapes))

    def _run_layers(
        self,
        x: Tensor,  # time batch feature
        states: States | None,
        alive: Tensor | None = None,  # time batch
        turned: Tensor | None = None,  # time batch
    ) -> tuple[Tensor, States]:
        """All layers; ``turned`` says where each step of a sequence stands when it is reversed."""
        if x.shape[-1] != self.input_size:
            raise CircuitError(
                f"got {x.shape[-1]} input features: expected {self.input_size}, as constructed"
            )
        if len(x) == 0:
            raise CircuitError("got a sequence without steps: expected at least one")
        if states is None:
            states = tuple(x.new_zeros(shape) for shape in self._shapes((x.shape[1],)))
        firsts = list(zip(*(state.unbind() for state in states), strict=True))
        mask = None if alive is None else alive.unsqueeze(-1)
        finals = []
        for layer, cell in enumerate(self.cells):
            x = functional.dropout(x, self.dropout, self.training) if layer else x
            output, last = cell(x, firsts[layer * self._n_ways], mask)
            finals.append(last)
            if self.bidirectional:
                reverse, first = self.cells_reverse[layer], firsts[2 * layer + 1]
                backward, last = reverse(_reversed(x, turned), first, mask)
                output = torch.cat([output, _reversed(backward, turned)], dim=-1)
                finals.append(last)
            x = output
        return x, tuple(torch.stack(each) for each in zip(*finals, strict=True))


_AS_IS = nullcontext()


def _reversed(x: Tensor, turned: Tensor | None) -> Tensor:
    """Each sequence from its end; twice, as it was."""
    if turned is None:
        return x.flip(0)
    return x.gather(0, turned.unsqueeze(-1).expand(x.shape))
