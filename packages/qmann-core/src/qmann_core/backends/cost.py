"""What it takes to run circuits on a device, known before anything is sent."""

from dataclasses import KW_ONLY, dataclass, fields

import numpy as np

from ..circuits import AMPLITUDE_ENCODING, Circuit, Input, Operation, Weight, elementary, symbols
from ..circuits.preparation import tree
from ..config import PriceConfig
from ..errors import ConfigError
from ..simulation import Method, measurements
from ..simulation.shots.shift import shifted


@dataclass(frozen=True)
class Size:
    """How long a circuit is, as it runs."""

    depth: int
    """Gates one after another, without measurements."""
    two_wire_gates: int


@dataclass(frozen=True)
class Gradient:
    """How a circuit is differentiated where it is trained; see `simulation.Estimator`."""

    method: Method = "parameter_shift"
    _: KW_ONLY
    inputs: bool = False
    """Whether inputs are differentiated, too, as those that a layer before them makes."""
    directions: int = 1
    """Of SPSA."""

    def evaluations(self, circuit: Circuit) -> int:
        """Circuits behind one sample's gradient: two for each rotation, direction or parameter."""
        wanted = (Weight, Input) if self.inputs else (Weight,)
        if self.method == "spsa":
            return 2 * self.directions
        if self.method == "finite_difference":
            return 2 * (circuit.n_weights + self.inputs * circuit.n_inputs)
        angles = shifted(circuit).angles
        return 2 * sum(any(isinstance(s, wanted) for s in symbols(angle)) for angle in angles)


@dataclass(frozen=True, kw_only=True)
class Cost:
    """What it takes to run circuits; sums are of what is run one after the other."""

    circuits: int
    """One for each sample, evaluation and basis."""
    settings: int
    """Bases that each circuit is measured in."""
    shots: int
    """Of all circuits together; 0 where values are exact."""
    depth: int
    """Of the longest circuit."""
    two_wire_gates: int
    """Of the longest circuit."""
    seconds: float
    """Of the device."""
    money: float
    """In the currency of the price table."""

    def __add__(self, other: "Cost") -> "Cost":
        longest = ("settings", "depth", "two_wire_gates")
        pairs = {f.name: (getattr(self, f.name), getattr(other, f.name)) for f in fields(self)}
        return Cost(**{n: max(pair) if n in longest else sum(pair) for n, pair in pairs.items()})

    def check(self, price: PriceConfig) -> None:
        """Refuse what is above a limit.

        Raises:
            ConfigError: names the first one, and by how much.
        """
        for name in ("circuits", "shots", "seconds", "money"):
            taken, most = getattr(self, name), getattr(price, f"most_{name}")
            if most is not None and taken > most:
                raise ConfigError(
                    f"would take {taken:,} {name}, above the limit most_{name}={most:,}; ask for "
                    "fewer samples or shots, or raise the limit"
                )


def forecast(
    circuit: Circuit,
    n_samples: int,
    *,
    shots: int | None,
    gradient: Gradient | None = None,
    passes: int = 1,
    price: PriceConfig | None = None,
    size: Size | None = None,
) -> Cost:
    """What it takes to evaluate a circuit, or to train it.

    ``circuits = passes * samples * (1 + evaluations of the gradient) * settings``,
    ``shots = circuits * shots``, ``seconds = circuits * a + shots * b``, ``money = seconds * c``
    with a, b and c of the price table. One training step is one pass over a batch, a whole training
    one over all samples for each epoch.

    Args:
        circuit: what is computed.
        n_samples: of a pass.
        shots: of each circuit in each setting; None where values are exact.
        gradient: how it is trained; None: values alone.
        passes: epochs, of a training.
        price: table; None is `PriceConfig` as it is.
        size: of the circuit on the device; None is that in elementary gates.

    Example:
        >>> from qmann_core.circuits import Circuit, angle, z_each
        >>> forecast(Circuit(2, angle(2), z_each(2)), 256, shots=1000).shots
        256000
    """
    settings = len(measurements(circuit.observables))
    evaluations = 1 + (gradient.evaluations(circuit) if gradient else 0)
    circuits = passes * n_samples * evaluations * settings
    return priced(circuits, settings, shots or 0, size or size_of(circuit), price or PriceConfig())


def priced(circuits: int, settings: int, shots: int, size: Size, price: PriceConfig) -> Cost:
    """What so many circuits take, with so many shots each."""
    seconds = circuits * (price.seconds_per_circuit + shots * price.seconds_per_shot)
    return Cost(
        circuits=circuits,
        settings=settings,
        shots=circuits * shots,
        depth=size.depth,
        two_wire_gates=size.two_wire_gates,
        seconds=seconds,
        money=seconds * price.money_per_second,
    )


def size_of(circuit: Circuit) -> Size:
    """In elementary gates, as they stand; an amplitude encoding as rotations and CNOTs."""
    ends, two_wire_gates = [0] * circuit.n_wires, 0
    for step in (step for operation in circuit.operations for step in _steps(operation)):
        end = 1 + max(ends[wire] for wire in step.wires)
        for wire in step.wires:
            ends[wire] = end
        two_wire_gates += len(step.wires) == 2
    return Size(max(ends), two_wire_gates)


def _steps(operation: Operation) -> tuple[Operation, ...]:
    if operation.gate == AMPLITUDE_ENCODING:
        return tree(np.ones((1, 2 ** len(operation.wires))), (), operation.wires)
    return elementary(operation)
