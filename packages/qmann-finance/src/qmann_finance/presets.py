"""Presets: named configurations, and what each is for."""

from qmann_core.config import ClassicalConfig, HybridConfig, QuantumConfig, presets_of

from .config import FinanceConfig, FinanceSettings

_QUANTUM = QuantumConfig(n_qubits=4, n_layers=2, n_blocks=6)
_TWO_REGISTERS = QuantumConfig(n_qubits=5, n_blocks=2, shots=8192)
_NETWORK = ClassicalConfig(controller="reservoir", hidden_size=4)
_TRAINING = HybridConfig(
    epochs=12,
    refit_epochs=6,
    samples_per_epoch=8192,  # every day of one series, a sample of those of many
    batch_size=256,
    learning_rate=1e-2,
    quantum_learning_rate=2e-2,
)


def _presets(application: FinanceConfig) -> dict[str, FinanceSettings]:
    standard = FinanceSettings(
        quantum=_QUANTUM, classical=_NETWORK, hybrid=_TRAINING, application=application
    )
    fast = {"epochs": 6, "refit_epochs": 3}
    thorough = {"members": 3, "epochs": 16, "refit_epochs": 8, "circuit_steps": 20}
    hardware = standard.model_copy(update={"quantum": _TWO_REGISTERS})
    return {**presets_of(standard, fast=fast, thorough=thorough), "hardware": hardware}


# Returns of several days overlap, so that one event moves the intervals on as many days: smaller
# steps and more scores lose less, by the pinball loss on days before all test days.
FORECAST_PRESETS = _presets(FinanceConfig(calibration_window=1000, calibration_rate=1e-3))
# Tails need many scores, which a law continues; steps this small right their level over years, and
# leave no value at risk of four sigma after a few losses.
VOLATILITY_PRESETS = _presets(
    FinanceConfig(
        horizon=1,
        level=(95.0, 99.0),
        window=16,
        calibration_window=2000,
        calibration_rate=1e-3,
    )
)
