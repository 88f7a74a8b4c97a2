"""The card that travels with a saved model."""

from ..config import QMANNConfig
from .evaluation import Evaluation


def card(
    task: str, summary: str, evaluation: Evaluation, config: QMANNConfig, n_kept: int = 0
) -> str:
    """What the model is, how it did out of sample, and what may not be concluded.

    Args:
        task: its name.
        summary: what it is about.
        evaluation: how it did.
        config: of the fit.
        n_kept: rows of the fit that the saved model holds.
    """
    together, kept = config.memory.together, ""
    if n_kept:
        kept = (
            f"The file holds the features and targets of the {n_kept} rows that it was fitted to: "
            "whoever has it can read them."
        )
    elif together > 1:
        kept = (
            f"The file holds no row that it was fitted to, but means of {together} or more, which "
            "tell little of one and promise nothing (no differential privacy)."
        )
    table = evaluation.to_frame()
    header = ["model", *table.columns]
    rows = [[str(name), *map(_cell, row)] for name, *row in table.itertuples(name=None)]
    lines = ["| " + " | ".join(row) + " |" for row in [header, ["---"] * len(header), *rows]]
    extent = evaluation.extent
    period = (
        f"{extent[0].upper()}{extent[1:]}. "
        f"Paired tests compare {evaluation.primary!r}; p-values carry Holm's correction."
    )
    settings = config.model_dump_json(indent=1)
    return "\n".join(
        [
            f"# {task}: {evaluation.model} model",
            "",
            summary + ". Circuits are simulated.",
            "",
            period,
            "",
            *lines,
            "",
            *(line for text in _said(evaluation) for line in (text, "")),
            *((kept, "") if kept else ()),
            "## Configuration",
            "",
            "```json",
            settings,
            "```",
            "",
        ]
    )


def _said(evaluation: Evaluation) -> tuple[str, ...]:
    """What to know before anything is concluded from it, if there is any."""
    told = (evaluation.advice, evaluation.verdict, *evaluation.short, *evaluation.carried)
    return tuple(text for text in told if text)


def _cell(value: object) -> str:
    if isinstance(value, float):
        return "" if value != value else f"{value:.4g}"
    return "" if str(value) == "<NA>" else str(value)
