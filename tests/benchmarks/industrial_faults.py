"""Faults of the Tennessee Eastman process by its own split: the hybrid, its twins, and others.

    uv run python tests/benchmarks/industrial_faults.py --data FOLDER
    uv run python tests/benchmarks/industrial_faults.py --data FOLDER --window 1 --step 1
    uv run python tests/benchmarks/industrial_faults.py --data FOLDER --unknown

FOLDER has d00.dat, d00_te.dat, ..., d21_te.dat. Learned from are the training runs of 19 classes
(normal, and 18 faults without 3, 9 and 15), tested on are the test runs, of faults from row 161 on.
The seeds, 0 and on, are those of circuits; trees and the logistic ridge have one. With --unknown,
each fault in turn is not learned from, and it is counted which windows are called unknown, the most
probable fault being that of extra trees.
"""

import argparse
import time
from dataclasses import replace

import numpy as np
import torch
from sklearn.ensemble import ExtraTreesClassifier

from qmann_core.data import given_folds
from qmann_core.tasks.assessment import Assessment
from qmann_industrial import TASKS, read_tennessee_eastman
from qmann_industrial.faults.reports import typicality

NETWORKS = {"hybrid": None, "coupling 0": "separable", "classical twin": "classical"}
SHOWN = ("F1", "balanced accuracy", "accuracy", "log loss", "coverage 95", "classes 95")
CLASSES = [k for k in range(22) if k not in (3, 9, 15)]


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__.splitlines()[0])
    parser.add_argument("--data", required=True, help="folder of the .dat files")
    parser.add_argument("--window", type=int, default=20)
    parser.add_argument("--step", type=int, help="rows from one window to the next")
    parser.add_argument("--shots", type=int, help="measurements behind each value of a circuit")
    parser.add_argument("--seeds", type=int, default=5)
    parser.add_argument("--models", default=",".join((*NETWORKS, *TASKS["fault"].baselines)))
    parser.add_argument("--unknown", action="store_true")
    given = parser.parse_args()
    torch.set_num_threads(1)  # small kernels: more would only wait for each other
    names = [f"d{k:02d}{part}" for k in CLASSES for part in ("", "_te")]
    table = read_tennessee_eastman(given.data, names)
    tested = table["run"].str.endswith("_te")
    table = table[~tested | (table["fault"] != "normal") | (table["run"] == "d00_te")]
    # by the runs, and with no last fit to all that is known
    task, found = replace(TASKS["fault"], refit="train", split=by_files), {}
    for seed in range(given.seeds):
        config = task.configured("standard", seed=seed, window=given.window, step=given.step)
        quantum = config.quantum.model_copy(update={"shots": given.shots})
        config = config.model_copy(update={"quantum": quantum})
        readings = task.records(table, config)
        if given.unknown:
            unknown(task.features(readings, config.application), config.application.unknown_rate)
            return
        assessment = Assessment(task, readings, config)
        for model in given.models.split(","):
            if model in NETWORKS or seed == 0:
                found.setdefault(model, []).append(measured(assessment, model))
                print(seed, model, np.round(found[model][-1], 4), flush=True)
    print(f"{'model':<20}" + "".join(f"{n:>20}" for n in (*SHOWN, "circuits %", "CPU s")))
    for model, rows in found.items():
        values = np.array(rows, dtype=float)
        spread = zip(values.mean(axis=0), values.std(axis=0), strict=True)
        print(f"{model:<20}" + "".join(f"{f'{mean:.4f} +- {sd:.4f}':>20}" for mean, sd in spread))


def tested_on(samples):
    return np.array(["_te " in label for label in samples.label])


def by_files(samples, _application):
    return given_folds(np.where(tested_on(samples), 0, -1))


def measured(assessment, model):
    started = time.process_time()
    if model in NETWORKS:
        assessed = assessment.network(NETWORKS[model])
        scored, part = assessed.scored, assessed.contribution
    else:
        scored, part = assessment.assess_baseline(model), None
    seconds = time.process_time() - started
    share = 100 * part.share if part is not None else np.nan
    return [*(float(np.mean(scored.score[name])) for name in SHOWN), share, seconds]


def unknown(samples, rate):
    x, fault = samples.x.flatten(1).double().numpy(), samples.y.argmax(dim=1).numpy()
    shares, test = [], tested_on(samples)
    for k, name in enumerate(samples.targets["class"]):
        if name == "normal":
            continue
        learned = samples[~test & (fault != k)]
        trees = ExtraTreesClassifier(300, random_state=0)
        trees.fit(learned.x.flatten(1).numpy(), learned.y.argmax(dim=1).numpy())
        answer = trees.predict(x[test])
        called = typicality(learned, x[test], answer) < rate
        of_it = fault[test] == k
        shares.append([100 * called[of_it].mean(), 100 * called[~of_it].mean()])
        print(f"{name:<10}{shares[-1][0]:>8.1f} % of it unknown{shares[-1][1]:>8.1f} % of others")
    print(
        f"{'mean':<10}{'{:>8.1f} % of it unknown{:>8.1f} % of others'.format(*np.mean(shares, 0))}"
    )


if __name__ == "__main__":
    main()
