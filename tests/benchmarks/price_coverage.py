"""Whether intervals and values at risk hold what they promise, series by series.

    uv run python tests/benchmarks/price_coverage.py [forecast] [volatility] [--demo sp500 stocks]

Forecasts: coverage of 80 and 95 % intervals of each series, of one model for all. Volatility: how
often the values at risk were passed in the last five years, with the p-values of Kupiec's and
Christoffersen's tests, for each series as one of its own, and how many pass both at 5 %. All models
of a task, simulated; seed 0.
"""

import argparse

import numpy as np

from qmann_core.tasks.assessment import Assessment
from qmann_finance import TASKS, demo_prices

LEVELS = ("95", "99")


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__.splitlines()[0])
    parser.add_argument("task", nargs="*", help=f"{' or '.join(TASKS)}; both when left out")
    parser.add_argument("--demo", nargs="+", default=["sp500", "stocks"])
    arguments = parser.parse_args()
    for demo in arguments.demo:
        for task in arguments.task or TASKS:
            print(f"{task} of {demo}", flush=True)
            {"forecast": forecasts, "volatility": values_at_risk}[task](demo)


def forecasts(demo):
    assessment = assessed("forecast", demo_prices(demo))
    unit, names = assessment.test.unit, assessment.test.units
    print(f"{'':<18}{'pinball':>9}{'80 %':>8}{'95 %':>8}{'worst':>12}{'within 3':>10}")
    for model, score in scores(assessment):
        found = np.array(
            [
                [np.asarray(score[f"coverage {level}"])[unit == each].mean() for level in (80, 95)]
                for each in range(len(names))
            ]
        )
        off = np.abs(found - [80, 95])
        worst = " ".join(f"{each:.1f}" for each in off.max(axis=0))
        near = int((off <= 3).all(axis=1).sum())
        mean = f"{found[:, 0].mean():8.1f}{found[:, 1].mean():8.1f}"
        loss = assessment.losses(score).mean()
        print(f"{model:<18}{loss:9.4f}{mean}{worst:>12}{near:7d}/{len(names)}", flush=True)


def values_at_risk(demo):
    passed: dict[str, list[list[bool]]] = {}
    prices = demo_prices(demo)
    tests = "".join(f"{f'hits {level} %':>12}{'Kupiec':>8}{'Christ.':>8}" for level in LEVELS)
    print(f"{'':<8}{'':<18}{'QLIKE':>8}{tests}")
    for name in prices.names:
        assessment = assessed("volatility", prices.select([name]))
        for model, score in scores(assessment):
            figures = [
                (
                    np.mean(score[f"VaR {x} hits %"]),
                    score[f"Kupiec p {x}"],
                    score[f"Christoffersen p {x}"],
                )
                for x in LEVELS
            ]
            passed.setdefault(model, []).append([min(p) > 0.05 for _, *p in figures])
            shown = "".join(f"{hits:12.2f}{p:8.2f}{q:8.2f}" for hits, p, q in figures)
            loss = assessment.losses(score).mean()
            print(f"{name:<8}{model:<18}{loss:8.4f}{shown}", flush=True)
    for model, found in passed.items():
        counts = np.sum(found, axis=0)
        each = ", ".join(f"{n} at {x} %" for n, x in zip(counts, LEVELS, strict=True))
        print(f"{model:<18} passes both tests at 5 % on {each}, of {len(found)}", flush=True)


def assessed(task, prices):
    config = TASKS[task].configured("standard")
    return Assessment(TASKS[task], prices, config)


def scores(assessment):
    yield "hybrid", assessment.network().score
    for name in assessment.task.baselines:
        yield name, assessment.baseline(name)


if __name__ == "__main__":
    main()
