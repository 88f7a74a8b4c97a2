"""Breast masses, five-fold cross-validation: the hybrid, its twins, a logistic ridge, a forest.

    uv run python tests/benchmarks/health.py
    uv run python tests/benchmarks/health.py --data hypothyroid.csv --target "class=hypothyroid"

Folds and networks have the seeds 0 to 4. AUROC and average precision are means over folds, the
others are of all rows, each predicted by the fold that does not have it.
"""

import argparse
import time
from dataclasses import replace

import numpy as np
import torch

from qmann_core.config import TOGETHER, lay_over
from qmann_core.tasks.assessment import Assessment
from qmann_health.calibration import figures
from qmann_health.tasks import DIAGNOSIS

NETWORKS = {"hybrid": None, "separable": "separable", "classical": "classical"}
BASELINES = ("logistic ridge", "random forest")
SHOWN = ("AUROC", "average precision", "Brier", "slope", "intercept", "observed/expected")


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__.splitlines()[0])
    parser.add_argument("--data", help="a table of patients; the demo when left out")
    parser.add_argument("--target", help="its outcome")
    parser.add_argument("--log1p", default="", help="its columns with long tails")
    parser.add_argument("--preset", default="standard")
    parser.add_argument("--seeds", type=int, default=5)
    parser.add_argument("--without-records", action="store_true", help="of no single patient")
    given = parser.parse_args()
    torch.set_num_threads(1)  # small kernels: more would only wait for each other
    task, found = replace(DIAGNOSIS, refit="train"), {}  # no last fit to all that is known
    for seed in range(given.seeds):
        log1p = tuple(filter(None, given.log1p.split(",")))
        how = {"split": "folds", "split_seed": seed, "target": given.target, "log1p": log1p}
        config = task.configured(given.preset, seed=seed, **how)
        config = lay_over(config, {"memory.together": TOGETHER if given.without_records else 1})
        assessment = Assessment(task, task.records(given.data, config), config)
        for model in (*NETWORKS, *BASELINES):
            found.setdefault(model, []).append(measured(assessment, model))
    print(f"{'model':<16}" + "".join(f"{name:>20}" for name in (*SHOWN, "circuits %", "CPU s")))
    for model, rows in found.items():
        cells = [f"{mean:.4f} +- {sd:.4f}" for mean, sd in zip(*spread(rows), strict=True)]
        print(f"{model:<16}" + "".join(f"{cell:>20}" for cell in cells))


def measured(assessment, model):
    started = time.process_time()
    if model in NETWORKS:
        assessed = assessment.network(NETWORKS[model])
        scored, part = assessed.scored, assessed.contribution
    else:
        scored, part = assessment.assess_baseline(model), None
    seconds = time.process_time() - started
    y = assessment.test.y[:, 0].numpy()
    probability = np.concatenate([each["location"][:, 0] for each in scored.outputs])
    told = {**scored.score, **figures(y, probability, 0.5)}
    share = 100 * part.share if part is not None else np.nan
    return [*(told[name] for name in SHOWN), share, seconds]


def spread(rows):
    values = np.array(rows, dtype=float)
    return values.mean(axis=0), values.std(axis=0)


if __name__ == "__main__":
    main()
