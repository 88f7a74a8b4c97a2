"""Read-out mitigation: how wires are misread is measured, and inverted."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, replace
from itertools import accumulate, compress, product
from typing import Any

import torch
from jaxtyping import Float
from torch import Tensor

from ..backends.outcomes import chances, words
from ..circuits import Circuit, Observable, Operation
from ..errors import CircuitError
from ..plots import GREY, PALE
from ..simulation import Measurement, measurements
from ..simulation.shots.sampling import eigenvalues
from .base import WITHIN, Done, Job, Reduced, Stage, standard_errors
from .measuring import looked_at

_SHARE = 0.15  # of a calibration's shots, relative to those of one row in one setting
_LEAST = 0.1  # that is left of <Z>, or of a singular value, and can still be divided by
MAX_CORRELATED = 6  # wires
_LABELLED = 4  # of which all outcomes are named


@dataclass(frozen=True, kw_only=True)
class Readout(Stage):
    """The inverse of how wires are misread, which leaves expectation values unbiased.

    With A the probabilities (read, prepared) of the wires' outcomes, the frequencies f that are
    read become ``A^-1 f``, some of which may be negative. By default A is a product of one 2 x 2
    matrix for each wire, which two circuits measure, |0...0> and |1...1>. Bravyi et al.,
    arXiv:2006.14044.

    Attributes:
        correlated: wires are misread together: A is measured as a whole, for all wires that are
            looked at, at most `MAX_CORRELATED`, by a circuit for each of its columns. Exact where
            all observables are read in one setting.
    """

    correlated: bool = False

    def expand(self, job: Job, generator: torch.Generator) -> tuple[Job, ...]:
        del generator
        n, wires = job.circuit.n_wires, _looked_at(job.circuit)
        if self.correlated and len(wires) > MAX_CORRELATED:
            raise CircuitError(
                f"got observables on {len(wires)} wires: expected at most {MAX_CORRELATED} whose "
                "misreading is measured together; leave correlated=False"
            )
        n_values = len(job.inputs) * len(measurements(job.circuit.observables))
        asked = [word for group in self._groups(job.circuit) for word in words(group)]
        if self.correlated:
            read = words(Measurement(tuple((wire, "Z") for wire in wires), ()))
            prepared = [tuple(compress(wires, b)) for b in product((0, 1), repeat=len(wires))]
        else:
            read, prepared = tuple(Observable("Z", (wire,)) for wire in wires), [(), wires]
        calibrations = [
            Job(
                circuit=Circuit(n, tuple(Operation("X", (wire,)) for wire in ones), read),
                inputs=job.inputs.new_zeros(1, 0),
                share=_SHARE * job.share * n_values**0.5,
            )
            for ones in prepared
        ]
        # first what is raw: in its settings, all words fit
        observables = (*job.circuit.observables, *asked)
        return replace(job, circuit=replace(job.circuit, observables=observables)), *calibrations

    def reduce(self, job: Job, jobs: Sequence[Job], values: Sequence[Tensor]) -> Reduced:
        del jobs
        observables = job.circuit.observables
        asked = values[0][..., len(observables) :]
        groups, wires = self._groups(job.circuit), _looked_at(job.circuit)
        read = torch.stack([each[:, 0] for each in values[1:]], dim=-1)  # replicate value prepared
        matrices = self.confusions(read, wires)
        ends = list(accumulate((2 ** len(group.wires) for group in groups), initial=0))
        found = asked.new_ones(*asked.shape[:2], len(observables))
        for group, start, end in zip(groups, ends, ends[1:], strict=False):
            outcomes = chances(asked[..., start:end], group)
            if self.correlated:
                inverse = torch.linalg.inv(_marginal(matrices, wires, group.wires))
                outcomes = outcomes @ inverse.mT
            else:
                inverses = torch.linalg.inv(matrices)
                for place, wire in enumerate(group.wires):
                    outcomes = _turned(inverses[:, wires.index(wire)], outcomes, place)
            worth = eigenvalues(observables, group).to(outcomes)
            found = found.index_copy(-1, torch.tensor(group.positions), outcomes @ worth)
        return Reduced(found)

    def draw(self, done: Done, axes: Any, row: int, wires: Mapping[int, int]) -> None:
        """How often each wire is misread or, correlated, what is read of what is prepared."""
        del row
        looked = _looked_at(done.job.circuit)
        read = torch.cat(done.values[1:], dim=1)  # replicate prepared value
        names = [str(wires[wire]) for wire in looked]
        if self.correlated:
            _draw_matrix(axes, self.confusions(read.mT, looked)[0], ", ".join(names))
            return
        signs = read.new_tensor([[-1.0], [1.0]])
        chances, errors = (1 + signs * read[0]) / 2, standard_errors(read) / 2
        for place, (colour, label) in enumerate(((PALE, "0 read as 1"), (GREY, "1 read as 0"))):
            at = [k + 0.4 * place - 0.2 for k in range(len(names))]
            bars = (WITHIN * errors[place]).tolist() if errors.any() else None
            style = {"color": colour, "label": label, "capsize": 3, "error_kw": {"lw": 1}}
            axes.bar(at, chances[place].tolist(), 0.4, yerr=bars, **style)
        axes.set_xticks(range(len(names)), names)
        axes.set(xlabel="wire", ylabel="probability of misreading")
        axes.margins(y=0.2)
        axes.legend(loc="upper center", ncols=2, fontsize=8, frameon=False)

    def _groups(self, circuit: Circuit) -> list[Measurement]:
        """Observables whose outcomes are inverted together: those within one, or measured so."""
        if self.correlated:
            return [group for group in measurements(circuit.observables) if group.wires]
        return looked_at(circuit.observables, range(len(circuit.observables)), 0)

    def confusions(
        self, read: Float[Tensor, "replicate value prepared"], wires: tuple[int, ...]
    ) -> Float[Tensor, "replicate *wire read prepared"]:
        """A, by the values of Z (correlated: of all words) on what calibrations prepare.

        Raises:
            CircuitError: it has no inverse, or too few shots tell it.
        """
        if self.correlated:
            whole = Measurement(tuple((wire, "Z") for wire in wires), ())
            matrices = chances(read.mT, whole).mT
            left = torch.linalg.svdvals(matrices.detach())[..., -1]
        else:
            matrices = torch.stack(((1 + read) / 2, (1 - read) / 2), dim=2)
            left = (read[..., 0] - read[..., 1]).detach().min(dim=1).values / 2
        if left[0] < _LEAST:
            raise CircuitError(
                f"how wires are misread cannot be inverted: only {float(left[0]):.2g} is left of "
                "what they say; leave Readout out, or use other qubits"
            )
        if len(left) > 1 and left[1:].std() > left[0] / 3:
            raise CircuitError(
                "too few shots to measure how wires are misread: "
                f"{float(left[0]):.2g} +- {float(left[1:].std()):.2g} of what they say is left; "
                "give more shots, or leave Readout out"
            )
        return matrices


def _draw_matrix(axes: Any, matrix: Float[Tensor, "read prepared"], names: str) -> None:
    from matplotlib.colors import LogNorm

    image = axes.imshow(matrix.numpy(), cmap="Blues", norm=LogNorm(1e-3, 1, clip=True))
    scale = axes.figure.colorbar(image, ax=axes, label="probability", format="%g")
    scale.ax.tick_params(labelsize=8)
    axes.set(xlabel=f"prepared, wires {names}", ylabel="read")
    n = len(matrix).bit_length() - 1
    if n <= _LABELLED:
        outcomes = ["".join(bits) for bits in product("01", repeat=n)]
        axes.set_xticks(range(2**n), outcomes, rotation=90 if n > 2 else 0)
        axes.set_yticks(range(2**n), outcomes)


def _looked_at(circuit: Circuit) -> tuple[int, ...]:
    """The wires of all observables."""
    letters = (basis for each in measurements(circuit.observables) for basis in each.basis)
    return tuple(sorted({wire for wire, _ in letters}))


def _turned(
    matrices: Float[Tensor, "replicate prepared read"],
    outcomes: Float[Tensor, "replicate row outcome"],
    place: int,
) -> Float[Tensor, "replicate row outcome"]:
    """With the wire at ``place`` read as it was prepared."""
    split = outcomes.reshape(*outcomes.shape[:2], 2**place, 2, -1)
    return torch.einsum("kpr,ksarb->ksapb", matrices, split).reshape(outcomes.shape)


def _marginal(
    matrices: Float[Tensor, "replicate read prepared"],
    wires: tuple[int, ...],
    kept: tuple[int, ...],
) -> Float[Tensor, "replicate kept_read kept_prepared"]:
    """Of some wires, whatever the others are prepared in, all alike."""
    n = len(wires)
    others = [place for place, wire in enumerate(wires) if wire not in kept]
    axes = [1 + place for place in others] + [1 + n + place for place in others]
    split = matrices.reshape(len(matrices), *(2,) * 2 * n)
    summed = split.sum(axes) / 2 ** len(others) if axes else split
    return summed.reshape(len(matrices), 2 ** len(kept), -1)
