"""Circuits like one that is asked, whose exact values are computed: what is learned from."""

from dataclasses import replace
from itertools import count
from math import pi

import torch
from jaxtyping import Float
from torch import Tensor

from ..circuits import Circuit, Input
from ..errors import CircuitError
from ..simulation.lowering.angles import Polynomials
from ..simulation.shots.evaluation import Evaluation

MAX_WIRES = 16
_QUARTER = pi / 2
_SAME = 1e-6  # radians
_TRIES = 4  # candidates for each that is taken

Rows = Float[Tensor, "row angle"]
Others = Float[Tensor, "other angle"]


def lifted(circuit: Circuit, inputs: Float[Tensor, "row n_inputs"]) -> tuple[Circuit, Rows]:
    """``circuit`` with an input of its own for every angle, and the angles for every row.

    Amplitudes that are encoded stay the first inputs.

    Raises:
        CircuitError: no gate has an angle.

    Example:
        >>> from qmann_core.circuits import Operation, z_each
        >>> circuit = Circuit(1, (Operation("RX", (0,), (0.3,)),), z_each(1))
        >>> lifted(circuit, torch.zeros(1, 0))[1]
        tensor([[0.3000]])
    """
    n = circuit.n_amplitudes
    gates = circuit.operations[int(n > 0) :]
    angles = [angle for gate in gates for angle in gate.parameters]
    if not angles:
        raise CircuitError(
            "no gate of this circuit has an angle that could be changed, so that there is nothing "
            "to learn from; use ZNE, or write its gates as rotations"
        )
    places = count(n)
    moved = tuple(
        replace(gate, parameters=tuple(Input(next(places)) for _ in gate.parameters))
        for gate in gates
    )
    rows = Polynomials(angles, circuit.n_inputs)(inputs)
    operations = circuit.operations[: int(n > 0)] + moved
    return replace(circuit, operations=operations), torch.cat([inputs[:, :n], rows], dim=1)


def training_rows(
    circuit: Circuit, asked: Rows, n: int, kept: float, generator: torch.Generator
) -> Others:
    """``n`` rows of a lifted circuit, near those that are asked, and none of them.

    Half of them are the candidates whose exact values are farthest from the mean, so that there is
    something to learn; the others are as they come.

    Raises:
        CircuitError: more than `MAX_WIRES` wires are in use, or all candidates are asked.
    """
    tried = _near(asked, circuit.n_amplitudes, _TRIES * n, kept, generator)
    is_asked = (_apart(tried, asked, circuit.n_amplitudes) < _SAME).any(1)
    tried = tried[~is_asked]
    if len(tried) < n:
        raise CircuitError(
            f"only {len(tried)} of {len(is_asked)} circuits near those asked differ from all of "
            "them, too few to learn from; ask fewer rows at once, or use ZNE"
        )
    values = exactly(circuit, tried)
    distance = ((values - values.mean(0)) ** 2 / (values.var(0) + 1e-12)).sum(1)
    far = distance.argsort(descending=True, stable=True)
    is_far = torch.zeros(len(tried), dtype=torch.bool)
    is_far[far[: n // 2]] = True
    return tried[torch.cat([is_far.nonzero()[:, 0], (~is_far).nonzero()[: n - n // 2, 0]])]


def exactly(circuit: Circuit, rows: Rows) -> Float[Tensor, "row observable"]:
    """Values without noise, on the wires that are in use.

    Raises:
        CircuitError: these are more than `MAX_WIRES`.
    """
    return Evaluation(_narrowed(circuit), None, None)(rows, rows.new_zeros(0))


def _near(asked: Rows, n_fixed: int, n: int, kept: float, generator: torch.Generator) -> Others:
    """Angles of asked rows, rounded at random to one of the two nearest multiples of pi/2.

    Of those that are none yet, each is left alone with probability ``kept``, but never all. Where
    there are only multiples, others take their place.
    """
    drawn = torch.randint(len(asked), (n,), generator=generator)
    rows = asked[drawn]
    quarters = rows[:, n_fixed:] / _QUARTER
    whole = quarters.round()
    is_whole = (quarters - whole).abs() * _QUARTER < _SAME
    only_whole = is_whole.all(1, keepdim=True)
    chance = torch.rand(quarters.shape, generator=generator).masked_fill(is_whole & ~only_whole, -1)
    changes = chance >= chance.amax(1, keepdim=True).clamp_max(kept)
    rounded = torch.floor(quarters + torch.rand(quarters.shape, generator=generator))
    other = whole + torch.randint(1, 4, quarters.shape, generator=generator)
    changed = torch.where(changes, torch.where(only_whole, other, rounded), quarters)
    return torch.cat([rows[:, :n_fixed], changed * _QUARTER], dim=1)


def _apart(some: Rows, others: Others, n_fixed: int) -> Float[Tensor, "row other"]:
    """How far rows are from each other, angles taken as points of a circle."""
    some, others = (
        torch.cat([each[:, :n_fixed], each[:, n_fixed:].cos(), each[:, n_fixed:].sin()], dim=1)
        for each in (some, others)
    )
    return torch.cdist(some, others, compute_mode="donot_use_mm_for_euclid_dist")


def _narrowed(circuit: Circuit) -> Circuit:
    used = sorted({w for each in (*circuit.operations, *circuit.observables) for w in each.wires})
    if len(used) > MAX_WIRES:
        raise CircuitError(
            f"{len(used)} wires are in use, and training values are exact ones of up to "
            f"{MAX_WIRES}; use ZNE, which needs none"
        )
    return Circuit(
        len(used),
        tuple(replace(o, wires=tuple(map(used.index, o.wires))) for o in circuit.operations),
        tuple(replace(o, wires=tuple(map(used.index, o.wires))) for o in circuit.observables),
    )
