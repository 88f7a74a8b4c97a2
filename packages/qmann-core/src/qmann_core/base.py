"""What every trainable part of QMANN is: quantum, classical, or a hybrid of both."""

from collections.abc import Iterator

from torch import nn


class QMANNBase(nn.Module):
    """A module that knows how many parameters it has, and which of them steer circuits."""

    def parameter_count(self) -> int:
        """Number of trainable scalars."""
        return sum(p.numel() for p in self.parameters() if p.requires_grad)


class QuantumComponent(QMANNBase):
    """A module whose own parameters (not those of its children) are circuit weights."""


class ClassicalComponent(QMANNBase):
    """A module without circuits."""


class HybridComponent(QMANNBase):
    """A module that holds quantum and classical parts."""


def quantum_parameters(module: nn.Module) -> Iterator[nn.Parameter]:
    """Circuit weights anywhere inside ``module``; the trainer gives them their own rate."""
    for part in module.modules():
        if isinstance(part, QuantumComponent):
            yield from part.parameters(recurse=False)


def classical_parameters(module: nn.Module) -> Iterator[nn.Parameter]:
    """All other trainable parameters of ``module``."""
    quantum = {id(p) for p in quantum_parameters(module)}
    return (p for p in module.parameters() if id(p) not in quantum)
