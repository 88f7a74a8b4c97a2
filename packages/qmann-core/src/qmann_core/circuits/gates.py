"""Every gate in one row: its shape, its names, how it is drawn, what undoes it, what it is made of.

Gates are defined as in PennyLane: ``RX(t) = exp(-i t X / 2)``, ``IsingXX(t) = exp(-i t XX / 2)``,
``Rot(a, b, c) = RZ(c) RY(b) RZ(a)``, ``PhaseShift(t) = diag(1, exp(i t))``; of a controlled gate
the first wire controls, of Toffoli the first two.
"""

from collections.abc import Callable, Mapping
from dataclasses import dataclass
from functools import partial
from math import pi
from types import MappingProxyType
from typing import Literal

from ..errors import CircuitError
from .parameters import Parameter

AMPLITUDE_ENCODING = "AmplitudeEncoding"


@dataclass(frozen=True)
class Operation:
    """One gate on some wires.

    Gates are those of `GATES`. ``AmplitudeEncoding``, first in its circuit and on all n wires,
    prepares the state whose amplitudes are its inputs, at most ``2**n`` of them, padded with zeros
    and normalised.
    """

    gate: str
    wires: tuple[int, ...]
    parameters: tuple[Parameter, ...] = ()


Steps = tuple[Operation, ...]


@dataclass(frozen=True)
class Gate:
    """What there is to know of a gate."""

    name: str
    n_wires: int = 1
    n_parameters: int = 0
    n_controls: int = 0
    """The first wires, which control."""
    axes: str = ""
    """An elementary gate on one wire: what it turns about, once for each angle, the first first."""
    angle: float | None = None
    """By how much it turns, up to a global phase, if it has no parameter for that."""
    steps: Callable[..., Steps] | None = None
    """From wires and parameters to elementary gates, equal up to a global phase."""
    undone_by: str = ""
    """The gate that undoes it, at minus the angles; by default itself."""
    order: tuple[int, ...] = ()
    """The order in which that gate takes those angles."""
    sign: Literal["box", "target", "phase", "swap"] = "box"
    """How it is drawn on the wires that do not control."""
    label: str = ""
    """What is in the box."""
    qiskit: str = ""
    """Qiskit's name; by default in small letters."""
    qasm: str | None = ""
    """What an OpenQASM program calls, by default that name; None: a gate that it must define."""
    qasm_order: tuple[int, ...] = ()
    """The order in which that takes the angles."""
    pennylane: str = ""
    """PennyLane's name, by default the same."""

    def __post_init__(self) -> None:
        for field, default in (
            ("undone_by", self.name),
            ("order", tuple(range(self.n_parameters))),
            ("label", _label(self)),
            ("qiskit", self.name.lower()),
            ("qasm_order", tuple(range(self.n_parameters))),
            ("pennylane", self.name),
        ):
            object.__setattr__(self, field, getattr(self, field) or default)
        if self.qasm == "":
            object.__setattr__(self, "qasm", self.qiskit)


def _label(gate: Gate) -> str:
    if gate.name.startswith("Adjoint("):
        return f"{gate.name[8:-1]}†"
    return gate.name[gate.n_controls :]


def _on(gate: str, *wires: int, at: Parameter | None = None) -> Operation:
    return Operation(gate, wires, () if at is None else (at,))


def _turned(gate: str, angle: float) -> Callable[[int], Steps]:
    return lambda wire: (_on(gate, wire, at=angle),)


def _u3(wire: int, theta: Parameter, phi: Parameter, delta: Parameter) -> Steps:
    return (Operation("Rot", (wire,), (delta, theta, phi)),)


def _cy(a: int, b: int) -> Steps:
    return _on("PhaseShift", b, at=-pi / 2), _on("CNOT", a, b), _on("S", b)


def _ch(a: int, b: int) -> Steps:
    return _on("RY", b, at=-pi / 4), _on("CZ", a, b), _on("RY", b, at=pi / 4)


def _iswap(a: int, b: int) -> Steps:
    return _on("S", a), _on("S", b), _on("CZ", a, b), _on("SWAP", a, b)


def _cr(axis: str, link: str, a: int, b: int, t: Parameter) -> Steps:
    flip = _on(link, a, b)
    return _on(axis, b, at=0.5 * t), flip, _on(axis, b, at=-0.5 * t), flip


def _cp(a: int, b: int, t: Parameter) -> Steps:
    return (_on("PhaseShift", a, at=0.5 * t), *_cr("RZ", "CNOT", a, b, t))


def _xx(a: int, b: int, t: Parameter) -> Steps:
    return _on("CNOT", a, b), _on("RX", a, at=t), _on("CNOT", a, b)


def _yy(a: int, b: int, t: Parameter) -> Steps:
    return (_on("CZ", a, b), *_xx(a, b, t), _on("CZ", a, b))


def _zz(a: int, b: int, t: Parameter) -> Steps:
    return _on("CNOT", a, b), _on("RZ", b, at=t), _on("CNOT", a, b)


def _crot(a: int, b: int, first: Parameter, second: Parameter, third: Parameter) -> Steps:
    cnot = _on("CNOT", a, b)
    within = _on("RZ", b, at=-0.5 * (first + third)), _on("RY", b, at=-0.5 * second)
    after = _on("RY", b, at=0.5 * second), _on("RZ", b, at=third)
    return _on("RZ", b, at=0.5 * (first - third)), cnot, *within, cnot, *after


def _toffoli(first: int, second: int, target: int) -> Steps:
    t, t_inverse = partial(_on, "T"), partial(_on, "PhaseShift", at=-pi / 4)
    h, near, far = _on("H", target), _on("CNOT", second, target), _on("CNOT", first, target)
    control = _on("CNOT", first, second)
    return (
        *(h, near, t_inverse(target), far, t(target)),
        *(near, t_inverse(target), far, t(target), h),
        *(t(second), control, t(first), t_inverse(second), control),
    )


