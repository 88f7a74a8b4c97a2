"""Recall as a circuit: a loader, and iterates that amplify what is good."""

from ...circuits import Circuit, Observable, Operation, Projector, inverse
from ...circuits.controlled import Wires, reflection
from ...errors import CircuitError
from ..keys.predicates import Within
from .conditions import (
    Asked,
    Oracle,
    Phases,
    Soft,
    WorkWires,
    oracle,
    unquery,
    work_wires,
)
from .loading import Contents
from .oracles import compared, looked_at
from .resources import recall_counts

MAX_GATES = 2_000_000
"""A longer circuit is not written down: it would take gigabytes and tell nobody anything."""


def amplify(
    preparation: tuple[Operation, ...],
    oracle: Oracle,
    wires: Wires,
    phases: Phases,
    *,
    clean: Wires = (),
    borrowed: Wires = (),
) -> tuple[Operation, ...]:
    """A, then for each (alpha, beta): the oracle by beta, and A R_0(alpha) A^-1.

    With (pi, pi) each iterate turns by 2 theta in the plane of good and bad, sin^2 theta = p0, so
    P_k = sin^2((2k + 1) theta) (Brassard et al., arXiv:quant-ph/0005055); other phases make exact
    and fixed-point searches.

    Args:
        preparation: A, any operations that have an inverse.
        oracle: any reversible predicate.
        wires: those that A takes from |0...0> to the start.
        phases: of each iterate, such as ``grover(2)`` or those of `search.exact_schedule`.
        clean: wires in |0>, for the reflection R_0.
        borrowed: other wires, in any state.
    """
    steps, undone = list(preparation), inverse(preparation)
    for alpha, beta in phases:
        steps += oracle(float(beta))
        steps += undone
        steps += reflection(wires, float(alpha), clean=clean, borrowed=borrowed)
        steps += preparation
    return tuple(steps)


def recall_circuit(
    contents: Contents, asked: Asked, phases: Phases, *, n_work: WorkWires = "fewest"
) -> Circuit:
    """The whole recall; outcomes are as probable as the closed form says.

    Wires: address, key (every copy), work. At the end of a soft or threshold recall the inverse of
    the query is applied, so that success is a key register that reads 0...0; after a hard one the
    key register holds the key, to be checked classically. P(a | success) is F_a / sum F, or
    g(F_a) / sum g, or 1 / M, whatever the phases.

    It measures the projector on success (not for `Within`, of which several keys are good), then Z
    on each address wire.

    Args:
        contents: what is stored.
        asked: a predicate, or a query with or without a threshold.
        phases: of each iterate, such as ``grover(2)``.
        n_work: work wires.

    Raises:
        CircuitError: there are too few work wires, or would be too many gates to write down.

    Example:
        >>> import numpy as np
        >>> from qmann_core.memory.hardware import grover
        >>> from qmann_core.memory.keys.predicates import Equal
        >>> keys = np.array([[0, 0], [0, 1], [1, 1]])
        >>> contents = Contents("basis", np.arange(3), keys, n_address=2)
        >>> recall_circuit(contents, Hard(Equal((0, 1))), grover(1)).n_wires
        4
    """
    layout = contents.layout
    counts = recall_counts(layout, len(contents.addresses), asked, phases, n_work=n_work)
    if counts.total.total > MAX_GATES:
        raise CircuitError(
            f"the circuit would have {counts.total.total} gates, more than {MAX_GATES}; "
            "count them by `recall_counts`, or take fewer addresses or iterations"
        )
    work = work_wires(asked, layout, n_work)
    ask = oracle(asked, layout, work)
    wires = (*layout.address_wires, *layout.key_wires)
    steps = amplify(_preparation(contents, asked, ask, work), ask, wires, phases, clean=work)
    if isinstance(asked, Soft):
        steps += unquery(asked, layout)
    return Circuit(layout.n_wires + len(work), steps, _measured(contents, asked))


def _preparation(
    contents: Contents, asked: Asked, oracle: Oracle, work: Wires
) -> tuple[Operation, ...]:
    """To |M>, or for a threshold to the state whose fidelities with |q> are g(F_a).

    The inner sequence reflects each key about itself by undoing the loader, which the address
    controls already: all addresses run their own fixed-point search at once.
    """
    phases = asked.phases if isinstance(asked, Soft) else ()
    keys, idle = contents.layout.key_wires, contents.layout.address_wires
    loaded = amplify(contents.loader, oracle, keys, phases, clean=work, borrowed=idle)
    return (*contents.addressing, *loaded)


def _measured(contents: Contents, asked: Asked) -> tuple[Observable | Projector, ...]:
    address = tuple(Observable("Z", (wire,)) for wire in contents.layout.address_wires)
    keys = contents.layout.key_wires
    if isinstance(asked, Soft):
        return (Projector("0" * len(keys), keys), *address)
    bits = compared(asked.predicate)
    if not bits or isinstance(asked.predicate, Within):
        return address
    return (Projector("".join(map(str, bits)), looked_at(asked.predicate, keys)), *address)
