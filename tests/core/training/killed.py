"""Kill training, or a writer of checkpoints, again and again: run by tests as a script.

See tests/support/forked.py.
"""

import json
import random
import sys
import time
from functools import partial
from pathlib import Path

import tiny
import torch
from forked import run

from qmann_core.storage import read_tensors, write_tensors


class Slow:
    def on_epoch_end(self, _state: object) -> None:
        time.sleep(0.01)


def train(folder: Path) -> None:
    tiny.train(folder, callbacks=[Slow()])


def write(folder: Path) -> None:
    for step in range(10**9):
        tensors = {"step": torch.tensor(step), "filled": torch.full((20_000,), float(step))}
        write_tensors(folder / "last.safetensors", tensors, {"step": step})


def verify(folder: Path) -> None:
    if not any(folder.glob("*.safetensors")):
        return  # killed before the first file was whole
    tensors, metadata = read_tensors(folder / "last.safetensors")
    expected = float(metadata["step"])
    if not (tensors["step"] == expected and (tensors["filled"] == expected).all()):
        raise SystemExit(f"mixed: {metadata} {tensors}")


def main(folder: Path, seed: int) -> None:
    generator = random.Random(seed)
    writing, resumed, whole = folder / "writing", folder / "resumed", folder / "whole"
    writing.mkdir()
    writers = []
    for _ in range(15):
        writers.append(run(partial(write, writing), generator.uniform(0.0, 0.05)))
        verify(writing)
    started = time.perf_counter()
    status = run(partial(train, whole))
    duration = time.perf_counter() - started
    trainers = []
    while 0 not in trainers and 1 not in trainers:
        patience = generator.uniform(0.0, duration / 2) if len(trainers) < 50 else None
        trainers.append(run(partial(train, resumed), patience))
    statuses = {"writers": writers, "trainers": trainers, "whole": status}
    sys.stdout.write(json.dumps(statuses))


if __name__ == "__main__":
    main(Path(sys.argv[1]), int(sys.argv[2]))
