"""The linter: what is weak in a circuit, each with the reason."""

from math import ceil, log2

from ..circuits.circuit import Circuit
from ..circuits.observables import Observable
from ..circuits.parameters import Input, Symbol, Weight
from .ceiling import gate_ceiling
from .evidence import Evidence, collect, verdicts
from .finding import Finding, named
from .idle import blind_observables, idle_parameters, undecided_observables
from .plateau import barren_plateaus
from .redundant import redundant_wires, undecided_wires
from .steps import cost
from .support import Verdict


def lint(
    circuit: Circuit,
    *,
    activation: str | None = None,
    scale: float = 1.0,
    bias: float = 0.0,
    budget: int = 2**24,
) -> tuple[Finding, ...]:
    """What is weak in ``circuit``; nothing where nothing was found.

    - "blind-input": no observable depends on an input. "dead-weight": none depends on a weight.
      "blind-observable": it is the same for every input, though others are not.
    - "redundant-wire": without the wire and every gate on it, all values are the same.
    - "barren-plateau": with weights drawn uniformly, the derivative with respect to any of them has
      a variance below 1/1024 (McClean et al., arXiv:1803.11173; Cerezo et al., arXiv:2001.00550);
      that of a projector on fewer than 8 wires relative to its mean square.
    - "gate-ceiling": see `gate_ceiling`; only where ``activation`` says what follows the circuit.
    - "not-decided": what of the above is beyond ``budget``.

    An idle parameter is proved so by the Pauli letters that can occur on both sides of its gates,
    or found by derivatives at three random points, where a false alarm has probability 0 but for
    rounding (a derivative below 1e-9 counts as 0). Beyond the budget that derivative is not taken;
    there a parameter counts as alive only where random Pauli paths prove it, and what remains open
    is named in "not-decided". The variances behind "barren-plateau" treat gates that share a weight
    as if each had its own, and an amplitude encoding as |0...0>.

    Args:
        circuit: the circuit.
        activation: "sigmoid" or "tanh", if ``activation(scale * <O> + bias)`` is what is used.
        scale: see there.
        bias: see there.
        budget: the largest number of gates times ``2**n_wires`` to simulate.

    Example:
        >>> from qmann_core.circuits import Circuit, angle, z_each
        >>> [(f.code, f.subjects) for f in lint(Circuit(2, angle(2, axis="Z"), z_each(2)))]
        [('blind-input', (0, 1))]
    """
    evidence = collect(circuit, budget)
    found = verdicts(evidence)
    findings = [*idle_parameters(found), *blind_observables(evidence, found)]
    findings += [*redundant_wires(evidence), *barren_plateaus(evidence, found)]
    if activation is not None:
        findings += _ceilings(circuit, activation, scale, bias)
    return (*findings, *_not_decided(evidence, found))


def _ceilings(circuit: Circuit, activation: str, scale: float, bias: float) -> list[Finding]:
    words = [isinstance(observable, Observable) for observable in circuit.observables]
    findings = []
    for is_word, low in ((True, -1.0), (False, 0.0)):
        subjects = tuple(index for index, its in enumerate(words) if its is is_word)
        found = gate_ceiling(activation, scale, bias, low=low, subjects=subjects)
        findings += [found] if subjects and found else []
    return findings


def _not_decided(evidence: Evidence, found: dict[Symbol, Verdict]) -> list[Finding]:
    inputs, weights = (
        tuple(
            symbol.index
            for symbol, verdict in found.items()
            if isinstance(symbol, kind) and verdict is Verdict.UNKNOWN
        )
        for kind in (Input, Weight)
    )
    open_ones = (
        ("input", inputs),
        ("weight", weights),
        ("wire", undecided_wires(evidence)),
        ("observable", undecided_observables(evidence)),
    )
    if not any(indices for _, indices in open_ones):
        return []
    listed = "; ".join(named(noun, indices) for noun, indices in open_ones if indices)
    need = cost(evidence.whole.circuit)
    return [
        Finding(
            "not-decided",
            (),
            f"whether these are idle or blind was not decided: {listed}. That takes simulating "
            f"2**{ceil(log2(need))} gates times amplitudes, and the budget is {evidence.budget}",
        )
    ]
