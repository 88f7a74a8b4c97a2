"""How like today remembered days are, with and without the level of what is predicted.

    uv run python tests/benchmarks/evidence_quality.py [volatility] [forecast]

Of each day of the last five years of the S&P 500, the five days that weigh most in the memory of
the first fit: the rank correlation of what followed them (mean squared return, or absolute change
over the horizon) with what followed the day, and by what factor the model's sigma on them differs.
"""

import sys
from unittest.mock import patch

import numpy as np
import torch
from scipy.stats import spearmanr

from qmann_core.tasks.assessment import Assessment
from qmann_core.tasks.walk import Members
from qmann_finance import TASKS
from qmann_finance.heads import LogVariance, PathScale

CASES = 5


def main() -> None:
    torch.set_num_threads(1)
    for name in sys.argv[1:] or TASKS:
        for label, sized in (("with the level", True), ("blind to it", False)):
            kind = LogVariance if name == "volatility" else PathScale
            with patch.object(kind, "sized", sized):
                found, factor = measured(name)
            spread = (
                f"{np.median(factor):.2f} in the middle, {np.quantile(factor, 0.95):.2f} at 95 %"
            )
            print(f"{name:<11}{label:<15} rank correlation {found:.3f}, sigma times {spread}")


@torch.no_grad()
def measured(name):
    task = TASKS[name]
    config = task.configured("standard")
    assessment = Assessment(task, task.demo(config.application), config)
    folds = assessment.folds
    train, test = assessment.known[folds[0].train], assessment.test
    members = Members(task.head, config, None, folds)
    members.first_fit(train)
    [network] = members.refit(train)
    network.remember(train)
    rows = network.recalled(test, CASES).row.numpy()
    y = train.y[:, 1] if name == "volatility" else train.y[:, -1].abs()
    truth = test.y[:, 1] if name == "volatility" else test.y[:, -1].abs()
    then, now = (np.log(scale(network, part)) for part in (train, test))
    factor = np.exp(np.abs(then[rows] - now[:, None]))
    return spearmanr(y.numpy()[rows].mean(axis=1), truth.numpy()).statistic, factor


def scale(network, samples):
    told = network.told(samples).regressors
    return network.head.decode(network.head(told[:, :0], told))["scale"][:, 0].numpy()


if __name__ == "__main__":
    main()
