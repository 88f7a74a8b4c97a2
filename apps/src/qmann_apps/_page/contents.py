"""What a result holds, in the order in which it is shown."""

from pandas import DataFrame

from qmann_core.tasks import Report, Result


def titled(result: Result) -> list[tuple[str, DataFrame]]:
    """Its tables, each with a title; of a report, also the comparison."""
    if not isinstance(result, Report):
        return list(result.titled)
    (_, table), *others = result.titled
    evaluation = result.evaluation
    compared = evaluation.to_frame().reset_index()
    return [("Prediction", table), *others, (f"Comparison, {evaluation.extent}", compared)]
