"""Settings of qmann-industrial."""

from typing import ClassVar, Literal

from pydantic import Field

from qmann_core.config import ApplicationConfig, ClassicalConfig, QMANNConfig


class IndustrialConfig(ApplicationConfig):
    """Histories and tables of sensors."""


class IndustrialSettings(QMANNConfig):
    """QMANNConfig whose application part is IndustrialConfig."""

    application: IndustrialConfig = IndustrialConfig()


class FaultConfig(IndustrialConfig):
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


class KernelConfig(ClassicalConfig):
    """ClassicalConfig of the family that suits rows whose readouts are solved."""

    controller: Literal["quantum_kernel"] = "quantum_kernel"
    """Fixed circuits as a kernel between rows."""


class FaultSettings(QMANNConfig):
    """QMANNConfig whose application part is FaultConfig."""

    classical: KernelConfig = KernelConfig()
    application: FaultConfig = FaultConfig()
