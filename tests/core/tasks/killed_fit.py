"""Kill a fit again and again until it ends: run by a test as a script.

One process imports torch and forks what is to be killed. It runs on one thread (OMP_NUM_THREADS=1),
so that it may fork after running tensor code.
"""

import json
import os
import random
import signal
import sys
import time
import traceback
from pathlib import Path

import toy

from qmann_core.tasks import save_fitted


def fit_and_save(folder: Path) -> None:
    save_fitted(toy.small_fit(folder / "progress"), folder / "model")


def run(folder: Path, seconds: float | None) -> int:
    """Fork the fit, kill it after some time, and return its exit status (-9 when killed)."""
    child = os.fork()
    if child == 0:
        status = 1
        try:
            fit_and_save(folder)
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
    whole, resumed = folder / "whole", folder / "resumed"
    toy.small_fit(None)  # so that nothing is imported or compiled within the time measured next
    started = time.perf_counter()
    statuses = [run(whole, None)]
    duration = time.perf_counter() - started
    patience = [*(generator.uniform(0, duration / 3) for _ in range(3)), None]
    statuses += [run(resumed, seconds) for seconds in patience]
    sys.stdout.write(json.dumps(statuses))


if __name__ == "__main__":
    main(Path(sys.argv[1]), int(sys.argv[2]))
