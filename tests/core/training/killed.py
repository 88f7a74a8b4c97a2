"""Kill training, or a writer of checkpoints, again and again: run by tests as a script.

One process imports torch and forks what is to be killed, which is far quicker than importing torch
for each. It runs on one thread (OMP_NUM_THREADS=1), so that it may fork after running tensor code.
"""

import json
import os
import random
import signal
import sys
import time
import traceback
from collections.abc import Callable
from pathlib import Path

import tiny
import torch

from qmann_core.training.checkpoint import read_tensors, write_tensors


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


def run(task: Callable[[Path], None], folder: Path, seconds: float | None = None) -> int:
    """Fork a task, kill it after some time, and return its exit status (-9 when killed)."""
    child = os.fork()
    if child == 0:
        status = 1
        try:
            task(folder)
            status = 0
        finally:
            if status:
                traceback.print_exc()
            os._exit(status)
    if seconds is not None:
        time.sleep(seconds)
        os.kill(child, signal.SIGKILL)
    return os.waitstatus_to_exitcode(os.waitpid(child, 0)[1])


def main(folder: Path, seed: int) -> None:
    generator = random.Random(seed)
    writing, resumed, whole = folder / "writing", folder / "resumed", folder / "whole"
    writing.mkdir()
    writers = []
    for _ in range(15):
        writers.append(run(write, writing, generator.uniform(0.0, 0.05)))
        verify(writing)
    started = time.perf_counter()
    status = run(train, whole)
    duration = time.perf_counter() - started
    trainers = []
    while 0 not in trainers and 1 not in trainers:
        patience = generator.uniform(0.0, duration / 2) if len(trainers) < 50 else None
        trainers.append(run(train, resumed, patience))
    statuses = {"writers": writers, "trainers": trainers, "whole": status}
    sys.stdout.write(json.dumps(statuses))


if __name__ == "__main__":
    main(Path(sys.argv[1]), int(sys.argv[2]))
