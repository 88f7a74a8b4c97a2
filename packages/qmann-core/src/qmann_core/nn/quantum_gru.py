"""GRU whose reset, update and candidate are circuits, with ``torch.nn.GRU``'s call and return."""

from types import MappingProxyType

from torch import Tensor
from torch.nn.utils.rnn import PackedSequence

from ..errors import CircuitError
from .cells import GRUCell
from .recurrent import Recurrent


class QuantumGRU(Recurrent):
    """Recurrent network with circuits as gates, simulated exactly.

    For each step, with A a dense layer to ``quantum.n_qubits`` angles:

        r, z = sigmoid(q_r(v)), sigmoid(q_z(v)),  v = A [x_t, h_{t-1}]
        n = tanh(q_n(u)),                         u = A [x_t, r * h_{t-1}]
        h_t = (1 - z) * n + z * h_{t-1}

    where q reads <Z> of every wire of a circuit back to ``hidden_size`` values and scales them so
    that gates can open and close. The reset gate acts on what the candidate's circuit sees, as in
    Cho et al. (arXiv:1406.1078) and in the quantum GRU of Chen et al. (arXiv:2211.02612);
    ``nn.GRU`` applies it later, to a linear function of h_{t-1}, which a circuit is not. The update
    gate z keeps the old state, as in ``nn.GRU``.

    Call and return are those of ``nn.GRU``: input (time, batch, feature), or (batch, time, feature)
    with ``batch_first``, or (time, feature), or a PackedSequence; optional initial state h_0 of
    shape (num_layers, batch, hidden); returns ``output, h_n``. Options are those of ``nn.GRU``,
    ``bidirectional`` included; see `Recurrent`.

    Raises:
        ConfigError: a size below 1, or an unknown cell.
        CircuitError: an input or an initial state of the wrong shape or precision.

    Example:
        >>> gru = QuantumGRU(3, 8, batch_first=True)
        >>> output, h = gru(torch.zeros(32, 10, 3))
        >>> output.shape
        torch.Size([32, 10, 8])
    """

    kinds = MappingProxyType({"gated": GRUCell})
    convention = "nn.GRU"
    n_states = 1

    def forward(
        self,
        input: Tensor | PackedSequence,  # noqa: A002  (nn.GRU's name)
        hx: Tensor | None = None,
    ) -> tuple[Tensor | PackedSequence, Tensor]:
        if isinstance(hx, tuple):
            raise CircuitError(
                f"got a tuple of {len(hx)} as initial state: expected one tensor, as nn.GRU does"
            )
        states = None if hx is None else (hx,)
        output, (h,) = self._run(input, states)
        return output, h
