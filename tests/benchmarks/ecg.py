"""Heartbeats, by the split of the files: the hybrid, its twins, and models of other kinds.

    uv run python tests/benchmarks/ecg.py ECG5000_TRAIN.tsv.gz

The files, TRAIN and TEST, are those of the UCR archive, which the project does not ship. Networks,
and the trees, have the seeds 0 to 4; neighbours and the logistic ridge draw nothing.
"""

import argparse
import time
from dataclasses import replace

import numpy as np
import torch
from sklearn.ensemble import ExtraTreesClassifier, RandomForestClassifier
from sklearn.neighbors import KNeighborsClassifier

from qmann_core.tasks.assessment import Assessment
from qmann_health.tasks import ECG

NETWORKS = {"hybrid": None, "coupling 0": "separable", "no circuits": "classical"}
SHOWN = (
    *("accuracy", "balanced accuracy", "F1", "adjusted accuracy", "adjusted balanced accuracy"),
    *("log loss", "Brier", "coverage 95", "classes 95"),
)


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__.splitlines()[0])
    parser.add_argument("train", help="labelled beats; the file with TEST for TRAIN lies beside it")
    parser.add_argument("--preset", default="standard")
    parser.add_argument("--seeds", type=int, default=5)
    given = parser.parse_args()
    torch.set_num_threads(1)  # small kernels: more would only wait for each other
    found, config = {}, ECG.configured(given.preset)
    beats = ECG.records(given.train, config)
    trees = {"extra trees": ExtraTreesClassifier, "random forest": RandomForestClassifier}
    for seed in range(given.seeds):
        others = {name: by(kind(500, random_state=seed)) for name, kind in trees.items()}
        others["1 neighbour"] = by(KNeighborsClassifier(1))
        task = replace(ECG, refit="train", baselines={**ECG.baselines, **others})
        assessment = Assessment(task, beats, task.configured(given.preset, seed=seed))
        for model in (*NETWORKS, "logistic ridge", *others):
            found.setdefault(model, []).append(measured(assessment, model))
    heads = [
        name.replace("balanced accuracy", "balanced") for name in (*SHOWN, "circuits %", "CPU s")
    ]
    print(f"{'model':<16}" + "".join(f"{head:>19}" for head in heads))
    for model, rows in found.items():
        values = np.array(rows, dtype=float)
        spread = zip(values.mean(axis=0), values.std(axis=0), strict=True)
        cells = [f"{mean:.4f} +- {sd:.4f}" for mean, sd in spread]
        print(f"{model:<16}" + "".join(f"{cell:>19}" for cell in cells))


def by(model):
    """A model of scikit-learn as a baseline; a share of votes of 0 is taken for half a vote."""

    def outputs(_records, samples, folds, _application):
        x, y = samples.x.flatten(1).numpy(), samples.y.numpy().argmax(axis=1)
        share = np.zeros(samples.y.shape)
        for number, fold in enumerate(folds):
            rows = fold.test if number else np.arange(len(x))
            model.fit(x[fold.train], y[fold.train])
            share[rows] = 0
            share[np.ix_(rows, model.classes_)] = model.predict_proba(x[rows])
        return {"probability": (share + 1e-3) / (share + 1e-3).sum(axis=1, keepdims=True)}

    return outputs


def measured(assessment, model):
    started = time.process_time()
    if model in NETWORKS:
        assessed = assessment.network(NETWORKS[model])
        scored, part = assessed.scored, assessed.contribution
    else:
        scored, part = assessment.assess_baseline(model), None
    seconds = time.process_time() - started
    score = {name: np.mean(value) for name, value in scored.score.items()}
    share = 100 * part.share if part is not None else np.nan
    return [*(score[name] for name in SHOWN), share, seconds]


if __name__ == "__main__":
    main()
