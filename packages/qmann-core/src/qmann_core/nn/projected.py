"""Quantum kernels: distances between what circuits say of weighted inputs, or fidelities of it."""

import math
from collections.abc import Sequence
from functools import partial

import torch
from jaxtyping import Bool, Float
from torch import Tensor
from torch.nn import functional

from ..base import AsFitted, ClassicalComponent
from ..errors import DataError
from .feature_circuits import Features
from .fixed import FixedController, Part
from .readouts import MANY, Nystroem, Readout, Squared

_BANDWIDTHS = (0.1, 0.3, 0.6, 1.0)  # radians for a standard deviation of the most relevant input
_OF_STATES = (0.05, 0.1, 0.2, 0.4)  # the same where fidelities are compared
_LENGTHS = (1.0, 2.0, 3.0, 4.0)  # of the kernel without circuits, which has no bandwidth
_LENGTH = 2.0  # of the kernel, in root-mean-square differences of inputs
_ROUNDS = 2  # of learning relevance; more gained nothing on molecules
COARSE = 512  # landmarks, which suffice for relevance, and where solving is slow
FEW = 128  # where it is slowest, of Cox's likelihood, and where more gained nothing
_ROWS = 512  # of which fidelities are derived at once
_SLOPES = 2**15  # of rows for targets, which suffice for relevance; see `learn`
_NEAR = 1.0001  # times the farthest input that was seen: no farther, but for rounding
_SMALL = 1e-6  # of the largest component: what rounding leaves of one that there is not
_TINY = 1e-30  # in place of zero, where no input matters

Rows = Float[Tensor, "row feature"]
Others = Float[Tensor, "other feature"]


def matern(a: Rows, b: Others) -> Float[Tensor, "row other"]:
    """The Matern-3/2 kernel (1 + r) exp(-r), r = sqrt(3) |a - b|."""
    centre = b.mean(dim=0)  # far from it, distances would be inexact
    r = math.sqrt(3) * torch.cdist(a - centre, b - centre)
    return (1 + r) * torch.exp(-r)


def fidelity(a: Rows, b: Others, *, n_amplitudes: int) -> Float[Tensor, "row other"]:
    """The fidelity kernel prod_b |<psi_b(x)|psi_b(y)>|^2 of the states of blocks.

    That is |<psi(x)|psi(y)>|^2 of all blocks as one register (Havlicek et al., arXiv:1804.11326;
    Schuld and Killoran, arXiv:1803.07128). Rows are states side by side, of any length but 0, real
    and imaginary parts of their amplitudes in turn.
    """

    def blocks(rows: Tensor) -> Float[Tensor, "block row amplitude 2"]:
        vectors = torch.unflatten(rows, 1, (-1, 2 * n_amplitudes)).transpose(0, 1)
        return torch.unflatten(functional.normalize(vectors, dim=-1), -1, (-1, 2))

    states, others = blocks(a), blocks(b)
    turned = torch.view_as_real(1j * torch.view_as_complex(others)).flatten(-2).mT
    kernel = a.new_ones(())
    for state, real, imag in zip(states.flatten(-2), others.flatten(-2).mT, turned, strict=True):
        kernel = kernel * ((state @ real).square() + (state @ imag).square())
    return kernel


