"""Encodings: operations that write the inputs of a sample into the state |0...0>."""

from collections.abc import Callable, Mapping, Sequence
from itertools import combinations
from math import pi
from types import MappingProxyType

from ..errors import CircuitError
from .circuit import compose, count_weights, with_symbols
from .gates import AMPLITUDE_ENCODING, Operation
from .parameters import Input, Parameter, Symbol, Weight
from .wires import check_size

_WIDEST = 26
"""Wires whose amplitudes are written down, each an input."""


def angle(n_wires: int, *, axis: str = "Y") -> tuple[Operation, ...]:
    """Input i turns wire i about ``axis`` by that many radians; ``n_wires`` inputs.

    About Z alone nothing is written into |0>: put the wires in superposition first. Several axes,
    such as ``"YZ"``, turn every wire about one after the other, each by inputs of its own: input
    ``k * n_wires + i`` turns wire i about axis k (dense angle encoding, LaRose and Coyle,
    arXiv:2003.01695).
    """
    check_size("n_wires", n_wires)
    if not axis or set(axis) - set("XYZ"):
        raise CircuitError(
            f"axis is 'X', 'Y' or 'Z', or several of them in order such as 'YZ'; got {axis!r}"
        )
    return tuple(
        Operation("R" + letter, (wire,), (Input(k * n_wires + wire),))
        for k, letter in enumerate(axis)
        for wire in range(n_wires)
    )


def hadamard_angle(n_wires: int) -> tuple[Operation, ...]:
    """H on every wire, then `angle` about Y: <Z_i> = -sin(x_i), odd and steepest at 0.

    The encoding of Chen, Yoo and Fang, arXiv:2009.01783; ``n_wires`` inputs.
    """
    return _hadamards(n_wires) + angle(n_wires)


def amplitude(n_wires: int, n_inputs: int | None = None) -> tuple[Operation, ...]:
    """The inputs, divided by their Euclidean norm, are the amplitudes.

    There are ``2**n_wires`` inputs, or ``n_inputs``, after which the amplitudes are zero.
    """
    check_size("n_wires", n_wires, most=_WIDEST)
    n_inputs = 2**n_wires if n_inputs is None else n_inputs
    check_size("n_inputs", n_inputs, 0, 2**_WIDEST)
    if not 1 <= n_inputs <= 2**n_wires:
        raise CircuitError(
            f"{n_wires} wires hold 1 to {2**n_wires} amplitudes, got n_inputs={n_inputs}; "
            "use more wires or fewer inputs"
        )
    inputs = tuple(map(Input, range(n_inputs)))
    return (Operation(AMPLITUDE_ENCODING, tuple(range(n_wires)), inputs),)


def iqp(n_wires: int, n_repeats: int = 2) -> tuple[Operation, ...]:
    """H on every wire, RZ(x_i) on wire i, exp(-i x_i x_j ZZ / 2) on every pair; repeated.

    PennyLane's ``IQPEmbedding`` (there, ``n_repeats`` is 1 by default: then no product of Z sees
    the inputs unless an ansatz turns the wires). ``n_wires`` inputs. Havlicek et al.,
    arXiv:1804.11326.
    """
    if n_repeats < 1:
        raise CircuitError(f"n_repeats is at least 1, got {n_repeats}")
    once = (
        *_hadamards(n_wires),
        *angle(n_wires, axis="Z"),
        *(
            Operation("IsingZZ", pair, (Input(pair[0]) * Input(pair[1]),))
            for pair in combinations(range(n_wires), 2)
        ),
    )
    return once * n_repeats


def ising(n_wires: int, *, pairs: Sequence[tuple[int, int]] | None = None) -> tuple[Operation, ...]:
    """H and RY(x_i) on every wire, exp(-i J_ij ZZ / 2) on pairs, then RX(a_i) and RY(b_i).

    A block of weakly coupled spins whose couplings J and fields a, b are inputs, too, so that
    blocks with different ones are samples of one batch: x_0 ... x_n-1, one J for each pair, a, b.

    Args:
        n_wires: spins.
        pairs: those that are coupled; neighbours on a line if None.
    """
    pairs = [(i, i + 1) for i in range(n_wires - 1)] if pairs is None else pairs
    couplings = [Operation("IsingZZ", pair, (Input(n_wires + k),)) for k, pair in enumerate(pairs)]
    first = n_wires + len(pairs)
    fields = [
        Operation(gate, (wire,), (Input(first + k * n_wires + wire),))
        for k, gate in enumerate(("RX", "RY"))
        for wire in range(n_wires)
    ]
    return (*hadamard_angle(n_wires), *couplings, *fields)


def basis(n_wires: int) -> tuple[Operation, ...]:
    """Inputs that are 0 or 1 become the basis state of those bits: RY(pi x_i) on wire i.

    An input in between puts its wire in superposition; ``n_wires`` inputs.
    """
    return tuple(Operation("RY", (wire,), (pi * Input(wire),)) for wire in range(n_wires))


def reuploading(
    encoding: tuple[Operation, ...],
    layers: Sequence[tuple[Operation, ...]],
    *,
    scaled: bool = False,
) -> tuple[Operation, ...]:
    """``encoding`` before each of ``layers``, the same inputs every time.

    Frequencies of the inputs, of which one encoding has few, add up: the model becomes a longer
    Fourier series. Perez-Salinas et al., arXiv:1907.02085.

    Args:
        encoding: operations that read the inputs.
        layers: blocks of an ansatz; each has weights of its own.
        scaled: whether each input is multiplied by a weight, another one in every repetition.
            These weights come just before those of the layer and usually start at 1.

    Raises:
        CircuitError: there is no layer, or the encoding cannot be repeated.

    Example:
        >>> from qmann_core.circuits import angle, hardware_efficient, reuploading
        >>> len(reuploading(angle(2), [hardware_efficient(2, 1)] * 3))
        33
    """
    if not layers:
        raise CircuitError("re-uploading needs at least 1 layer, got none")
    if any(operation.gate == AMPLITUDE_ENCODING for operation in encoding):
        raise CircuitError(
            "an amplitude encoding prepares a state from |0...0>, so it cannot be uploaded again; "
            "use an encoding by angles"
        )
    upload = _scaled(encoding) if scaled else encoding
    return compose(*(block for layer in layers for block in (upload, layer)))


def _hadamards(n_wires: int) -> tuple[Operation, ...]:
    return tuple(Operation("H", (wire,)) for wire in range(n_wires))


def _scaled(encoding: tuple[Operation, ...]) -> tuple[Operation, ...]:
    first = count_weights(encoding)

    def times_weight(symbol: Symbol) -> Parameter:
        return symbol * Weight(first + symbol.index) if isinstance(symbol, Input) else symbol

    return with_symbols(encoding, times_weight)


ENCODINGS: Mapping[str, Callable[[int], tuple[Operation, ...]]] = MappingProxyType(
    {
        "angle": angle,
        "hadamard_angle": hadamard_angle,
        "amplitude": amplitude,
        "iqp": iqp,
        "basis": basis,
    }
)
