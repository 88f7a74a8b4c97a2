"""Presets: named configurations, and what each is for."""

from qmann_core.config import HybridConfig, KernelConfig, QMANNConfig, QuantumConfig

from .config import AutonomousConfig, AutonomousSettings


def _settings(landmarks: int, **application: float | bool) -> AutonomousSettings:
    return AutonomousSettings(
        quantum=QuantumConfig(n_qubits=4, coupling=0.1),
        classical=KernelConfig(landmarks=landmarks),
        hybrid=HybridConfig(validation_fraction=0.25),  # agents that calibrate regions
        application=AutonomousConfig(**application),  # type: ignore[arg-type]
    )


_STANDARD = _settings(512, every=7200)
_REGISTER = QuantumConfig(n_qubits=8, n_blocks=1, coupling=0.1, shots=8192)
PRESETS: dict[str, QMANNConfig] = {
    "standard": _STANDARD,
    "fast": _settings(256, every=7200),
    "thorough": _settings(1024, every=1800),
    "pedestrians": _settings(
        1024, history=2.8, horizon=4.8, step=0.4, every=2.0, moved=0.5, place=False, reach=5
    ),
    "vehicles": _settings(
        1024, history=2, horizon=5, step=0.5, every=1, moved=1, place=False, reach=50
    ),
    "hardware": _STANDARD.model_copy(update={"quantum": _REGISTER}),
}
"""Those of vessels, and two for other agents, whose steps are seconds or less."""
