"""Tracks: where agents were, in metres and seconds."""

from dataclasses import dataclass

from pandas import DataFrame, Timestamp


@dataclass(frozen=True, eq=False)
class Tracks:
    """Positions of agents over time, checked by ``load_tracks``."""

    table: DataFrame
    """Sorted by agent and time: agent (text), piece (whole number, unique in the file: a part of an
    agent's track without a gap), time (s), x and y (m, to the east and north where there is an
    origin); and where the source says them, speed (m/s), length and width (m), kind (text), lane
    (text)."""
    source: str
    """File or demo that they come from."""
    notes: tuple[str, ...] = ()
    """What a reader of any result must know about the data."""
    origin: tuple[float, float] | None = None
    """Longitude and latitude in degrees of x = y = 0; None where positions came in metres."""
    start: Timestamp | None = None
    """When time is 0, in UTC; None where the source counts seconds."""
    step: float = 1.0
    """Seconds between positions: the median."""

    def to_frame(self) -> DataFrame:
        """A row for each agent: first and last time, positions, pieces, metres travelled."""
        steps = self.table.groupby("piece")[["x", "y"]].diff()
        way = self.table.assign(metres=(steps["x"] ** 2 + steps["y"] ** 2) ** 0.5)
        by = way.groupby("agent", sort=False)
        told = by.agg(
            first=("time", "min"),
            last=("time", "max"),
            positions=("time", "size"),
            pieces=("piece", "nunique"),
            metres=("metres", "sum"),
        )
        return told.reset_index()
