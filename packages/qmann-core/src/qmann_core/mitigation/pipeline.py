"""Stages one after the other, within a budget of shots."""

import time
from collections.abc import Iterable, Iterator, Sequence
from dataclasses import dataclass, replace
from itertools import pairwise
from math import ceil
from types import UnionType
from typing import NamedTuple

import torch
from jaxtyping import Float
from torch import Tensor

from ..backends import Backend
from ..circuits import Circuit
from ..errors import CircuitError, ConfigError
from ..simulation import measurements
from ..simulation.shots.evaluation import paired, weightless
from .base import Done, Job, Stage
from .exponential import ExponentialExtrapolation
from .learned import Learned
from .measuring import MAX_WIRES, measured, replicates
from .pec import PEC
from .readout import Readout
from .report import Mitigation, Step
from .zne import ZNE

Extrapolation = ZNE | ExponentialExtrapolation
_ORDER: tuple[type[Stage] | UnionType, ...] = (Readout, PEC, Extrapolation, Learned)
_LEAST = 16  # shots of a circuit


class _Node(NamedTuple):
    """A job, and the stage that makes others of it; none of one that is run."""

    job: Job
    stage: Stage | None
    jobs: "tuple[_Node, ...]"

    def leaves(self) -> Iterator[Job]:
        if self.stage is None:
            yield self.job
        for each in self.jobs:
            yield from each.leaves()


_Run = dict[int, Tensor]  # what each job that is run gave, by its identity


@dataclass(frozen=True)
class MitigationPipeline:
    """Expectation values from a noisy back end, corrected by stages, the first of them first.

    Each stage adds circuits, and its equation makes one value of theirs. All work on the circuit in
    the gates of the device, which runs as it stands. Standard errors are the spread of the whole
    pipeline on frequencies that are drawn again, calibrations and all; a bias that is left is not
    in them.

    Args:
        stages: `Readout` first, if at all, because whatever follows is better for it; at most one
            extrapolation (`ZNE` or `ExponentialExtrapolation`), because the second would find no
            noise left to fit; `PEC` before it, with a gain above 0; `Learned` last. None is the raw
            value.

    Raises:
        ConfigError: stages that are none, or in an order that makes no sense.

    Example:
        >>> from qmann_core.mitigation import MitigationPipeline, Readout, ZNE
        >>> [type(stage).__name__ for stage in MitigationPipeline([Readout(), ZNE()]).stages]
        ['Readout', 'ZNE']
    """

    stages: tuple[Stage, ...] = ()

    def __init__(self, stages: Sequence[Stage] = ()) -> None:
        object.__setattr__(self, "stages", tuple(stages))
        _check_order(self.stages)

    @property
    def name(self) -> str:
        """Stages in words."""
        return " + ".join(map(_name, self.stages)) or "raw"

    def run(
        self,
        backend: Backend,
        circuit: Circuit,
        inputs: Float[Tensor, "row n_inputs"],
        weights: Float[Tensor, " n_weights"],
        *,
        shots: int | None = None,
        seed: int = 0,
    ) -> Mitigation:
        """Mitigated expectation values, and how they came about.

        Args:
            backend: where circuits run.
            circuit: what is computed; no amplitude encoding.
            inputs: angles in radians.
            weights: in radians.
            shots: for each row and setting in all, calibrations included; None for exact values.
            seed: of shots and of whatever is drawn.

        Raises:
            CircuitError: circuits or observables that do not fit, or that a stage cannot work with.
            ConfigError: too few shots for the circuits that there are to run.
            BackendError: the simulator or device fails.
        """
        backend.check(circuit, inputs, weights, shots, seed)
        check_circuit(circuit, len(inputs))
        started = time.perf_counter()
        there, native = backend.native(weightless(circuit))
        root = self._tree(native, paired(inputs, weights).double(), seed)
        alike = _alike(root.leaves())
        jobs = [replace(same[0], share=sum(job.share for job in same)) for same in alike]
        spent = allotted(jobs, shots, len(root.job.inputs) * _settings(circuit))
        n = max(1, replicates(jobs)) if shots is not None else 0
        run: _Run = {}
        for number, (job, each, same) in enumerate(zip(jobs, spent, alike, strict=True)):
            found = measured(job, there, each, n, (seed + 10_007 * number) % 2**32)
            run.update((id(one), found) for one in same)
        steps: list[Step] = []
        values = _reduced(root, run, steps)
        n_asked = len(circuit.observables)  # the first ones of what the first circuit was asked
        steps[0] = replace(steps[0], found=steps[0].found[..., :n_asked])
        circuits = [len(job.inputs) * _settings(job.circuit) for job in jobs]
        return Mitigation(
            pipeline=self.name,
            backend=f"{there.name}, simulated" if there.simulated else there.name,
            observables=circuit.observables,
            values=values[0],
            steps=tuple(steps),
            circuits=sum(circuits),
            shots=sum(n * (each or 0) for n, each in zip(circuits, spent, strict=True)),
            seconds=time.perf_counter() - started,
        )

    def _tree(self, circuit: Circuit, inputs: Tensor, seed: int) -> _Node:
        generator = torch.Generator().manual_seed(seed)

        def grown(job: Job, stages: Sequence[Stage]) -> _Node:
            if not stages:
                return _Node(job, None, ())
            *before, last = stages
            return _Node(job, last, tuple(grown(j, before) for j in last.expand(job, generator)))

        return grown(Job(circuit=circuit, inputs=inputs), self.stages)


