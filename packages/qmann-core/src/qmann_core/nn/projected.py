"""Quantum kernels: distances between what circuits say of weighted inputs, or fidelities of it."""

import math
from abc import abstractmethod

import torch
from jaxtyping import Float
from torch import Tensor
from torch.nn import functional

from ..base import AsFitted, ClassicalComponent
from .feature_circuits import Features
from .fixed import FixedController
from .readouts import Nystroem, Readout, Squared

_BANDWIDTHS = (0.1, 0.3, 0.6, 1.0)  # radians for a standard deviation of the most relevant input
_OF_STATES = (0.05, 0.1, 0.2, 0.4)  # the same where fidelities are compared
_LENGTHS = (1.0, 2.0, 3.0, 4.0)  # of the kernel without circuits, which has no bandwidth
_LENGTH = 2.0  # of the kernel, in root-mean-square differences of inputs
_ROUNDS = 2  # of learning relevance; more gained nothing on molecules
_COARSE = 512  # landmarks that suffice for relevance, in a fraction of the time
_ROWS = 512  # of which fidelities are derived at once
_TINY = 1e-30  # in place of zero, where no input matters


class Kernel(AsFitted, ClassicalComponent):
    """Features whose inner products are a kernel of rows.

    See `Nystroem`; landmarks are the rows of the fit, or an even sample of more.

    Args:
        width: of the rows.
        n_landmarks: most of them.
    """

    landmarks: Tensor

    def __init__(self, width: int, n_landmarks: int = 2048) -> None:
        super().__init__()
        self._most = n_landmarks
        self.register_buffer("landmarks", torch.zeros(0, width))
        self.nystroem = Nystroem()

    def fit(self, x: Float[Tensor, "row feature"]) -> None:
        """Choose landmarks."""
        self._span(x[torch.linspace(0, len(x) - 1, min(len(x), self._most)).round().long()])

    def forward(self, x: Float[Tensor, "row feature"]) -> Float[Tensor, "row landmark"]:
        features: Tensor = self.nystroem(self._kernel(x))
        return features

    def _span(self, landmarks: Float[Tensor, "landmark feature"]) -> None:
        self.landmarks = landmarks
        self.nystroem.fit(self._kernel(landmarks))

    @abstractmethod
    def _kernel(self, x: Float[Tensor, "row feature"]) -> Float[Tensor, "row landmark"]:
        """Of rows with the landmarks."""

    def _load_from_state_dict(self, *given: object) -> None:
        super()._load_from_state_dict(*given)  # type: ignore[arg-type]
        self._span(self.landmarks)


class Matern(Kernel):
    """The Matern-3/2 kernel (1 + r) exp(-r), r = sqrt(3) |a - b|; see `Kernel`."""

    def _kernel(self, x: Float[Tensor, "row feature"]) -> Float[Tensor, "row landmark"]:
        r = math.sqrt(3) * torch.cdist(x.double(), self.landmarks.double())
        return ((1 + r) * torch.exp(-r)).to(x.dtype)


class Fidelity(Kernel):
    """The fidelity kernel prod_b |<psi_b(x)|psi_b(y)>|^2 of the states of blocks; see `Kernel`.

    That is |<psi(x)|psi(y)>|^2 of all blocks as one register (Havlicek et al., arXiv:1804.11326;
    Schuld and Killoran, arXiv:1803.07128).

    Args:
        width: of the rows: states side by side, of any length but 0, real and imaginary parts of
            their amplitudes in turn.
        n_amplitudes: of each state.
        n_landmarks: most of them.
    """

    def __init__(self, width: int, n_amplitudes: int, n_landmarks: int = 2048) -> None:
        super().__init__(width, n_landmarks)
        self._size = n_amplitudes

    def _kernel(self, x: Float[Tensor, "row feature"]) -> Float[Tensor, "row landmark"]:
        states, others = self._states(x), self._states(self.landmarks)
        turned = torch.view_as_real(1j * torch.view_as_complex(others)).flatten(-2).mT
        kernel, others = x.new_ones(()).double(), others.flatten(-2).mT
        for state, real, imag in zip(states.flatten(-2), others, turned, strict=True):
            kernel = kernel * ((state @ real).square() + (state @ imag).square())
        return kernel.to(x.dtype)

    def _states(self, x: Float[Tensor, "row feature"]) -> Float[Tensor, "block row amplitude 2"]:
        """In double precision: a kernel of rounded fidelities would not be positive."""
        vectors = torch.unflatten(x.double(), 1, (-1, 2 * self._size)).transpose(0, 1)
        return torch.unflatten(functional.normalize(vectors, dim=-1), -1, (-1, 2))


