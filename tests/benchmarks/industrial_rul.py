"""Remaining life on C-MAPSS FD001: the hybrid, its twins, boosting, forest, ridge.

    uv run python tests/benchmarks/industrial_rul.py --data FOLDER

FOLDER has train_FD001.txt, test_FD001.txt and RUL_FD001.txt (NASA's, which the project does not
ship). The seeds 0 to 4 draw the rows to learn from, and part the machines that failed into those
that settings are chosen on and a quarter by which intervals are calibrated; in the end each model
is solved on all of them, with these settings. Test machines are answered once, at their last
cycle; their remaining lives are raw, or at most 125 as the answers are.
"""

import argparse
import time
from pathlib import Path

import numpy as np
import torch

from qmann_core.data import Fold, Folds, grouped
from qmann_core.evaluation import split_conformal
from qmann_core.nn import build_network
from qmann_core.training import seeded
from qmann_industrial import load_histories
from qmann_industrial.histories import with_running
from qmann_industrial.life.scores import nasa_score, within
from qmann_industrial.tasks import RUL

NETWORKS = {
    "hybrid": (None, None),
    "hybrid, 8192 shots": (None, 8192),
    "coupling 0": ("separable", None),
    "classical twin": ("classical", None),
}
BASELINES = ("gradient boosting", "random forest", "linear ridge")
SHOWN = ("raw", "capped", "NASA raw", "NASA capped", "cover 90", "width 90", "CPU s")


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__.splitlines()[0])
    parser.add_argument("--data", type=Path, required=True, help="where the three files are")
    parser.add_argument("--preset", default="thorough")
    parser.add_argument("--seeds", type=int, default=5)
    given = parser.parse_args()
    torch.set_num_threads(1)  # small kernels: more would only wait for each other
    running = load_histories(given.data / "test_FD001.txt", running=True)
    known = load_histories(given.data / "train_FD001.txt")
    records, truth = with_running(known, running), np.loadtxt(given.data / "RUL_FD001.txt")
    found = {}
    for seed in range(given.seeds):
        config = RUL.configured(given.preset, seed=seed, split_seed=seed)
        samples = RUL.features(records, config.application)
        for model in (*NETWORKS, *BASELINES):
            started = time.process_time()
            with seeded(seed, torch.device("cpu")):
                told = measured(model, records, samples, config, truth, seed)
            found.setdefault(model, []).append([*told, time.process_time() - started])
            cells = "".join(f"{value:>16.2f}" for value in found[model][-1])
            print(f"seed {seed} {model:<20}{cells}", flush=True)
    print(f"\n{'model':<20}" + "".join(f"{name:>16}" for name in SHOWN))
    for model, rows in found.items():
        values = zip(np.mean(rows, axis=0), np.std(rows, axis=0), strict=True)
        print(f"{model:<20}" + "".join(f"{f'{m:.2f} +- {s:.2f}':>16}" for m, s in values))


def measured(model, records, samples, config, truth, seed):
    known, asked = np.flatnonzero(samples.known), np.flatnonzero(~samples.known)
    fold = grouped(samples.unit[known], 4, seed=seed)[0]
    learned, checked = known[fold.train], known[fold.test]
    answers = by_network if model in NETWORKS else by_baseline
    before, after = answers(model, records, samples, config, (learned, checked), (known, asked))
    head, cap = RUL.head(0, samples), config.application.cap
    scores = head.nonconformity(before, samples[checked])
    ends = split_conformal(scores[np.isfinite(scores[:, 0])], np.array([0.05, 0.95]))
    region = head.bound(after, np.tile(ends, (len(asked), 1, 1)))
    after = within({**after, "quantiles": region}, cap)
    answer, (low, high) = after["location"][:, 0], after["quantiles"][:, 0].T
    figures = []
    for true in (truth, truth.clip(max=cap)):
        late = answer - true
        figures.append((np.sqrt(np.square(late).mean()), nasa_score(late).sum()))
    held = (low <= truth) & ((truth <= high) | (high >= cap))
    (raw, worst), (capped, score) = figures
    return raw, capped, worst, score, 100 * held.mean(), (high - low).mean()


def by_network(model, _records, samples, config, first, last):
    twin, shots = NETWORKS[model]
    quantum = config.quantum.model_copy(update={"shots": shots})
    config = config.model_copy(update={"quantum": quantum})
    network = build_network(config, samples, RUL.head, twin)
    network.choose(samples[first[0]])
    before = answered(network, samples[first[1]])
    network.fit_statistics(samples[last[0]])
    return before, answered(network, samples[last[1]])


@torch.no_grad()
def answered(network, samples):
    raw = network(samples.x, samples.regressors, at=samples.origin)
    return {name: each.double().numpy() for name, each in network.head.decode(raw).items()}


def by_baseline(model, records, samples, config, *parts):
    told = []
    for train, rows in parts:
        folds = Folds((Fold(train, rows),), "independent")
        found = RUL.baselines[model](records, samples, folds, config.application)
        told.append({name: values[rows] for name, values in found.items()})
    return told


if __name__ == "__main__":
    main()
