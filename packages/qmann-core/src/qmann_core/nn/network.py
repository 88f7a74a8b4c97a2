"""QMANN, the network: scaling -> controller -> attention -> memory -> head."""

import logging
import math
from collections.abc import Callable
from copy import deepcopy
from dataclasses import replace

import torch
from jaxtyping import Float, Int64
from torch import Tensor, nn

from ..base import HybridComponent
from ..data import Samples
from ..errors import ConfigError
from ..memory import CaseMemory, Recalled
from .aggregation import aggregated
from .attention import AttentionMechanism
from .feature_circuits import FeatureCircuits
from .fixed import FixedController
from .heads import Head
from .projected import KernelFeatures
from .readouts import MANY
from .recollection import Recollection
from .scaling import Decorrelate, Standardise
from .solved import SolvedReadout
from .state_memory import StateMemory

_LOG = logging.getLogger("qmann.nn")
_ROWS = 4096  # encoded at once: without gradients, they fit into memory
_ROUGH = 512  # rows that settings are chosen on where all would take minutes
_SOLVED = 16384  # rows that a readout is solved on, evenly spread; more gain it little


class QMANN(HybridComponent):
    """Scaling, a controller that reads the window, optional attention and memory, and a head.

    ``controller`` maps (batch, ..., feature) to (batch, time or 1, hidden) and takes the keyword
    ``checkpoint``; the last step, or attention of the last step over all of them, and what the
    memory adds to it, goes to the head. What a `FixedController` says, or the features of a kernel
    on that, takes the place of the regressors that the head's closed form reads, and there are no
    features: all of the answer goes through it, and is solved.

    What is kept of rows are means of ``together`` units of them or more; of 1, the rows. With
    ``rough``, few rows choose the settings of fixed circuits.
    """

    def __init__(
        self,
        scaling: Standardise | Decorrelate,
        controller: nn.Module,
        head: Head,
        attention: AttentionMechanism | None = None,
        recollection: Recollection | None = None,
        kernel: KernelFeatures | None = None,
        together: int = 1,
        rough: bool = False,
    ) -> None:
        super().__init__()
        self.scaling = scaling
        self.controller = controller
        self.attention = attention
        self.recollection = recollection
        self.kernel = kernel
        self.rough = rough
        self.head = head
        self.together = head.together = together

    @property
    def memory(self) -> CaseMemory | None:
        """The cases that it remembers."""
        return None if self.recollection is None else self.recollection.memory

    @property
    def reads_memory(self) -> bool:
        """Whether its answers depend on the cases that it remembers."""
        return self.recollection is not None and self.recollection.reads

    @property
    def is_solved(self) -> bool:
        """Whether nothing of it is trained beyond what has a closed form."""
        return isinstance(self.controller, FixedController)

    @torch.no_grad()
    def fit_statistics(self, train: Samples) -> None:
        """Learn scaling and the head's closed-form part from the training part."""
        if not self.is_solved:
            self.scaling.fit(train.x)
            self.head.fit(train)
            return
        train = train.spread(_SOLVED)
        self.scaling.fit(self.head.ordinary(train).x)
        self._solve(train)

    @torch.no_grad()
    def choose(self, train: Samples) -> float:
        """Fit, with the settings of the controller and the penalty that predict best.

        Gives the loss that is expected of rows left out; later fits keep the settings. If that
        is to be rough, 512 rows choose settings, and 2,048 relevance.

        Raises:
            ConfigError: a head that expects nothing.
        """
        train, controller = train.spread(_SOLVED), self.controller
        assert isinstance(controller, FixedController)
        self.scaling.fit(self.head.ordinary(train).x)
        readouts = [part for part in self.head.modules() if isinstance(part, SolvedReadout)]
        least, best = math.inf, self.state_dict()
        rough = self.rough and len(train) > _ROUGH
        some = train.spread(_ROUGH) if rough else train
        for setting in controller.settings:
            controller.set(*setting)
            controller.learn(self.scaling(some.x), self.head.wanted(some))
            for readout in readouts:
                readout.forget_penalty()
            loss = self._solve(some)
            if loss < least:
                least, best = loss, deepcopy(self.state_dict())
        self.load_state_dict(best)
        if rough:
            many = train.spread(MANY)
            controller.learn(self.scaling(many.x), self.head.wanted(many))
            for readout in readouts:
                readout.refine_penalty()
            least = self._solve(train)
        disturbed = any(
            part.disturbed for part in controller.modules() if isinstance(part, FeatureCircuits)
        )
        if disturbed and readouts and all(readout.gain <= 0 for readout in readouts):
            _LOG.warning(
                "what circuits say of %d rows predicts no better than a constant: take more shots "
                "or less noise",
                len(train),
            )
        return least

    def solve(self, train: Samples) -> Float[Tensor, ""]:
        """Solve for the head on what fixed circuits say, and give what rows left out lose.

        Once a penalty is chosen, that has a gradient by what the controller is made of, through the
        solve, and of rows in time is not a number where that gradient is not asked for.

        Raises:
            ConfigError: a head that expects nothing.
        """
        said = self._encoded(train.x)
        if self.kernel is not None:
            self.kernel.fit(self._kept(said, train))
        loss = self.head.fit(replace(train, regressors=self._read(said)))
        if loss is None:
            raise ConfigError(
                f"got {type(self.head).__name__} for fixed circuits: expected a head whose fit "
                "gives the loss of rows left out; set another model"
            )
        return loss

    def _solve(self, train: Samples) -> float:
        assert isinstance(self.controller, FixedController)
        self.controller.see(self._kept(self.scaling(train.x).flatten(1), train))
        return float(self.solve(train))

    def _kept(
        self, rows: Float[Tensor, "row state"], train: Samples
    ) -> Float[Tensor, "kept state"]:
        """What may be kept of them by a kernel."""
        return rows if self.kernel is None else aggregated(rows, train.unit, self.together)

    def _read(self, said: Float[Tensor, "row state"]) -> Float[Tensor, "row regressor"]:
        """What a readout reads of what a fixed controller said."""
        return said if self.kernel is None else self.kernel(said)

    def forward(
        self,
        x: Float[Tensor, "batch *axis feature"],
        regressors: Float[Tensor, "batch regressor"],
        *,
        at: Int64[Tensor, " batch"] | None = None,
        checkpoint: bool = False,
    ) -> Float[Tensor, "batch *output"]:
        """Raw outputs; with ``checkpoint`` the controller is recomputed in the backward pass.

        ``at`` is when each sample is seen (`Samples.origin`): cases that were not settled by then
        are not recalled. Without it, all are.
        """
        return self.answer(self.encode(x, checkpoint=checkpoint), regressors, at)

    def answer(
        self,
        features: Float[Tensor, "batch hidden"],
        regressors: Float[Tensor, "batch regressor"],
        at: Int64[Tensor, " batch"] | None = None,
    ) -> Float[Tensor, "batch *output"]:
        """Raw outputs from what the controller said."""
        if self.is_solved:
            features, regressors = features[:, :0], self._read(features)
        elif self.recollection is not None:
            features = self.recollection(features, at)
        raw: Tensor = self.head(features, regressors)
        return raw

    @torch.no_grad()
    def turned_back(self, x: Float[Tensor, "batch *axis feature"]) -> int:
        """How many windows turn an angle of fixed circuits so far that states turn back."""
        fixed = self.controller if isinstance(self.controller, FixedController) else None
        return 0 if fixed is None else int(fixed.turns_back(self.scaling(x)).sum())

    def with_circuits_of(
        self, rows: Int64[Tensor, " batch"], features: Float[Tensor, "batch hidden"]
    ) -> Float[Tensor, "batch hidden"]:
        """What the controller would say, had its circuits said what they did of other rows."""
        mixed, controller = features[rows], self.controller
        n = controller.n_circuits if isinstance(controller, FixedController) else mixed.shape[1]
        return torch.cat((mixed[:, :n], features[:, n:]), dim=1)

    @torch.no_grad()
    def remember(self, samples: Samples) -> None:
        """Fill the memory, if there is one, with known samples; see `Recollection.fill`."""
        if self.recollection is not None:
            told = self.told(samples)
            level = self._level(told) if self._remembers_level else None
            self.recollection.fill(told, self._keys, self.head, level)

    @torch.no_grad()
    def recalled(self, samples: Samples, k: int) -> Recalled:
        """The ``k`` cases most like each sample, with their weights.

        Raises:
            ConfigError: the network has no memory.
        """
        if self.recollection is None:
            raise ConfigError("got a network without memory: set memory.kind and fit again")
        level = self._level(self.told(samples)) if self._remembers_level else None
        return self.recollection.recalled(self._keys(samples.x), k, samples.origin, level)

    def consolidate(self, samples: Samples) -> None:
        """Refresh the memory's cases, rows of ``samples``, merge equal ones, drop unused ones."""
        self.refresh(samples)
        if self.recollection is not None:
            self.recollection.memory.consolidate()

    @torch.no_grad()
    def refresh(self, samples: Samples) -> None:
        """Encode the memory's cases, rows of ``samples``, with the weights of now."""
        if self.recollection is not None:
            self.recollection.refresh(samples, self._keys)

    def told(self, samples: Samples) -> Samples:
        """The samples as the head's closed form reads them."""
        if not self.is_solved:
            return samples
        return replace(samples, regressors=self._read(self._encoded(samples.x)))

    def encode(self, x: Tensor, *, checkpoint: bool = False) -> Tensor:
        """What the controller, and attention over its steps, says of windows: (batch, hidden)."""
        states: Tensor = self.controller(self.scaling(x), checkpoint=checkpoint)
        features = states[:, -1]
        if self.attention is not None:
            features, _ = self.attention(features, states)
        return features

    def _keys(self, x: Tensor) -> Tensor:
        """What the memory knows windows by."""
        return self._encoded(x, self._states if isinstance(self.memory, StateMemory) else None)

    @property
    def _remembers_level(self) -> bool:
        return isinstance(self.memory, StateMemory) and self.memory.has_level

    def _level(self, told: Samples) -> Float[Tensor, " row"]:
        """What the head's closed form says of the size of what is predicted."""
        regressors = told.regressors.to(self.scaling.mean.device)
        return self.head.size(self.head(regressors[:, :0], regressors))

    def _states(self, x: Tensor) -> Tensor:
        assert isinstance(self.controller, FixedController)
        return self.controller.states(self.scaling(x))

    def _encoded(self, x: Tensor, say: Callable[[Tensor], Tensor] | None = None) -> Tensor:
        """Features of any number of windows, or what else is said, as in evaluation mode."""
        say = say or self.encode
        mode, device = self.training, self.scaling.mean.device
        self.eval()
        try:
            return torch.cat([say(part.to(device)) for part in torch.split(x, _ROWS)])
        finally:
            self.train(mode)