class KernelFeatures(AsFitted, ClassicalComponent):
    """Features whose inner products are a kernel of rows; see `Nystroem`.

    Landmarks are the rows of the fit, or an even sample of more: where these are above 2,048, the
    kernel is exact or sampled so far. Of rows in parts it is the
    weighted sum of the kernels of each. Kernels are taken in double precision: of rounded ones some
    would not be positive.

    Args:
        parts: of each part of the rows the width, the weight, and the kernel.
        n_landmarks: most of them.
    """

    landmarks: Tensor

    def __init__(self, parts: Sequence[Part], n_landmarks: int = MANY) -> None:
        super().__init__()
        self._parts, self._most = parts, n_landmarks
        self.register_buffer("landmarks", torch.zeros(0, sum(width for width, _, _ in parts)))
        self.nystroem = Nystroem()

    def fit(self, x: Rows) -> None:
        """Choose landmarks."""
        self._span(x if len(x) <= self._most else _evenly(x, min(self._most, MANY)))

    def forward(self, x: Rows) -> Float[Tensor, "row landmark"]:
        features: Tensor = self.nystroem(self._kernel(x))
        return features

    def _span(self, landmarks: Float[Tensor, "landmark feature"]) -> None:
        self.landmarks = landmarks
        self.nystroem.fit(self._kernel(landmarks))

    def _kernel(self, x: Rows) -> Float[Tensor, "row landmark"]:
        widths, total = [width for width, _, _ in self._parts], x.new_zeros(()).double()
        both = (torch.split(each.double(), widths, dim=1) for each in (x, self.landmarks))
        for a, b, (_, weight, between) in zip(*both, self._parts, strict=True):
            assert between is not None
            total = total + weight * between(a, b)
        return total.to(x.dtype)

    def _load_from_state_dict(self, *given: object) -> None:
        super()._load_from_state_dict(*given)  # type: ignore[arg-type]
        if len(self.landmarks) > self._most:
            raise DataError(
                f"got {len(self.landmarks)} landmarks of a kernel: expected {self._most} at most; "
                "fit again"
            )
        self._span(self.landmarks)


