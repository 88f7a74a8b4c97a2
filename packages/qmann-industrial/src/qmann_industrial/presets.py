"""Presets: named configurations, and what each is for."""

from collections.abc import Mapping

from qmann_core.config import QMANNConfig, QuantumConfig, presets_of

from .config import FaultSettings

_FAULT = FaultSettings(quantum=QuantumConfig(n_qubits=4, coupling=0.1))
_REGISTER = QuantumConfig(n_qubits=8, n_blocks=1, coupling=0.1, shots=8192)

PRESETS: Mapping[str, Mapping[str, QMANNConfig]] = {
    "fault": {
        **presets_of(_FAULT, fast={}, thorough={"members": 3, "circuit_steps": 20}),
        "hardware": _FAULT.model_copy(update={"quantum": _REGISTER}),
    },
}
"""By task."""
