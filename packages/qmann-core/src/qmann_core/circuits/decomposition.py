"""Every gate as elementary gates, equal up to a global phase that no expectation value sees."""

from math import pi

from .circuit import AMPLITUDE_ENCODING, ELEMENTARY, Operation, Parameter


def elementary(operation: Operation) -> tuple[Operation, ...]:
    """The unitary of ``operation``, up to a global phase, by gates of `ELEMENTARY`.

    Elementary gates and amplitude encodings come back as they are. The identities are those of
    Barenco et al., arXiv:quant-ph/9503016, and of Pauli words carried through CNOT and CZ.

    Example:
        >>> from qmann_core.circuits import Operation, elementary
        >>> [step.gate for step in elementary(Operation("CRY", (0, 1), (0.4,)))]
        ['RY', 'CZ', 'RY', 'CZ']
    """
    if operation.gate in ELEMENTARY or operation.gate == AMPLITUDE_ENCODING:
        return (operation,)
    match operation.wires:
        case (wire,):
            return (_one_wire(operation.gate, wire, operation.parameters),)
        case (first, second):
            return _two_wires(operation.gate, first, second, operation.parameters)
    control, first, second = operation.wires
    if operation.gate == "Toffoli":
        return _toffoli(control, first, second)
    flip = _cnot(second, first)  # CSWAP
    return (flip, *_toffoli(control, first, second), flip)


def _one_wire(gate: str, wire: int, parameters: tuple[Parameter, ...]) -> Operation:
    if gate == "U3":
        theta, phi, delta = parameters
        return Operation("Rot", (wire,), (delta, theta, phi))
    rotation, angle = {
        "SX": ("RX", pi / 2),
        "Adjoint(SX)": ("RX", -pi / 2),
        "Adjoint(S)": ("PhaseShift", -pi / 2),
        "Adjoint(T)": ("PhaseShift", -pi / 4),
    }[gate]
    return Operation(rotation, (wire,), (angle,))


def _two_wires(
    gate: str, first: int, second: int, parameters: tuple[Parameter, ...]
) -> tuple[Operation, ...]:
    cnot, cz = _cnot(first, second), Operation("CZ", (first, second))

    def turn(rotation: str, angle: Parameter, wire: int = second) -> Operation:
        return Operation(rotation, (wire,), (angle,))

    match gate, parameters:
        case "CY", ():
            return turn("PhaseShift", -pi / 2), cnot, Operation("S", (second,))
        case "CH", ():
            return turn("RY", -pi / 4), cz, turn("RY", pi / 4)
        case "ISWAP", ():
            phases = Operation("S", (first,)), Operation("S", (second,))
            return *phases, cz, Operation("SWAP", (first, second))
        case "CRX" | "CRY", (t,):
            return turn(gate[1:], 0.5 * t), cz, turn(gate[1:], -0.5 * t), cz
        case "CRZ", (t,):
            return turn("RZ", 0.5 * t), cnot, turn("RZ", -0.5 * t), cnot
        case "ControlledPhaseShift", (t,):
            return (turn("PhaseShift", 0.5 * t, first), *_two_wires("CRZ", first, second, (t,)))
        case "CRot", (a, b, c):
            before = turn("RZ", 0.5 * (a - c))
            within = turn("RZ", -0.5 * (a + c)), turn("RY", -0.5 * b)
            return before, cnot, *within, cnot, turn("RY", 0.5 * b), turn("RZ", c)
        case "IsingXX", (t,):
            return cnot, turn("RX", t, first), cnot
        case "IsingYY", (t,):
            return cz, cnot, turn("RX", t, first), cnot, cz
    (t,) = parameters  # IsingZZ
    return cnot, turn("RZ", t), cnot


def _toffoli(first: int, second: int, target: int) -> tuple[Operation, ...]:
    def t(wire: int) -> Operation:
        return Operation("T", (wire,))

    def t_inverse(wire: int) -> Operation:
        return Operation("PhaseShift", (wire,), (-pi / 4,))

    h = Operation("H", (target,))
    return (
        *(h, _cnot(second, target), t_inverse(target), _cnot(first, target), t(target)),
        *(_cnot(second, target), t_inverse(target), _cnot(first, target), t(target), h),
        *(t(second), _cnot(first, second), t(first), t_inverse(second), _cnot(first, second)),
    )


def _cnot(control: int, target: int) -> Operation:
    return Operation("CNOT", (control, target))
