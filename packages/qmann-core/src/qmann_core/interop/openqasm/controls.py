"""Steps undone, under controls, and in the end as gates of ours."""

from math import pi

from ...circuits.controlled import multi_controlled_phase
from ...circuits.gates import GATES, Operation, elementary
from ...circuits.gates import inverse as undone
from ...circuits.parameters import Parameter
from .gates import Controlled, Phase, Step, Steps, Wires

_BASES = {
    **{f"C{gate}": gate for gate in ("Y", "Z", "H", "SWAP", "RX", "RY", "RZ", "Rot")},
    "CNOT": "X",
    "Toffoli": "X",
    "ControlledPhaseShift": "PhaseShift",
}
_MADE = {(base, GATES[name].n_controls): name for name, base in _BASES.items()}
_PHASES = {"S": pi / 2, "T": pi / 4, "Adjoint(S)": -pi / 2, "Adjoint(T)": -pi / 4}
_LINKS = {"RX": "Z", "RY": "Z", "RZ": "X"}  # X or Z on both sides turns the other way


def inverse(steps: Steps) -> Steps:
    """The steps undone, last first."""
    return tuple(part for step in reversed(steps) for part in _undone(step))


def controlled(steps: Steps, controls: Wires) -> Steps:
    """The steps where all ``controls`` are 1."""
    return tuple(_under(step, controls) for step in steps)


def lowered(step: Step) -> tuple[Operation, ...]:
    """A step as gates of ours, up to the global phase."""
    if isinstance(step, Phase):
        return ()
    return (step,) if isinstance(step, Operation) else _lowered(step.gate, step.controls)


def _undone(step: Step) -> Steps:
    if isinstance(step, Phase):
        return (Phase(-step.angle),)
    if isinstance(step, Operation):
        return undone((step,))
    return tuple(Controlled(each, step.controls) for each in undone((step.gate,)))


def _under(step: Step, controls: Wires) -> Step:
    if isinstance(step, Phase):
        *others, last = controls
        return Controlled(Operation("PhaseShift", (last,), (step.angle,)), tuple(others))
    if isinstance(step, Controlled):
        return Controlled(step.gate, controls + step.controls)
    own = GATES[step.gate].n_controls
    base = Operation(_BASES.get(step.gate, step.gate), step.wires[own:], step.parameters)
    return Controlled(base, controls + step.wires[:own])


def _lowered(gate: Operation, controls: Wires) -> tuple[Operation, ...]:
    """A gate under controls: as one of ours, or by phases where many wires are 1."""
    wires, name = controls + gate.wires, _MADE.get((gate.gate, len(controls)))
    if not controls or name is not None:
        return (Operation(name or gate.gate, wires, gate.parameters),)

    def under(*steps: Operation) -> tuple[Operation, ...]:
        return tuple(part for step in steps for part in _lowered(step, controls))

    def on(name: str, *angles: Parameter) -> Operation:
        return Operation(name, gate.wires, angles)

    def phase(angle: Parameter) -> tuple[Operation, ...]:
        return _lowered(Operation("PhaseShift", controls[-1:], (angle,)), controls[:-1])

    match gate.gate, gate.parameters:
        case "I", _:
            return ()
        case (("S" | "T" | "Adjoint(S)" | "Adjoint(T)"), _):
            return under(on("PhaseShift", _PHASES[gate.gate]))
        case (("SX" | "Adjoint(SX)"), _):
            sign = 1 if gate.gate == "SX" else -1
            return (*phase(sign * pi / 4), *under(on("RX", sign * pi / 2)))
        case "U3", (theta, phi, lam):
            return (*phase(0.5 * (phi + lam)), *under(on("Rot", lam, theta, phi)))
        case "PhaseShift", (angle,):
            return multi_controlled_phase(wires, angle)
        case "Z", _:
            return multi_controlled_phase(wires)
        case "X", _:
            return (on("H"), *under(on("Z")), on("H"))
        case "Y", _:
            return (on("Adjoint(S)"), *under(on("X")), on("S"))
        case "H", _:
            return (on("RY", -pi / 4), *under(on("Z")), on("RY", pi / 4))
        case (("RX" | "RY" | "RZ"), (angle,)):
            link = under(on(_LINKS[gate.gate]))
            return (on(gate.gate, 0.5 * angle), *link, on(gate.gate, -0.5 * angle), *link)
        case "Rot", (a, b, c):
            return under(on("RZ", a), on("RY", b), on("RZ", c))
        case "SWAP", _:
            first, second = gate.wires
            flip = Operation("CNOT", (second, first))
            return (flip, *_lowered(Operation("X", (second,)), (*controls, first)), flip)
    steps = controlled(elementary(gate), controls)  # exact for those that are left
    return tuple(part for step in steps for part in lowered(step))
