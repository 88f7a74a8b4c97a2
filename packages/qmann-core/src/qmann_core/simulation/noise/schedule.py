"""A circuit with noise as links between pairs of wires, and what acts on single wires between them.

Density matrices are kept as Pauli vectors, so a gate on one wire and its noise are 4 x 4 matrices,
and whatever acts on a wire between two links is one of them. A link is a CNOT, CZ or SWAP with all
that acts on its two wires since their last links, and with its noise: one 16 x 16 matrix.
"""

from dataclasses import dataclass, replace
from enum import Enum, auto

from ...circuits import AMPLITUDE_ENCODING, Circuit, Input, Operation, elementary, symbols
from ...errors import CircuitError


class Noise(Enum):
    """The noise of a `NoiseModel` that acts on single wires."""

    ONE = auto()
    """After a gate on one wire."""
    EACH = auto()
    """On each wire of a gate on several."""


Step = Operation | Noise
Run = tuple[Step, ...]


@dataclass(frozen=True)
class Link:
    """A gate on two wires, after a run of steps on each of them."""

    wires: tuple[int, int]
    gate: str
    runs: tuple[Run, Run]
    noise: tuple[int, int] | None = None
    """Wires in the order in which noise acts on both at once."""

    @property
    def reads_inputs(self) -> bool:
        """Whether a gate among the steps reads inputs."""
        return any(map(reads_inputs, self.runs))


@dataclass(frozen=True)
class Schedule:
    """A start, links in order, and an end: what acts on each wire before and after its links."""

    n_wires: int
    n_amplitudes: int
    """Inputs that are the amplitudes to start from; 0: start from |0...0>."""
    start: tuple[Run, ...]
    links: tuple[Link, ...]
    end: tuple[Run, ...]


def reads_inputs(run: Run) -> bool:
    """Whether a gate of ``run`` reads inputs."""
    return any(
        isinstance(symbol, Input)
        for step in run
        if isinstance(step, Operation)
        for parameter in step.parameters
        for symbol in symbols(parameter)
    )


def schedule(circuit: Circuit, *, one: bool, each: bool, both: bool) -> Schedule:
    """Sort the operations of ``circuit`` into runs and links.

    Args:
        circuit: what is computed.
        one: whether there is noise after gates on one wire.
        each: whether there is noise on each wire of gates on several.
        both: whether there is noise on two wires at once; it includes what acts on each.

    Raises:
        CircuitError: noise on two wires at once after a gate on three.
    """
    builder = _Builder(circuit)
    for position, operation in enumerate(circuit.operations):
        if operation.gate == AMPLITUDE_ENCODING:
            builder.start_from_amplitudes(len(operation.parameters))
            continue
        for step in elementary(operation):
            builder.add(step)
        if len(operation.wires) == 1 and one:
            builder.follow(operation.wires, Noise.ONE)
        elif len(operation.wires) > 1 and both:
            builder.disturb(operation, position)
        elif len(operation.wires) > 1 and each:
            builder.follow(operation.wires, Noise.EACH)
    return builder.finish()


class _Builder:
    """Steps wait on their wires until a link takes them."""

    def __init__(self, circuit: Circuit) -> None:
        self.waiting: list[list[Step]] = [[] for _ in range(circuit.n_wires)]
        self.start: list[Run | None] = [None] * circuit.n_wires
        self.links: list[Link] = []
        self.n_amplitudes = 0

    def start_from_amplitudes(self, n_amplitudes: int) -> None:
        self.n_amplitudes = n_amplitudes
        self.start = [()] * len(self.start)

    def add(self, step: Operation) -> None:
        if len(step.wires) == 1:
            self.waiting[step.wires[0]].append(step)
        else:
            first, second = step.wires
            self.links.append(
                Link((first, second), step.gate, (self._run(first), self._run(second)))
            )

    def follow(self, wires: tuple[int, ...], noise: Noise) -> None:
        for wire in wires:
            self.waiting[wire].append(noise)

    def disturb(self, operation: Operation, position: int) -> None:
        """Noise on both wires at once: in the last link, if nothing came after it."""
        if len(operation.wires) != 2:
            raise CircuitError(
                f"operation {position} ({operation.gate}) acts on {len(operation.wires)} wires, "
                "but the noise has a channel on two; use channels on one wire, or write the "
                "operation as gates on two wires with elementary()"
            )
        first, second = operation.wires
        if self.waiting[first] or self.waiting[second]:
            self.add(Operation("I", operation.wires))
        self.links[-1] = replace(self.links[-1], noise=(first, second))

    def finish(self) -> Schedule:
        end = [self._run(wire) for wire in range(len(self.waiting))]
        return Schedule(
            len(end),
            self.n_amplitudes,
            tuple(run or () for run in self.start),
            tuple(self.links),
            tuple(end),
        )

    def _run(self, wire: int) -> Run:
        """What waits on a wire; the first time it belongs to the start."""
        run = tuple(self.waiting[wire])
        self.waiting[wire] = []
        if self.start[wire] is None:
            self.start[wire] = run
            return ()
        return run