def _reduced(node: _Node, run: _Run, steps: list[Step]) -> Tensor:
    """The values of a job; ``steps`` are those along the first one of each stage's."""
    if node.stage is None:
        found = run[id(node.job)]
        steps.append(Step(name="raw", found=found.detach(), said=()))
        return found
    first, *others = node.jobs
    parts = [_reduced(first, run, steps), *(_reduced(each, run, []) for each in others)]
    jobs = [each.job for each in node.jobs]
    values, said = node.stage.reduce(node.job, jobs, parts)
    job, *kept = map(_detached, (node.job, *jobs))
    done = Done(job, tuple(kept), tuple(each.detach() for each in parts))
    name, found = _name(node.stage), values.detach()
    steps.append(Step(name=name, found=found, said=said, stage=node.stage, done=done))
    return values


def _detached(job: Job) -> Job:
    return replace(job, inputs=job.inputs.detach())


def _alike(jobs: Iterable[Job]) -> list[list[Job]]:
    """Jobs that one run answers, together."""
    found: dict[tuple[Circuit, bytes, float | int], list[Job]] = {}
    for job in jobs:
        same = job.circuit, job.inputs.detach().numpy().tobytes(), job.gain
        found.setdefault(same, []).append(job)
    return list(found.values())


def _settings(circuit: Circuit) -> int:
    return sum(bool(setting.wires) for setting in measurements(circuit.observables))


def allotted(jobs: Sequence[Job], shots: int | None, rows: int) -> list[int | None]:
    """Shots of each row and setting of every job, of so many for each of ``rows`` and settings.

    Raises:
        ConfigError: too few for any.
    """
    if shots is None:
        return [None] * len(jobs)
    whole = sum(job.share * len(job.inputs) * _settings(job.circuit) for job in jobs)
    parts = [shots * rows * job.share / whole for job in jobs]
    if min(parts) < _LEAST:
        raise ConfigError(
            f"got {shots} shots: expected at least {ceil(shots * _LEAST / min(parts))} in all for "
            f"each row and setting, from which {len(jobs)} circuits each get {_LEAST}; give more "
            "shots, or leave stages out"
        )
    return [int(part) for part in parts]


def _name(stage: Stage) -> str:
    return type(stage).__name__


def check_circuit(circuit: Circuit, n_rows: int) -> None:
    """Refuse what no stage can work with.

    Raises:
        CircuitError: an amplitude encoding, no rows, nothing to measure, or a wide observable.
    """
    if circuit.n_amplitudes:
        raise CircuitError(
            "got an amplitude encoding: expected a circuit of gates, which folds and can be "
            "laid on a device; prepare the state by rotations"
        )
    if not n_rows or not _settings(circuit):
        raise CircuitError(
            f"got {n_rows} rows and {_settings(circuit)} settings to measure: expected at least "
            "one of each; the identity alone is no observable to mitigate"
        )
    widest = max(len(m.wires) for each in circuit.observables for m in measurements([each]))
    if widest > MAX_WIRES:
        raise CircuitError(
            f"got an observable on {widest} wires: expected at most {MAX_WIRES}, of whose 2^n "
            "outcomes all are looked at; ask for narrower ones, or for mitigated_counts"
        )


def _check_order(stages: Sequence[Stage]) -> None:
    for place, stage in enumerate(stages):
        if not isinstance(stage, Stage):
            raise ConfigError(
                f"stage {place} is {stage!r}: expected one such as Readout() or ZNE()"
            )
    extrapolations = [each for each in stages if isinstance(each, Extrapolation)]
    kinds = [
        place for each in stages for place, kind in enumerate(_ORDER) if isinstance(each, kind)
    ]
    late_readout = any(isinstance(each, Readout) for each in stages[1:])
    if late_readout or any(late <= early for early, late in pairwise(kinds)):
        raise ConfigError(
            f"got {', '.join(map(_name, stages))}: expected Readout, PEC, one extrapolation, "
            "Learned, any of them, in this order: Readout inverts what is read, others work on "
            "what those before left, and an extrapolation leaves no noise to a second"
        )
    cancels = any(isinstance(each, PEC) and each.gain == 0 for each in stages)
    learns = any(isinstance(each, Learned) and len(each.scales) > 1 for each in stages)
    if extrapolations and (cancels or learns):
        other = "PEC with gain=0" if cancels else "Learned with several scales"
        raise ConfigError(
            f"got {other} and {_name(extrapolations[0])}: expected one of them, as both take the "
            "noise to 0; or PEC with a gain above 0, or Learned with scales=(1,)"
        )
