"""Alarms in arterial pressure (KDD-TSAD 135): by networks of five seeds, and by what needs none.

    uv run python tests/benchmarks/monitor.py
    uv run python tests/benchmarks/monitor.py --false-alarms 2000

Samples 1,200 to 7,500 are watched; the anomaly is at 4,187 to 4,198. "over" counts samples over
the limit outside of it and the window after it. Must: a delay of at most 5 samples, and at most 3
alarms, for every seed of the hybrid.
"""

import argparse
import time

import numpy as np

from qmann_core.tasks.assessment import Assessment
from qmann_health.alarms import limits
from qmann_health.tasks import MONITOR

SEEDS = range(5)
NETWORKS = {"hybrid": None, "coupling 0": "separable", "tanh twin": "classical"}
FIGURES = ("absolute error", "alarms", "false alarms", "delay")


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__.splitlines()[0])
    parser.add_argument("--false-alarms", type=float, default=1e4, help="one in so many samples")
    parser.add_argument("--preset", default="standard")
    parser.add_argument("--seeds", type=int, default=len(SEEDS))
    arguments = parser.parse_args()
    level = (100 - 100 / arguments.false_alarms,)
    print(
        f"{'model':<18}{'seed':>5}{'MAE':>8}{'limit':>8}{'over':>6}{'alarms':>8}{'false':>7}",
        end="",
    )
    print(f"{'delay':>7}{'circuits %':>12}{'CPU s':>7}")
    for seed in SEEDS[: arguments.seeds]:
        config = MONITOR.configured(arguments.preset, seed=seed, level=level)
        assessment = Assessment(MONITOR, MONITOR.demo(config.application), config)
        for name, twin in NETWORKS.items():
            started = time.process_time()
            found = assessment.network(twin)
            seconds = time.process_time() - started
            share = "" if found.contribution is None else f"{100 * found.contribution.share:.2f}"
            show(name, seed, assessment, found.scored, share, f"{seconds:.1f}")
    for name in MONITOR.baselines:
        show(name, "", assessment, assessment.assess_baseline(name), "", "")


def show(name, seed, assessment, scored, share, seconds):
    (outputs,), test = scored.outputs, assessment.test
    limit = limits(outputs, assessment.probabilities[-1])
    error = np.abs(test.y.numpy() - outputs["location"])[:, 0]
    marked = test.aux["marked"].numpy()
    near = np.convolve(marked, np.ones(test.x.shape[1] + 1))[: len(marked)] > 0
    over = int((error > limit)[~near].sum())
    mae, alarms, false, delay = (np.mean(scored.score[figure]) for figure in FIGURES)
    print(f"{name:<18}{seed:>5}{mae:8.4f}{limit[0]:8.3f}{over:6d}{alarms:8.0f}{false:7.0f}", end="")
    print(f"{delay:7.0f}{share:>12}{seconds:>7}", flush=True)


if __name__ == "__main__":
    main()
