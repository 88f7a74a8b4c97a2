"""Settings of qmann-industrial."""

from qmann_core.config import ApplicationConfig, QMANNConfig


class IndustrialConfig(ApplicationConfig):
    """Histories and tables of sensors."""


class IndustrialSettings(QMANNConfig):
    """QMANNConfig whose application part is IndustrialConfig."""

    application: IndustrialConfig = IndustrialConfig()
