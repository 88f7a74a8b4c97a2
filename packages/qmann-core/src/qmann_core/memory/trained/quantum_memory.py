"""The trainable layer over banks of key states: reads by fidelity, simulated exactly."""

import torch
from jaxtyping import Float
from torch import Tensor

from ...base import HybridComponent
from ...config import MemoryConfig
from ...errors import ConfigError
from ...simulation.lowering.angles import of_peak_one
from .banks import CaseMemory
from .strengths import product_states, raised, strength


class QuantumMemory(CaseMemory, HybridComponent):
    """Cases under key states, read by what recall from a quantum memory returns.

    After a successful recall, the address register shows case a with probability
    w_a = s_a / sum_b s_b, whatever the number of amplitude amplifications: this is attention with
    strengths s_a made from the fidelity F_a = <q|k_a>^2. With c copies of every key:

    - "soft": s = F^c;
    - "threshold": s = g(F)^c, g the smooth step of `smooth_step`, a trained threshold per bank;
    - "polynomial": s = P(<q|k>)^(2c), a bounded polynomial with trained coefficients per bank.

    Key states are made of features x by

    - "learned": RY(W_b x) on the wires, a trained matrix W_b per bank. There is no offset, as it
      would cancel, and no limit: the fidelity has period 2 pi in each angle. It starts with rows
      of the length min(1, 2 / sqrt(n_qubits)), where standardised features have a mean fidelity
      of 0.68 on one wire, 0.22 on four and 0.16 on twelve;
    - "angle": RY(x), with a feature per wire;
    - "amplitude": x / |x|. A case, or a query, of length 0 has no state: it weighs, or reads, 0.

    Args:
        query_size: width of queries and of the features of cases; ``n_qubits`` for "angle", at
            most 2^n_qubits for "amplitude".
        value_size: width of a case's value.
        config: capacity, banks, keys, and how they are read.
        payload_size: width of what is kept for evidence and never read.

    Raises:
        ConfigError: a size that is not positive, or that the encoding has no room for.

    Example:
        >>> memory = QuantumMemory(8, 1, MemoryConfig(capacity=100, copies=2)).eval()
        >>> row = torch.arange(50)
        >>> time = {"settled": row + 5, "origin": row, "group": 0 * row, "row": row}
        >>> memory.write(torch.randn(50, 8), torch.randn(50, 1), **time)
        >>> memory(torch.randn(3, 8), at=torch.tensor([10, 30, 60])).shape
        torch.Size([3, 1])
    """

    def __init__(
        self, query_size: int, value_size: int, config: MemoryConfig, *, payload_size: int = 0
    ) -> None:
        super().__init__(query_size, value_size, config, payload_size=payload_size)
        _check_width(query_size, config)
        self.projection = self._projection(min(1.0, 2 / config.n_qubits**0.5))
        self.strength = strength(config)

    def encode(self, features: Float[Tensor, "row feature"]) -> Float[Tensor, "bank row code"]:
        """Amplitudes of each bank's states."""
        if self.projection is not None:
            return product_states(features @ self.projection.mT)
        if self.config.encoding == "angle":
            state = product_states(features)
        else:
            scaled = of_peak_one(features)
            length = torch.linalg.vector_norm(scaled, dim=-1, keepdim=True)
            state = scaled / length.masked_fill(length == 0, 1.0)
        return state.expand(self.config.n_banks, -1, -1)

    def compare(
        self, queries: Float[Tensor, "bank batch code"], keys: Float[Tensor, "bank slot code"]
    ) -> Float[Tensor, "bank batch slot"]:
        """Fidelity, the squared overlap of the states."""
        return (queries @ keys.mT).square().clamp_max(1.0)

    def strengths(
        self,
        queries: Float[Tensor, "bank batch code"],
        keys: Float[Tensor, "bank slot code"],
        readable: Float[Tensor, "#batch slot"] | None,
    ) -> Float[Tensor, "bank batch slot"]:
        """Strengths as configured, up to a factor that all cases of a query share."""
        strengths: Tensor = self.strength(queries @ keys.mT)
        if self.config.encoding == "amplitude":
            states = _is_state(queries[0]).unsqueeze(1) * _is_state(keys[0])
            readable = states if readable is None else readable * states
        return raised(strengths, readable, self.config.copies)


def _is_state(vectors: Float[Tensor, "row code"]) -> Float[Tensor, " row"]:
    """1, or 0 for what has no length."""
    return (vectors != 0).any(dim=-1).to(vectors)


def _check_width(query_size: int, config: MemoryConfig) -> None:
    n = config.n_qubits
    if config.encoding == "angle" and query_size != n:
        raise ConfigError(
            f"query_size {query_size} and n_qubits {n} differ: the encoding 'angle' puts one "
            "feature on each wire; set n_qubits, or use 'learned'"
        )
    if config.encoding == "amplitude" and query_size > 2**n:
        raise ConfigError(
            f"query_size {query_size} is more than the {2**n} amplitudes of {n} wires; set "
            f"n_qubits to {(query_size - 1).bit_length()}, or use 'learned'"
        )
