"""Learning-based mitigation: from circuits like the one asked, whose exact values are known."""

from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass, replace
from typing import Any, Literal, NamedTuple, get_args

import torch
from jaxtyping import Bool, Float
from torch import Tensor

from ..errors import ConfigError
from ..plots import GREY, SERIES, points
from .base import WITHIN, Done, Found, Job, Reduced, Stage, standard_errors
from .folding import fold_global
from .scaling import check_scales
from .training import exactly, lifted, training_rows

Model = Literal["ridge", "forest", "best"]
Asked = Float[Tensor, "replicate row observable scale"]
Noisy = Float[Tensor, "replicate training observable scale"]
Exact = Float[Tensor, "training observable"]
Each = Float[Tensor, " observable"]

_FLAT = 1e-6  # spread of exact values below which there is nothing to learn
_RIDGE, _TINY = 1e-8, 1e-14  # strength where there are no shots, relative to the signal
_CLEARLY = 0.25  # of the ridge's mean square, which a forest must be below
_TREES = {"n_estimators": 100, "bootstrap": True, "oob_score": True, "random_state": 0}


@dataclass(frozen=True, kw_only=True)
class Learned(Stage):
    """Clifford data regression, with the variable-noise form where there are several scales.

    Training circuits are the same circuit with other angles: most of them multiples of pi/2 near
    those asked. Their exact values y are computed, their noisy ones v_s measured at each noise
    scale s by folding, and

        y = c + sum_s w_s v_s

    is fitted for every observable and applied to what is asked, whose own exact value is never
    computed. Half the shots (fewer for many rows) are for training. The fit is ridge regression
    whose strength is what the shots ask for: noise of v_s adds its variance to the diagonal of
    their products, which is taken off again, down to a floor (Fuller, Measurement Error Models,
    section 1.2), so that slopes are not too flat. Where all y of an observable are the same there
    is no constant c, and where all are 0 it is left as measured.

    Czarnik et al., arXiv:2005.10189; Lowe et al., arXiv:2011.01157.

    Raises:
        ConfigError: an unknown model, ``kept`` outside [0, 1], scales that are no increasing odd
            whole numbers from 1, or fewer training circuits than there are coefficients, and one.

    Example:
        >>> Learned(scales=(1, 3, 5)).n_training
        20
    """

    n_training: int = 20
    """Training circuits, shared by all rows that are asked."""
    kept: float = 0.3
    """Fraction of the angles that are not changed."""
    scales: tuple[int, ...] = (1, 3)
    """Noise scales; ``(1,)`` is best with few shots, more with many or exact values."""
    model: Model = "ridge"
    """``"best"``: a random forest (extra ``baselines``) where it is less than half as wrong on
    training circuits held out, and what was measured is in the middle half of theirs, because it
    answers with means of what it has seen."""

    def __post_init__(self) -> None:
        if self.model not in get_args(Model):
            known = ", ".join(get_args(Model))
            raise ConfigError(f"unknown model {self.model!r}; use one of {known}")
        if not 0 <= self.kept <= 1:
            raise ConfigError(f"kept={self.kept!r}: expected a fraction between 0 and 1")
        check_scales(self.scales, "global", 1, "learning")
        least = len(self.scales) + 2
        if not isinstance(self.n_training, int) or self.n_training < least:
            raise ConfigError(
                f"n_training={self.n_training!r}: {len(self.scales)} scales and a constant are "
                f"{least - 1} coefficients, which need at least {least} training circuits"
            )

    def expand(self, job: Job, generator: torch.Generator) -> tuple[Job, ...]:
        """For each scale what is asked and what is learned from.

        Raises:
            CircuitError: no angle to change, or more wires in use than `training.MAX_WIRES`.
        """
        circuit, asked = lifted(job.circuit, job.inputs)
        rows = training_rows(circuit, asked.detach(), self.n_training, self.kept, generator)
        root = len(asked) ** 0.5
        share = job.share / (len(self.scales) * (1 + 1 / root))
        return tuple(
            replace(job, circuit=fold_global(circuit, scale), inputs=inputs, share=part)
            for scale in self.scales
            for inputs, part in ((asked, share), (rows, share * root / self.n_training))
        )

    def reduce(self, job: Job, jobs: Sequence[Job], values: Sequence[Found]) -> Reduced:
        """What was learned, applied to what was asked."""
        del job
        asked, noisy = (torch.stack(tuple(values[k::2]), dim=-1) for k in (0, 1))
        exact = exactly(jobs[1].circuit, jobs[1].inputs.detach())
        kinds = _KINDS[self.model]
        fits = [_FITS[kind](noisy, exact, asked) for kind in kinds]
        errors = torch.stack([fit.error for fit in fits])
        is_other = (errors[-1] < _CLEARLY * errors[0]) & _in_the_middle(noisy, asked)
        found = torch.where(is_other, fits[-1].values, fits[0].values)
        silent = exact.abs().amax(0) < _FLAT
        found = torch.where(silent, asked[..., 0], found)
        return Reduced(found, tuple(_words(kinds, errors.mean(1).sqrt(), is_other, silent)))

    def draw(self, done: Done, axes: Any, row: int, wires: Mapping[int, int]) -> None:
        """Exact and learned values of the training circuits, and of the row, by those measured."""
        del wires
        asked, noisy = done.values[0][0, row], torch.stack(done.values[1::2], dim=-1)
        exact = exactly(done.jobs[1].circuit, done.jobs[1].inputs)
        learned = _FITS[_KINDS[self.model][0]](noisy, exact, noisy).values[0]
        found = self.reduce(*done).values
        results = torch.stack([asked, found[0, row], WITHIN * standard_errors(found)[row]])
        rows = zip(SERIES, noisy[0, ..., 0].T, exact.T, learned.T, results.T, strict=False)
        for color, x, truth, fit, (at, value, within) in rows:
            axes.vlines(x, truth, fit, color=color, lw=0.8)
            axes.plot(x, fit, "o", color=color, ms=6, mfc="white")
            axes.plot(x, truth, "o", color=color, ms=3)
            points(axes, [at], [value], [within], color=color, fmt="s", ms=6)
        for label, mark, fill in (
            ("exact", "o", GREY),
            ("learned", "o", "w"),
            ("asked", "s", GREY),
        ):
            axes.plot([], [], mark, color=GREY, mfc=fill, ms=4, label=label)
        axes.axline((0, 0), slope=1, color=GREY, lw=1, ls="--", label="no noise", zorder=0)
        axes.set(xlabel="measured", ylabel="expectation value")
        axes.legend(fontsize=8, frameon=False)


