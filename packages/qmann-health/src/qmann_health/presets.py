"""Presets: named configurations, and what each is for."""

from collections.abc import Mapping

from qmann_core.config import (
    ClassicalConfig,
    HybridConfig,
    MemoryConfig,
    QMANNConfig,
    QuantumConfig,
    presets_of,
)

from .config import (
    BeatConfig,
    BeatSettings,
    HealthConfig,
    HealthSettings,
    SignalConfig,
    SignalSettings,
)

_STANDARD = HealthSettings(
    quantum=QuantumConfig(n_qubits=4, coupling=0.1),
    hybrid=HybridConfig(validation_fraction=0.3),  # tables are small, and it calibrates
)
_OUTCOME = HealthConfig(split="time", sensitivity=0.85, specificity=0.9)
_REGISTER = QuantumConfig(n_qubits=8, n_blocks=1, coupling=0.1, shots=8192)
_MONITOR = SignalSettings(
    quantum=QuantumConfig(n_qubits=4, n_blocks=4, coupling=0.1),
    classical=ClassicalConfig(controller="reservoir"),
    memory=MemoryConfig(kind="none"),
    hybrid=HybridConfig(validation_fraction=0.2),
)
_BEATS = SignalConfig(intervals=True, window=4)
_COMMON = {
    **presets_of(_STANDARD, fast={}, thorough={"members": 3, "circuit_steps": 20}),
    "hardware": _STANDARD.model_copy(update={"quantum": _REGISTER}),
}

PRESETS: Mapping[str, Mapping[str, QMANNConfig]] = {
    "diagnose": {**_COMMON, "outcome": _STANDARD.model_copy(update={"application": _OUTCOME})},
    "survival": _COMMON,
    "ecg": {
        name: BeatSettings(**{**dict(preset), "application": BeatConfig()})
        for name, preset in _COMMON.items()
    },
    "monitor": {
        **presets_of(_MONITOR, fast={}, thorough={"members": 3}),
        "beats": _MONITOR.model_copy(update={"application": _BEATS}),
    },
}
"""By task."""
