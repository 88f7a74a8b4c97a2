"""Presets: named configurations, and what each is for."""

from collections.abc import Mapping

from qmann_core.config import HybridConfig, QMANNConfig, QuantumConfig

from .config import HistoryConfig, HistorySettings

_LIFE = HistorySettings(
    quantum=QuantumConfig(n_qubits=4, coupling=0.1),
    hybrid=HybridConfig(validation_fraction=0.25),  # fewer machines make intervals a lottery
)


def _rows(most: int) -> HistorySettings:
    return _LIFE.model_copy(update={"application": HistoryConfig(most=most)})


_COMMON = {"fast": _rows(400), "standard": _LIFE, "thorough": _rows(2000)}

PRESETS: Mapping[str, Mapping[str, QMANNConfig]] = {
    "rul": _COMMON,
    "fleet": _COMMON,
}
"""By task; those of histories differ in how many rows are learned from."""
