"""Which stages, by name or by what they are expected to be wrong by."""

from collections.abc import Callable, Mapping, Sequence
from dataclasses import replace
from functools import partial
from types import MappingProxyType

import torch
from jaxtyping import Float
from torch import Tensor

from ..backends import Backend
from ..circuits import Circuit, Observable, Projector, pauli
from ..errors import CircuitError, ConfigError
from .base import Found, Stage
from .exponential import ExponentialExtrapolation
from .learned import Learned
from .pipeline import MitigationPipeline
from .readout import Readout
from .report import Mitigation, Step
from .zne import ZNE

AUTO = "auto"
_CLEARLY = 0.7  # of the last step's expected error, which another one must be below
STAGES: Mapping[str, Callable[[], Stage]] = MappingProxyType(
    {
        "readout": Readout,
        "correlated": partial(Readout, correlated=True),
        "linear": ZNE,
        "richardson": partial(ZNE, scales=(1, 3, 5), fit="richardson"),
        "exponential": partial(ZNE, scales=(1, 3, 5), fit="exponential"),
        "best": partial(ZNE, scales=(1, 3, 5), fit="best"),
        "evd": ExponentialExtrapolation,
        "cdr": partial(Learned, scales=(1,)),
        "learned": partial(Learned, scales=(1, 3, 5)),
    }
)
"""Stages by the names that the command line knows."""


def named(names: str) -> MitigationPipeline | None:
    """The pipeline of stages with commas between; None for ``"auto"``.

    Raises:
        ConfigError: a stage of another name, or an order that makes no sense.

    Example:
        >>> named("readout,evd").name
        'Readout + ExponentialExtrapolation'
    """
    if names == AUTO:
        return None
    parts = [name.strip() for name in names.split(",")]
    if unknown := [name for name in parts if name not in STAGES]:
        raise ConfigError(
            f"unknown mitigation {', '.join(map(repr, unknown))}: expected {AUTO}, or some of "
            f"{', '.join(STAGES)} with commas between"
        )
    return MitigationPipeline([STAGES[name]() for name in parts])


def mitigate(
    backend: Backend,
    circuit: Circuit,
    inputs: Float[Tensor, "row n_inputs"],
    weights: Float[Tensor, " n_weights"],
    *,
    pipeline: MitigationPipeline | None = None,
    shots: int | None = None,
    seed: int = 0,
) -> Mitigation:
    """Mitigated values; without a pipeline by stages that are chosen, as follows.

    Exact values are those of `Readout` and `ZNE` at scales 1, 3 and 5 with ``fit="best"``, each
    gate folded where it stands, which leaves less error where no shots hide it. Those of shots come
    from `Readout` and `ExponentialExtrapolation`; an earlier step is kept if its mean square error
    is expected to be clearly less: its variance, and the square of what it differs by from the last
    one beyond what shots explain. That is in the standard errors, too.

    Args:
        backend: where circuits run; see `MitigationPipeline.run`, as for what follows.
        circuit: what is computed.
        inputs: angles in radians.
        weights: in radians.
        pipeline: stages; None to have them chosen.
        shots: for each row and setting in all.
        seed: of shots.

    Raises:
        CircuitError: as `MitigationPipeline.run`.
        ConfigError: likewise.
        BackendError: likewise.
    """
    last = ExponentialExtrapolation() if shots else ZNE(scales=(1, 3, 5), fit="best", fold="local")
    chosen = MitigationPipeline([Readout(), last]) if pipeline is None else pipeline
    found = chosen.run(backend, circuit, inputs, weights, shots=shots, seed=seed)
    return _least_wrong(found) if pipeline is None and shots else found


def mitigate_words(
    backend: Backend,
    circuit: Circuit,
    words: Sequence[str],
    *,
    stages: str = AUTO,
    shots: int | None = None,
    seed: int = 0,
) -> Mitigation:
    """The same for a circuit without free angles, and words such as "ZZII" of all its wires.

    Raises:
        CircuitError: a circuit with inputs or weights, or a word of another length; else as
            `mitigate`.
        ConfigError: as `named` and `mitigate`.
        BackendError: as `mitigate`.
    """
    pipeline = named(stages)
    if circuit.n_inputs or circuit.n_weights:
        raise CircuitError("got a program with free inputs: expected a number for every angle")
    for word in words:
        if len(word) != circuit.n_wires:
            raise CircuitError(
                f"got observable {word}: expected {circuit.n_wires} letters, one for each wire"
            )
    asked = replace(circuit, observables=tuple(map(pauli, words)))
    nothing = torch.zeros(1, 0, dtype=torch.float64), torch.zeros(0, dtype=torch.float64)
    return mitigate(backend, asked, *nothing, pipeline=pipeline, shots=shots, seed=seed)


def _least_wrong(found: Mitigation) -> Mitigation:
    """With the step of the least expected error as the last one."""
    last = found.steps[-1]
    expected = [_expected(step.found, last.found) for step in found.steps]
    roots = [float((variance + bias) ** 0.5) for variance, bias in expected]
    place = roots.index(min(roots))
    if roots[place] > _CLEARLY * roots[-1]:
        place = len(roots) - 1
    kept, (variance, bias) = found.steps[place], expected[place]
    wider = float((1 + bias / variance.clamp(min=1e-12)) ** 0.5)
    first, bounds = kept.found[:1], _bounds(found.observables)
    others = [f"{root:.2g} {step.name}" for step, root in zip(found.steps, roots, strict=True)]
    said = f"{kept.name} is kept; expected errors are {', '.join(others)}"
    again = first + wider * (kept.found[1:] - first)
    step = Step(name=AUTO, found=torch.cat((first.clamp(*bounds), again)), said=(said,))
    return replace(
        found,
        pipeline=f"{AUTO} ({found.pipeline})",
        values=step.values,
        steps=(*found.steps, step),
    )


def _bounds(observables: Sequence[Observable | Projector]) -> Float[Tensor, "2 observable"]:
    """The least and the largest eigenvalue of each."""
    least = [0.0 if isinstance(each, Projector) else -1.0 for each in observables]
    return torch.tensor([least, [1.0] * len(least)], dtype=torch.float64)


def _expected(found: Found, last: Found) -> tuple[Tensor, Tensor]:
    """The mean variance of values, and the mean square of their bias, were the last ones right."""
    apart = found - last
    bias = apart[0].square() - apart[1:].var(dim=0)
    return found[1:].var(dim=0).mean(), bias.mean().clamp(min=0)
