"""The gates of OpenQASM 3 as ours, exactly: phases matter as soon as a gate is controlled."""

from collections.abc import Callable, Mapping
from dataclasses import dataclass
from math import pi

from ...circuits.gates import GATES, Operation
from ...circuits.parameters import Parameter


@dataclass(frozen=True)
class Phase:
    """``gphase(angle)``: a factor ``exp(i angle)``."""

    angle: Parameter


@dataclass(frozen=True)
class Controlled:
    """A gate, named without its controls, under any number of them."""

    gate: Operation
    controls: tuple[int, ...]


Step = Operation | Phase | Controlled
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


def _under(gate: str, n_controls: int) -> Builtin:
    return Builtin(
        0,
        n_controls + 1,
        lambda _, wires: (Controlled(Operation(gate, wires[-1:]), wires[:-1]),),
    )


def _toffoli_like(word: str) -> Builtin:
    """H, T and its inverse on the last wire, and CNOTs from the wires that are numbered."""
    letters, named = word.split(), {"h": "H", "t": "T", "T": "Adjoint(T)"}

    def steps(_: Angles, wires: Wires) -> Steps:
        last = wires[-1:]
        return tuple(
            Operation(named[each], last)
            if each in named
            else Operation("CNOT", (wires[int(each)], *last))
            for each in letters
        )

    return Builtin(0, 2 + max(int(each) for each in letters if each.isdigit()), steps)


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
    "u0": Builtin(1, 1, lambda _, wires: (Operation("I", wires),)),
    "u": _plain("U3"),
    "sxdg": _plain("Adjoint(SX)"),
    "cu1": _plain("ControlledPhaseShift"),
    "cu3": Builtin(3, 2, lambda angles, wires: _cu((*angles, 0.0), wires)),
    "rxx": _plain("IsingXX"),
    "rzz": _plain("IsingZZ"),
    "csx": _under("SX", 1),
    "c3x": _under("X", 3),
    "c4x": _under("X", 4),
    "c3sqrtx": _under("SX", 3),
    "rccx": _toffoli_like("h t 1 T 0 t 1 T h"),
    "rc3x": _toffoli_like("h t 2 T h 0 t 1 T 0 t 1 T h t 2 T h"),
}
"""Those of stdgates.inc, then those of qelib1.inc."""
