"""Presets: named configurations, and what each is for."""

from collections.abc import Mapping

from qmann_core.config import QMANNConfig

PRESETS: Mapping[str, Mapping[str, QMANNConfig]] = {}
"""By task."""
