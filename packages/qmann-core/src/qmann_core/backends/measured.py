"""What simulators of other people have in common: circuits are run, and wires are read."""

from abc import abstractmethod
from collections import Counter
from collections.abc import Iterator, Sequence
from dataclasses import dataclass, replace

import numpy as np
import torch
from jaxtyping import Complex, Float
from torch import Tensor

from ..circuits import Circuit, Input, Operation
from ..circuits.preparation import prepared
from ..errors import CircuitError, ConfigError
from ..simulation import Measurement, NoiseModel, measurements
from ..simulation.shots.sampling import basis_change, eigenvalues
from .base import Backend
from .values import Values, counted, standard_errors


@dataclass(frozen=True, kw_only=True, eq=False)
class Program:
    """A circuit whose every operation is a gate, and what it is run on."""

    circuit: Circuit
    n_free: int
    """Of the first operations, which noise does not follow."""
    inputs: Float[np.ndarray, "sample n_inputs"]
    weights: Float[np.ndarray, " n_weights"]


@dataclass(frozen=True, kw_only=True, eq=False)
class Kraus:
    """A channel on some wires, the first one the most significant bit."""

    operators: Complex[np.ndarray, "operator row column"]
    wires: tuple[int, ...]


MAX_READ = 24
"""Wires that are read at once, of whose outcomes there is a table."""


class Measured(Backend):
    """A back end that gives the outcomes of wires, exactly or from shots."""

    @abstractmethod
    def _read(
        self, program: Program, settings: Sequence[Measurement], shots: int | None, seed: int
    ) -> Sequence[Float[np.ndarray, "sample outcome"]]:
        """Of each setting the probabilities, or relative frequencies, of what its wires read."""

    def _run(
        self, circuit: Circuit, inputs: Tensor, weights: Tensor, shots: int | None, seed: int
    ) -> Values:
        settings = [each for each in measurements(circuit.observables) if each.wires]
        read = self._outcomes(circuit, inputs, weights, settings, shots, seed)
        mean = torch.ones(len(inputs), len(circuit.observables), dtype=torch.float64)
        for setting, outcomes in zip(settings, read, strict=True):
            worth = eigenvalues(circuit.observables, setting)
            mean[:, list(setting.positions)] = torch.from_numpy(outcomes) @ worth
        return Values(mean=mean, error=standard_errors(mean, circuit.observables, shots))

    def _sample(
        self, circuit: Circuit, inputs: Tensor, weights: Tensor, shots: int, seed: int
    ) -> tuple[Counter[str], ...]:
        whole = Measurement(tuple((wire, "Z") for wire in range(circuit.n_wires)), ())
        [read] = self._outcomes(circuit, inputs, weights, [whole], shots, seed)
        return counted(torch.from_numpy(read * shots).round().long(), circuit.n_wires)

    def _outcomes(
        self,
        circuit: Circuit,
        inputs: Tensor,
        weights: Tensor,
        settings: Sequence[Measurement],
        shots: int | None,
        seed: int,
    ) -> Sequence[Float[np.ndarray, "sample outcome"]]:
        if not settings:
            return []
        widest = max(len(each.wires) for each in settings)
        if widest > MAX_READ:
            raise CircuitError(
                f"{self.name} reads up to {MAX_READ} wires at once, and {widest} are to be read; "
                "measure fewer, or in several circuits"
            )
        return self._read(gates_alone(circuit, inputs, weights), settings, shots, seed)


def drawn(
    chances: Sequence[Float[np.ndarray, "sample _"]], shots: int, seed: int
) -> list[Float[np.ndarray, "sample _"]]:
    """Relative frequencies of so many shots, drawn from the chances of each setting's outcomes."""
    rng, positive = np.random.default_rng(seed), [each.clip(0) for each in chances]
    return [
        rng.multinomial(shots, each / each.sum(axis=1, keepdims=True)) / shots for each in positive
    ]


def check_ours(noise: object) -> None:
    """Refuse noise that is no `NoiseModel`.

    Raises:
        ConfigError: it is something else.
    """
    if noise is not None and not isinstance(noise, NoiseModel):
        raise ConfigError(
            f"got noise of type {type(noise).__name__}: expected a NoiseModel of "
            "qmann_core.simulation; fake devices run on the back end 'aer'"
        )


def steps(
    program: Program, setting: Measurement, noise: NoiseModel | None
) -> Iterator[Operation | Kraus]:
    """The gates, the noise after them, the turn into the basis of ``setting``, and misreading."""
    for place, operation in enumerate(program.circuit.operations):
        yield operation
        if noise is not None and place >= program.n_free:
            for channel, wires in noise.after(operation):
                yield Kraus(operators=channel.kraus(torch.float64).detach().numpy(), wires=wires)
    yield from basis_change(setting)
    confusions = () if noise is None else noise.confusions(program.circuit.n_wires)
    for wire, confusion in enumerate(confusions):
        if wire in setting.wires:
            yield Kraus(operators=confusion.kraus(torch.float64).detach().numpy(), wires=(wire,))


def gates_alone(circuit: Circuit, inputs: Tensor, weights: Tensor) -> Program:
    """Amplitudes become rotations, whose angles are further inputs.

    Where nothing depends on the sample, a turn by 0 makes a batch of it.
    """
    samples, n_inputs = inputs.detach().numpy(), inputs.shape[1]
    first: tuple[Operation, ...] = ()
    operations = circuit.operations
    angles = np.zeros((len(samples), 0))
    if circuit.n_amplitudes:
        wires = tuple(range(circuit.n_wires))
        first, angles = prepared(samples[:, : circuit.n_amplitudes], wires, n_inputs)
        operations = operations[1:]
    elif not n_inputs and len(samples) > 1:
        first, angles = (Operation("RZ", (0,), (Input(0),)),), np.zeros((len(samples), 1))
    return Program(
        circuit=replace(circuit, operations=first + operations),
        n_free=len(first),
        inputs=np.concatenate((samples, angles), axis=1),
        weights=weights.detach().numpy(),
    )
