"""Tracks as the configuration says."""

from typing import Any

from .config import AutonomousConfig
from .tracks import Tracks, demo_tracks, load_tracks


def read_tracks(source: Any, application: AutonomousConfig) -> Tracks:
    """Tracks of a source, or those of the demo."""
    if source is None:
        return demo_tracks(application.demo)
    names = ("agent", "time", "x", "y", "units", "max_gap", "max_speed")
    return load_tracks(source, **{name: getattr(application, name) for name in names})
