"""Between features and circuits: what goes in as angles, and what comes out of measurements."""

import math
from collections.abc import Mapping, Sequence
from numbers import Integral

import torch
from jaxtyping import Float
from torch import Tensor

from ..backends import Backend, Values
from ..backends.values import standard_errors
from ..base import ClassicalComponent
from ..circuits import Circuit, Observable, Projector
from ..errors import CircuitError
from .deployed import Deployed, version_of
from .quantum_layer import QuantumLayer


class QuantumClassicalInterface(ClassicalComponent):
    """Translates between classical features and one circuit's inputs and measurements.

    As a layer, it maps features to angles.

    Raises:
        CircuitError: an observable is neither a word of Z's nor a projector, so that read-outs in
            the computational basis can not estimate it.

    Example:
        >>> from qmann_core.circuits import Circuit, angle, z_each
        >>> interface = QuantumClassicalInterface(Circuit(1, angle(1), z_each(1)))
        >>> interface.estimated([{"0": 60, "1": 40}]).mean
        tensor([[0.2000]], dtype=torch.float64)
    """

    signs: Tensor

    def __init__(self, circuit: Circuit) -> None:
        super().__init__()
        if not isinstance(circuit, Circuit):
            raise CircuitError(
                f"got a circuit of type {type(circuit).__name__}: expected a Circuit"
            )
        self.circuit = circuit
        index = torch.arange(2**circuit.n_wires)
        rows = [self._values(observable, index) for observable in circuit.observables]
        self.register_buffer("signs", torch.stack(rows, dim=-1), persistent=False)

    def _values(self, observable: Observable | Projector, index: Tensor) -> Tensor:
        """What an observable is worth for every outcome."""
        bits = [(index >> (self.circuit.n_wires - 1 - wire)) & 1 for wire in observable.wires]
        if isinstance(observable, Projector):
            matches = [bit == int(b) for bit, b in zip(bits, observable.bits, strict=True)]
            return torch.stack(matches).all(dim=0).to(torch.get_default_dtype())
        if set(observable.word) & set("XY"):
            raise CircuitError(
                f"observable {observable.word} on wires {observable.wires}: read-outs in the "
                "computational basis estimate words of Z only; rotate the basis first"
            )
        value = torch.ones(len(index))
        for bit, letter in zip(bits, observable.word, strict=True):
            value = value * (1 - 2 * bit) if letter == "Z" else value
        return value

    def classical_to_quantum(
        self, features: Float[Tensor, "*batch feature"]
    ) -> Float[Tensor, "*batch feature"]:
        """Angles pi * tanh(x) in (-pi, pi): monotone, so that no two features share an angle."""
        _check_tensor("features", features)
        return math.pi * torch.tanh(features)

    forward = classical_to_quantum

    def quantum_to_classical(
        self, measured: Float[Tensor, "*batch outcome"] | Mapping[str, int]
    ) -> Float[Tensor, "*batch observable"]:
        """Expectation values from outcome probabilities or from counts by bit string.

        Bit strings read wire 0 first.

        Raises:
            CircuitError: no counts, negative counts, or a bit string of another width.
        """
        if isinstance(measured, Mapping):
            measured = self._frequencies(measured).to(self.signs)
        _check_tensor("measurements", measured)
        if measured.shape[-1:] != self.signs.shape[:1]:
            raise CircuitError(
                f"got probabilities of shape {tuple(measured.shape)}: expected {len(self.signs)} "
                "along the last axis, one for each outcome"
            )
        return measured @ self.signs.to(measured.dtype)

    def estimated(self, counts: Sequence[Mapping[str, int]]) -> Values:
        """Features with their standard errors, from counts as `Backend.sample` gives them.

        ``mean_k = sum_b (n_b / N) o_k(b)`` for n_b of N shots that read b, where observable k is
        worth o_k(b); the errors are `backends.values.standard_errors`, one row for each sample.

        Raises:
            CircuitError: as `quantum_to_classical`, for any of the samples.
        """
        if not isinstance(counts, Sequence) or not all(isinstance(c, Mapping) for c in counts):
            raise CircuitError(
                f"got counts of type {type(counts).__name__}: expected a sequence of counts by bit "
                "string, one for each sample"
            )
        frequencies = torch.zeros(len(counts), len(self.signs), dtype=torch.float64)
        for row, each in zip(frequencies, counts, strict=True):
            row[:] = self._frequencies(each)
        mean = frequencies @ self.signs.to(frequencies)
        shots = torch.tensor([[sum(each.values())] for each in counts]).reshape(-1, 1).to(mean)
        errors = standard_errors(mean, self.circuit.observables, shots)
        return Values(mean=mean, error=errors)

    def synchronize(self, layer: QuantumLayer, backend: Backend) -> Deployed:
        """``layer`` with its current weights on ``backend``, which refuses to run a stale version.

        Raises:
            CircuitError: no `QuantumLayer`, one of another circuit, or one with several copies of
                it.
        """
        if not isinstance(layer, QuantumLayer) or layer.circuit != self.circuit:
            raise CircuitError(
                f"got a {type(layer).__name__} as layer: expected a QuantumLayer of the circuit "
                "that this interface was made for"
            )
        if layer.weight.ndim != 1:
            raise CircuitError(
                f"got a layer with n_gates={len(layer.weight)}: expected one without n_gates; "
                "deploy each copy of the circuit by itself"
            )
        weights = layer.weight.detach().clone()
        version = version_of(layer.circuit, weights)
        return Deployed(layer=layer, backend=backend, weights=weights, version=version)

    def _frequencies(self, counts: Mapping[str, int]) -> Tensor:
        if not all(isinstance(count, Integral) for count in counts.values()):
            raise CircuitError(f"got counts {dict(counts)}: expected whole numbers")
        shots = sum(counts.values())
        if shots <= 0 or min(counts.values()) < 0:
            raise CircuitError(
                f"got counts {dict(counts)}: expected at least one shot, none negative"
            )
        frequencies = torch.zeros(len(self.signs), dtype=torch.float64)
        for bits, count in counts.items():
            if (
                not isinstance(bits, str)
                or len(bits) != self.circuit.n_wires
                or set(bits) - {"0", "1"}
            ):
                raise CircuitError(
                    f"got bit string {bits!r}: expected {self.circuit.n_wires} characters 0 or 1, "
                    "wire 0 first"
                )
            frequencies[int(bits, 2)] += count / shots
        return frequencies


def _check_tensor(name: str, given: Tensor) -> None:
    if not isinstance(given, Tensor) or not given.is_floating_point():
        kind = given.dtype if isinstance(given, Tensor) else type(given).__name__
        raise CircuitError(f"got {name} of type {kind}: expected a tensor of floats")
