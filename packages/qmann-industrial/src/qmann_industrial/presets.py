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

from .config import AlarmConfig, AlarmSettings, FaultSettings, HistoryConfig, HistorySettings

_CIRCUITS = QuantumConfig(n_qubits=4, coupling=0.1)
_LIFE = HistorySettings(
    quantum=_CIRCUITS,
    hybrid=HybridConfig(validation_fraction=0.25),  # fewer machines make intervals a lottery
)
_FAULT = FaultSettings(quantum=_CIRCUITS)
_ALARM = AlarmSettings(
    quantum=_CIRCUITS,
    classical=ClassicalConfig(controller="reservoir", decorrelated=True),
    memory=MemoryConfig(kind="none"),
)
_REGISTER = QuantumConfig(n_qubits=8, n_blocks=1, coupling=0.1, shots=8192)


def _rows(most: int) -> HistorySettings:
    return _LIFE.model_copy(update={"application": HistoryConfig(most=most)})


_HISTORIES = {"fast": _rows(400), "standard": _LIFE, "thorough": _rows(2000)}

PRESETS: Mapping[str, Mapping[str, QMANNConfig]] = {
    "rul": _HISTORIES,
    "fleet": _HISTORIES,
    "anomalies": {
        **presets_of(_ALARM, fast={}, thorough={"members": 3}),
        "rows": _ALARM.model_copy(update={"application": AlarmConfig(weight=1, persist=(1, 1))}),
    },
    "fault": {
        **presets_of(_FAULT, fast={}, thorough={"members": 3, "circuit_steps": 20}),
        "hardware": _FAULT.model_copy(update={"quantum": _REGISTER}),
    },
}
"""By task; those of histories differ in how many rows are learned from."""
