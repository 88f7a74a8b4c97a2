"""The gates of OpenQASM 3 as ours, exactly: phases matter as soon as a gate is controlled."""

from collections.abc import Callable, Mapping
from dataclasses import dataclass
from math import pi

from ...circuits.gates import GATES, Operation
from ...circuits.gates import inverse as undone
from ...circuits.parameters import Parameter


@dataclass(frozen=True)
class Phase:
    """``gphase(angle)``: a factor ``exp(i angle)``."""

    angle: Parameter


Step = Operation | Phase
Steps = tuple[Step, ...]
Angles = tuple[Parameter, ...]
Wires = tuple[int, ...]


@dataclass(frozen=True)
class Builtin:
    """A gate that needs no definition."""

    n_angles: int
    n_wires: int
    steps: Callable[[Angles, Wires], Steps]


def _plain(gate: str) -> Builtin:
    signature = GATES[gate]
    return Builtin(
        signature.n_parameters,
        signature.n_wires,
        lambda angles, wires: (Operation(gate, wires, angles),),
    )


def _u3(angles: Angles, wires: Wires) -> Steps:
    theta, phi, lam = angles
    return (Operation("Rot", wires, (lam, theta, phi)),)


def _u2(angles: Angles, wires: Wires) -> Steps:
    return _u3((pi / 2, *angles), wires)


def _u(angles: Angles, wires: Wires) -> Steps:
    return Phase(0.5 * angles[0]), Operation("U3", wires, angles)


def _cu(angles: Angles, wires: Wires) -> Steps:
    theta, phi, lam, gamma = angles
    shift = gamma + 0.5 * (phi + lam)
    return (
        Operation("PhaseShift", wires[:1], (shift,)),
        Operation("CRot", wires, (lam, theta, phi)),
    )


BUILTINS: Mapping[str, Builtin] = {
    **{
        gate.qasm: _plain(gate.name)
        for gate in GATES.values()
        if gate.qasm and gate.qasm.isidentifier()
    },
    **dict.fromkeys(("phase", "u1"), _plain("PhaseShift")),
    "cphase": _plain("ControlledPhaseShift"),
    "CX": _plain("CNOT"),
    "u2": Builtin(2, 1, _u2),
    "u3": Builtin(3, 1, _u3),
    "U": Builtin(3, 1, _u),
    "cu": Builtin(4, 2, _cu),
}


def inverse(steps: Steps) -> Steps:
    """The steps undone, last first."""
    return tuple(
        part
        for step in reversed(steps)
        for part in ((Phase(-step.angle),) if isinstance(step, Phase) else undone((step,)))
    )


_CONTROLLED = {
    **{gate: f"C{gate}" for gate in ("Y", "Z", "H", "SWAP", "RX", "RY", "RZ", "Rot")},
    "X": "CNOT",
    "CNOT": "Toffoli",
    "PhaseShift": "ControlledPhaseShift",
}
_PHASES = {"S": pi / 2, "T": pi / 4, "Adjoint(S)": -pi / 2, "Adjoint(T)": -pi / 4}


def controlled(steps: Steps, control: int) -> Steps | str:
    """The steps under a control, or the name of the first gate that has no controlled form."""
    found: list[Step] = []
    for step in steps:
        under = _under_control(step, control)
        if under is None:
            return step.gate if isinstance(step, Operation) else "gphase"
        found += under
    return tuple(found)


def _under_control(step: Step, control: int) -> Steps | None:
    if isinstance(step, Phase):
        return (Operation("PhaseShift", (control,), (step.angle,)),)
    wires = (control, *step.wires)
    if step.gate in _CONTROLLED:
        return (Operation(_CONTROLLED[step.gate], wires, step.parameters),)
    if step.gate in _PHASES:
        return (Operation("ControlledPhaseShift", wires, (_PHASES[step.gate],)),)
    match step.gate, step.parameters:
        case "I", _:
            return ()
        case (("SX" | "Adjoint(SX)"), _):
            sign = 1 if step.gate == "SX" else -1
            phase = Operation("PhaseShift", (control,), (sign * pi / 4,))
            return phase, Operation("CRX", wires, (sign * pi / 2,))
        case "U3", (theta, phi, lam):
            phase = Operation("PhaseShift", (control,), (0.5 * (phi + lam),))
            return phase, Operation("CRot", wires, (lam, theta, phi))
        case "CZ", _:
            h = Operation("H", wires[2:])
            return h, Operation("Toffoli", wires), h
        case "ControlledPhaseShift", (angle,):
            return _doubly_controlled_phase(angle, wires)
    return None


def _doubly_controlled_phase(angle: Parameter, wires: Wires) -> Steps:
    """A phase where all three wires are 1, by those where two are: xy = (x + y - (x ^ y)) / 2."""
    first, second, third = wires

    def shift(share: float, *pair: int) -> Operation:
        return Operation("ControlledPhaseShift", pair, (share * angle,))

    flip = Operation("CNOT", (first, second))
    within = flip, shift(-0.5, second, third), flip
    return shift(0.5, second, third), *within, shift(0.5, first, third)
