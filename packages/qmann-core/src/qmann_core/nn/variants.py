"""Networks by configuration: the hybrid, and its twins that lack a quantum part."""

import math
from collections.abc import Callable, Hashable
from dataclasses import replace
from functools import partial
from typing import Any

import torch
from torch import nn

from ..base import own_random_state, quantum_parameters
from ..circuits import Circuit
from ..config import MemoryConfig, QMANNConfig, QuantumConfig, Twin, check_twin
from ..data import Samples
from ..errors import ConfigError
from ..memory import CaseMemory, ClassicalMemory, QuantumMemory
from .attention import AttentionMechanism
from .classical import ClassicalGRU, ClassicalLSTM, DenseLayer
from .controllers import SequenceController, WindowController
from .feature_circuits import FeatureCircuits, TanhFeatures, block
from .fixed import Blend, FixedController, Reservoir
from .heads import Head
from .interface import QuantumClassicalInterface
from .network import QMANN
from .projected import COARSE, FEW, KernelFeatures, Projected
from .quantum_gru import QuantumGRU
from .quantum_layer import QuantumLayer, add_noise, configured_circuit, run_on
from .quantum_lstm import QuantumLSTM
from .readouts import MANY, Cox, Squared
from .recollection import Recollection
from .scaling import Decorrelate, Standardise
from .solved import SolvedReadout
from .state_memory import StateMemory

HeadFactory = Callable[[int, Samples], Head]
"""Makes a head for features of a given width and samples of a given shape."""

_RECURRENT = {"lstm": (QuantumLSTM, ClassicalLSTM), "gru": (QuantumGRU, ClassicalGRU)}
_EMBEDDINGS = range(1, 17)
_SIZES: dict[Hashable, tuple[int, int]] = {}  # of twins built before, one for each fold and seed


def build_network(
    config: QMANNConfig, samples: Samples, head: HeadFactory, twin: Twin | None = None
) -> QMANN:
    """An untrained network, or a twin of it; its weights come from PyTorch's generator.

    The classical twin has the sizes whose parameter count is nearest to the hybrid's, a reservoir
    of as many units, or the same kernel of inputs as they are. The frozen one starts as
    the hybrid does, weight for weight; what it does not train, it does not count.

    Raises:
        ConfigError: an unknown twin, or one that the configuration cannot have.
    """
    check_twin(twin)
    if config.classical.is_solved:
        return _solved(config, samples, head, twin)
    given = {
        "quantum.backend": (config.quantum.backend, None),
        "quantum.noise": (config.quantum.noise, None),
        "quantum.shots": (config.quantum.shots, None),
        "hybrid.quantum_ratio": (config.hybrid.quantum_ratio, 1),
        "classical.readout": (config.classical.readout, "linear"),
        "classical.decorrelated": (config.classical.decorrelated, False),
    }
    for name, (value, usual) in given.items():
        if value != usual:
            raise ConfigError(
                f"got {name}={value} for circuits that are trained: expected fixed ones; "
                "set model=reservoir or quantum_kernel, or predict with noise"
            )
    if twin == "classical":
        return _build(config, samples, head, _twin_sizes(config, samples, head))
    if twin == "separable":
        quantum = config.quantum.model_copy(update={"entangled": False})
        config = config.model_copy(update={"quantum": quantum})
    network = _build(config, samples, head)
    if twin == "frozen":
        for weight in quantum_parameters(network):
            weight.requires_grad_(False)
    return network


def network_circuit(config: QMANNConfig, twin: Twin | None = None) -> Circuit | None:
    """The circuit of a network or its twin; None for the classical one."""
    if twin == "classical":
        return None
    quantum, family = config.quantum, config.classical.controller
    entangled = quantum.entangled and twin != "separable"
    if config.classical.is_solved:
        twice = family == "quantum_kernel" and quantum.kernel == "fidelity"
        circuit = block(quantum.n_qubits, twice=twice)
        return circuit if entangled else circuit.separable()
    return configured_circuit(quantum.model_copy(update={"entangled": entangled}))


