"""What a run on vital signs depends on besides the networks."""

from typing import Annotated, ClassVar

from pydantic import Field

from qmann_core.config import ApplicationConfig, QMANNConfig


class SignalConfig(ApplicationConfig):
    """A signal, what of it is taken for normal, and how rare false alarms are."""

    WITHOUT_REFIT: ClassVar[frozenset[str]] = ApplicationConfig.WITHOUT_REFIT | {
        "rate",
        "column",
        "normal",
    }

    rate: float | None = Field(default=None, gt=0, le=1e9)
    """Samples per second; by default as a column of times says."""
    column: str | None = None
    """Column of the signal, where there are several of numbers."""
    normal: int | None = Field(default=None, ge=1, le=10**9)
    """Samples at the start that are taken for normal and learned from; by default a fifth."""
    window: int = Field(default=32, ge=3, le=10**4)
    """Samples from which the next one is predicted; alarms that are no further apart are one."""
    level: tuple[Annotated[float, Field(ge=90, lt=100)]] = (99.99,)
    """Normal samples in percent that raise no alarm: 99.99 is one false alarm in 10,000."""


class SignalSettings(QMANNConfig):
    """QMANNConfig whose application part is SignalConfig."""

    application: SignalConfig = SignalConfig()

NOT_A_DEVICE = "Research use, not a medical device."
