"""Alarms in arterial pressure (KDD-TSAD 135): by networks of five seeds, and by what needs none.

    uv run python tests/benchmarks/monitor.py
    uv run python tests/benchmarks/monitor.py --false-alarms 2000
    uv run python tests/benchmarks/monitor.py --preset beats

Samples 1,200 to 7,500 are watched; the anomaly is at 4,187 to 4,198. "over" counts samples over
the limit outside of it and the window after it. Must: a delay of at most 5 samples, and at most 3
alarms, for every seed of the hybrid. With ``--preset beats`` the same of RR intervals, one of which
is short, and delays in beats; beside them a rule: below .8 of the median of the eight before.
"""

import argparse
import time

import numpy as np
from pandas import Series

from qmann_core.tasks.assessment import Assessment
from qmann_health.alarms import delays, limits, merged
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
    if config.application.intervals:
        rule(assessment)


def rule(assessment):
    """Figures of the plain rule, without a seed."""
    intervals, test = assessment.samples.y[:, 0].numpy(), assessment.test
    usual = Series(intervals).rolling(8, min_periods=1).median().shift().to_numpy()
    over, gap = (intervals < 0.8 * usual)[-len(test) :], test.x.shape[1]
    marked = test.aux["marked"].numpy()
    false = sum(~near(marked, gap)[merged(over, gap)[:, 0]])
    alarms, (delay,) = len(merged(over, gap)), delays(over, marked, gap)
    print(f"{'below .8 median':<18}{'':>21}{alarms:14d}{false:7d}{delay:7.0f}")


def show(name, seed, assessment, scored, share, seconds):
    (outputs,), test = scored.outputs, assessment.test
    limit = limits(outputs, assessment.probabilities[-1])
    error = np.abs(test.y.numpy() - outputs["location"])[:, 0]
    marked = test.aux["marked"].numpy()
    over = int((error > limit)[~near(marked, test.x.shape[1])].sum())
    mae, alarms, false, delay = (np.mean(scored.score.get(figure, np.nan)) for figure in FIGURES)
    print(f"{name:<18}{seed:>5}{mae:8.4f}{limit[0]:8.3f}{over:6d}{alarms:8.0f}{false:7.0f}", end="")
    print(f"{delay:7.0f}{share:>12}{seconds:>7}", flush=True)


def near(marked, gap):
    return np.convolve(marked, np.ones(gap + 1))[: len(marked)] > 0


if __name__ == "__main__":
    main()
