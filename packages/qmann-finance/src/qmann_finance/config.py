"""What a run on prices depends on besides the networks."""

from typing import ClassVar

from pydantic import Field

from qmann_core.config import ApplicationConfig, QMANNConfig


class FinanceConfig(ApplicationConfig):
    """Prices, horizon and evaluation."""

    WITHOUT_REFIT: ClassVar[frozenset[str]] = ApplicationConfig.WITHOUT_REFIT | {
        "tickers",
        "demo",
        "max_gap_days",
        "min_rows",
        "strict",
    }

    level: tuple[float, ...] = Field(default=(80.0, 95.0), max_length=20)
    """Levels of intervals, or of values at risk, in percent, as 80,95."""
    horizon: int = Field(default=5, ge=1, le=60)
    """Business days ahead."""
    window: int = Field(default=10, ge=2, le=250)
    """Days that are read before each forecast, or compared."""
    test_days: int = Field(default=1258, ge=50, le=10**6)
    """Latest days that the walk-forward evaluation tests on; at most a third of the history."""
    refit_every: int = Field(default=250, ge=1, le=10**6)
    """Test days between two refits of every model."""
    min_rows: int = Field(default=500, ge=100, le=10**6)
    """Fewest rows that a series must have."""
    max_gap_days: int = Field(default=10, ge=1, le=10**6)
    """Longest gap between two rows, in calendar days."""
    tickers: tuple[str, ...] | None = None
    """Series to use; all unless given."""
    strict: bool = False
    """Refuse prices that stand newest first, repeat or are missing, rather than mend them."""
    demo: str = "sp500"
    """Real prices used when no file is given: sp500, nasdaq, wti or stocks."""


class FinanceSettings(QMANNConfig):
    """QMANNConfig whose application part is FinanceConfig."""

    application: FinanceConfig = FinanceConfig()
