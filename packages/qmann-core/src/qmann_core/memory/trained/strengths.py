"""How strongly a key answers, as a function of its overlap x with the query: trainable parts."""

from typing import Any

import torch
from jaxtyping import Float
from torch import Tensor, nn
from torch.autograd.function import once_differentiable

from ...base import QuantumComponent
from ...config import MemoryConfig
from ...simulation.derivatives import transforms

_LENGTH = 9  # of the fixed-point sequence behind a threshold
_DEGREE = 4  # of a polynomial
_EDGE = 1e-6  # thresholds end here: at 0 and 1 the derivatives have no limit


def strength(config: MemoryConfig) -> nn.Module:
    """The configured one; it maps (bank, batch, slot) overlaps to strengths of at least 0."""
    if config.read == "threshold":
        return Threshold(config.n_banks, _LENGTH)
    if config.read == "polynomial":
        return Polynomial(config.n_banks, _DEGREE)
    return Soft()


class Soft(nn.Module):
    """The fidelity, F = x^2."""

    def forward(
        self, overlap: Float[Tensor, "bank batch slot"]
    ) -> Float[Tensor, "bank batch slot"]:
        return overlap.square()


class Threshold(QuantumComponent):
    """`smooth_step` g(F) of the fidelity, at a trained threshold tau = sigmoid(logit) per bank.

    It starts at 1/2. What is returned is (1 + q^L)^2 g(F), with q = (1 - sqrt tau) /
    (1 + sqrt tau): the factor is the same for all cases. The step is steep near F = 0, and never
    more selective than 1 - (1 - F)^L, its limit for tau = 1.
    """

    def __init__(self, n_banks: int, length: int) -> None:
        super().__init__()
        self.length = length
        self.logit = nn.Parameter(torch.zeros(n_banks, 1, 1))

    def forward(
        self, overlap: Float[Tensor, "bank batch slot"]
    ) -> Float[Tensor, "bank batch slot"]:
        root = self.logit.sigmoid().clamp(_EDGE, 1 - _EDGE).sqrt()
        q = (1 - root) / (1 + root)
        if transforms():
            return _stepped(overlap.square(), q, self.length)[0]
        step: Tensor = _Step.apply(overlap.square(), q, self.length)
        return step