def _solved(config: QMANNConfig, samples: Samples, head: HeadFactory, twin: Twin | None) -> QMANN:
    """A reservoir or a kernel of circuits, or of their classical twins, with a solved readout."""
    if twin == "frozen":
        raise ConfigError("got twin=frozen for fixed circuits: expected classical or separable")
    if config.memory.kind not in ("none", "evidence"):
        raise ConfigError(
            f"got memory.kind={config.memory.kind} for fixed circuits: expected 'none' or "
            "'evidence'; only trained networks read a memory"
        )
    _check_trees(config)
    is_kernel, ratio = config.classical.controller == "quantum_kernel", config.hybrid.quantum_ratio
    make = _projected if is_kernel else _reservoir
    if twin == "classical" or not ratio:
        controller = make(config.quantum, samples, "classical")
    else:
        controller = make(config.quantum, samples, twin)
        if ratio < 1:
            controller = Blend(controller, make(config.quantum, samples, "classical"), ratio)
    parts = controller.parts
    told = replace(samples, regressors=torch.empty(len(samples), controller.n_states))
    readout = head(0, told)
    by_trees = config.classical.readout == "forest"
    readouts = [part for part in readout.modules() if isinstance(part, SolvedReadout)]
    for part in readouts:
        if is_kernel:
            part.read_kernel()
        else:
            part.read_parts(parts)
        if by_trees:
            part.read_by_trees()
    recollection = _evidence(config, controller, readout, told)
    scale = Decorrelate if config.classical.decorrelated else Standardise
    scaling = scale(samples.x.shape[-1])
    limits = {Squared: config.classical.landmarks, Cox: FEW}
    most = min((limits.get(type(part.base.loss), COARSE) for part in readouts), default=MANY)
    kernel = KernelFeatures(parts, most) if is_kernel and not by_trees else None
    together = config.memory.together
    options: dict[str, Any] = {"recollection": recollection, "kernel": kernel}
    rough = is_kernel and config.classical.landmarks > MANY
    return QMANN(scaling, controller, readout, together=together, rough=rough, **options)


def _evidence(
    config: QMANNConfig, controller: FixedController, readout: Head, samples: Samples
) -> Recollection | None:
    """Cases by the states of the circuits, or by what their classical twins say."""
    memory, circuits = config.memory, controller.circuits
    if not memory.remembers:
        return None
    if circuits is None:
        return _recollection(memory, controller.n_states, readout, samples, ClassicalMemory)
    n_amplitudes = 2**config.quantum.n_qubits
    kind = partial(StateMemory, n_amplitudes=n_amplitudes, has_level=readout.sized)
    return _recollection(memory, circuits.n_parts, readout, samples, kind)


def _check_trees(config: QMANNConfig) -> None:
    if config.classical.readout == "linear":
        return
    others = {
        "hybrid.quantum_ratio": 0 < config.hybrid.quantum_ratio < 1,
        "hybrid.circuit_steps": config.hybrid.circuit_steps > 0,
        "quantum.kernel": config.quantum.kernel != "projected",
        "memory.together": config.memory.together > 1,
    }
    if given := [name for name, other in others.items() if other]:
        raise ConfigError(
            f"got {', '.join(given)} with classical.readout=forest, which has no prior and no "
            "gradient, reads expectation values and keeps targets: expected their defaults; leave "
            "them out"
        )


def _projected(quantum: QuantumConfig, samples: Samples, twin: Twin | None) -> FixedController:
    width = math.prod(samples.x.shape[1:])
    n_inputs = min(width, quantum.n_qubits * quantum.n_blocks) if quantum.n_blocks else width
    if twin == "classical":
        return Projected(width, n_inputs, None)
    states = quantum.kernel == "fidelity"
    return Projected(width, n_inputs, _circuits(quantum, n_inputs, twin, states=states))


