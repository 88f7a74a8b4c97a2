"""Controllers of fixed circuits: nothing of them is trained, and all that learns is a readout."""

import math
from abc import abstractmethod
from collections.abc import Callable
from itertools import product

import torch
from jaxtyping import Bool, Float, Int64
from torch import Tensor

from ..base import HybridComponent
from .feature_circuits import FeatureCircuits, Features

Between = Callable[[Tensor, Tensor], Tensor]
"""(row, state) and (other, state) to a kernel (row, other)."""
Part = tuple[int, float, Between | None]
"""Width, share of the prior variance, kernel."""


LONGEST = 30
"""Windows that go on from one another on a back end."""


class FixedController(HybridComponent):
    """A controller of which nothing is trained: settings are chosen with the readout on its states.

    Settings are buffers, so that they travel with a saved model.
    """

    settings: tuple[tuple[float, ...], ...]
    """What there is to choose from; see ``set``."""
    n_states: int
    """Width of what it says."""
    between: Between | None = None
    """The kernel between what it says of rows, in double precision; None if there is none."""

    @property
    def parts(self) -> tuple[Part, ...]:
        """Of each part of what it says the width, the share of the prior variance, the kernel."""
        return ((self.n_states, 1.0, self.between),)

    @property
    def n_circuits(self) -> int:
        """States that are circuits', which come first."""
        return self.n_states

    @property
    def circuits(self) -> FeatureCircuits | None:
        """What has ``states``, if anything."""
        features = getattr(self, "features", None)
        return features if isinstance(features, FeatureCircuits) else None

    @abstractmethod
    def set(self, *setting: float) -> None:
        """Take one of the ``settings``."""

    def learn(self, x: Float[Tensor, "row *axis feature"], y: Float[Tensor, "row *target"]) -> None:
        """Learn what else a setting asks for, from scaled training rows."""

    @abstractmethod
    def states(self, x: Float[Tensor, "row *axis feature"]) -> Float[Tensor, "row part"]:
        """Exact states of its circuits at the last step."""

    def see(self, x: Float[Tensor, "row *axis feature"]) -> None:
        """Take notice of scaled rows that a readout is about to be solved on."""

    def turns_back(self, x: Float[Tensor, "row *axis feature"]) -> Bool[Tensor, " row"]:
        """Scaled rows of which an angle is beyond pi / 2, where states become alike again.

        Angles that rows it has seen have, too, do not count.
        """
        return x.new_zeros(len(x), dtype=torch.bool)


class Reservoir(FixedController):
    """A recurrent network of features that feed back: nothing but its readout is trained.

    r_t = (1 - leak) r_{t-1} + leak (f(x_t + A r_{t-1} / bandwidth) - f(0)), from r_0 = 0, with f
    the `Features` and A normal with variance radius^2 / n_features: the feedback is an angle, the
    input is one times the bandwidth. An echo state network (Jaeger 2001) whose units are circuits,
    as in arXiv:2505.13933.

    Args:
        features: the units, of as many inputs as the sequence has features, or more: these are
            read again and again until every unit has some.
        radius: strength of the feedback.
        leak: of each step, in (0, 1].
        alone: sequences have one step, in which the feedback has no say and is not chosen.
        generator: of A.
    """

    feedback: Tensor
    radius: Tensor
    drawn = ("feedback",)

    def __init__(
        self,
        features: Features,
        *,
        radius: float = 0.5,
        leak: float = 0.5,
        alone: bool = False,
        generator: torch.Generator | None = None,
    ) -> None:
        super().__init__()
        self.settings = tuple(product((0.5,) if alone else (0.5, 0.9), (0.05, 0.15)))
        self.features, self.leak, self.n_states = features, leak, features.n_features
        shape = features.n_inputs, features.n_features
        feedback = torch.randn(shape, generator=generator) / math.sqrt(features.n_features)
        self.register_buffer("feedback", feedback)
        self.register_buffer("radius", torch.tensor(float(radius)))

    def set(self, *setting: float) -> None:
        """Set the strength of the feedback and the bandwidth."""
        radius, bandwidth = setting
        self.radius.fill_(radius)
        self.features.bandwidth.fill_(bandwidth)

    def forward(
        self, x: Float[Tensor, "batch time feature"], *, checkpoint: bool = False
    ) -> Float[Tensor, "batch step state"]:
        """The states after every step; nothing is trained that a ``checkpoint`` would spare.

        On a back end, only the last ones, and a window that is another one a step later goes on
        from there, not from its own beginning, of which little is left (some 1e-4 in 16 steps); for
        `LONGEST` windows, so that long series go side by side in few calls.
        """
        del checkpoint
        circuits = self.circuits
        if circuits is None or circuits.layer.backend is None:
            return self._run(x)[0]
        return self._along(x).unsqueeze(1)

    def states(self, x: Float[Tensor, "row time feature"]) -> Float[Tensor, "row part"]:
        assert self.circuits is not None
        return self.circuits.states(self._run(x)[1])

    def _run(
        self, x: Float[Tensor, "batch time feature"]
    ) -> tuple[Float[Tensor, "batch time state"], Float[Tensor, "batch input"]]:
        """The states after every step, and what the units read in the last one."""
        state, states = x.new_zeros(len(x), self.features.n_features), []
        step = self._step(x)
        for given in x.unbind(dim=1):
            state, inputs = step(state, given)
            states.append(state)
        return torch.stack(states, dim=1), inputs

    def _step(self, x: Tensor) -> Callable[[Tensor, Tensor], tuple[Tensor, Tensor]]:
        """From a state and what comes to the next state, and what the units read."""
        features = self.features
        again = torch.arange(features.n_inputs, device=x.device) % x.shape[-1]
        rest = features.expected(x.new_zeros(features.n_inputs))  # known once and for all
        back = (self.radius / features.bandwidth * self.feedback).mT

        def step(state: Tensor, given: Tensor) -> tuple[Tensor, Tensor]:
            inputs = given[:, again] + state @ back
            return torch.lerp(state, features(inputs) - rest, self.leak), inputs

        return step

    def _along(self, x: Float[Tensor, "batch time feature"]) -> Float[Tensor, "batch state"]:
        """The last states, each window's from that of the one before it, where there is one."""
        before, step = _one_step_before(x), self._step(x)
        states = x.new_zeros(len(x), self.features.n_features)
        left = before >= 0
        for given in x[~left].unbind(dim=1):
            states[~left], _ = step(states[~left], given)
        while left.any():
            now = left & ~left[before]
            states[now], _ = step(states[before[now]], x[now, -1])
            left &= ~now
        return states


