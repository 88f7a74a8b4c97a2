"""The audit of a task: same samples, splits, seeds and tuning for all; then the tests."""

import os
import statistics
from collections.abc import Mapping, Sequence
from pathlib import Path
from typing import Any

import numpy as np

from ...config import QMANNConfig
from ...errors import ConfigError
from ...evaluation.audit import MEMORY_OFF, TWINS, Audit, audit_losses
from ...evaluation.rivals import HYBRID
from ...files import work_folder
from ...training import single_precision
from ..assessment import Assessment
from ..progress import Listener
from ..task import Task
from .folder import Finished, identify
from .jobs import Done, Job
from .waiting import waiting
from .workers import Workers

_MOST_TRIALS = 7


@single_precision()
def audit(
    task: Task[Any, Any],
    records: Any,
    config: QMANNConfig,
    *,
    seeds: int = 10,
    trials: int = 3,
    workers: int | None = None,
    progress: bool | Listener = True,
    folder: Path | None = None,
) -> Audit:
    """Does the quantum part help? Train the hybrid and what lacks a part of it, and compare.

    Rivals are the classical twin with as many parameters, the twin without entanglement, the twin
    with frozen circuits, the hybrid with its memory off where the network reads one, and the task's
    baselines. All see the same samples and splits. Each network gets the same trials: its learning
    rates times 1, 1/3, 3, 1/9, ..., of which the one with the best validation loss for the first
    seed is kept. Then it is trained from every seed. See `measure` for the tests.

    In a program, call it with more than one worker below ``if __name__ == "__main__":`` only.

    Args:
        task: the task.
        records: what the task loads.
        config: of the hybrid; its seed is the first one.
        seeds: how often each network is trained.
        trials: learning rates that are tried for each network, 1 to 7.
        workers: processes side by side; one for each core when left out.
        progress: a bar on a terminal, or who is told of each finished training.
        folder: keeps finished trainings, from which the same call goes on.

    Raises:
        ConfigError: a number out of range, training that diverges, a process that died.
        DataError: data that the task cannot be tested on, or a folder of another audit.
    """
    workers = (os.cpu_count() or 1) if workers is None else workers
    _check(seeds=seeds, trials=trials, workers=workers)
    if config.answer == "best":
        raise ConfigError(
            "got model=best: an audit compares with the hybrid; name a family instead"
        )
    assessment = Assessment(task, records, config)
    arms, notes = _arms(config)
    factors = _factors(1 if config.classical.is_solved else trials)
    first, *others = range(config.seed, config.seed + seeds)
    tried = [Job(arm, first, factor) for factor in factors for arm in arms]
    known = [Job(name) for name in task.baselines] + tried
    later = [Job(arm, seed) for seed in others for arm in arms]
    finished = Finished(folder, identify(assessment))
    processes = Workers(assessment, min(workers, len(known) + len(later)))
    with (
        work_folder(folder, "the progress"),
        waiting(f"audit of {task.name}", progress) as shown,
        processes,
    ):
        done = finished.read()

        def run(jobs: Sequence[Job], after: Sequence[Job]) -> None:
            left = [job for job in jobs if job not in done]
            for job, result in processes.results(tuple(left)):
                finished.write(job, result)
                done[job] = result
                left.remove(job)
                shown.ended(job, result, [*left, *after])

        run(known, later)
        chosen = {arm: _best(arm, first, factors, done) for arm in arms}
        run([Job(job.arm, job.seed, chosen[job.arm]) for job in later], ())
    return _audited(assessment, chosen, [first, *others], done, notes)


def _audited(
    assessment: Assessment,
    chosen: Mapping[str, float],
    seeds: Sequence[int],
    done: Mapping[Job, Done],
    notes: Sequence[str],
) -> Audit:
    jobs = {arm: [Job(arm, seed, factor) for seed in seeds] for arm, factor in chosen.items()}
    jobs |= {name: [Job(name)] for name in assessment.task.baselines}
    results = {arm: [done[job] for job in own] for arm, own in jobs.items()}
    for arm in chosen:
        if n := sum(not each.improved for each in results[arm]):
            notes = (
                *notes,
                f"{arm}: {n} of {len(seeds)} trainings stayed at the closed-form start",
            )
    return audit_losses(
        {arm: np.stack([each.loss for each in own]) for arm, own in results.items()},
        title=assessment.task.name,
        metric=results[HYBRID][0].metric,
        horizon=assessment.horizon,
        seed=assessment.config.seed,
        parameters={arm: results[arm][0].parameters for arm in chosen},
        seconds={arm: statistics.median(e.seconds for e in own) for arm, own in results.items()},
        rates=chosen,
        notes=notes,
    )


def _arms(config: QMANNConfig) -> tuple[list[str], list[str]]:
    """The networks, and what must be said of them."""
    arms, kind = [HYBRID, *TWINS], config.memory.kind
    notes = []
    if config.classical.is_solved:
        arms.remove("frozen")
        notes.append(
            "No rival with frozen circuits: fixed ones are never trained. No learning rates are "
            "tried: each network chooses from as many settings and penalties"
        )
    if kind in ("quantum", "classical"):
        return [*arms, MEMORY_OFF], notes
    notes.append(
        f"No rival with the memory off: with memory.kind={kind} the network reads no memory"
    )
    return arms, notes


def _factors(trials: int) -> list[float]:
    """1, 1/3, 3, 1/9, 9, ..."""
    return [3.0 ** ((n + 1) // 2 * (-1) ** n) for n in range(trials)]


def _best(arm: str, seed: int, factors: Sequence[float], done: Mapping[Job, Done]) -> float:
    return min(factors, key=lambda factor: done[Job(arm, seed, factor)].validation)


def _check(*, seeds: int, trials: int, workers: int) -> None:
    if seeds < 1:
        raise ConfigError(
            f"got seeds={seeds}: expected at least 1, and 10 for an audit that counts"
        )
    if not 1 <= trials <= _MOST_TRIALS:
        raise ConfigError(f"got trials={trials}: expected 1, for none, to {_MOST_TRIALS}")
    if workers < 1:
        raise ConfigError(f"got workers={workers}: expected at least 1")
