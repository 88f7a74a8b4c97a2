"""How every model of a task did out of sample."""

from collections.abc import Mapping
from dataclasses import asdict, dataclass, field
from typing import Any

import pandas as pd
from pydantic import TypeAdapter

from ..evaluation import Comparison
from ..evaluation.contribution import Contribution

CLOSED_FORM = "closed-form start"
"""A network whose training never improved on where it starts, which is a linear model."""


@dataclass(frozen=True)
class Evaluation:
    """An out-of-sample comparison of the model, its classical twin and the baselines."""

    scores: Mapping[str, Mapping[str, float]]
    """Model name -> metric -> mean over the test samples."""
    primary: str
    """The metric of the paired tests."""
    comparisons: tuple[Comparison, ...]
    """Paired tests of the model against every other."""
    verdict: str
    """What the tests allow to say, in one sentence or two."""
    parameters: Mapping[str, int]
    """Trainable parameters of the networks."""
    seconds: Mapping[str, float]
    """Seconds of training, all refits together."""
    start: str | None
    """First test date; None for data without dates, and for independent folds."""
    end: str | None
    """Last test date."""
    n_test: int
    """Test samples."""
    n_refits: int
    """How often every model was refitted."""
    circuits: Mapping[str, Contribution] = field(default_factory=dict)
    """What the circuits did in each network that has any."""

    @property
    def model(self) -> str:
        """Name of the model that is compared with every other."""
        return self.comparisons[0].reference

    @property
    def carried(self) -> str:
        """What the circuits did, in a sentence for each network that has any."""
        return " ".join(
            f"Circuits carry {each.share:.2%} of what {name} answers: with those of another sample "
            f"in their place, its loss rises by {each.rise:.3g}{_price(each)}. No linear function "
            f"of its inputs explains {each.nonlinear:.1%} of how its answers vary."
            for name, each in self.circuits.items()
        )

    @property
    def extent(self) -> str:
        """What was tested, for a heading."""
        if self.start is None:
            folds = f" in {self.n_refits} folds" if self.n_refits > 1 else ""
            return f"out of sample: {self.n_test} held-out samples{folds}"
        refits = "refit" if self.n_refits == 1 else "refits"
        return (
            f"out of sample from {self.start} to {self.end}: {self.n_test} predictions, "
            f"{self.n_refits} {refits}, each trained only on the past"
        )

    def to_frame(self) -> pd.DataFrame:
        """One row per model: metrics, p-value against the first, what circuits carry, and costs."""
        frame = pd.DataFrame.from_dict({k: dict(v) for k, v in self.scores.items()}, orient="index")
        frame["p-value"] = pd.Series({c.rival: c.adjusted for c in self.comparisons}, dtype=float)
        shares = {name: 100 * each.share for name, each in self.circuits.items()}
        frame["circuits %"] = pd.Series(shares, dtype=float)
        frame["parameters"] = pd.Series(dict(self.parameters), dtype="Int64")
        frame["training s"] = pd.Series(dict(self.seconds), dtype=float)
        frame.index.name = "model"
        return frame

    def to_dict(self) -> dict[str, Any]:
        return asdict(self)

    @staticmethod
    def from_dict(values: Mapping[str, Any]) -> "Evaluation":
        return TypeAdapter(Evaluation).validate_python(values)


def _price(circuits: Contribution) -> str:
    if circuits.entangled is None:
        return ""
    return f", and without entanglement by {circuits.entangled:.2g}"
