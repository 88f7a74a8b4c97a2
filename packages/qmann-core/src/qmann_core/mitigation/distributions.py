"""What wires would read without noise: probabilities, instead of values of observables."""

from collections import Counter
from collections.abc import Sequence
from dataclasses import replace

import numpy as np
import torch
from jaxtyping import Float
from torch import Tensor

from ..backends import Backend
from ..backends.outcomes import chances, words
from ..circuits import Circuit, z_each
from ..errors import CircuitError
from ..interop.sdk import sdk
from ..simulation import Measurement
from ..simulation.shots.evaluation import paired, weightless
from .automatic import mitigate
from .base import Job
from .measuring import REPLICATES
from .pipeline import MitigationPipeline, allotted, check_circuit
from .readout import Readout

MAX_WIRES = 10


def mitigated_probabilities(
    backend: Backend,
    circuit: Circuit,
    inputs: Float[Tensor, "row n_inputs"],
    weights: Float[Tensor, " n_weights"],
    *,
    pipeline: MitigationPipeline | None = None,
    shots: int | None = None,
    seed: int = 0,
) -> Float[Tensor, "row outcome"]:
    """Probabilities of all outcomes, wire 0 the most significant bit, whatever is observed.

    The words of I and Z are mitigated, ``2^-n H <W>`` of their values are quasi-probabilities, and
    of all probabilities the nearest are taken; see `nearest_probabilities`.

    Args:
        backend: where circuits run; see `mitigate`, as for what follows.
        circuit: on at most `MAX_WIRES` wires.
        inputs: angles in radians.
        weights: in radians.
        pipeline: stages; None to have them chosen.
        shots: for each row in all.
        seed: of shots.

    Raises:
        CircuitError: more wires; else as `mitigate`.
        ConfigError: as `mitigate`.
        BackendError: as `mitigate`.
    """
    n = circuit.n_wires
    if n > MAX_WIRES:
        raise CircuitError(
            f"got {n} wires: expected at most {MAX_WIRES}, of whose 2^n outcomes all are mitigated;"
            " take mitigated_counts, or observables on some of them"
        )
    setting = Measurement(tuple((wire, "Z") for wire in range(n)), ())
    asked = replace(circuit, observables=words(setting)[1:])
    found = mitigate(backend, asked, inputs, weights, pipeline=pipeline, shots=shots, seed=seed)
    whole = torch.cat((torch.ones_like(found.values[:, :1]), found.values), dim=1)
    return nearest_probabilities(chances(whole, setting))


def mitigated_counts(
    backend: Backend,
    circuit: Circuit,
    inputs: Float[Tensor, "row n_inputs"],
    weights: Float[Tensor, " n_weights"],
    *,
    shots: int,
    seed: int = 0,
) -> tuple[dict[str, float], ...]:
    """Probabilities of the bit strings that are read of each row, on any number of wires.

    Read-out alone is mitigated, by M3: of the matrix A of `Readout` only what strings that were
    read, at most three flips apart, become of each other is looked at, ``A p = f`` is solved for
    their frequencies f, and of all probabilities the nearest are taken. Nation et al.,
    arXiv:2108.12518; needs mthree (extra ``mthree``).

    Args:
        backend: where circuits run.
        circuit: what is run; all wires are read, whatever is observed.
        inputs: angles in radians.
        weights: in radians.
        shots: for each row in all, calibrations included.
        seed: of shots.

    Returns:
        For each row the probabilities above 0, by bits, wire 0 first.

    Raises:
        CircuitError: as `MitigationPipeline.run`.
        ConfigError: likewise.
        BackendError: likewise.
        ModuleNotFoundError: mthree is not installed.
    """
    solver = sdk("mthree").M3Mitigation(None)  # before shots are spent
    read = replace(circuit, observables=z_each(circuit.n_wires))
    backend.check(read, inputs, weights, shots, seed)
    check_circuit(read, len(inputs))
    there, native = backend.native(weightless(read))
    rows, stage = paired(inputs, weights).double(), Readout()
    jobs = stage.expand(Job(circuit=native, inputs=rows), torch.Generator())
    spent = allotted(jobs, shots, len(rows))
    wires = [wire for each in native.observables for wire in each.wires]
    asked, *calibrations = (
        _read(there, job, wires, each or 0, (seed + k) % 2**32)
        for k, (job, each) in enumerate(zip(jobs, spent, strict=True))
    )
    rng = np.random.default_rng((seed, 1))
    values = [_values(counts, rng) for (counts,) in calibrations]
    matrices = stage.confusions(torch.from_numpy(np.stack(values, axis=-1)), tuple(wires))
    solver.cals_from_matrices(list(matrices[0].numpy()))
    # it takes a string to end with the first wire
    quasi = [solver.apply_correction(counts, range(len(wires))[::-1]) for counts in asked]
    nearest = [each.nearest_probability_distribution() for each in quasi]
    return tuple({bits: float(p) for bits, p in each.items() if p > 0} for each in nearest)


def _read(
    there: Backend, job: Job, wires: Sequence[int], shots: int, seed: int
) -> list[Counter[str]]:
    """What some wires read, of each row."""
    kept: list[Counter[str]] = []
    for counts in there.sample(job.circuit, job.inputs, job.inputs[0, :0], shots=shots, seed=seed):
        kept.append(Counter())
        for bits, n in counts.items():
            kept[-1]["".join(bits[wire] for wire in wires)] += n
    return kept


def _values(counts: Counter[str], rng: np.random.Generator) -> Float[np.ndarray, "replicate wire"]:
    """Of Z on each wire: what was read, and what might as well have been."""
    ones = np.average([[bit == "1" for bit in bits] for bits in counts], 0, list(counts.values()))
    again = rng.binomial(counts.total(), ones, (REPLICATES, len(ones))) / counts.total()
    return 1 - 2 * np.vstack((ones, again))


def nearest_probabilities(
    quasi: Float[Tensor, "*batch outcome"],
) -> Float[Tensor, "*batch outcome"]:
    """The probabilities p with the least ``sum (p - q)^2``: ``p = max(q - t, 0)``.

    t is such that they add up to 1. Smolin, Gambetta and Smith, arXiv:1106.5458.

    Example:
        >>> nearest_probabilities(torch.tensor([0.8, 0.4, -0.2]))
        tensor([0.7000, 0.3000, 0.0000])
    """
    ordered = quasi.sort(dim=-1, descending=True).values
    n_kept = torch.arange(1, quasi.shape[-1] + 1).to(quasi)
    over = (ordered.cumsum(-1) - 1) / n_kept
    last = (ordered > over).sum(-1, keepdim=True) - 1
    found: Tensor = (quasi - over.gather(-1, last)).clamp(min=0)
    return found


def hellinger_fidelity(
    some: Float[Tensor, "*batch outcome"], others: Float[Tensor, "*batch outcome"]
) -> Float[Tensor, "*batch"]:
    """``(sum_x sqrt(p_x q_x))^2``, 1 of probabilities that are alike."""
    return (some * others).sqrt().sum(-1).square()