def _cswap(control: int, first: int, second: int) -> Steps:
    flip = _on("CNOT", second, first)
    return (flip, *_toffoli(control, first, second), flip)


_ROWS = (
    Gate("I", qiskit="id", pennylane="Identity"),
    Gate("X", axes="X", angle=pi, pennylane="PauliX"),
    Gate("Y", axes="Y", angle=pi, pennylane="PauliY"),
    Gate("Z", axes="Z", angle=pi, pennylane="PauliZ"),
    Gate("H", pennylane="Hadamard"),
    Gate("S", axes="Z", angle=pi / 2, undone_by="Adjoint(S)"),
    Gate("T", axes="Z", angle=pi / 4, undone_by="Adjoint(T)"),
    Gate("RX", 1, 1, axes="X"),
    Gate("RY", 1, 1, axes="Y"),
    Gate("RZ", 1, 1, axes="Z"),
    Gate("PhaseShift", 1, 1, axes="Z", qiskit="p"),
    Gate("Rot", 1, 3, axes="ZYZ", order=(2, 1, 0), qasm="u3", qasm_order=(1, 2, 0)),
    Gate("CNOT", 2, 0, 1, sign="target", qiskit="cx"),
    Gate("CZ", 2, 0, 1, sign="phase"),
    Gate("SWAP", 2, sign="swap"),
    Gate("SX", steps=_turned("RX", pi / 2), undone_by="Adjoint(SX)"),
    Gate("Adjoint(S)", steps=_turned("PhaseShift", -pi / 2), undone_by="S", qiskit="sdg"),
    Gate("Adjoint(T)", steps=_turned("PhaseShift", -pi / 4), undone_by="T", qiskit="tdg"),
    Gate(
        "Adjoint(SX)", steps=_turned("RX", -pi / 2), undone_by="SX", qiskit="sxdg", qasm="inv @ sx"
    ),
    Gate("U3", 1, 3, steps=_u3, order=(0, 2, 1), qiskit="u", qasm="U"),
    Gate("CY", 2, 0, 1, steps=_cy),
    Gate("CH", 2, 0, 1, steps=_ch),
    Gate("ISWAP", 2, steps=_iswap, label="iSWAP", qasm=None),
    Gate("CRX", 2, 1, 1, steps=partial(_cr, "RX", "CZ")),
    Gate("CRY", 2, 1, 1, steps=partial(_cr, "RY", "CZ")),
    Gate("CRZ", 2, 1, 1, steps=partial(_cr, "RZ", "CNOT")),
    Gate("ControlledPhaseShift", 2, 1, 1, steps=_cp, label="PhaseShift", qiskit="cp"),
    Gate("IsingXX", 2, 1, steps=_xx, label="XX", qiskit="rxx", qasm=None),
    Gate("IsingYY", 2, 1, steps=_yy, label="YY", qiskit="ryy", qasm=None),
    Gate("IsingZZ", 2, 1, steps=_zz, label="ZZ", qiskit="rzz", qasm=None),
    Gate("CRot", 2, 3, 1, steps=_crot, order=(2, 1, 0), qasm=None),
    Gate("Toffoli", 3, 0, 2, steps=_toffoli, sign="target", qiskit="ccx"),
    Gate("CSWAP", 3, 0, 1, steps=_cswap, sign="swap"),
)

GATES: Mapping[str, Gate] = MappingProxyType({row.name: row for row in _ROWS})
"""Every gate, the elementary ones first."""

ELEMENTARY: Mapping[str, Gate] = MappingProxyType(
    {name: gate for name, gate in GATES.items() if gate.steps is None}
)
"""The gates that all others are written in; see `elementary`."""


def elementary(operation: Operation) -> tuple[Operation, ...]:
    """The unitary of ``operation``, up to a global phase, by gates of `ELEMENTARY`.

    Elementary gates and amplitude encodings come back as they are. The identities are those of
    Barenco et al., arXiv:quant-ph/9503016, and of Pauli words carried through CNOT and CZ.

    Example:
        >>> from qmann_core.circuits import Operation, elementary
        >>> [step.gate for step in elementary(Operation("CRY", (0, 1), (0.4,)))]
        ['RY', 'CZ', 'RY', 'CZ']
    """
    gate = GATES.get(operation.gate)
    if gate is None or gate.steps is None:
        return (operation,)
    return gate.steps(*operation.wires, *operation.parameters)


def inverse(operations: tuple[Operation, ...]) -> tuple[Operation, ...]:
    """The operations that undo ``operations``: each one's adjoint, the last one first.

    Raises:
        CircuitError: one of them is an amplitude encoding, which is no unitary.

    Example:
        >>> from qmann_core.circuits import Operation
        >>> inverse((Operation("S", (0,)), Operation("RX", (1,), (0.5,))))[1].gate
        'Adjoint(S)'
    """
    return tuple(step for operation in reversed(operations) for step in _adjoint(operation))


def _adjoint(operation: Operation) -> tuple[Operation, ...]:
    if operation.gate == AMPLITUDE_ENCODING:
        raise CircuitError(
            "an amplitude encoding prepares a state from |0...0> and has no adjoint; "
            "prepare the state by rotations, as `query_preparation` does"
        )
    if operation.gate == "ISWAP":  # its square is ZZ, which is its own inverse
        return (*(_on("Z", wire) for wire in operation.wires), operation)
    gate = GATES[operation.gate]
    undone = tuple(-operation.parameters[place] for place in gate.order)
    return (Operation(gate.undone_by, operation.wires, undone),)
