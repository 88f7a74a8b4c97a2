"""Presets: named configurations, and what each is for."""

from qmann_core.config import (
    ClassicalConfig,
    HybridConfig,
    MemoryConfig,
    QuantumConfig,
    presets_of,
)

from .config import SignalSettings

_MONITOR = SignalSettings(
    quantum=QuantumConfig(n_qubits=4, n_blocks=4, coupling=0.1),
    classical=ClassicalConfig(controller="reservoir"),
    memory=MemoryConfig(kind="none"),
    hybrid=HybridConfig(validation_fraction=0.2),
)
MONITOR_PRESETS = presets_of(_MONITOR, fast={}, thorough={"members": 3})