class Fit(NamedTuple):
    """What a model says of the asked rows, and its mean squared error on rows held out."""

    values: Found
    error: Each


def ridge(noisy: Noisy, exact: Exact, asked: Asked) -> Fit:
    """Least squares with an intercept, corrected for the noise of what it is fitted to.

    Args:
        noisy: values of the training rows, as measured.
        exact: what they should have been.
        asked: values that are to be corrected.
    """
    varies = (exact.std(0) >= _FLAT).to(exact)  # else what is learned is a factor
    centre, level = noisy.mean(1, keepdim=True) * varies[:, None], exact.mean(0) * varies
    x, y = noisy - centre, exact - level
    products = torch.einsum("rnos,rnot->rost", x, x)
    noise = _variance(noisy).sum(0)
    # a replicate other than the measurement is noisy twice: it is drawn from what was measured
    times = 1 + (torch.arange(len(noisy), device=noisy.device) > 0).to(noisy)
    system = products - times[:, None, None, None] * noise.diag_embed()
    system = system + _raise_to(noise.mean(1) / 2, system.detach())
    least = _RIDGE * products.diagonal(dim1=2, dim2=3).sum(2, keepdim=True) + _TINY
    system = system + least.expand(system.shape[:3]).diag_embed()
    slopes = torch.linalg.solve(system, torch.einsum("rnos,no->ros", x, y))
    values = torch.einsum("rnos,ros->rno", asked - centre, slopes) + level
    with torch.no_grad():
        own = torch.einsum("nos,ost,not->no", x[0], system[0].inverse(), x[0]) + 1 / len(exact)
        left = (torch.einsum("nos,os->no", x[0], slopes[0]) - y) / (1 - own.clamp(0, 0.9))
    return Fit(values, (left**2).mean(0))


def forest(noisy: Noisy, exact: Exact, asked: Asked) -> Fit:
    """A random forest on all observables at all scales, grown from what was measured."""
    from sklearn.ensemble import RandomForestRegressor

    with torch.no_grad():
        features, rows = noisy[0].flatten(1).cpu().numpy(), asked.flatten(0, 1).flatten(1)
        targets = exact.squeeze(1).cpu().numpy()  # one target is a vector
        trees = RandomForestRegressor(**_TREES).fit(features, targets)
        off = torch.from_numpy(trees.oob_prediction_).reshape(exact.shape).to(exact) - exact
        found = torch.from_numpy(trees.predict(rows.cpu().numpy()))
    return Fit(found.reshape(asked.shape[:-1]).to(asked), (off**2).mean(0))


_FITS = {"ridge": ridge, "forest": forest}
_KINDS = {"ridge": ("ridge",), "forest": ("forest",), "best": ("ridge", "forest")}


def _in_the_middle(noisy: Noisy, asked: Asked) -> Bool[Tensor, "row observable"]:
    at = noisy.new_tensor([0.25, 0.75])
    low, high = noisy[0, ..., 0].detach().quantile(at, dim=0)
    measured = asked[0, ..., 0]
    return torch.logical_and(measured > low, measured < high)


def _variance(values: Noisy) -> Float[Tensor, "training observable scale"]:
    """That of shots, by the replicates."""
    return values[1:].detach().var(0) if len(values) > 2 else torch.zeros_like(values[0]).detach()


def _raise_to(
    floor: Each,
    system: Float[Tensor, "replicate observable scale scale"],
) -> Float[Tensor, "replicate observable scale scale"]:
    """What lifts all eigenvalues to the floor."""
    found, vectors = torch.linalg.eigh(system)
    missing = (floor[:, None] - found).clamp_min(0).diag_embed()
    raised: Tensor = vectors @ missing @ vectors.mT
    return raised


def _words(kinds: Sequence[str], errors: Tensor, is_other: Tensor, silent: Tensor) -> Iterator[str]:
    off = " and of ".join(f"{k} {e:.2g}" for k, e in zip(kinds, errors.tolist(), strict=True))
    yield f"error on training circuits held out: of {off}"
    if len(kinds) > 1:
        yield f"{int(is_other.sum())} of {is_other.numel()} values by a {kinds[1]}"
    if silent.any():
        yield f"{int(silent.sum())} observables as measured: they are 0 on all training circuits"
