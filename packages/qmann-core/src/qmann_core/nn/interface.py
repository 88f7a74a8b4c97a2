"""Between features and circuits: what goes in as angles, and what comes out of measurements."""

import math
from collections.abc import Mapping
from numbers import Integral

import torch
from jaxtyping import Float
from torch import Tensor

from ..base import ClassicalComponent
from ..circuits import Circuit, Observable, Projector
from ..errors import CircuitError


class QuantumClassicalInterface(ClassicalComponent):
    """Translates between classical features and one circuit's inputs and measurements.

    As a layer, it maps features to angles.

    Raises:
        CircuitError: an observable is neither a word of Z's nor a projector, so that read-outs in
            the computational basis can not estimate it.
    """

    signs: Tensor

    def __init__(self, circuit: Circuit) -> None:
        super().__init__()
        if not isinstance(circuit, Circuit):
            raise CircuitError(
                f"got a circuit of type {type(circuit).__name__}: expected a Circuit"
            )
        self.n_wires = circuit.n_wires
        index = torch.arange(2**circuit.n_wires)
        rows = [self._values(observable, index) for observable in circuit.observables]
        self.register_buffer("signs", torch.stack(rows, dim=-1), persistent=False)

    def _values(self, observable: Observable | Projector, index: Tensor) -> Tensor:
        """What an observable is worth for every outcome."""
        bits = [(index >> (self.n_wires - 1 - wire)) & 1 for wire in observable.wires]
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
            measured = self._frequencies(measured)
        _check_tensor("measurements", measured)
        if measured.shape[-1:] != self.signs.shape[:1]:
            raise CircuitError(
                f"got probabilities of shape {tuple(measured.shape)}: expected {len(self.signs)} "
                "along the last axis, one for each outcome"
            )
        return measured @ self.signs.to(measured.dtype)

    def _frequencies(self, counts: Mapping[str, int]) -> Tensor:
        if not all(isinstance(count, Integral) for count in counts.values()):
            raise CircuitError(f"got counts {dict(counts)}: expected whole numbers")
        shots = sum(counts.values())
        if shots <= 0 or min(counts.values()) < 0:
            raise CircuitError(
                f"got counts {dict(counts)}: expected at least one shot, none negative"
            )
        frequencies = torch.zeros(2**self.n_wires)
        for bits, count in counts.items():
            if not isinstance(bits, str) or len(bits) != self.n_wires or set(bits) - {"0", "1"}:
                raise CircuitError(
                    f"got bit string {bits!r}: expected {self.n_wires} characters 0 or 1, "
                    "wire 0 first"
                )
            frequencies[int(bits, 2)] += count / shots
        return frequencies


def _check_tensor(name: str, given: Tensor) -> None:
    if not isinstance(given, Tensor) or not given.is_floating_point():
        kind = given.dtype if isinstance(given, Tensor) else type(given).__name__
        raise CircuitError(f"got {name} of type {kind}: expected a tensor of floats")
