"""Angles that are polynomials of inputs and weights, worked out before the circuit runs."""

from collections.abc import Sequence
from dataclasses import replace

import torch
from jaxtyping import Float
from torch import Tensor

from ...circuits import (
    AMPLITUDE_ENCODING,
    Circuit,
    Input,
    Operation,
    Parameter,
    Polynomial,
    Weight,
    as_polynomial,
    elementary,
    symbols,
)


class Polynomials:
    """Several polynomials of the same columns.

    ``p_k(v) = constant_k + sum_t coefficient_t prod_f v_f`` over the terms t of polynomial k.
    """

    def __init__(self, parameters: Sequence[Parameter], n_inputs: int) -> None:
        polynomials = [as_polynomial(parameter) for parameter in parameters]
        terms = [(row, term) for row, p in enumerate(polynomials) for term in p.terms]
        degree = max((len(term.factors) for _, term in terms), default=0)
        self._columns = [
            [_column(term.factors, place, n_inputs) for _, term in terms] for place in range(degree)
        ]
        self._constants = [p.constant for p in polynomials]
        self._coefficients = [[0.0] * len(polynomials) for _ in terms]
        for line, (row, term) in enumerate(terms):
            self._coefficients[line][row] = term.coefficient

    def __call__(self, values: Float[Tensor, "*batch column"]) -> Float[Tensor, "*batch k"]:
        """All polynomials at ``values``: the inputs, then the weights."""
        padded = torch.cat([values, values.new_ones((*values.shape[:-1], 1))], dim=-1)
        shape = len(self._coefficients), len(self._constants)
        coefficients = values.new_tensor(self._coefficients).reshape(shape)
        monomials = values.new_ones(1).expand(*values.shape[:-1], shape[0])
        for columns in self._columns:
            monomials = monomials * padded[..., columns]
        return monomials @ coefficients + values.new_tensor(self._constants)


def _column(factors: tuple[Input | Weight, ...], place: int, n_inputs: int) -> int:
    """Where a factor stands in (inputs, weights, 1); -1, the one, past the last factor."""
    if place >= len(factors):
        return -1
    factor = factors[place]
    return factor.index + (n_inputs if isinstance(factor, Weight) else 0)


def of_peak_one(vectors: Float[Tensor, "*batch entry"]) -> Float[Tensor, "*batch entry"]:
    """Vectors divided by their largest absolute entry, so that no square of one is lost.

    For what depends on their direction only: derivatives then are right although that entry counts
    as a constant. Vectors of zeros, and those that are not finite, stay as they are.
    """
    if not vectors.shape[-1]:
        return vectors
    peak = vectors.detach().abs().amax(dim=-1, keepdim=True)
    return vectors / torch.where((peak > 0) & peak.isfinite(), peak, 1.0)


def one_angle_each(operation: Operation) -> list[Operation]:
    """A Rot as its three rotations, other gates as they are."""
    if operation.gate != "Rot":
        return [operation]
    turns = zip(("RZ", "RY", "RZ"), operation.parameters, strict=True)
    return [Operation(gate, operation.wires, (angle,)) for gate, angle in turns]


class PlainCircuit:
    """The same circuit of elementary gates, none of which reads both inputs and weights.

    Polynomials of weights only become weights ``n_weights, n_weights + 1, ...``; the others become
    inputs ``n_inputs, n_inputs + 1, ...``, and so do inputs that are amplitudes and angles: as
    amplitudes they are scaled.
    """

    def __init__(self, circuit: Circuit) -> None:
        self._n_amplitudes = circuit.n_amplitudes
        found: dict[type[Input] | type[Weight], dict[Polynomial, int]] = {Input: {}, Weight: {}}
        counts = {Input: circuit.n_inputs, Weight: circuit.n_weights}

        def plain(parameter: Parameter) -> Parameter:
            is_scaled = isinstance(parameter, Input) and parameter.index < circuit.n_amplitudes
            if not isinstance(parameter, Polynomial) and not is_scaled:
                return parameter
            reads = [isinstance(symbol, Input) for symbol in symbols(parameter)]
            kind = Input if any(reads) else Weight
            self.is_mixed |= any(reads) and not all(reads)
            place = counts[kind] + len(found[kind])
            return kind(found[kind].setdefault(as_polynomial(parameter), place))

        self.is_mixed = False
        """Whether some angle depends on an input and on a weight."""
        operations: list[Operation] = []
        for operation in circuit.operations:
            for gate in elementary(operation):
                if gate.gate == AMPLITUDE_ENCODING:
                    operations.append(gate)
                else:
                    rewritten = replace(gate, parameters=tuple(map(plain, gate.parameters)))
                    kinds = {type(p) for p in rewritten.parameters}
                    reads_both = kinds >= {Input, Weight}
                    operations += one_angle_each(rewritten) if reads_both else [rewritten]
        self.circuit = replace(circuit, operations=tuple(operations))
        self.n_inputs = circuit.n_inputs + len(found[Input])
        self.n_weights = circuit.n_weights + len(found[Weight])
        self._of_inputs = Polynomials([*found[Input]], circuit.n_inputs)
        self._of_weights = Polynomials([*found[Weight]], 0)
        self._derives = {kind: bool(found[kind]) for kind in found}

    def weights(self, weights: Float[Tensor, "*gates weight"]) -> Float[Tensor, "*gates plain"]:
        """The weights of the plain circuit."""
        if not self._derives[Weight]:
            return weights
        return torch.cat([weights, self._of_weights(weights)], dim=-1)

    def inputs(
        self, inputs: Float[Tensor, "*batch input"], weights: Float[Tensor, "*gates weight"]
    ) -> Float[Tensor, "*batch plain"]:
        """The inputs of the plain circuit; ``weights`` has no gate axis where they are mixed."""
        values, n = inputs, self._n_amplitudes
        if n:
            inputs = torch.cat([of_peak_one(inputs[..., :n]), inputs[..., n:]], dim=-1)
        if not self._derives[Input]:
            return inputs
        if self.is_mixed:
            shared = weights.expand(*inputs.shape[:-1], weights.shape[-1])
            values = torch.cat([values, shared], dim=-1)
        return torch.cat([inputs, self._of_inputs(values)], dim=-1)
