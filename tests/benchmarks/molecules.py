"""Prediction errors on molecules: the hybrid, its classical twin, a ridge and a random forest.

    uv run python tests/benchmarks/molecules.py solubility hydration
    uv run python tests/benchmarks/molecules.py --data ESOL.csv --data BBBP.csv

Solubility has one split and is trained with seeds 0 to 4; all else is split at random with seeds
0 to 4, and once by scaffold. The files are those of MoleculeNet (ESOL, BBBP), which the project
does not ship.
"""

import argparse
import time

import numpy as np

from qmann_core.tasks.assessment import Assessment
from qmann_drug import TASKS, demo_molecules, load_molecules

SEEDS = range(5)
NETWORKS = {"hybrid": None, "classical": "classical"}
MODELS = (*NETWORKS, "linear ridge", "random forest")


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__.splitlines()[0])
    parser.add_argument("demo", nargs="*", help="solubility, hydration, affinity")
    parser.add_argument("--data", action="append", default=[], help="CSV file of MoleculeNet")
    parser.add_argument("--preset", default="standard")
    parser.add_argument("--seeds", type=int, default=len(SEEDS))
    arguments = parser.parse_args()
    print(f"{'data, split':<26}{'model':<15}{'figure':>8}{'mean':>8}{'sd':>7}{'CPU s':>8}   each")
    for source in (*arguments.demo, *arguments.data):
        records = load_molecules(source) if source in arguments.data else demo_molecules(source)
        for split in ("given",) if source == "solubility" else ("random", "scaffold"):
            show(source, records, split, arguments.preset, SEEDS[: arguments.seeds])


def show(source, records, split, preset, seeds):
    classes = set(records.counted["target"].dropna()) == {0, 1}
    task = TASKS["activity" if classes else "property"]
    figure = "AUROC" if classes else "RMSE"
    found = {model: [] for model in MODELS}
    for seed in seeds if split != "scaffold" else seeds[:1]:
        config = configured(task.preset(preset), split, seed)
        assessment = Assessment(task, records, config)
        for model in MODELS:
            started = time.process_time()
            if model in NETWORKS:
                score = assessment.network(NETWORKS[model]).score
            else:
                score = assessment.baseline(model)
            seconds = time.process_time() - started
            found[model].append((score.get(figure, np.nan), seconds))
    for model, runs in found.items():
        values, seconds = np.array(runs).T
        each = " ".join(f"{value:.3f}" for value in values)
        print(
            f"{source.rpartition('/')[2] + ', ' + split:<26}{model:<15}{figure:>8}"
            f"{values.mean():8.3f}{values.std():7.3f}{seconds.mean():8.1f}   {each}",
            flush=True,
        )


def configured(config, split, seed):
    application = config.application.model_copy(update={"split": split, "split_seed": seed})
    return config.model_copy(update={"seed": seed, "application": application})


if __name__ == "__main__":
    main()
