"""How good survival curves were, by samples and as a whole."""

import numpy as np
import torch
from jaxtyping import Float

from ..data import Samples
from ..tasks import Outputs, Score
from .brier import brier, integrated
from .calibration import observed_over_expected
from .concordance import harrell, uno
from .cox import slope, survival_at

_STEPS = 61  # times, from 0 to the horizon


def score_survival(
    outputs: Outputs, test: Samples, train: Samples, probabilities: tuple[float, ...]
) -> Score:
    """The integrated Brier score to the horizon, concordance, and calibration.

    Observed over expected is of risks at the horizon, and the slope that of a Cox model with the
    log hazard alone, left out where risks put all in order, which would make it infinite. Coverage
    is how often the time seen, of an event or not, was at least the bound of a level: at least what
    it says.
    """
    del train
    time, event = test.y[:, 0].double().numpy(), test.aux["event"].double().numpy()
    horizon = float(test.aux["horizon"][0])
    at = np.linspace(0, horizon, _STEPS)
    survival = survival_at(outputs, np.tile(at, (len(time), 1)))
    score: dict[str, Float[np.ndarray, " sample"] | float] = {
        "integrated Brier": integrated(brier(time, event, survival, at), at)
    }
    log_hazard = outputs["risk"][:, 0]
    figures = {
        "Harrell C": harrell(time, event, log_hazard),
        "Uno C": uno(time, event, log_hazard, horizon),
        "observed/expected": observed_over_expected(time, event, 1 - survival[:, -1], horizon),
    }
    score |= {name: value for name, value in figures.items() if np.isfinite(value)}
    if 0 < figures["Harrell C"] < 1:
        targets = torch.from_numpy(np.column_stack((time, event)))
        score["slope"] = slope(targets, torch.from_numpy(log_hazard).double().unsqueeze(1))
    for level, bound in zip(probabilities, outputs["at least"].T, strict=True):
        score[f"coverage {100 * level:g}"] = 100.0 * (bound <= time)
    return score
