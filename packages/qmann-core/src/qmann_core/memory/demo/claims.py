"""What may be said of a demonstration, and what must be; see also `Ledger.claims`."""

import textwrap
from collections.abc import Mapping, Sequence

from ..circuits import GateCounts

_COLUMNS = 79
_MAY = """\
Calls are counted; they grow as sqrt(N / M) for M matches among N entries.
The simulation is exact, O(N d) for keys of d numbers; a circuit of gates has the same outcomes \
(QMatrix.to_circuit).
Weights of a soft recall are those of attention with fidelities as its kernel."""
_MUST = """\
Simulated: all {entries:,} keys were compared, as in a scan. Nothing is faster, and loading is O(N).
Without a QRAM a loader call is O(N) gates, so a search is O(N^1.5), worse than a scan: \
{gates:,} gates in the hard recall.
Measured fidelity of a bucket-brigade QRAM: 0.800 with 2 layers, 0.604 with 3 (arXiv:2506.16682).
A search ends in one window. All the weights are read from the simulated state: n qubits give n \
bits when they are read.
What followed windows that are alike is no forecast; nothing was tested here."""


def claims(n_entries: int, gates: GateCounts) -> dict[str, list[str]]:
    """Both lists.

    Args:
        n_entries: windows in the memory.
        gates: of the hard recall, without a QRAM.
    """
    must = _MUST.format(entries=n_entries, gates=gates.total)
    return {"may be said": _MAY.splitlines(), "must be said": must.splitlines()}


def paragraphs(lists: Mapping[str, Sequence[str]]) -> str:
    """The lists as lines for a terminal of 80 columns."""
    parts = ("\n".join([f"What {title}:", *map(_item, texts)]) for title, texts in lists.items())
    return "\n\n".join(parts)


def _item(text: str) -> str:
    return textwrap.fill(text, _COLUMNS, initial_indent="- ", subsequent_indent="  ")
