"""Settings of qmann-industrial."""

from typing import Annotated, ClassVar, Literal

from pydantic import Field

from qmann_core.config import ApplicationConfig, KernelConfig, QMANNConfig


class HistoryConfig(ApplicationConfig):
    """Histories of machines: what their columns are, what is read of them, and how far ahead."""

    WITHOUT_REFIT: ClassVar[frozenset[str]] = ApplicationConfig.WITHOUT_REFIT | {
        *("unit", "time", "failed", "running")
    }

    unit: str | None = None
    """Column that says which machine a row is of; by default one that is called so."""
    time: str | None = None
    """Column of cycles, hours or dates; by default one that is called so."""
    failed: str | None = None
    """Column that says whether a machine failed at its end, 1 or 0; without any, all did."""
    running: str | None = None
    """A file of machines that are still running, which are asked for; see ``load_histories``."""
    cap: float = Field(default=125, gt=0)
    """Most remaining life that is told apart, in the unit of the times."""
    horizon: float = Field(default=30, gt=0)
    """Of a fleet, within how long a failure counts, in the unit of the times."""
    windows: tuple[int, int] = (10, 30)
    """Rows that the short and the long moving mean of a sensor go over, each up to a row."""
    most: int = Field(default=800, ge=50, le=10**6)
    """Rows to learn from, all machines together; of more, so many are drawn, evenly."""
    split: Literal["random", "folds"] = "random"
    """What is tested on: random machines, or each machine once, in folds."""
    test_fraction: float = Field(default=0.2, gt=0, le=0.5)
    """Part of the machines that is tested on, in one fold or in each."""
    split_seed: int = Field(default=0, ge=0, le=2**63 - 1)
    """Seed of the split, and of the rows that are drawn to learn from."""
    level: tuple[float, ...] = Field(default=(80.0, 90.0), max_length=20)
    """Levels of the intervals in percent, as 80,90."""
    sensors: tuple[str, ...] = ()
    """Settled by the fit: the columns that are read."""
    simulated: bool = False
    """Settled by the fit: whether the machines that it learned from are simulated."""


class HistorySettings(QMANNConfig):
    """QMANNConfig whose application part is HistoryConfig."""

    classical: KernelConfig = KernelConfig()
    application: HistoryConfig = HistoryConfig()


class FaultConfig(ApplicationConfig):
    """Tables of sensors whose faults are known, and how they are split."""

    WITHOUT_REFIT: ClassVar[frozenset[str]] = ApplicationConfig.WITHOUT_REFIT | {
        "run",
        "time",
        "unknown_rate",
    }

    target: str | None = None
    """Column of the faults; by default one called fault, class or the like. Normal operation is a
    word there as any other, and nothing stands where the fault is asked for."""
    run: str | None = None
    """Column that says which rows are of one run or machine; by default one that is called so."""
    time: str | None = None
    """Column that increases within a run; by default one called time, date, cycle or row."""
    sensors: tuple[str, ...] = ()
    """Columns that are read; all others with numbers when left out. Settled by the fit."""
    window: int = Field(default=20, ge=1, le=10**4)
    """Rows that are told a fault of together; 1 for each row alone."""
    step: int | None = Field(default=None, ge=1, le=10**4)
    """Rows from one window to the next; by default half a window."""
    block: int = Field(default=100, ge=1, le=10**6)
    """Rows of a run that folds do not part, where faults have too few runs to part these."""
    unknown_rate: float = Field(default=0.02, gt=0, lt=1)
    """Share of windows like those learned from that may be called unknown."""
    test_fraction: float = Field(default=0.2, gt=0, le=0.5)
    """Part of the runs or blocks that is tested on."""
    split_seed: int = Field(default=0, ge=0, le=2**63 - 1)
    """Seed of the split alone."""
    words: tuple[str, ...] = ()
    """Settled by the fit: what faults are called."""

    @property
    def is_settled(self) -> bool:
        """Whether a fit has settled what is read."""
        return bool(self.words)


class FaultSettings(QMANNConfig):
    """QMANNConfig whose application part is FaultConfig."""

    classical: KernelConfig = KernelConfig()
    application: FaultConfig = FaultConfig()


class AlarmConfig(ApplicationConfig):
    """Tables of sensors that are watched, what of them is normal, and when an alarm is raised."""

    WITHOUT_REFIT: ClassVar[frozenset[str]] = ApplicationConfig.WITHOUT_REFIT | {
        *("target", "run", "time", "normal", "persist")
    }

    target: str | None = None
    """Column that marks anomalies, of which nothing is learned; by default one called fault, label
    or the like. Normal, no, false, 0 and nothing mark none."""
    run: str | None = None
    """Column that says which rows are of one run or machine; by default one that is called so."""
    time: str | None = None
    """Column that increases within a run; by default one called time, date, cycle or row."""
    sensors: tuple[str, ...] = ()
    """Columns that are read; all others with numbers when left out. Settled by the fit."""
    normal: int | None = Field(default=None, ge=1, le=10**9)
    """Rows at the start, run after run, that are normal operation, from which it learns; by default
    those before the first that is marked, or half of them where none is."""
    block: int = Field(default=100, ge=10, le=10**5)
    """Rows in a row that folds do not part."""
    level: tuple[Annotated[float, Field(ge=50, lt=100)]] = (98.0,)
    """Normal rows in percent that are within the limit: 98 is a false one in 50."""
    weight: float = Field(default=0.2, gt=0, le=1)
    """Of the newest row in the exponentially weighted means of the sensors; 1 for rows alone."""
    persist: tuple[int, int] = (6, 6)
    """An alarm is raised when so many of so many rows in a row are over the limit, and ends when
    none of so many is."""
    split_seed: int = Field(default=0, ge=0, le=2**63 - 1)
    """Seed of the folds, and of the faults that are injected."""
    usual: tuple[float, ...] = ()
    """Settled by the fit: the mean of each sensor in normal operation."""
    still: tuple[int, ...] = ()
    """Settled by the fit: most rows in a row of each sensor there with one and the same reading."""
    step: float = 0.0
    """Settled by the fit: the usual time from a row to the next there, in seconds where times are
    dates; 0 where there are none."""

    @property
    def is_settled(self) -> bool:
        """Whether a fit has settled what is read."""
        return bool(self.usual)


class AlarmSettings(QMANNConfig):
    """QMANNConfig whose application part is AlarmConfig."""

    application: AlarmConfig = AlarmConfig()
