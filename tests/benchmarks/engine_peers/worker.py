"""One method in a process of its own: answers requests, one JSON object a line.

    python -m engine_peers.worker METHOD

``{"build": workload, "precision": ..., "file": ...}`` runs a first step and saves its numbers;
``{"seconds": ..., "most": ...}`` answers with milliseconds of CPU time, step by step. A method
that fails ends the process: the last line of its standard error says why.
"""

import importlib
import json
import os
import sys
import time

import numpy as np
import torch

from .methods import METHODS
from .workloads import WORKLOADS


def main():
    torch.set_num_threads(1)
    answers = os.fdopen(os.dup(1), "w")
    os.dup2(2, 1)  # what peers print is no answer
    method = METHODS[sys.argv[1]]
    build = getattr(importlib.import_module(f"engine_peers.{method.module}"), method.builder)
    step = None
    say(answers, {"ready": True})
    for line in sys.stdin:
        request = json.loads(line)
        if "build" in request:
            workload = WORKLOADS[request["build"]]
            step = build(workload, request["precision"])
            save(request["file"], step(), workload)
            say(answers, {"ready": True})
        else:
            say(answers, clock(step, **request))


def clock(step, seconds, most):
    """Times of single steps; a first one, not counted, warms the caches where it is cheap."""
    started = time.process_time()
    step()
    times = [time.process_time() - started]
    warm = times[0] < 0.1 * seconds
    while len(times) <= most and sum(times) < seconds:
        started = time.process_time()
        step()
        times.append(time.process_time() - started)
    return [1e3 * t for t in times[warm:]]


def save(file, results, workload):
    """Outputs and gradients by inputs, circuit weights and dense parameters, each as one vector."""
    values, by_inputs, *rest = (as_vector(result) for result in results)
    n_dense = 4 if workload.steps and rest else 0
    weights, dense = rest[: len(rest) - n_dense], rest[len(rest) - n_dense :]
    np.savez(
        file,
        values=values,
        inputs=by_inputs,
        weights=np.concatenate(weights or [[]]),
        dense=np.concatenate(dense or [[]]),
    )


def as_vector(result):
    return np.asarray(result, dtype=np.float64).ravel()


def say(stream, answer):
    print(json.dumps(answer), file=stream, flush=True)


if __name__ == "__main__":
    main()
