"""Expectation values and density matrices of noisy circuits, batched and differentiable."""

from functools import lru_cache

import numpy as np
import torch
from jaxtyping import Complex, Float
from torch import Tensor

from ...circuits import Circuit
from ...errors import CircuitError
from ..tensors.state import as_matrix
from ..tensors.tables import COMPLEX, constants
from .amplitudes import pauli_vectors
from .channels import ReadoutConfusion
from .model import NoiseModel
from .program import Made, Program
from .rates import LETTERS, word_matrix
from .transfer import Parameters
from .vectors import Vectors, arranged, joined, linked, overlap, transposed


def noisy_expectations(
    circuit: Circuit,
    inputs: Float[Tensor, "*batch n_inputs"],
    weights: Float[Tensor, "*gates n_weights"],
    noise: NoiseModel,
) -> Float[Tensor, "*batch_and_gates n_observables"]:
    """Expectation values of every sample under every set of weights, with noise after each gate.

    States are real Pauli vectors of ``4**n_wires`` entries. The first gates on pairs of wires act
    on states and the last ones on observables (the Heisenberg picture), both of which start as
    products, so that few gates meet vectors of full length.

    Args:
        circuit: what is computed, on at most `MAX_WIRES` wires.
        inputs: angles in radians, or amplitudes.
        weights: in radians; leading axes are several sets of them, as for an `ExecutionPlan`.
        noise: channels and read-out confusion; derivatives flow to rates that are tensors.

    Returns:
        (batch..., gates..., observable), each in [-1, 1]. With read-out confusion a Pauli word is
        the mean product of what its wires are read as, each in the basis of its letter, and a
        projector is the probability to read its bits.

    Raises:
        CircuitError: nothing is measured, more wires than `MAX_WIRES`, noise that does not fit the
            circuit, or inputs or weights of another length, precision or device than expected.

    Example:
        >>> circuit = Circuit(2, compose(angle(2), strongly_entangling(2, 1)), z_each(2))
        >>> noise = NoiseModel(one_wire=(amplitude_damping(0.01),), two_wire=(depolarising(0.02),))
        >>> noisy_expectations(circuit, torch.rand(5, 2), torch.rand(6), noise).shape
        torch.Size([5, 2])
    """
    if not circuit.observables:
        raise CircuitError("the circuit measures nothing; give it observables such as z_each(n)")
    program = _program(circuit, noise)
    samples, sets = _checked(circuit, inputs, weights)
    kept = constants(program, weights.dtype, weights.device)
    made = program.make(_given(samples, sets, noise), kept)
    n_forward = program.n_forward(len(samples))
    states, is_first = _states(program, made, samples, n_forward)
    reads = _confusions(noise, circuit.n_wires, weights)
    observables, per_sample = _observables(program, made, kept["observables"], reads, n_forward)
    if is_first != per_sample:
        states = transposed(states)
    values = overlap(states, observables)
    values = values[:, :, 0] if per_sample else values[:, 0]
    values = values.expand(len(sets), len(samples), -1).transpose(0, 1)
    return values.reshape(*inputs.shape[:-1], *weights.shape[:-1], len(circuit.observables))


def density_matrix(
    circuit: Circuit,
    inputs: Float[Tensor, "*batch n_inputs"],
    weights: Float[Tensor, "*gates n_weights"],
    noise: NoiseModel,
) -> Complex[Tensor, "*batch_and_gates row column"]:
    """The state that ``circuit`` ends in, of every sample under every set of weights.

    Args:
        circuit: what is computed; its observables are not looked at.
        inputs: angles in radians, or amplitudes.
        weights: in radians; leading axes are several sets of them.
        noise: its read-out does not change the state.

    Returns:
        (batch..., gates..., 2**n_wires, 2**n_wires), complex64 for weights in float32 and
        complex128 for float64; wire 0 is the most significant bit of row and column.

    Raises:
        CircuitError: as for `noisy_expectations`.
    """
    program = _program(circuit, noise)
    samples, sets = _checked(circuit, inputs, weights)
    kept = constants(program, weights.dtype, weights.device)
    made = program.make(_given(samples, sets, noise), kept)
    states, is_first = _states(program, made, samples, len(program.blocks))
    if program.end_reads_inputs and not is_first:
        states, is_first = transposed(states), True
    states = _matrix_entries(states, made)
    n = circuit.n_wires
    entries = arranged(joined(states, range(n)), range(n)).joint  # (gate, sample, entry, item)
    entries = entries.squeeze(3) if is_first else entries.squeeze(1).mT
    entries = entries.reshape(*entries.shape[:2], *(2,) * 2 * n)
    rows, columns = range(2, 2 + 2 * n, 2), range(3, 3 + 2 * n, 2)
    entries = entries.permute(1, 0, *rows, *columns).expand(len(samples), len(sets), *(2,) * 2 * n)
    return entries.reshape(*inputs.shape[:-1], *weights.shape[:-1], 2**n, 2**n)


def _program(circuit: Circuit, noise: NoiseModel) -> Program:
    return _compiled(circuit, bool(noise.one_wire), bool(noise.two_wire), noise.is_joint)


@lru_cache(maxsize=256)
def _compiled(circuit: Circuit, one: bool, each: bool, both: bool) -> Program:
    return Program(circuit, one=one, each=each, both=both)


