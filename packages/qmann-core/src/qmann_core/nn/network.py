"""QMANN, the network: scaling -> controller -> attention -> head; its variants and their twins."""

import math
from collections.abc import Callable, Iterator
from typing import Literal, get_args

import torch
from jaxtyping import Float
from torch import Tensor, nn
from torch.utils.checkpoint import checkpoint as recompute

from ..base import HybridComponent
from ..circuits import Circuit
from ..config import QMANNConfig
from ..data import Samples
from ..errors import ConfigError
from .attention import AttentionMechanism
from .classical import ClassicalGRU, ClassicalLSTM, DenseLayer
from .heads import Head
from .interface import QuantumClassicalInterface
from .quantum_gru import QuantumGRU
from .quantum_layer import QuantumLayer, configured_circuit
from .quantum_lstm import QuantumLSTM
from .scaling import Standardise

Variant = Literal["hybrid", "classical", "separable"]
"""With circuits; the classical twin; with circuits whose entangling gates are removed."""

HeadFactory = Callable[[int, Samples], Head]
"""Makes a head for features of a given width and samples of a given shape."""

_RECURRENT = {"lstm": (QuantumLSTM, ClassicalLSTM), "gru": (QuantumGRU, ClassicalGRU)}
_EMBEDDINGS = range(1, 17)


class QMANN(HybridComponent):
    """Scaling, a controller that reads the window, optional attention, and a head.

    ``controller`` maps (batch, time, feature) to (batch, time or 1, hidden) and takes the keyword
    ``checkpoint``; the last step, or attention of the last step over all of them, goes to the head.
    """

    def __init__(
        self,
        scaling: Standardise,
        controller: nn.Module,
        head: Head,
        attention: AttentionMechanism | None = None,
    ) -> None:
        super().__init__()
        self.scaling = scaling
        self.controller = controller
        self.attention = attention
        self.head = head

    @torch.no_grad()
    def fit_statistics(self, train: Samples) -> None:
        """Learn scaling and the head's closed-form part from the training part."""
        self.scaling.fit(train.x)
        self.head.fit(train)

    def forward(
        self,
        x: Float[Tensor, "batch time feature"],
        skip: Float[Tensor, "batch regressor"],
        *,
        checkpoint: bool = False,
    ) -> Float[Tensor, "batch *output"]:
        """Raw outputs; with ``checkpoint`` the controller is recomputed in the backward pass."""
        scaled = self.scaling(x)
        states = self.controller(scaled, checkpoint=checkpoint)
        features = states[:, -1]
        if self.attention is not None:
            features, _ = self.attention(features, states)
        raw: Tensor = self.head(features, skip)
        return raw


class Ensemble(HybridComponent):
    """Members trained from different seeds; their raw outputs are averaged."""

    def __init__(self, members: list[QMANN]) -> None:
        super().__init__()
        self.members = nn.ModuleList(members)

    @property
    def head(self) -> Head:
        return next(iter(self)).head

    def __iter__(self) -> Iterator[QMANN]:
        return iter(self.members)  # type: ignore[arg-type]

    def forward(
        self, x: Float[Tensor, "batch time feature"], skip: Float[Tensor, "batch regressor"]
    ) -> Float[Tensor, "batch *output"]:
        return torch.stack([member(x, skip) for member in self.members]).mean(dim=0)


def build_network(
    config: QMANNConfig, samples: Samples, head: HeadFactory, variant: Variant
) -> QMANN:
    """An untrained network of the given variant; its weights come from PyTorch's generator.

    The classical twin has the sizes whose parameter count is nearest to the hybrid's.

    Raises:
        ConfigError: an unknown variant.
    """
    check_variant(variant)
    if variant == "classical":
        return _classical(config, samples, head, *_twin_sizes(config, samples, head))
    if variant == "separable":
        quantum = config.quantum.model_copy(update={"entangled": False})
        config = config.model_copy(update={"quantum": quantum})
    return _hybrid(config, samples, head)


def check_variant(variant: str) -> None:
    """Refuse an unknown variant.

    Raises:
        ConfigError: with the known ones.
    """
    if variant not in get_args(Variant):
        raise ConfigError(f"got model {variant!r}: expected one of {', '.join(get_args(Variant))}")