class Projected(FixedController):
    """f(s w x) / (s l |w|): what circuits f say of inputs x, weighted by relevance w, for a kernel.

    A kernel of distances between these is a projected quantum kernel (Huang et al.,
    arXiv:2011.01938); s is the bandwidth of the circuits and l the length of the kernel. States are
    compared by `fidelity`, which does not ask how long they are. Relevance is the square root of
    the root-mean-square gradient of kernel ridge regression along each input, through the circuits,
    found by turns with that regression (the diagonal recursive feature machine of Radhakrishnan et
    al. 2024, doi:10.1126/science.adi5639). Of fewer inputs than a row has, x are its partial least
    squares components for the targets, of unit variance.

    Args:
        width: of a row; constants in it have no say.
        n_inputs: numbers that f reads.
        features: f, of as many inputs; None for x itself, the same kernel without circuits.
    """

    axes: Tensor | None
    relevance: Tensor
    farthest: Tensor
    length: Tensor

    def __init__(self, width: int, n_inputs: int, features: Features | None) -> None:
        super().__init__()
        self.features = features
        self.n_states = n_inputs if features is None else features.n_features
        self.register_buffer("axes", torch.zeros(width, n_inputs) if n_inputs < width else None)
        n_amplitudes = 0 if features is None else features.n_amplitudes
        self.between = partial(fidelity, n_amplitudes=n_amplitudes) if n_amplitudes else matern
        bandwidths = _OF_STATES if n_amplitudes else _BANDWIDTHS
        lengths = tuple((1.0, length) for length in _LENGTHS)
        quantum = tuple((bandwidth, _LENGTH) for bandwidth in bandwidths)
        self.settings = lengths if features is None else quantum
        self.register_buffer("relevance", torch.ones(n_inputs))
        self.register_buffer("farthest", torch.zeros(n_inputs))
        self.register_buffer("length", torch.tensor(_LENGTH))

    def set(self, *setting: float) -> None:
        """Set the bandwidth and the length."""
        bandwidth, length = setting
        self.length.fill_(length)
        if self.features is not None:
            self.features.bandwidth.fill_(bandwidth)

    def learn(self, x: Float[Tensor, "row *axis feature"], y: Float[Tensor, "row *target"]) -> None:
        """Learn components, if there are fewer inputs, and relevance.

        Gradients are those at an even sample of rows, where rows times targets are above 32,768.
        """
        x, y = x.flatten(1), y.flatten(1)
        wanted = (y - y.mean(dim=0)) / y.std(dim=0).clamp_min(_TINY)
        if self.axes is not None:
            self.axes.copy_(least_squares_axes(x, wanted, self.axes.shape[1]))
            x = x @ self.axes
        self.relevance.copy_((x != x[:1]).any(dim=0))
        for _ in range(_ROUNDS):
            kernel = KernelFeatures(self.parts, COARSE).to(x)
            readout = Readout(Squared(), COARSE, y.shape[1], scaling="origin").to(x)
            with torch.no_grad():
                kernel.fit(said := self._said(x))
                readout.fit(kernel(said), wanted)
            slopes = []
            for part in torch.split(_evenly(x, _SLOPES // y.shape[1]), _ROWS):
                with torch.enable_grad():
                    inputs = part.clone().requires_grad_()
                    found = readout(kernel(self._said(inputs))).sum(dim=0)
                    by = [torch.autograd.grad(each, inputs, retain_graph=True)[0] for each in found]
                slopes.append(torch.stack(by, dim=1))
            steepness = torch.cat(slopes).square().mean(dim=0).sum(dim=0).sqrt().sqrt()
            self.relevance.copy_(steepness / steepness.max().clamp_min(_TINY))

    def forward(
        self, x: Float[Tensor, "row *axis feature"], *, checkpoint: bool = False
    ) -> Float[Tensor, "row 1 state"]:
        """What is said of each row; nothing is trained that a ``checkpoint`` would spare."""
        del checkpoint
        return self._said(self._inputs(x)).unsqueeze(1)

    def states(self, x: Float[Tensor, "row *axis feature"]) -> Float[Tensor, "row part"]:
        assert self.circuits is not None
        return self.circuits.states(self._inputs(x) * self.relevance)

    def turns_back(self, x: Float[Tensor, "row *axis feature"]) -> Bool[Tensor, " row"]:
        if self.features is None:
            return super().turns_back(x)
        inputs = self._inputs(x).abs()
        angles = self.features.bandwidth * self.relevance * inputs
        return ((angles > math.pi / 2) & (inputs > _NEAR * self.farthest)).any(dim=1)

    def see(self, x: Float[Tensor, "row *axis feature"]) -> None:
        self.farthest.copy_(self._inputs(x).abs().amax(dim=0))

    def _inputs(self, x: Float[Tensor, "row *axis feature"]) -> Float[Tensor, "row input"]:
        rows = x.flatten(1)
        return rows if self.axes is None else rows @ self.axes

    def _said(self, x: Float[Tensor, "row input"]) -> Float[Tensor, "row state"]:
        weighted = x * self.relevance
        norm = torch.linalg.vector_norm(self.relevance)
        size = self.length * torch.where(norm > 0, norm, torch.ones_like(norm))
        if self.features is not None:
            weighted, size = self.features(weighted), size * self.features.bandwidth
        states: Tensor = weighted / size
        return states


def _evenly(x: Rows, most: int) -> Float[Tensor, "some feature"]:
    return x[torch.linspace(0, len(x) - 1, min(len(x), most)).round().long()]


def least_squares_axes(
    x: Float[Tensor, "row input"], y: Float[Tensor, "row target"], n: int
) -> Float[Tensor, "input {n}"]:
    """Axes of the first n components of partial least squares, for components of unit variance.

    Each is the direction of centred x with the largest covariance with y that is uncorrelated with
    those before (Wold et al. 2001, doi:10.1016/S0169-7439(01)00155-1). Where nothing varies any
    more, axes are 0.
    """
    rest, y = (part.double() - part.double().mean(dim=0) for part in (x, y))
    axes = rest.new_zeros(rest.shape[1], 0)
    loadings = axes
    for _ in range(n):
        weight = torch.linalg.svd(rest.mT @ y, full_matrices=False).U[:, :1]
        score = rest @ weight
        loading = rest.mT @ score / score.square().sum().clamp_min(_TINY)
        rest = rest - score @ loading.mT
        axes = torch.cat((axes, weight - axes @ (loadings.mT @ weight)), dim=1)
        loadings = torch.cat((loadings, loading), dim=1)
    deviation = (x.double() @ axes).std(dim=0)
    kept = deviation > _SMALL * deviation.max()
    return torch.where(kept, axes / deviation.clamp_min(_TINY), 0.0).to(x.dtype)
