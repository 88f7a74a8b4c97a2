"""What a run on patients or their signals depends on besides the networks."""

from collections.abc import Mapping
from typing import Annotated, ClassVar, Literal

from pydantic import Field

from qmann_core.config import ApplicationConfig, KernelConfig, QMANNConfig
from qmann_core.errors import ConfigError


class HealthConfig(ApplicationConfig):
    """Tables of patients: what their columns are, and how they are split."""

    WITHOUT_REFIT: ClassVar[frozenset[str]] = ApplicationConfig.WITHOUT_REFIT | {
        "identifier",
        "threshold",
    }

    target: str | None = None
    """Column of the outcome, or column=word where that is to say which word means the event; one of
    three or more words is of as many classes."""
    identifier: str | None = None
    """Column that says which rows are of one patient; by default one that is called so."""
    covariates: tuple[str, ...] = ()
    """Columns to learn from; all others when left out."""
    log1p: tuple[str, ...] = ()
    """Columns read as log(1 + x). None may be negative; it suits those with long tails."""
    time: str | None = None
    """Column of the day or number by which a split in time goes; of survival, column of durations,
    such as days from entry to the event or the end of observation."""
    event: str | None = None
    """Column that says whether the event came at that time, or column=word that means it."""
    horizon: float | None = Field(default=None, gt=0)
    """When risks of survival are told, in units of the times; median follow-up when left out."""
    split: Literal["random", "folds", "time", "given"] = "random"
    """What is tested on: random patients, each once in folds, the latest rows, of which a patient
    may have earlier ones too, or as a column split says."""
    test_fraction: float = Field(default=0.2, gt=0, le=0.5)
    """Part that is tested on, in one fold or in each; a given split has its own."""
    split_seed: int = Field(default=0, ge=0, le=2**63 - 1)
    """Seed of the split alone."""
    threshold: float = Field(default=0.5, gt=0, lt=1)
    """Probability from which on a patient is counted as an event."""
    sensitivity: float | None = Field(default=None, gt=0, le=1)
    """Sensitivity asked for: the report says from which probability on it is reached."""
    specificity: float | None = Field(default=None, gt=0, le=1)
    """Specificity asked for there."""
    columns: Mapping[str, tuple[str, ...] | None] | None = None
    """Settled by the fit: each column that is read, with its words, or null if it holds numbers."""
    gaps: tuple[str, ...] = ()
    """Settled by the fit: columns in which values were missing, which is told apart."""
    words: tuple[str, ...] = ()
    """Settled by the fit: what a patient without the event is called, and one with it; or each of
    several classes."""
    shares: tuple[float, ...] = ()
    """Settled by the fit: the share of each of these among the patients of the fit."""

    def refuse(self, task: str, *names: str) -> None:
        """Say of settings that a task of this package does not have that they were given.

        Raises:
            ConfigError: see above.
        """
        fields = type(self).model_fields
        if given := [name for name in names if getattr(self, name) != fields[name].default]:
            raise ConfigError(f"got {', '.join(given)}, which {task} has not: leave out")


class HealthSettings(QMANNConfig):
    """QMANNConfig whose application part is HealthConfig."""

    classical: KernelConfig = KernelConfig()
    application: HealthConfig = HealthConfig()


class BeatConfig(ApplicationConfig):
    """Labelled beats: where they are, and how they are split."""

    WITHOUT_REFIT: ClassVar[frozenset[str]] = ApplicationConfig.WITHOUT_REFIT | {
        "target",
        "identifier",
        "test",
        "column",
    }

    target: str | None = None
    """Column of the labels; by default one called label, class, target or the like."""
    identifier: str | None = None
    """Column that says which beats are of one patient; by default one that is called so."""
    test: str | None = None
    """File of beats that are tested on; by default that whose name has TEST for TRAIN."""
    column: str | None = None
    """Channel of a recording; by default lead II, or one called ECG."""
    before: float = Field(default=0.25, gt=0, le=5)
    """Seconds of a recording before each R peak."""
    after: float = Field(default=0.45, gt=0, le=5)
    """Seconds after it."""
    split: Literal["random", "folds"] = "random"
    """What is tested on where there is no such file: random beats, or each once in folds; of
    several patients, these."""
    test_fraction: float = Field(default=0.2, gt=0, le=0.5)
    """Part that is tested on, in one fold or in each."""
    split_seed: int = Field(default=0, ge=0, le=2**63 - 1)
    """Seed of the split alone."""
    words: tuple[str, ...] = ()
    """Settled by the fit: the labels."""
    shares: tuple[float, ...] = ()
    """Settled by the fit: the share of each of these among the beats of the fit."""


class BeatSettings(QMANNConfig):
    """QMANNConfig whose application part is BeatConfig."""

    classical: KernelConfig = KernelConfig()
    application: BeatConfig = BeatConfig()


class SignalConfig(ApplicationConfig):
    """A signal, what of it is taken for normal, and how rare false alarms are."""

    WITHOUT_REFIT: ClassVar[frozenset[str]] = ApplicationConfig.WITHOUT_REFIT | {
        "rate",
        "column",
        "normal",
    }

    rate: float | None = Field(default=None, gt=0, le=1e9)
    """Samples per second; by default as a column of times or the recording says."""
    column: str | None = None
    """Column of the signal, or channel of a recording, where there are several."""
    normal: int | None = Field(default=None, ge=1, le=10**9)
    """Samples, or intervals, at the start that are taken for normal; by default a fifth."""
    intervals: bool = False
    """Watch the RR intervals of an ECG, in seconds, in place of its samples."""
    window: int = Field(default=32, ge=3, le=10**4)
    """Samples from which the next one is predicted; alarms that are no further apart are one."""
    level: tuple[Annotated[float, Field(ge=90, lt=100)]] = (99.99,)
    """Normal samples in percent that raise no alarm: 99.99 is one false alarm in 10,000."""


class SignalSettings(QMANNConfig):
    """QMANNConfig whose application part is SignalConfig."""

    application: SignalConfig = SignalConfig()
