"""LSTM whose four gates are circuits, with ``torch.nn.LSTM``'s call and return."""

from types import MappingProxyType

from torch import Tensor
from torch.nn.utils.rnn import PackedSequence

from ..errors import CircuitError
from .cells import ChenCell, LSTMCell
from .recurrent import Recurrent

State = tuple[Tensor, Tensor]


class QuantumLSTM(Recurrent):
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
    (h_0, c_0), each (num_layers, batch, hidden); returns ``output, (h_n, c_n)``. Options are those
    of ``nn.LSTM``, ``bidirectional`` and ``proj_size`` included; see `Recurrent`.

    Raises:
        ConfigError: a size below 1, an unknown cell, or wires that do not fit the cell.
        CircuitError: an input or an initial state of the wrong shape or precision.

    Example:
        >>> lstm = QuantumLSTM(3, 8, batch_first=True)
        >>> output, (h, c) = lstm(torch.zeros(32, 10, 3))
        >>> output.shape
        torch.Size([32, 10, 8])
    """

    kinds = MappingProxyType({"gated": LSTMCell, "chen_v0": ChenCell})
    convention = "nn.LSTM"
    n_states = 2

    def forward(
        self,
        input: Tensor | PackedSequence,  # noqa: A002  (nn.LSTM's name)
        hx: State | None = None,
    ) -> tuple[Tensor | PackedSequence, State]:
        if hx is not None and not (isinstance(hx, tuple | list) and len(hx) == self.n_states):
            raise CircuitError(
                f"got {type(hx).__name__} as initial states: expected a pair (h_0, c_0), as "
                "nn.LSTM does"
            )
        output, (h, c) = self._run(input, hx)
        return output, (h, c)
