"""Recall on a back end: the circuit of one attempt is run there, and its registers are read."""

import time
from collections import Counter
from dataclasses import replace

import numpy as np
import torch
from jaxtyping import Float64, Int64

from ...backends import Backend, Values
from ...backends import backend as named
from ...backends.values import standard_errors
from ...circuits import Projector
from ...errors import CircuitError, ConfigError
from ..hardware import Asked, Contents, Phases, Soft, grover, recall_circuit
from ..hardware.ledger import Ledger
from ..search import best_iterations
from .pool import Pool
from .question import Question
from .recall import Scan, attempt, best, columns, scan, special_phases
from .result import RecallResult
from .schedules import Schedule

_DIGITS = 12
"""Of a probability; the others are rounding, and what is equal is to compare equal."""
_MOST_NUMBERS = 2**26
"""In the table of what every outcome is worth for every entry: half a gigabyte."""


def recall_on(
    backend: str | Backend,
    pool: Pool,
    question: Question,
    k: int,
    *,
    schedule: Schedule,
    delta: float,
    miss: float,
    shots: int | None,
    generator: np.random.Generator,
) -> RecallResult:
    """The k entries in which one attempt on a back end ends most often, and how often it does.

    An attempt succeeds where it reads the address of an entry and, of a soft or a threshold recall,
    0...0 in the key register or, of a hard one, the key at that address passes. Weights are
    w_a = P(a and success) / P(success); their variances, to first order in the errors e_a of
    P(a and success), are (e_a^2 (1 - 2 w_a) + w_a^2 sum_b e_b^2) / P(success)^2.

    Raises:
        ConfigError: no such back end, or keys that age.
        CircuitError: nothing is stored, no circuit is known, or not one for this back end.
        BackendError: the simulator or device fails.
    """
    begun = time.perf_counter()
    made = _made(backend, pool)
    asked, _ = attempt(pool, question, 0)
    seen = scan(pool, question, k)
    scanned = time.perf_counter() - begun
    special = special_phases(seen, schedule, delta=delta, miss=miss, generator=generator)
    phases = grover(best_iterations(seen.amplification.success)) if special is None else special
    contents, seed = pool.contents(question.copies), int(generator.integers(2**32))
    how = "exact values" if shots is None else f"{shots} shots"
    exactness = f"{'simulated' if made.simulated else 'run'} by {made.name}, {how}"
    values = _read(made, contents, asked, phases, shots, seed)
    passes = 1.0 if isinstance(asked, Soft) else seen.fidelities
    mean, error = (each[0].numpy() * passes for each in (values.mean, values.error))
    read = replace(seen, strengths=mean.round(_DIGITS).clip(min=0.0))
    hits = read.strengths if read.passing is None else read.strengths[read.passing]
    chosen, success, n = _chosen(read, pool, k), float(read.strengths.sum()), shots or 1
    return RecallResult(
        **columns(pool, read, chosen),
        errors=_errors(read.strengths, error)[chosen],
        mode=question.mode,
        schedule=schedule,
        success_probability=success,
        found=bool(hits.any()),
        measured=int(pool.addresses[read.drawn(generator)]) if hits.any() else None,
        miss_bound=(1 - min(float(hits.sum()), 1.0)) ** n,
        exactness=exactness,
        ledger=Ledger(
            entries=len(pool),
            iterations=n * len(phases),
            preparations=n * (2 * len(phases) + 1),
            seconds=time.perf_counter() - begun,
            scan_seconds=scanned,
            registers=pool.registers(question.copies),
            asked=asked,
            length=question.length,
            phases=special,
        ),
    )


def _made(backend: str | Backend, pool: Pool) -> Backend:
    if not isinstance(backend, str | Backend):
        raise ConfigError(f"got backend {backend!r}: expected a name such as 'aer', or a Backend")
    if pool.decoherence is not None:
        raise ConfigError(
            "the keys of this memory age, and those in a circuit do not: expected backend "
            "'exact' without shots, or a memory without decoherence"
        )
    return named(backend) if isinstance(backend, str) else backend


def _chosen(read: Scan, pool: Pool, k: int) -> Int64[np.ndarray, " best"]:
    """The k read most often; of those above a threshold the ones of highest fidelity."""
    if read.passing is None:
        return best(read.strengths, pool.addresses, k)
    above_zero = np.where(read.strengths[read.passing] > 0, 1 + read.fidelities[read.passing], 0.0)
    return np.asarray(read.passing[best(above_zero, pool.addresses[read.passing], k)])


def _errors(
    joint: Float64[np.ndarray, " entry"], error: Float64[np.ndarray, " entry"]
) -> Float64[np.ndarray, " entry"]:
    """Of the weights, from P(a and success) and its errors."""
    success = joint.sum() or 1.0
    weights = joint / success
    variances = error**2 * (1 - 2 * weights) + weights**2 * (error**2).sum()
    return np.asarray(np.sqrt(variances) / success)


def _read(
    backend: Backend,
    contents: Contents,
    asked: Asked,
    phases: Phases,
    shots: int | None,
    seed: int,
) -> Values:
    """How often one attempt reads each entry's address, with 0...0 as key if it is soft."""
    circuit, layout = recall_circuit(contents, asked, phases), contents.layout
    wires = layout.address_wires + (layout.key_wires if isinstance(asked, Soft) else ())
    zeros = "0" * (len(wires) - layout.n_address)
    outcomes = tuple(
        Projector(f"{address:0{layout.n_address}b}{zeros}", wires)
        for address in contents.addresses.tolist()
    )
    nothing = torch.zeros(1, 0, dtype=torch.float64), torch.zeros(0, dtype=torch.float64)
    if shots is None:
        if len(outcomes) << len(wires) > _MOST_NUMBERS:
            raise CircuitError(
                f"{len(outcomes)} entries on {len(wires)} wires are too many for exact values of "
                "a back end: give shots, or recall by backend 'exact'"
            )
        return backend.expectations(replace(circuit, observables=outcomes), *nothing)
    [counts] = backend.sample(circuit, *nothing, shots=shots, seed=seed)
    read: Counter[str] = Counter()
    for bits, number in counts.items():
        read[bits[: len(wires)]] += number
    mean = torch.tensor([[read[each.bits] for each in outcomes]], dtype=torch.float64) / shots
    return Values(mean=mean, error=standard_errors(mean, outcomes, shots))
