"""What a monitor says."""

from dataclasses import asdict, dataclass
from typing import Any


@dataclass(frozen=True, kw_only=True)
class Event:
    """What there is to say of a row: that an alarm is raised, or ends, or something with the data.

    kind is

    - "alarm", raised: ``since`` which row, ``height`` over the limit so far, and sensors;
    - "end" of an alarm: its onset and its last row over the limit (since, until), its greatest
      height, and the sensors of its beginning: what a report says of it;
    - "no data", more than half of the sensors missing, and "data again";
    - "gap", "out of order" (a time that repeats or goes back: rows are dropped), "in order" again;
    - "stale", sensors that stand still longer than they ever did in normal operation;
    - "schema", columns that are gone, new or text; "file", that it was replaced or truncated;
    - "silent", no row for some time; "shift", what is usual was moved, as told.
    """

    number: int
    """Counted from 1 without gaps, and the same where an event is given again after a kill."""
    kind: str
    run: str = ""
    row: int
    """Of the stream, from 1."""
    when: str = ""
    since: str = ""
    until: str = ""
    height: float | None = None
    sensors: str = ""
    detail: str = ""

    def to_dict(self) -> dict[str, Any]:
        """What there is, ready for JSON."""
        return {name: value for name, value in asdict(self).items() if value not in ("", None)}

    def __str__(self) -> str:
        since = f"{self.since} to {self.until}" if self.until else f"since {self.since}"
        parts = (
            self.kind.upper() if self.kind == "alarm" else self.kind,
            since if self.since else "",
            "" if self.height is None else f"{self.height:.2f} times the limit",
            self.sensors,
            self.detail,
        )
        where = f"{self.run} {self.when}".strip() or f"row {self.row}"
        return f"{where}: {', '.join(filter(None, parts))}"