class Projected(FixedController):
    """f(s w x) / (s l |w|): what circuits f say of inputs x, weighted by relevance w, for a kernel.

    A kernel of distances between these is a projected quantum kernel (Huang et al.,
    arXiv:2011.01938); s is the bandwidth of the circuits and l the length of the kernel. Of states
    it is a `Fidelity` kernel, which does not ask how long they are. Relevance is the square root of
    the root-mean-square gradient of kernel ridge regression along each input, through the circuits,
    found by turns with that regression (the diagonal recursive feature machine of Radhakrishnan et
    al. 2024, doi:10.1126/science.adi5639).

    Args:
        n_inputs: width of a row; constants among them have no say.
        features: f, of as many inputs; None for x itself, the same kernel without circuits.
    """

    relevance: Tensor
    length: Tensor

    def __init__(self, n_inputs: int, features: Features | None) -> None:
        super().__init__()
        self.features = features
        self.n_states = n_inputs if features is None else features.n_features
        lengths = tuple((1.0, length) for length in _LENGTHS)
        bandwidths = _OF_STATES if features is not None and features.n_amplitudes else _BANDWIDTHS
        quantum = tuple((bandwidth, _LENGTH) for bandwidth in bandwidths)
        self.settings = lengths if features is None else quantum
        self.register_buffer("relevance", torch.ones(n_inputs))
        self.register_buffer("length", torch.tensor(_LENGTH))

    def kernel(self, n_landmarks: int = 2048) -> Kernel:
        """A kernel, yet to be fitted, of what it says."""
        if self.features is None or not self.features.n_amplitudes:
            return Matern(self.n_states, n_landmarks)
        return Fidelity(self.n_states, self.features.n_amplitudes, n_landmarks)

    def set(self, *setting: float) -> None:
        """Set the bandwidth and the length."""
        bandwidth, length = setting
        self.length.fill_(length)
        if self.features is not None:
            self.features.bandwidth.fill_(bandwidth)

    def learn(self, x: Float[Tensor, "row *axis feature"], y: Float[Tensor, "row *target"]) -> None:
        """Learn relevance."""
        x, y = x.flatten(1), y.flatten(1)
        wanted = (y - y.mean(dim=0)) / y.std(dim=0).clamp_min(_TINY)
        self.relevance.copy_((x != x[:1]).any(dim=0))
        for _ in range(_ROUNDS):
            kernel = self.kernel(_COARSE).to(x)
            readout = Readout(Squared(), _COARSE, y.shape[1], scaling="origin").to(x)
            with torch.no_grad():
                kernel.fit(said := self(x)[:, 0])
                readout.fit(kernel(said), wanted)
            slopes = []
            for part in torch.split(x, _ROWS):
                with torch.enable_grad():
                    inputs = part.clone().requires_grad_()
                    found = readout(kernel(self(inputs)[:, 0])).sum(dim=0)
                    by = [torch.autograd.grad(each, inputs, retain_graph=True)[0] for each in found]
                slopes.append(torch.stack(by, dim=1))
            steepness = torch.cat(slopes).square().mean(dim=0).sum(dim=0).sqrt().sqrt()
            self.relevance.copy_(steepness / steepness.max().clamp_min(_TINY))

    def forward(
        self, x: Float[Tensor, "row *axis feature"], *, checkpoint: bool = False
    ) -> Float[Tensor, "row 1 state"]:
        """What is said of each row; nothing is trained that a ``checkpoint`` would spare."""
        del checkpoint
        weighted = x.flatten(1) * self.relevance
        norm = torch.linalg.vector_norm(self.relevance)
        size = self.length * torch.where(norm > 0, norm, torch.ones_like(norm))
        if self.features is not None:
            weighted, size = self.features(weighted), size * self.features.bandwidth
        states: Tensor = weighted / size
        return states.unsqueeze(1)
