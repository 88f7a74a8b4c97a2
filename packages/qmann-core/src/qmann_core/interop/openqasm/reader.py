"""OpenQASM programs as circuits."""

import io
from collections.abc import Sequence
from contextlib import redirect_stderr
from typing import Any

from ...circuits.circuit import Circuit
from ...circuits.gates import Operation
from ...circuits.observables import Observable, Projector, z_each
from ...errors import CircuitError
from .calls import Scope, expand, title
from .controls import lowered
from .declared import check_declared
from .expressions import Names, Value, angle, line, whole
from .inputs import declared_inputs
from .limits import Budget, checked, one_line
from .registers import Registers
from .version_two import as_version_three, is_version_two

_REFUSED = {
    "QuantumReset": "a reset",
    "BranchingStatement": "an if",
    "SwitchStatement": "a switch",
    "ForInLoop": "a for loop",
    "WhileLoop": "a while loop",
    "ClassicalAssignment": "an assignment",
    "SubroutineDefinition": "a subroutine (def)",
    "ExternDeclaration": "an extern function",
    "ExpressionStatement": "a call",
    "ReturnStatement": "a return",
    "EndStatement": "an end",
    "DelayInstruction": "a delay",
    "Box": "a box",
    "CalibrationDefinition": "a defcal",
    "CalibrationStatement": "a cal block",
    "CalibrationGrammarDeclaration": "a defcalgrammar",
    "Pragma": "a pragma",
    "CompoundStatement": "a block",
}


def from_openqasm(
    text: str,
    *,
    observables: Sequence[Observable | Projector] | None = None,
    input_names: Sequence[str] | None = None,
    weight_names: Sequence[str] | None = None,
) -> Circuit:
    """The circuit of an OpenQASM 3 or OpenQASM 2 program.

    What the program declares as ``input float`` (or ``angle``) becomes an input or weight: ``x0``
    (also ``x_0``, ``_x_0_``) input 0, ``w3`` weight 3, the array ``x`` inputs 0, 1, ..., or
    whatever ``input_names`` and ``weight_names`` say. Arithmetic on them becomes a polynomial.
    Registers follow one another in the order of their declaration, wire 0 first. Gates of
    stdgates.inc and qelib1.inc, ``U``, ``gphase``, definitions by ``gate`` (written out),
    broadcasting, aliases, slices, ``inv``, ``ctrl`` and ``negctrl`` of up to 64 qubits and ``pow``
    by whole numbers are understood; barriers are left out, and so is the global phase.

    Args:
        text: the program.
        observables: what is measured. By default Z on every wire that the program measures at its
            end, in that order; Z on all wires if it measures none.
        input_names: the program's names for inputs 0, 1, ...; an array stands for its elements.
        weight_names: the program's names for weights 0, 1, ...

    Raises:
        CircuitError: the text is no OpenQASM, or has something that cannot be compiled, such as
            a measurement before the end, a reset, classical control or a loop; the message names it
            and its line. Or it is written out to too many gates, or openqasm3 is not installed.

    Example:
        >>> circuit = from_openqasm("OPENQASM 3.0; input float x0; qubit q; U(x0, 0, 0) q;")
        >>> circuit.operations[0].gate
        'U3'
    """
    try:
        reader = _read(checked(text), input_names, weight_names)
    except CircuitError as error:
        raise CircuitError(one_line(str(error))) from error
    except RecursionError as error:
        raise CircuitError(
            "the program is nested too deeply to be read: expressions, modifiers or definitions "
            "that call each other; write some of them out"
        ) from error
    n_wires = len(reader.registers.labels)
    if not n_wires:
        raise CircuitError("the program declares no qubit, so it is no circuit")
    if observables is None:
        measured = tuple(reader.measured)
        observables = tuple(Observable("Z", (wire,)) for wire in measured) or z_each(n_wires)
    return Circuit(n_wires, tuple(reader.operations), tuple(observables))


def _read(
    text: str, input_names: Sequence[str] | None, weight_names: Sequence[str] | None
) -> "_Reader":
    statements = _parsed(text).statements
    check_declared(statements)
    reader = _Reader(_names(statements, input_names, weight_names))
    for statement in statements:
        reader.read(statement)
    return reader


def _parsed(text: str) -> Any:
    try:
        from openqasm3.parser import QASM3ParsingError, parse
    except ImportError as error:
        raise CircuitError(
            "reading OpenQASM needs the package openqasm3: "
            "install it with pip install 'qmann-core[openqasm]'"
        ) from error
    is_two = is_version_two(text)
    try:
        with redirect_stderr(io.StringIO()):  # the parser also prints what it raises
            program = parse(as_version_three(text) if is_two else text)
    except QASM3ParsingError as error:
        name = f"OpenQASM {2 if is_two else 3}"
        raise CircuitError(f"the text is not {name}: {_complaint(error)}") from error
    if program.version is not None and program.version.split(".")[0] != "3":
        raise CircuitError(f"OpenQASM 2 and 3 are read, the program says {program.version}")
    return program


