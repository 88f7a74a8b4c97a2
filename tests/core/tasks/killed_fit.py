"""Kill a fit again and again until it ends: run by a test as a script.

See tests/support/forked.py.
"""

import json
import random
import sys
import time
from functools import partial
from pathlib import Path

import toy
from forked import run


def fit_and_save(folder: Path) -> None:
    toy.small_fit(folder / "progress").save(folder / "model")


def main(folder: Path, seed: int) -> None:
    generator = random.Random(seed)
    whole, resumed = folder / "whole", folder / "resumed"
    toy.small_fit(None)  # so that nothing is imported or compiled within the time measured next
    started = time.perf_counter()
    statuses = [run(partial(fit_and_save, whole))]
    duration = time.perf_counter() - started
    patience = [*(generator.uniform(0, duration / 3) for _ in range(3)), None]
    statuses += [run(partial(fit_and_save, resumed), seconds) for seconds in patience]
    sys.stdout.write(json.dumps(statuses))


if __name__ == "__main__":
    main(Path(sys.argv[1]), int(sys.argv[2]))
