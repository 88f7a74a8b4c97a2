"""What may be said of a recall, and what must be."""

import textwrap
from dataclasses import dataclass

from . import GateCounts

_COLUMNS = 79
_MAY = """\
Calls are counted; they grow as sqrt(N / M) for M matches among N entries.
The simulation is exact, O(N d) for keys of d numbers; a circuit of gates has the same outcomes \
(QMatrix.to_circuit).
Weights of a soft recall are those of attention with fidelities as its kernel."""
_MUST = """\
Simulated: all {entries:,} keys were compared, as in a scan; nothing is faster, and loading is O(N).
Without a QRAM a loader call is O(N) gates, so a search is O(N^1.5), worse than a scan{here}.
Measured fidelity of a bucket-brigade QRAM: 0.800 with 2 layers, 0.604 with 3 (arXiv:2506.16682).
A search ends in one address. All the weights are read from the simulated state; hardware would \
search again for each, because n qubits give n bits when they are read."""


@dataclass(frozen=True)
class Claims:
    """Sentences; as text, two lists for a terminal of 80 columns."""

    may: tuple[str, ...]
    must: tuple[str, ...]

    def to_dict(self) -> dict[str, list[str]]:
        """Both lists by title."""
        return {"may be said": list(self.may), "must be said": list(self.must)}

    def __str__(self) -> str:
        lists = self.to_dict().items()
        parts = ("\n".join([f"What {title}:", *map(_item, texts)]) for title, texts in lists)
        return "\n\n".join(parts)


def claims(entries: int, gates: GateCounts | None = None) -> Claims:
    """Of a recall from so many entries, whose search without a QRAM takes so many gates."""
    here = "" if gates is None else f": here {gates.total:,} gates"
    must = _MUST.format(entries=entries, here=here)
    return Claims(tuple(_MAY.splitlines()), tuple(must.splitlines()))


def _item(text: str) -> str:
    return textwrap.fill(text, _COLUMNS, initial_indent="- ", subsequent_indent="  ")
