"""What a report or an answer holds: the one place that knows."""

from typing import Any

from pandas import DataFrame

from qmann_core.tasks import Report


def titled(result: Any) -> list[tuple[str, DataFrame]]:
    """Its tables, each with a title, in the order in which they are shown."""
    if not isinstance(result, Report):
        return list(result.titled)
    evaluation = result.evaluation
    tables = [("Prediction", result.to_frame())]
    if result.evidence is not None:
        tables.append((result.EVIDENCE, result.evidence))
    compared = evaluation.to_frame().reset_index()
    return [*tables, (f"Comparison, {evaluation.extent}", compared)]


def notes(result: Any) -> tuple[str, ...]:
    """What has to be said of it."""
    said: tuple[str, ...] = result.warnings if isinstance(result, Report) else result.notes
    return said
