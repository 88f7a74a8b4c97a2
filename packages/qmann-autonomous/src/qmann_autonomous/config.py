"""What a run on tracks depends on besides the networks."""

from typing import ClassVar, Literal

from pydantic import Field, model_validator

from qmann_core.config import ApplicationConfig, KernelConfig, QMANNConfig


class AutonomousConfig(ApplicationConfig):
    """Windows of tracks, how far ahead, and how agents are split."""

    WITHOUT_REFIT: ClassVar[frozenset[str]] = ApplicationConfig.WITHOUT_REFIT | {
        *("agent", "time", "x", "y", "units", "max_gap", "max_speed", "modes")
    }

    demo: Literal["harbor", "coast", "beach"] = "harbor"
    """Vessels used when no file is given: New York, all coasts of the US, or Virginia Beach."""
    agent: str | None = None
    """Column that says who; by default one called agent, id, track_id, mmsi or the like."""
    time: str | None = None
    """Column that says when, in dates or seconds."""
    x: str | None = None
    """Column of x or of the longitude."""
    y: str | None = None
    """Column of y or of the latitude."""
    history: float = Field(default=600.0, gt=0)
    """Seconds that are looked back on."""
    horizon: float = Field(default=600.0, gt=0)
    """Seconds that are looked ahead."""
    step: float = Field(default=60.0, gt=0)
    """Seconds between predicted positions."""
    every: float = Field(default=300.0, gt=0)
    """Seconds between windows that are learned from."""
    moved: float = Field(default=200.0, ge=0)
    """Least metres from the first to the last position of a window's past."""
    offset: Literal["velocity", "speed", "none"] = "velocity"
    """What circuits correct: constant velocity, of the last step, its speed alone, or no motion."""
    modes: int = Field(default=1, ge=1, le=20)
    """K, how many paths of each agent are told; see `stand_ins`."""
    place: bool = True
    """Whether the place is an input: only where what is asked is where the model has learned."""
    neighbours: int = Field(default=0, ge=0, le=20)
    """How many of the nearest other agents are inputs."""
    reach: float = Field(default=2000.0, gt=0)
    """Metres within which they count."""
    test_fraction: float = Field(default=0.25, gt=0, le=0.5)
    """Part of the agents that is tested on."""
    folds: bool = False
    """Whether each agent is tested once, in folds, rather than one part."""
    split_seed: int = Field(default=0, ge=0, le=2**63 - 1)
    """Seed of the split alone."""

    units: str | None = None
    """Units that columns do not say, as "ft km/h"; see ``load_tracks``."""
    max_gap: float | None = Field(default=None, gt=0)
    """Longest time in s between two positions of one piece of a track."""
    max_speed: float | None = Field(default=None, gt=0)
    """Highest speed in m/s; what needs more is a jump."""
    origin: tuple[float, float] | None = None
    """Settled by the fit: longitude and latitude of x = y = 0, where there are any."""
    area: tuple[float, float, float, float] | None = None
    """Settled by the fit: least x and y, and most, in m, of what was learned from."""

    @model_validator(mode="after")
    def _steps(self) -> "AutonomousConfig":
        for name in ("history", "horizon"):
            if (seconds := getattr(self, name)) < 2 * self.step:
                raise ValueError(f"got {name} {seconds:g} s: expected two steps of {self.step:g} s")
        return self


class AutonomousSettings(QMANNConfig):
    """QMANNConfig whose application part is AutonomousConfig."""

    classical: KernelConfig = KernelConfig()
    application: AutonomousConfig = AutonomousConfig()