class Polynomial(QuantumComponent):
    """P(x)^2 with a bounded even polynomial of trained coefficients in each bank, as `bounded`.

    It starts as x^4, the squared fidelity.
    """

    def __init__(self, n_banks: int, degree: int) -> None:
        super().__init__()
        start = torch.zeros(n_banks, degree // 2 + 1)
        start[:, :2] = 0.5  # x^2 = (T_0 + T_2) / 2
        self.coefficients = nn.Parameter(start)

    def forward(
        self, overlap: Float[Tensor, "bank batch slot"]
    ) -> Float[Tensor, "bank batch slot"]:
        banks = zip(overlap, self.coefficients, strict=True)
        return torch.stack([bounded(x, c) for x, c in banks]).square()


class _Step(torch.autograd.Function):
    """(1 + q^L)^2 g(F) = 1 + q^(2L) - C_L, with C_n = 2 T_n(y) q^n and y = 2 (1-F) / (1-tau) - 1.

    C_1 = 1 + q^2 - (1 + q)^2 F, and no C_n is above 2, where T_n overflows in long sequences.
    By halves, C_n = C_m C_(n-m) - q^(2m) C_(n-2m) with m = n // 2; the derivative by C_1 comes
    along. The one by q follows from it, for C_n is homogeneous, of degree n, in C_1 and q.
    """

    @staticmethod
    def forward(ctx: Any, fidelity: Tensor, q: Tensor, length: int) -> Tensor:
        step, slope = _stepped(fidelity, q, length)
        ctx.save_for_backward(fidelity, q, step, slope)
        ctx.length = length
        return step

    @staticmethod
    @once_differentiable
    def backward(ctx: Any, gradient: Tensor) -> tuple[Tensor, Tensor, None]:
        fidelity, q, step, slope = ctx.saved_tensors
        n, end = ctx.length, q ** (2 * ctx.length)
        by_first = gradient * slope  # of -C_L, here and below, so with the other sign
        plain, weighted = by_first.sum(dim=(1, 2), keepdim=True), _dot(by_first, fidelity)
        whole = gradient.sum(dim=(1, 2), keepdim=True)
        by_value = (1 + end) * whole - _dot(gradient, step)
        by_own = (1 + q**2) * plain - (1 + q) ** 2 * weighted
        by_q = (
            2 * n * end / q * whole  # of the constant
            - (n * by_value - by_own) / q  # of C_L at a fixed C_1
            - 2 * q * plain  # of C_1
            + 2 * (1 + q) * weighted
        )
        return by_first * (1 + q) ** 2, by_q, None


def _stepped(fidelity: Tensor, q: Tensor, length: int) -> tuple[Tensor, Tensor]:
    """The step, and the derivative of C_L by C_1."""
    first = torch.addcmul(1 + q**2, fidelity, -((1 + q) ** 2))
    values, slopes = {1: first}, {1: torch.ones_like(first)}

    def find(n: int) -> None:
        if n in values:
            return
        m = n // 2
        find(m)
        find(n - m)
        if n == 2 * m:
            values[n] = values[m].square().sub_(2 * q**n)
            slopes[n] = (values[m] * slopes[m]).mul_(2)
        else:
            rest = q ** (2 * m)
            values[n] = (values[m] * values[n - m]).addcmul_(first, -rest)
            slopes[n] = (values[m] * slopes[n - m]).addcmul_(slopes[m], values[n - m])
            slopes[n].sub_(rest)

    find(length)
    step = (1 + q ** (2 * length) - values[length]).clamp_min_(0.0)  # rounding goes below
    step.masked_fill_(fidelity == 0, 0.0)  # or above, and would then be all that is read
    return step, slopes[length]


def _dot(one: Tensor, other: Tensor) -> Float[Tensor, "bank 1 1"]:
    return one.reshape(len(one), 1, -1) @ other.reshape(len(other), -1, 1)


def raised(
    strengths: Float[Tensor, "bank batch slot"],
    readable: Float[Tensor, "#batch slot"] | None,
    copies: int,
) -> Float[Tensor, "bank batch slot"]:
    """Strengths of so many copies of each key, up to a factor; 0 where ``readable`` is."""
    if readable is not None:
        strengths = strengths * readable
    if copies > 1 and strengths.shape[-1]:  # powers of small strengths would underflow
        largest = strengths.detach().amax(dim=-1, keepdim=True)
        strengths = (strengths / largest.masked_fill(largest == 0, 1.0)) ** copies
    return strengths


def product_states(angles: Float[Tensor, "*batch wire"]) -> Float[Tensor, "*batch amplitude"]:
    """Amplitudes of the product states that RY(x_i) on each wire i makes of |0...0>.

    They are real, so the fidelity of two of them is the square of their dot product,
    prod_i cos^2((x_i - y_i) / 2). Wire 0 is the most significant bit.
    """
    pairs = torch.stack(((angles / 2).cos(), (angles / 2).sin()), dim=-1)
    state = pairs[..., 0, :]
    for wire in range(1, angles.shape[-1]):
        state = (state.unsqueeze(-1) * pairs[..., wire, :].unsqueeze(-2)).flatten(-2)
    return state


def bounded(
    overlap: Float[Tensor, "*batch"], coefficients: Float[Tensor, " degree"]
) -> Float[Tensor, "*batch"]:
    """An even polynomial that is at most 1 in absolute value on [-1, 1].

    P(x) = sum_j c_j T_{2j}(x) / max(1, sum_j |c_j|): what quantum singular value
    transformation can apply to the overlap with one more qubit (Gilyen et al., arXiv:1806.01838).
    """
    previous, current = torch.ones_like(overlap), overlap
    total = torch.zeros_like(overlap)
    for degree in range(2 * len(coefficients) - 1):
        if degree % 2 == 0:
            total = total + coefficients[degree // 2] * previous
        previous, current = current, 2 * overlap * current - previous
    return total / coefficients.abs().sum().clamp_min(1.0)
