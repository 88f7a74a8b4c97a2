"""Survival after breast cancer: the hybrid, its twins, Cox, Cox ridge and Kaplan-Meier.

    uv run python tests/benchmarks/survival.py --rotterdam rotterdam.csv --gbsg gbsg.csv

Trained on the 1,546 node-positive patients of Rotterdam and tested on GBSG, recurrence or death by
five years; the files are those of R's package survival, which the project does not ship. Then the
same of GBSG2 (lifelines) in five two-fold cross-validations, and Cox's speed beside lifelines'.
Networks have the seeds 0 to 4, and so have the folds; circuits of a kernel draw nothing.
"""

import argparse
import time
import warnings
from dataclasses import replace

import numpy as np
import pandas as pd
import torch

from qmann_core.config import TOGETHER, lay_over
from qmann_core.data import installed_file
from qmann_core.nn import Cox, solve
from qmann_core.tasks.assessment import Assessment
from qmann_health import demo_followed, load_followed
from qmann_health.tasks import SURVIVAL

NETWORKS = {"hybrid": None, "coupling 0": "separable", "no circuits": "classical"}
BASELINES = ("Cox", "Cox ridge", "Kaplan-Meier")
SHOWN = ("Harrell C", "Uno C", "integrated Brier", "observed/expected", "slope", "coverage 80")
COVARIATES = ("age", "meno", "size", "nodes", "pgr", "er", "hormon")
LONG = ("nodes", "pgr", "er")
HORIZON = 1825.0


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__.splitlines()[0])
    parser.add_argument("--rotterdam", help="rotterdam.csv; GBSG2 alone when left out")
    parser.add_argument("--gbsg", help="gbsg.csv")
    parser.add_argument("--preset", default="standard")
    parser.add_argument("--seeds", type=int, default=5)
    parser.add_argument("--without-records", action="store_true", help="of no single patient")
    given = parser.parse_args()
    speed()
    if given.rotterdam:
        table = external(pd.read_csv(given.rotterdam), pd.read_csv(given.gbsg))
        options = {"time": "days", "event": "event", "covariates": COVARIATES, "log1p": LONG}
        records = load_followed(table, **options)
        show("Rotterdam -> GBSG", records, given, {"split": "given", "log1p": LONG})
    folds = {"split": "folds", "test_fraction": 0.5, "log1p": ("pnodes", "progrec", "estrec")}
    show("GBSG2, 5 x 2", demo_followed(), given, folds)


def external(rotterdam, gbsg):
    """Both as one table, sizes in three classes, the earlier of recurrence and death."""
    old = rotterdam[rotterdam["nodes"] > 0]
    old = old.assign(
        size=old["size"].map({"<=20": 1, "20-50": 2, ">50": 3}),
        days=np.where(old["recur"] == 1, old["rtime"], old["dtime"]),
        event=(old["recur"] | old["death"]),
        split="train",
    )
    new = gbsg.rename(columns={"rfstime": "days", "status": "event"})
    new = new.assign(size=np.digitize(new["size"], (20, 50), right=True) + 1, split="test")
    return pd.concat([old, new], ignore_index=True)[[*COVARIATES, "days", "event", "split"]]


def show(title, records, given, how):
    task, found = replace(SURVIVAL, refit="train"), {}  # no last fit to all that is known
    print(f"\n{title:<20}" + "".join(f"{name:>19}" for name in (*SHOWN, "circuits %", "CPU s")))
    for seed in range(given.seeds):
        more = {"split_seed": seed, "horizon": HORIZON, **how}
        config = task.configured(given.preset, seed=seed, **more)
        config = lay_over(config, {"memory.together": TOGETHER if given.without_records else 1})
        assessment = Assessment(task, records, config)
        for model in (*NETWORKS, *BASELINES):
            found.setdefault(model, []).append(measured(assessment, model))
            cells = "".join(f"{value:>19.4f}" for value in found[model][-1])
            print(f"seed {seed} {model:<13}{cells}", flush=True)
    for model, rows in found.items():
        values = np.array(rows, dtype=float)
        cells = zip(values.mean(axis=0), values.std(axis=0), strict=True)
        print(f"{model:<20}" + "".join(f"{mean:>9.4f} +- {sd:.4f}" for mean, sd in cells))


def measured(assessment, model):
    started, share = time.process_time(), np.nan
    if model in NETWORKS:
        assessed = assessment.network(NETWORKS[model])
        score, part = assessed.score, assessed.contribution
        share = 100 * part.share if part is not None else np.nan
    else:
        score = assessment.baseline(model)
    seconds = time.process_time() - started
    return [*(np.mean(score[name]) for name in SHOWN), share, seconds]


def speed():
    """Cox on GBSG2, 9 columns: coefficients and time beside lifelines, as exact."""
    with warnings.catch_warnings():
        warnings.simplefilter("ignore")  # of lifelines with newer pandas
        from lifelines import CoxPHFitter

        file = installed_file("lifelines", "datasets/gbsg2.csv", about="speed", install="lifelines")
        table = pd.get_dummies(pd.read_csv(file), drop_first=True, dtype=float)
        z = table.drop(columns=["time", "cens"])
        z = (z - z.mean()) / z.std()
        joined, exact = z.join(table[["time", "cens"]]), {"precision": 1e-12}
        x, y = (torch.from_numpy(part.to_numpy()) for part in (z, table[["time", "cens"]]))

        def peer():
            return CoxPHFitter().fit(joined, "time", "cens", fit_options=exact).params_.to_numpy()

        def own():
            found = solve(Cox(), x, y, penalty=1e-12)
            return (found.weights[:, 0] / found.deviation).numpy()

        slow, quick = (min(timed(each) for _ in range(15)) for each in (peer, own))
        miss = np.abs(own() - peer()).max()
    print(
        f"Cox on {x.shape[0]} x {x.shape[1]}: {1e3 * quick:.2f} ms, lifelines {1e3 * slow:.1f} ms"
    )
    print(f"{slow / quick:.0f} times as fast; coefficients differ by {miss:.1g}")


def timed(call):
    started = time.perf_counter()
    call()
    return time.perf_counter() - started


if __name__ == "__main__":
    main()