def _reservoir(quantum: QuantumConfig, samples: Samples, twin: Twin | None) -> FixedController:
    _check_windows(samples)
    width = samples.x.shape[-1]
    alone = samples.x.shape[1] == 1  # steps make what is read once richer
    n_blocks = quantum.n_blocks or -(-(2 - alone) * width // quantum.n_qubits)
    n_inputs = n_blocks * quantum.n_qubits
    if n_inputs < width:
        raise ConfigError(
            f"got {n_blocks} blocks of {quantum.n_qubits} wires for {width} features: "
            f"expected a wire each; set quantum.n_blocks={-(-width // quantum.n_qubits)} or more"
        )
    if twin == "classical":
        return Reservoir(TanhFeatures(n_inputs, 3 * n_inputs), alone=alone)
    return Reservoir(_circuits(quantum, n_inputs, twin), alone=alone)


def _circuits(
    quantum: QuantumConfig, n_inputs: int, twin: Twin | None, *, states: bool = False
) -> FeatureCircuits:
    coupling = quantum.coupling if quantum.entangled and twin is None else 0.0
    features = FeatureCircuits(
        n_inputs, quantum.n_qubits, coupling=coupling, states=states, shots=quantum.shots
    )
    if quantum.backend is not None:
        run_on(features, quantum.backend, quantum.noise)
    elif isinstance(quantum.noise, float):
        add_noise(features, quantum.noise)
    return features


def _build(
    config: QMANNConfig, samples: Samples, head: HeadFactory, sizes: tuple[int, int] | None = None
) -> QMANN:
    """The hybrid; or the classical twin with these sizes of its embedding and hidden state."""
    classical, memory, attention = config.classical, config.memory, None
    embedding, width = sizes or (config.quantum.n_qubits, classical.hidden_size)
    if classical.controller == "dense":
        controller = _dense(config.quantum if sizes is None else None, samples, embedding, width)
    else:
        controller = _recurrent(config, samples, width, None if sizes is None else embedding)
    if classical.attention:
        attention = AttentionMechanism(width, classical.context_size)
        width = classical.context_size
    readout = head(width, samples)
    recollection = None
    if memory.remembers:
        plain = sizes is not None or memory.kind == "classical"
        kind = ClassicalMemory if plain else QuantumMemory
        recollection = _recollection(memory, width, readout, samples, kind)
    scaling = Standardise(samples.x.shape[-1])
    return QMANN(scaling, controller, readout, attention, recollection)


def _dense(
    quantum: QuantumConfig | None, samples: Samples, middle_size: int, hidden: int
) -> nn.Module:
    middle = None
    if quantum is not None:
        circuit = configured_circuit(quantum)
        layer = QuantumLayer(circuit, strategy=quantum.strategy)
        middle = nn.Sequential(QuantumClassicalInterface(circuit), layer)
    width = math.prod(samples.x.shape[1:])
    return WindowController(DenseLayer(width, hidden, middle_size=middle_size, middle=middle))


def _recurrent(
    config: QMANNConfig, samples: Samples, hidden: int, embedding: int | None
) -> nn.Module:
    _check_windows(samples)
    hybrid, plain = _RECURRENT[config.classical.controller]
    sizes = samples.x.shape[-1], hidden, config.classical.n_recurrent_layers
    if embedding is None:
        return SequenceController(hybrid(*sizes, batch_first=True, quantum=config.quantum))
    return SequenceController(plain(*sizes, embedding_size=embedding, batch_first=True))


def _check_windows(samples: Samples) -> None:
    if samples.x.ndim != 3:
        raise ConfigError(
            f"got samples of the shape {tuple(samples.x.shape[1:])} for a recurrent controller: "
            "expected windows (time, feature); set model=quantum_kernel or dense"
        )


def _recollection(
    memory: MemoryConfig,
    width: int,
    readout: Head,
    samples: Samples,
    kind: Callable[..., CaseMemory],
) -> Recollection:
    reads, size = memory.kind != "evidence", width
    if not reads and kind in (ClassicalMemory, QuantumMemory):
        size = min(memory.n_qubits, width)
        parameter_free = {"encoding": "angle", "n_qubits": size, "read": "soft", "n_banks": 1}
        memory = memory.model_copy(update=parameter_free)
    rows = torch.empty(0, samples.regressors.shape[1]), torch.empty(0, *samples.y.shape[1:])
    value_size = readout.residual(*rows).shape[1]
    cases = kind(size, value_size, memory, payload_size=math.prod(samples.y.shape[1:]))
    return Recollection(width, cases, reads=reads)


def _twin_sizes(config: QMANNConfig, samples: Samples, head: HeadFactory) -> tuple[int, int]:
    """Embedding and hidden size of the classical network nearest in parameters to the hybrid."""
    shapes = samples.x.shape[1:], samples.regressors.shape[1], samples.y.shape[1:]
    case = head, config.quantum, config.classical, config.memory, shapes
    if case not in _SIZES:
        _SIZES[case] = _nearest_sizes(config, samples, head)
    return _SIZES[case]


def _nearest_sizes(config: QMANNConfig, samples: Samples, head: HeadFactory) -> tuple[int, int]:
    if config.memory.kind == "evidence":  # which has no parameters
        config = config.model_copy(update={"memory": MemoryConfig(kind="none")})
    with own_random_state():  # not on "meta", where the first draw takes seconds
        target = _build(config, samples, head).parameter_count()
    with torch.device("meta"):

        def miss(embedding: int, hidden: int) -> int:
            return _build(config, samples, head, (embedding, hidden)).parameter_count() - target

        sizes = []
        for embedding in _EMBEDDINGS:
            low, high = 1, 2 * config.classical.hidden_size + 2
            while high - low > 1:  # the count grows with the hidden size
                middle = (low + high) // 2
                low, high = (middle, high) if miss(embedding, middle) <= 0 else (low, middle)
            sizes += [(abs(miss(embedding, h)), embedding, h) for h in (low, high)]
        near = min(size[0] for size in sizes)
        slack = max(near, target // 100)  # among equally good matches, the widest hidden state
        _, embedding, hidden = max((s for s in sizes if s[0] <= slack), key=lambda s: s[2])
    return embedding, hidden
