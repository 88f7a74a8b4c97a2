"""Every method that the benchmark runs: a name, where its code is, and what it cannot do."""

from collections.abc import Mapping
from dataclasses import dataclass, field
from types import MappingProxyType
from typing import Literal

_NO_AMPLITUDES = "no gradient with respect to amplitudes"
_AS_PURE = "compiles for minutes and runs as tensorcircuit-jax does"


@dataclass(frozen=True)
class Method:
    label: str
    module: str
    builder: str
    kind: Literal["ours", "classical", "torch", "jax", "other"]
    package: str
    lacks: Mapping[str, str] = field(default_factory=dict)
    """Workloads that it does not run, each with the reason."""


METHODS: Mapping[str, Method] = MappingProxyType(
    {
        "qmann": Method("QMANN, auto", "own", "automatic", "ours", "qmann-core"),
        "qmann-torch": Method("QMANN, PyTorch path", "own", "pytorch_path", "ours", "qmann-core"),
        "qmann-compiled": Method("QMANN, torch.compile", "own", "compiled", "ours", "qmann-core"),
        "lstm": Method("torch.nn.LSTM", "own", "classical", "classical", "torch"),
        "pennylane": Method(
            "PennyLane TorchLayer, default.qubit",
            "pennylane_torch",
            "default_qubit",
            "other",
            "pennylane",
        ),
        "lightning": Method(
            "PennyLane TorchLayer, lightning.qubit adjoint",
            "pennylane_torch",
            "lightning",
            "other",
            "pennylane-lightning",
            {"W3": _NO_AMPLITUDES},
        ),
        "torchquantum": Method(
            "TorchQuantum-ng", "torchquantum", "build", "torch", "torchquantum-ng"
        ),
        "deepquantum": Method("DeepQuantum", "deepquantum", "build", "torch", "deepquantum"),
        "pyqtorch": Method("pyqtorch", "pyqtorch", "build", "torch", "pyqtorch"),
        "qulacs": Method(
            "qulacs, loop over samples",
            "qulacs",
            "build",
            "other",
            "qulacs",
            {"W3": _NO_AMPLITUDES},
        ),
        "tensorcircuit": Method(
            "TensorCircuit-ng, JAX jit, from torch",
            "tensorcircuit",
            "build_torch",
            "other",
            "tensorcircuit-ng",
            {"W1 (12, 32)": _AS_PURE, "W1 (16, 8)": _AS_PURE},
        ),
        "tensorcircuit-jax": Method(
            "TensorCircuit-ng, pure JAX jit", "tensorcircuit", "build", "jax", "tensorcircuit-ng"
        ),
        "pennylane-jax": Method(
            "PennyLane, pure JAX jit", "pennylane_jax", "build", "jax", "pennylane"
        ),
    }
)
OURS = ("qmann", "qmann-torch", "qmann-compiled")
PEERS = tuple(name for name in METHODS if name not in (*OURS, "lstm"))