def _one_step_before(x: Float[Tensor, "batch time feature"]) -> Int64[Tensor, " batch"]:
    """Which earlier row is each window but its last step, one step before; -1 where it starts."""
    rows, found = x.detach().cpu().numpy(), dict[bytes, tuple[int, int]]()
    places = []
    for place, row in enumerate(rows):
        before, length = found.get(row[:-1].tobytes(), (-1, 0))
        if length == LONGEST:
            before, length = -1, 0
        places.append(before)
        found[row[1:].tobytes()] = place, length + 1
    return torch.tensor(places, device=x.device)


class Blend(FixedController):
    """Circuits and their classical twin side by side, for a readout that trusts each by a ratio.

    Settings of both are tried in pairs.

    Args:
        quantum: with circuits.
        classical: of as many settings.
        ratio: of the prior variance given to circuits, from 0 to 1; the rest is the twin's.
    """

    def __init__(self, quantum: FixedController, classical: FixedController, ratio: float) -> None:
        super().__init__()
        self.quantum, self.classical, self.ratio = quantum, classical, ratio
        self.n_states = quantum.n_states + classical.n_states
        pairs = zip(quantum.settings, classical.settings, strict=True)
        self.settings = tuple((*of_quantum, *of_classical) for of_quantum, of_classical in pairs)

    @property
    def circuits(self) -> FeatureCircuits | None:
        return self.quantum.circuits

    @property
    def n_circuits(self) -> int:
        return self.quantum.n_states

    @property
    def parts(self) -> tuple[Part, ...]:
        both = ((self.quantum, self.ratio), (self.classical, 1 - self.ratio))
        return tuple((part.n_states, share, part.between) for part, share in both)

    def set(self, *setting: float) -> None:
        n = len(self.quantum.settings[0])
        self.quantum.set(*setting[:n])
        self.classical.set(*setting[n:])

    def learn(self, x: Float[Tensor, "row *axis feature"], y: Float[Tensor, "row *target"]) -> None:
        self.quantum.learn(x, y)
        self.classical.learn(x, y)

    def states(self, x: Float[Tensor, "row *axis feature"]) -> Float[Tensor, "row part"]:
        return self.quantum.states(x)

    def see(self, x: Float[Tensor, "row *axis feature"]) -> None:
        self.quantum.see(x)

    def turns_back(self, x: Float[Tensor, "row *axis feature"]) -> Bool[Tensor, " row"]:
        return self.quantum.turns_back(x)

    def forward(
        self, x: Float[Tensor, "row *axis feature"], *, checkpoint: bool = False
    ) -> Float[Tensor, "row time state"]:
        said = [part(x, checkpoint=checkpoint) for part in (self.quantum, self.classical)]
        return torch.cat(said, dim=-1)
