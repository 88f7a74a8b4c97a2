"""How often intervals around molecules hold what was measured, under each split, and their width.

    uv run python tests/benchmarks/molecule_coverage.py solubility hydration affinity
    uv run python tests/benchmarks/molecule_coverage.py --data ESOL.csv --first 400

Splits are at random and by scaffold, with rows in another order for each seed, so that scaffolds of
equal size come in another order too. Of coverage in percent it prints the mean over seeds, and the
least and the most; widths are in the unit of the data. ``--first`` takes that many molecules, as a
set of one's own may have. The files are those of MoleculeNet, which do not come with QMANN.
"""

import argparse
from dataclasses import replace

import numpy as np

from qmann_core.tasks.assessment import Assessment
from qmann_core.training import single_precision
from qmann_drug import TASKS, demo_molecules, load_molecules

LEVELS = 80, 95


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__.splitlines()[0])
    parser.add_argument("demo", nargs="*", help="solubility, hydration, affinity")
    parser.add_argument("--data", action="append", default=[], help="CSV file of MoleculeNet")
    parser.add_argument("--seeds", type=int, nargs="+", default=[0, 1, 2])
    parser.add_argument("--first", type=int, help="of how many molecules")
    arguments = parser.parse_args()
    columns = "".join(f"{f'covered {level}':>24}{'width':>7}" for level in LEVELS)
    print(f"{'data, split':<28}{'RMSE':>6}{columns}", flush=True)
    for source in (*arguments.demo, *arguments.data):
        records = load_molecules(source) if source in arguments.data else demo_molecules(source)
        for split in ("random", "scaffold"):
            found = [scores(records, split, s, arguments.first) for s in arguments.seeds]
            show(f"{source.rpartition('/')[2]}, {split}", found)


@single_precision()
def scores(records, split, seed, first):
    known = records.measured().sample(frac=1, random_state=seed).head(first or len(records.table))
    task = TASKS["property"]
    config = task.configured("standard", seed=seed, split=split, split_seed=seed)
    score = Assessment(task, replace(records, table=known), config).network().score
    return {name: np.mean(value) for name, value in score.items()}


def show(title, found):
    line = f"{title:<28}{np.mean([one['RMSE'] for one in found]):6.3f}"
    for level in LEVELS:
        covered = [one[f"coverage {level}"] for one in found]
        spread = f"{np.mean(covered):.1f} ({min(covered):.1f} to {max(covered):.1f})"
        line += f"{spread:>24}{np.mean([one[f'width {level}'] for one in found]):7.2f}"
    print(line, flush=True)


if __name__ == "__main__":
    main()