def _complaint(error: Exception) -> str:
    """What the parser stumbled over; it tells only in the exception behind its own."""
    causes = getattr(error.__cause__, "args", ())
    token = getattr(causes[0], "offendingToken", None) if causes else None
    if token is None:
        return str(error)
    return f"line {token.line}, column {token.column + 1}: unexpected {token.text!r}"


def _names(
    statements: list[Any], input_names: Sequence[str] | None, weight_names: Sequence[str] | None
) -> dict[str, Value | tuple[Value, ...]]:
    """Constants, inputs and weights: what a program declares once, wherever it does."""
    names: dict[str, Value | tuple[Value, ...]] = {}
    inputs = []
    for statement in statements:
        kind = type(statement).__name__
        if kind == "ConstantDeclaration":
            names[statement.identifier.name] = _converted(statement, names)
        elif kind == "IODeclaration" and statement.io_identifier.name == "input":
            inputs.append(statement)
    return names | declared_inputs(inputs, names, input_names, weight_names)


def _converted(statement: Any, names: Names) -> Value:
    """The value of a declaration, as a number of the declared type."""
    kind = type(statement.type).__name__
    what = f"{line(statement)}: {statement.identifier.name}"
    if kind in ("IntType", "UintType"):
        return whole(statement.init_expression, names, statement.identifier.name)
    if kind not in ("FloatType", "AngleType"):
        raise CircuitError(f"{what} is a {kind}; int, uint, float and angle can be compiled")
    return angle(statement.init_expression, names)


class _Reader:
    """Reads statement after statement into operations."""

    def __init__(self, names: dict[str, Value | tuple[Value, ...]]) -> None:
        self.names = names
        self.registers = Registers()
        self.definitions: dict[str, Any] = {}
        self.budget = Budget()
        self.operations: list[Operation] = []
        self.measured: dict[int, str] = {}
        """Measured wires in their order, each with the place of its measurement."""

    def read(self, statement: Any) -> None:
        """Take in one statement."""
        match type(statement).__name__:
            case "Include" if statement.filename != "stdgates.inc":
                raise CircuitError(
                    f"{line(statement)}: include {statement.filename!r}: no files are read; "
                    "stdgates.inc is known, paste anything else into the program"
                )
            case "Include" | "IODeclaration" | "ConstantDeclaration" | "QuantumBarrier":
                return
            case "QubitDeclaration":
                self.registers.declare(statement, self.names)
            case "AliasStatement":
                self.registers.alias(statement, self.names)
            case "ClassicalDeclaration":
                self._variable(statement)
            case "QuantumGateDefinition":
                self.definitions[statement.name.name] = statement
            case "QuantumGate" | "QuantumPhase":
                self._gate(statement)
            case "QuantumMeasurementStatement":
                self._measure(statement.measure)
            case kind:
                raise CircuitError(
                    f"{line(statement)}: {_REFUSED.get(kind, kind)} cannot be compiled; a circuit "
                    "has gates, and measurements at its end"
                )

    def _variable(self, statement: Any) -> None:
        initial = statement.init_expression
        if type(initial).__name__ == "QuantumMeasurement":
            self._measure(initial)
        elif initial is not None:
            self.names[statement.identifier.name] = _converted(statement, self.names)

    def _gate(self, call: Any) -> None:
        """A gate on qubits, or once for every qubit of registers of equal length."""
        found = [self.registers.find(node, self.names) for node in call.qubits]
        sizes = {len(wires) for wires in found if isinstance(wires, tuple)}
        if len(sizes) > 1:
            lengths = " and ".join(map(str, sorted(sizes)))
            raise CircuitError(
                f"{line(call)}: {title(call)} on registers of {lengths} qubits; "
                "they must be equally long"
            )
        scope = Scope(self.names, self.definitions, self.budget)
        for place in range(max(sizes, default=1)):
            wires = tuple(its if isinstance(its, int) else its[place] for its in found)
            self._check_not_measured(call, wires)
            steps = expand(call, wires, scope)
            for step in steps:
                made = lowered(step)
                self.budget.spend(len(made), line(call))
                self.operations += made

    def _check_not_measured(self, call: Any, wires: tuple[int, ...]) -> None:
        for wire in wires:
            if wire in self.measured:
                raise CircuitError(
                    f"{line(call)}: {title(call)} on {self.registers.labels[wire]} after its "
                    f"measurement in {self.measured[wire]}; only measurements at the end of a "
                    "circuit can be compiled"
                )

    def _measure(self, measurement: Any) -> None:
        wires = self.registers.find(measurement.qubit, self.names)
        for wire in (wires,) if isinstance(wires, int) else wires:
            self.measured.setdefault(wire, line(measurement))
