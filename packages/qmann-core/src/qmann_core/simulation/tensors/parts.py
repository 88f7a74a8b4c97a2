"""Complex tensors as pairs of real ones, for export and for compilers that fuse real code only."""

from collections.abc import Callable
from typing import Protocol, TypeVar, runtime_checkable

import torch
from jaxtyping import Float
from torch import Tensor

_Self = TypeVar("_Self")  # beartype knows no typing.Self
_Size = int | torch.SymInt  # a size may be left open by torch.export
_Key = int | slice | tuple[int | slice, ...]


@runtime_checkable
class Amplitudes(Protocol):
    """Numbers as a tensor or as `Parts`: what the strategies do with either."""

    @property
    def shape(self) -> torch.Size: ...

    @property
    def mT(self: _Self) -> _Self: ...  # noqa: N802  (the tensor's name)

    def reshape(self: _Self, *shape: _Size) -> _Self: ...

    def flatten(self: _Self, start: int, end: int, /) -> _Self: ...

    def unsqueeze(self: _Self, axis: int, /) -> _Self: ...

    def squeeze(self: _Self, axis: int, /) -> _Self: ...

    def expand(self: _Self, *sizes: _Size) -> _Self: ...

    def movedim(self: _Self, source: int, destination: int, /) -> _Self: ...

    def contiguous(self: _Self) -> _Self: ...

    def unbind(self: _Self, axis: int = 0, /) -> tuple[_Self, ...]: ...

    def index_select(self: _Self, axis: int, index: Tensor, /) -> _Self: ...

    def flip(self: _Self, *axes: int) -> _Self: ...

    def __len__(self) -> int: ...

    def __getitem__(self: _Self, key: _Key, /) -> _Self: ...

    def __matmul__(self: _Self, other: _Self, /) -> _Self: ...

    def __mul__(self: _Self, other: _Self, /) -> _Self: ...


A = TypeVar("A", bound=Amplitudes)


def _of_both(method: Callable[..., Tensor]) -> Callable[..., "Parts"]:
    """A method of tensors, as one that does the same to the real and the imaginary part."""

    def of_both(parts: "Parts", *arguments: object) -> "Parts":
        return Parts(method(parts.real, *arguments), method(parts.imag, *arguments))

    return of_both


class Parts:
    """Real and imaginary part; see `Amplitudes`."""

    def __init__(self, real: Tensor, imag: Tensor) -> None:
        self.real = real
        self.imag = imag

    @property
    def shape(self) -> torch.Size:
        return self.real.shape

    @property
    def mT(self) -> "Parts":  # noqa: N802  (the tensor's name)
        return Parts(self.real.mT, self.imag.mT)

    reshape = _of_both(Tensor.reshape)
    flatten = _of_both(Tensor.flatten)
    unsqueeze = _of_both(Tensor.unsqueeze)
    squeeze = _of_both(Tensor.squeeze)
    expand = _of_both(Tensor.expand)
    movedim = _of_both(Tensor.movedim)
    contiguous = _of_both(Tensor.contiguous)
    index_select = _of_both(Tensor.index_select)
    flip = _of_both(Tensor.flip)
    __getitem__ = _of_both(Tensor.__getitem__)

    def unbind(self, axis: int = 0, /) -> "tuple[Parts, ...]":
        return tuple(map(Parts, self.real.unbind(axis), self.imag.unbind(axis)))

    def __len__(self) -> int:
        return len(self.real)

    def __matmul__(self, other: "Parts", /) -> "Parts":
        return Parts(
            self.real @ other.real - self.imag @ other.imag,
            self.real @ other.imag + self.imag @ other.real,
        )

    def __mul__(self, other: "Parts", /) -> "Parts":
        return Parts(
            self.real * other.real - self.imag * other.imag,
            self.real * other.imag + self.imag * other.real,
        )


def real_and_imag(numbers: Amplitudes) -> tuple[Tensor, Tensor]:
    """The parts of complex numbers."""
    assert isinstance(numbers, Tensor | Parts)
    return numbers.real, numbers.imag


def signed(numbers: A, sign: Tensor) -> A:
    """Numbers times real ones."""
    if isinstance(numbers, Parts):
        return type(numbers)(numbers.real * sign, numbers.imag * sign)
    return numbers * sign  # type: ignore[operator, no-any-return]


def from_parts(pairs: Float[Tensor, "*shape 2"]) -> Amplitudes:
    """Complex numbers whose parts are along the last axis: `Parts` while tracing."""
    if torch.compiler.is_compiling():
        return Parts(pairs[..., 0], pairs[..., 1])
    return torch.view_as_complex(pairs)
