"""Observables whose dependence on the weights is too flat to train from a random start."""

from ..circuits.parameters import Symbol, Weight, symbols
from .evidence import Evidence, Group
from .finding import Finding, named
from .steps import angle
from .support import I_OR_Z, ONLY_I, Verdict

_FLAT = 2.0**-10
_MANY_WIRES = 8


def barren_plateaus(evidence: Evidence, found: dict[Symbol, Verdict]) -> list[Finding]:
    """Observables that are flat because of their many wires, and those flat for other reasons."""
    variances = [(group, _largest_variance(evidence, group, found)) for group in evidence.groups]
    flat = [(group, its) for group, its in variances if its is not None and its < _FLAT]
    broad = [(group, its) for group, its in flat if _n_measured(group) >= _MANY_WIRES]
    narrow = [(group, its) for group, its in flat if _n_measured(group) < _MANY_WIRES]
    findings = []
    if broad:
        why = f"{max(_n_measured(group) for group, _ in broad)} wires are measured at once"
        way_out = "measure few wires at a time, each in an observable of its own"
        findings.append(_finding(broad, why, way_out))
    if narrow:
        spread = max(group.spread for group, _ in narrow)
        n_wires = evidence.circuit.n_wires
        why = f"the gates spread what is measured over {spread:.0f} of {n_wires} wires"
        way_out = "take fewer layers, or start from small angles or identity blocks"
        findings.append(_finding(narrow, why, way_out))
    return findings


def _finding(flat: list[tuple[Group, float]], why: str, way_out: str) -> Finding:
    subjects = tuple(sorted(index for group, _ in flat for index in group.observables))
    largest = max(variance for _, variance in flat)
    size = f"of about {largest:.0e} at most" if largest else "too small to be sampled"
    return Finding(
        "barren-plateau",
        subjects,
        f"{named('observable', subjects)}: for weights drawn uniformly the derivative with respect "
        f"to any weight has a variance {size}, because {why}; {way_out}",
    )


def _largest_variance(
    evidence: Evidence, group: Group, found: dict[Symbol, Verdict]
) -> float | None:
    """The largest variance of a derivative with respect to a weight that may have an effect.

    A projector on k wires has mean square ``2**-k``; one on few wires is measured by that.
    """
    variances = [
        float(variance)
        for step, told, variance in zip(
            evidence.program.operations, group.verdicts, group.variances, strict=True
        )
        if told is Verdict.UNKNOWN
        if any(
            isinstance(symbol, Weight) and found[symbol] in (Verdict.ALIVE, Verdict.UNKNOWN)
            for symbol in symbols(angle(step))
        )
    ]
    few = _n_measured(group) < _MANY_WIRES
    size = 0.5 ** sum(letters == I_OR_Z for letters in group.letters) if few else 1.0
    return max(variances) / size if variances else None


def _n_measured(group: Group) -> int:
    return sum(letters != ONLY_I for letters in group.letters)