def _hybrid(config: QMANNConfig, samples: Samples, head: HeadFactory) -> QMANN:
    time, feature = samples.x.shape[1:]
    classical, quantum = config.classical, config.quantum
    controller: nn.Module
    if classical.controller in _RECURRENT:
        recurrent, _ = _RECURRENT[classical.controller]
        controller = _Sequence(
            recurrent(
                feature,
                classical.hidden_size,
                classical.n_recurrent_layers,
                batch_first=True,
                quantum=quantum,
            )
        )
    else:
        n = quantum.n_qubits
        circuit = configured_circuit(quantum)
        layer = QuantumLayer(circuit, strategy=quantum.strategy)
        middle = nn.Sequential(_Angles(circuit), layer)
        dense = DenseLayer(time * feature, classical.hidden_size, middle_size=n, middle=middle)
        controller = _Window(dense)
    return _assemble(config, samples, head, controller, classical.hidden_size)


def _classical(
    config: QMANNConfig, samples: Samples, head: HeadFactory, embedding: int, hidden: int
) -> QMANN:
    time, feature = samples.x.shape[1:]
    classical = config.classical
    controller: nn.Module
    if classical.controller in _RECURRENT:
        _, recurrent = _RECURRENT[classical.controller]
        layers = classical.n_recurrent_layers
        controller = _Sequence(
            recurrent(feature, hidden, layers, embedding_size=embedding, batch_first=True)
        )
    else:
        controller = _Window(DenseLayer(time * feature, hidden, middle_size=embedding))
    return _assemble(config, samples, head, controller, hidden)


def _assemble(
    config: QMANNConfig, samples: Samples, head: HeadFactory, controller: nn.Module, hidden: int
) -> QMANN:
    attention, width = None, hidden
    if config.classical.attention:
        width = config.classical.context_size
        attention = AttentionMechanism(hidden, width)
    scaling = Standardise(samples.x.shape[-1])
    return QMANN(scaling, controller, head(width, samples), attention)


def _twin_sizes(config: QMANNConfig, samples: Samples, head: HeadFactory) -> tuple[int, int]:
    """Embedding and hidden size of the classical network nearest in parameters to the hybrid."""
    with torch.random.fork_rng(devices=[]):  # not on "meta", where the first draw takes seconds
        target = _hybrid(config, samples, head).parameter_count()
    with torch.device("meta"):

        def miss(embedding: int, hidden: int) -> int:
            network = _classical(config, samples, head, embedding, hidden)
            return network.parameter_count() - target

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


class _Sequence(nn.Module):
    """A recurrent network as a controller: its outputs without its final state.

    With ``checkpoint``, the sequence is cut into about sqrt(time) segments, and each keeps only its
    first state and is run again in the backward pass (Chen et al., arXiv:1604.06174).
    """

    def __init__(self, recurrent: nn.Module) -> None:
        super().__init__()
        self.recurrent = recurrent

    def forward(self, x: Tensor, *, checkpoint: bool = False) -> Tensor:
        if not checkpoint:
            output: Tensor = self.recurrent(x)[0]
            return output
        state, outputs = None, []
        for segment in torch.split(x, math.isqrt(x.shape[1] - 1) + 1, dim=1):
            part, state = recompute(self.recurrent, segment, state, use_reentrant=False)
            outputs.append(part)
        return torch.cat(outputs, dim=1)


class _Window(nn.Module):
    """A dense layer as a controller: the whole window at once, one step out."""

    def __init__(self, dense: DenseLayer) -> None:
        super().__init__()
        self.dense = dense

    def forward(self, x: Tensor, *, checkpoint: bool = False) -> Tensor:
        window = x.flatten(1)
        if checkpoint:
            output: Tensor = recompute(self.dense, window, use_reentrant=False)
        else:
            output = self.dense(window)
        return output.unsqueeze(1)


class _Angles(nn.Module):
    """Features to angles by the circuit's interface."""

    def __init__(self, circuit: Circuit) -> None:
        super().__init__()
        self.interface = QuantumClassicalInterface(circuit)

    def forward(self, x: Tensor) -> Tensor:
        return self.interface.classical_to_quantum(x)
