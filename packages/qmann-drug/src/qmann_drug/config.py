"""What a run on molecules depends on besides the networks."""

from typing import ClassVar, Literal

from pydantic import Field

from qmann_core.config import ApplicationConfig, KernelConfig, QMANNConfig


class DrugConfig(ApplicationConfig):
    """Molecules, how they are split, and what counts as known chemistry."""

    WITHOUT_REFIT: ClassVar[frozenset[str]] = ApplicationConfig.WITHOUT_REFIT | {
        "smiles_column",
        "domain",
    }

    demo: str = "solubility"
    """Real molecules used when no file is given: solubility, hydration, affinity or activity."""
    target: str | None = None
    """Column of the measured values; see ``load_molecules`` for the default."""
    threshold: float | None = Field(default=None, ge=-1e12, le=1e12)
    """Measured values from here on are class 1, active, and those below class 0."""
    smiles_column: str | None = None
    """Column of the structures."""
    unit: str = ""
    """Unit of the measured values."""
    standardise: bool = True
    """Strip salts and charges."""
    tautomers: bool = False
    """Bring tautomers to one form too."""
    split: Literal["random", "scaffold", "time", "given"] = "scaffold"
    """What is tested on: rare scaffolds, random or the newest molecules, or what the data say."""
    test_fraction: float = Field(default=0.1, gt=0, lt=1)
    """Part that is tested on, unless the data say."""
    split_seed: int = Field(default=0, ge=0, le=2**63 - 1)
    """Seed of the split alone."""
    domain: float = Field(default=0.3, ge=0, le=1)
    """Least Tanimoto similarity to a known molecule at which a prediction is inside the domain."""


class DrugSettings(QMANNConfig):
    """QMANNConfig whose application part is DrugConfig."""

    classical: KernelConfig = KernelConfig()
    application: DrugConfig = DrugConfig()
