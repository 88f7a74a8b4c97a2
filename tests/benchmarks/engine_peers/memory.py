"""Peak memory of one step in a fresh process, above what the imports take.

    python -m engine_peers.memory METHOD WORKLOAD

Prints the megabytes; whatever the first step compiles is part of it.
"""

import importlib
import sys
from pathlib import Path

import torch

from .methods import METHODS
from .workloads import WORKLOADS


def main():
    torch.set_num_threads(1)
    method, workload = METHODS[sys.argv[1]], WORKLOADS[sys.argv[2]]
    build = getattr(importlib.import_module(f"engine_peers.{method.module}"), method.builder)
    imported = megabytes("VmRSS")
    build(workload, "float32")()
    print(megabytes("VmHWM") - imported)


def megabytes(field):
    """From the kernel; ru_maxrss would count the parent's memory at the fork as well."""
    lines = Path("/proc/self/status").read_text(encoding="ascii").splitlines()
    (line,) = (line for line in lines if line.startswith(field))
    return int(line.split()[1]) / 1024


if __name__ == "__main__":
    main()
