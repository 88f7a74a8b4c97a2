"""A task in a process of its own, which can be killed: for scripts that tests run.

The script imports torch once and forks what is to be killed, which is far quicker than importing
torch for each. It runs on one thread (OMP_NUM_THREADS=1), so that it may fork after running tensor
code.
"""

import os
import signal
import subprocess
import sys
import time
import traceback
from collections.abc import Callable
from pathlib import Path


def run(
    task: Callable[[], object],
    seconds: float | None = None,
    until: Callable[[], bool] | None = None,
) -> int:
    """Fork a task, kill it after a time or an event, and return its status (-9 when killed)."""
    child = os.fork()
    if child == 0:
        status = 1
        try:
            task()
            status = 0
        finally:
            if status:
                traceback.print_exc()
            os._exit(status)
    while until is not None and not until():
        time.sleep(0.001)
    if seconds is not None:
        time.sleep(seconds)
    if seconds is not None or until is not None:
        os.kill(child, signal.SIGKILL)
    return os.waitstatus_to_exitcode(os.waitpid(child, 0)[1])


def script(path: Path, *arguments: object) -> subprocess.CompletedProcess[str]:
    """Run a script that forks, on one thread, with this folder to import from."""
    support = str(Path(__file__).parent)
    environment = {**os.environ, "OMP_NUM_THREADS": "1", "PYTHONPATH": support}
    command = [sys.executable, str(path), *map(str, arguments)]
    return subprocess.run(command, capture_output=True, text=True, check=False, env=environment)
