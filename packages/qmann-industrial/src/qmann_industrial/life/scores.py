"""How far answers are from remaining lives."""

import numpy as np
from jaxtyping import Float

from qmann_core.data import Samples
from qmann_core.nn import Regression
from qmann_core.tasks import Outputs, Score, score_regression


class RemainingLife(Regression):
    """`Regression`, whose intervals are calibrated where the remaining life is below the cap.

    Beyond it, where a machine is young, answers and truth are the cap, and no error is large: with
    these rows, intervals were too narrow for machines that are near their end.
    """

    def nonconformity(
        self, outputs: Outputs, samples: Samples
    ) -> Float[np.ndarray, "sample score"]:
        """That of `Intervals`; none beyond the cap, unless all is."""
        scores = super().nonconformity(outputs, samples)
        beyond = (samples.aux["left"] > samples.y[:, 0]).numpy()
        return scores if beyond.all() else np.where(beyond[:, None], np.nan, scores)


def within(outputs: Outputs, cap: float) -> Outputs:
    """The same with remaining lives and their intervals in [0, cap]."""
    clipped = {name: outputs[name].clip(0, cap) for name in ("location", "quantiles")}
    return {**outputs, **clipped}


def nasa_score(late: Float[np.ndarray, " unit"]) -> Float[np.ndarray, " unit"]:
    """exp(-d / 13) - 1 of answers that are d cycles early (d < 0), exp(d / 10) - 1 of late ones.

    The score of the PHM 2008 challenge is their sum (Saxena et al. 2008,
    doi:10.1109/PHM.2008.4711414, eq. 11).

    Args:
        late: answer less truth.
    """
    return np.asarray(np.expm1(np.where(late < 0, -late / 13, late / 10)))


def score_life(
    outputs: Outputs, test: Samples, train: Samples, probabilities: tuple[float, ...]
) -> Score:
    """`score_regression` of what is at most the cap, and two figures of one age a machine.

    "RMSE last" and "NASA last", the mean of `nasa_score`, are those of one drawn row of each
    machine, as if it were its last one, as machines in use are asked for.
    """
    outputs = within(outputs, float(train.y.max()))
    found = dict(score_regression(outputs, test, train, probabilities))
    drawn = test.aux["drawn"].numpy() > 0
    if drawn.any():
        late = (outputs["location"] - test.y.numpy())[drawn, 0]
        found["RMSE last"] = float(np.sqrt(np.square(late).mean()))
        found["NASA last"] = float(nasa_score(late).mean())
    return found
