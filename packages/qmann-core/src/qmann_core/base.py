"""What every trainable part of QMANN is: quantum, classical, or a hybrid of both."""

import shutil
import threading
from collections.abc import Iterator, Mapping, Sequence
from contextlib import contextmanager
from typing import Any, ClassVar

import torch
from torch import nn

from .errors import ConfigError

_DRAWING = threading.RLock()
_COMPILERS = ("c++", "g++", "clang++", "cl")


class QMANNBase(nn.Module):
    """A module that knows how many parameters it has, and which of them steer circuits."""

    drawn: ClassVar[tuple[str, ...]] = ()
    """Buffers of its own that are drawn at random; `nn.tune` may train them."""

    @property
    def n_solved(self) -> int:
        """Scalars of its own that a readout solves for."""
        return 0

    def parameter_count(self) -> int:
        """Number of scalars that are trained or solved for."""
        trained = sum(p.numel() for p in self.parameters() if p.requires_grad)
        return trained + sum(m.n_solved for m in self.modules() if isinstance(m, QMANNBase))

    def compile(self, *args: Any, **kwargs: Any) -> None:
        """Let ``torch.compile`` run this module, by the PyTorch path; as ``nn.Module.compile``.

        The first call with each shape then takes 10 to 30 seconds. On the CPU the kernels that run
        without it are faster; it is for other devices.

        Raises:
            ConfigError: the module is on the CPU and there is no C++ compiler.
        """
        on_cpu = any(parameter.device.type == "cpu" for parameter in self.parameters())
        if on_cpu and not any(map(shutil.which, _COMPILERS)):
            raise ConfigError(
                "torch.compile needs a C++ compiler on the CPU, and none of "
                f"{', '.join(_COMPILERS)} is on the PATH; install one (Debian: apt-get install "
                "g++) or leave compile out"
            )
        super().compile(*args, **kwargs)


class AsFitted(QMANNBase):
    """A module whose buffers have the sizes of what was fitted, or of a state that is loaded."""

    def _load_from_state_dict(self, state: Mapping[str, Any], prefix: str, *rest: Any) -> None:
        for name, buffer in self.named_buffers(recurse=False):
            if (saved := state.get(prefix + name)) is not None:
                setattr(self, name, buffer.new_empty(saved.shape))
        super()._load_from_state_dict(state, prefix, *rest)


class QuantumComponent(QMANNBase):
    """A module whose own parameters (not those of its children) are circuit weights."""


class ClassicalComponent(QMANNBase):
    """A module without circuits."""


class HybridComponent(QMANNBase):
    """A module that holds quantum and classical parts."""


@contextmanager
def own_random_state(devices: Sequence[torch.device] = ()) -> Iterator[None]:
    """PyTorch's own generators, which all threads share, are this one's alone inside.

    Afterwards they are as they were before. Threads that use this wait for each other.
    """
    with _DRAWING, torch.random.fork_rng(devices=devices):
        yield


def quantum_parameters(module: nn.Module) -> Iterator[nn.Parameter]:
    """Circuit weights anywhere inside ``module``; the trainer gives them their own rate."""
    for part in module.modules():
        if isinstance(part, QuantumComponent):
            yield from part.parameters(recurse=False)


def classical_parameters(module: nn.Module) -> Iterator[nn.Parameter]:
    """All other trainable parameters of ``module``."""
    quantum = {id(p) for p in quantum_parameters(module)}
    return (p for p in module.parameters() if id(p) not in quantum)