def _given(samples: Tensor, sets: Tensor, noise: NoiseModel) -> Parameters:
    form = sets.dtype, sets.device
    after_both = noise.after_both(*form) if noise.is_joint else None
    return Parameters(samples, sets, noise.after_one(*form), noise.after_each(*form), after_both)


def _states(
    program: Program, made: Made, samples: Float[Tensor, "sample input"], n_forward: int
) -> tuple[Vectors, bool]:
    """States after the first blocks, and whether samples are on the axis of that name.

    They are where a block has a matrix per sample; else they are items, which is faster.
    """
    n, is_first = program.circuit.n_wires, any(b.reads_inputs for b in program.blocks[:n_forward])
    if program.n_amplitudes:
        joint = pauli_vectors(samples, program.n_amplitudes, n)[None, :, :, None]
        states = Vectors(tuple(range(n)), joint, {})
    else:
        vectors = (made.start[..., 0] + made.start[..., 3]).unsqueeze(-1)  # |0> is (1, 0, 0, 1)
        states = Vectors((), samples.new_ones(1, 1, 1, 1), dict(enumerate(vectors.unbind(2))))
    states = states if is_first else transposed(states)
    for block, matrix in zip(program.blocks[:n_forward], made.blocks, strict=False):
        states = linked(states, block.wires, matrix)
    return states, is_first


def _observables(
    program: Program,
    made: Made,
    words: Float[Tensor, "wire 4 observable"],
    reads: Float[Tensor, "wire 4 4"] | None,
    n_forward: int,
) -> tuple[Vectors, bool]:
    """Observables before the last blocks, and whether there is one set per sample."""
    measured = words if reads is None else reads @ words
    vectors = made.end.mT @ measured
    observables = Vectors((), words.new_ones(1, 1, 1, 1), dict(enumerate(vectors.unbind(2))))
    later = list(zip(program.blocks, made.blocks, strict=True))[n_forward:]
    for block, matrix in reversed(later):
        observables = linked(observables, block.wires, matrix.mT)
    varied = any(block.reads_inputs for block, _ in later)
    return observables, varied or program.end_reads_inputs


def _confusions(noise: NoiseModel, n_wires: int, like: Tensor) -> Float[Tensor, "wire 4 4"] | None:
    """What a letter becomes when its wire is misread: a part of it, and a constant.

    ``Z -> (1 - p1_given_0 - p0_given_1) Z + (p0_given_1 - p1_given_0) I``, and so X and Y.
    """
    if not noise.readout:
        return None
    if len(noise.readout) not in (1, n_wires):
        raise CircuitError(
            f"read-out confusion is given for {len(noise.readout)} wires, the circuit has "
            f"{n_wires}; give one for each, or one for all"
        )
    matrices = torch.stack([_letters(confusion, like) for confusion in noise.readout])
    return matrices.expand(n_wires, 4, 4)


def _letters(confusion: ReadoutConfusion, like: Tensor) -> Float[Tensor, "4 4"]:
    matrix = confusion.matrix(like.dtype, like.device)
    kept, constant = matrix[0, 0] - matrix[0, 1], matrix[0, 1] - matrix[1, 0]
    first_row = matrix.new_zeros(4, 4)
    first_row[0, 1:] = 1.0
    return torch.stack((torch.ones_like(kept), kept, kept, kept)).diag() + constant * first_row


def _matrix_entries(states: Vectors, made: Made) -> Vectors:
    """The entries (row, column) of each wire's 2 x 2 matrix in place of its Pauli vector."""
    dtype = COMPLEX[made.end.dtype]
    words = np.stack([word_matrix(letter).reshape(4) / 2 for letter in LETTERS], axis=1)
    matrices = torch.from_numpy(words).to(made.end.device, dtype) @ made.end.to(dtype)
    by_wire = matrices.unbind(2)
    single = {wire: by_wire[wire] @ vector.to(dtype) for wire, vector in states.single.items()}
    states = Vectors(states.order, states.joint.to(dtype), single)
    for wire in states.order:
        states = linked(states, (wire,), by_wire[wire])
    return states


def _checked(
    circuit: Circuit, inputs: Tensor, weights: Tensor
) -> tuple[Float[Tensor, "sample input"], Float[Tensor, "gate weight"]]:
    """Inputs and weights with their leading axes made one."""
    for name, values, expected in (
        ("inputs", inputs, circuit.n_inputs),
        ("weights", weights, circuit.n_weights),
    ):
        if values.ndim == 0 or values.shape[-1] != expected:
            raise CircuitError(
                f"{name} have shape {tuple(values.shape)}, but the circuit reads {expected} "
                f"{name}: their last axis must be that long"
            )
    if weights.dtype not in COMPLEX:
        raise CircuitError(f"weights are {weights.dtype}; use torch.float32 or torch.float64")
    if inputs.dtype != weights.dtype or inputs.device != weights.device:
        raise CircuitError(
            f"inputs are {inputs.dtype} on {inputs.device} but weights {weights.dtype} on "
            f"{weights.device}; convert one of them"
        )
    if torch.is_autocast_enabled(weights.device.type):
        raise CircuitError(
            "autocast would round the simulation to half precision; run circuits under "
            f"torch.autocast({weights.device.type!r}, enabled=False)"
        )
    for name, values in (("inputs", inputs), ("weights", weights)):
        if not bool(values.isfinite().all()):
            raise CircuitError(f"{name} are not all finite; replace NaN and infinite values")
    return as_matrix(inputs), as_matrix(weights)
