"""Complex tensors as pairs of real ones, for export and for compilers that fuse real code only."""

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

    def reshape(self, *shape: _Size) -> "Parts":
        return Parts(self.real.reshape(*shape), self.imag.reshape(*shape))

    def flatten(self, start: int, end: int, /) -> "Parts":
        return Parts(self.real.flatten(start, end), self.imag.flatten(start, end))

    def unsqueeze(self, axis: int, /) -> "Parts":
        return Parts(self.real.unsqueeze(axis), self.imag.unsqueeze(axis))

    def squeeze(self, axis: int, /) -> "Parts":
        return Parts(self.real.squeeze(axis), self.imag.squeeze(axis))

    def expand(self, *sizes: _Size) -> "Parts":
        return Parts(self.real.expand(*sizes), self.imag.expand(*sizes))

    def movedim(self, source: int, destination: int, /) -> "Parts":
        return Parts(self.real.movedim(source, destination), self.imag.movedim(source, destination))

    def contiguous(self) -> "Parts":
        return Parts(self.real.contiguous(), self.imag.contiguous())

    def unbind(self, axis: int = 0, /) -> "tuple[Parts, ...]":
        return tuple(map(Parts, self.real.unbind(axis), self.imag.unbind(axis)))

    def index_select(self, axis: int, index: Tensor, /) -> "Parts":
        return Parts(self.real.index_select(axis, index), self.imag.index_select(axis, index))

    def flip(self, *axes: int) -> "Parts":
        return Parts(self.real.flip(*axes), self.imag.flip(*axes))

    def __len__(self) -> int:
        return len(self.real)

    def __getitem__(self, key: _Key, /) -> "Parts":
        return Parts(self.real[key], self.imag[key])

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


def packed(numbers: Amplitudes) -> Tensor:
    """Complex numbers as one tensor, whatever their form."""
    if isinstance(numbers, Parts):
        return torch.stack([numbers.real, numbers.imag], dim=-1)
    assert isinstance(numbers, Tensor)
    return numbers


def unpacked(numbers: Tensor, *, is_real: bool) -> Amplitudes:
    """What `packed` made one tensor of."""
    if is_real or not torch.compiler.is_compiling():
        return numbers
    return Parts(numbers[..., 0], numbers[..., 1])
