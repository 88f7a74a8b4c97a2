"""What a run on materials depends on besides the networks."""

from collections.abc import Mapping
from typing import ClassVar, Literal

from pydantic import Field

from qmann_core.config import ApplicationConfig, KernelConfig, QMANNConfig


class MaterialsConfig(ApplicationConfig):
    """Compositions, the conditions of measurements, and how materials are split."""

    WITHOUT_REFIT: ClassVar[frozenset[str]] = ApplicationConfig.WITHOUT_REFIT | {
        "at",
        "domain",
        "formula_column",
    }

    demo: str = "hardness"
    """Measured alloys used when no file is given: hardness, strength or phase."""
    target: str | None = None
    """Column of the measured values or of the classes; see ``load_materials`` for the default."""
    formula_column: str | None = None
    """Column of the formulas."""
    conditions: tuple[str, ...] = ()
    """Columns of numbers or words that are learned from beside the formula, as temperature,process;
    rows of one formula under different conditions are different measurements."""
    at: tuple[str, ...] = ()
    """Conditions of all rows that do not say, as temperature=600,process=CAST; those that were most
    frequent at the fit where left out."""
    unit: str = ""
    """Unit of the measured values."""
    split: Literal["random", "family", "cluster", "given"] = "random"
    """What is tested on: random materials, whole families (the same elements), one of ten clusters
    of like compositions after the other, or as a column fold or split says."""
    folds: bool = False
    """Whether each random material or family is tested once, in folds, rather than one part."""
    test_fraction: float = Field(default=0.2, gt=0, le=0.5)
    """Part that is tested on, in one fold or in each."""
    split_seed: int = Field(default=0, ge=0, le=2**63 - 1)
    """Seed of the split alone."""
    domain: float = Field(default=0.5, ge=0, le=1)
    """Least fidelity of the composition with that of a known material, at which a prediction is
    inside the domain; one with an element that no known material has is outside."""
    columns: Mapping[str, tuple[str, ...] | None] | None = None
    """Settled by the fit: each condition with its words, or null if it holds numbers."""
    gaps: tuple[str, ...] = ()
    """Settled by the fit: conditions that were missing in some rows, which is told apart."""
    usual: tuple[str, ...] = ()
    """Settled by the fit: the most frequent value of each condition, as temperature=25."""
    words: tuple[str, ...] = ()
    """Settled by the fit: the classes."""
    shares: tuple[float, ...] = ()
    """Settled by the fit: the share of each of them."""


class MaterialsSettings(QMANNConfig):
    """QMANNConfig whose application part is MaterialsConfig."""

    classical: KernelConfig = KernelConfig()
    application: MaterialsConfig = MaterialsConfig()
