"""What a run on tracks depends on besides the networks."""

from qmann_core.config import ApplicationConfig, KernelConfig, QMANNConfig


class AutonomousConfig(ApplicationConfig):
    """Horizons, windows, and how agents are split."""


class AutonomousSettings(QMANNConfig):
    """QMANNConfig whose application part is AutonomousConfig."""

    classical: KernelConfig = KernelConfig()
    application: AutonomousConfig = AutonomousConfig()
