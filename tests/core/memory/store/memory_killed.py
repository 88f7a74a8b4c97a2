"""Kill a process that saves a memory, again and again: run by a test as a script.

See tests/support/forked.py.
"""

import json
import random
import sys
from functools import partial
from pathlib import Path

import numpy as np
from forked import run

from qmann_core.memory.store.saving import load, save
from qmann_core.memory.store.store import Store


def write(path: Path, start: int) -> None:
    for step in range(start, 10**9):
        store = Store(4000, 4)
        store.write(np.full((3000 + step % 1000, 4), step), tags=(str(step),))
        save(path, store.snapshot(), {"step": step})


def verify(path: Path) -> int:
    """The step whose memory is there, whole."""
    snapshot, metadata = load(path)
    step = metadata["step"]
    whole = len(snapshot) == 3000 + step % 1000 and (snapshot.keys == step).all()
    if not (whole and snapshot.tagged(str(step)).all()):
        raise SystemExit(f"mixed: {metadata} {snapshot}")
    return step


def main(folder: Path, seed: int) -> None:
    generator = random.Random(seed)
    path = folder / "memory"
    store = Store(4000, 4)
    store.write(np.zeros((3000, 4)), tags=("0",))
    save(path, store.snapshot(), {"step": 0})
    statuses, steps = [], [0]
    while len(statuses) < 20 or steps[-1] <= 5:  # saved between kills, too
        statuses.append(run(partial(write, path, steps[-1] + 1), generator.uniform(0.0, 0.05)))
        steps.append(verify(path))
    sys.stdout.write(json.dumps({"statuses": statuses, "steps": steps}))


if __name__ == "__main__":
    main(Path(sys.argv[1]), int(sys.argv[2]))
