"""How entangled the address and key registers are, and how much keys get in each other's way."""

from dataclasses import dataclass

import numpy as np
from jaxtyping import Float64, Inexact, Num

from ..store.shape import Layout
from .encodings import Encoding, chunks

_SIDE = 2048
"""Side of the largest matrix whose eigenvalues are worked out: seconds."""
_PAIRS = 4096
"""Entries up to which all pairs of keys are compared: a second."""
_ROWS = 256


@dataclass(frozen=True)
class Statistics:
    """Figures of the state |M> = s^(-1/2) sum_a |a>|k_a> of a memory with s entries."""

    entries: int
    capacity: int
    n_address: int
    """Wires of the address register."""
    n_key: int
    """Wires of the key register."""
    entropy: float | None
    """Entanglement of the two registers in bits: 0 where all keys are equal, log2 s where they are
    orthogonal. None where neither side has at most 2048 dimensions."""
    crosstalk_mean: float | None
    """Mean fidelity of two different entries' keys; None where it would take too long."""
    crosstalk_max: float | None
    """The largest of these fidelities; None for more than 4096 entries."""

    def __str__(self) -> str:
        rows = (
            ("entries", f"{self.entries} of {self.capacity}"),
            ("wires", f"{self.n_address} address, {self.n_key} key"),
            ("entanglement", _figure(self.entropy, " bits")),
            ("mean crosstalk", _figure(self.crosstalk_mean)),
            ("largest crosstalk", _figure(self.crosstalk_max)),
        )
        return "\n".join(f"{name:<18} {text}" for name, text in rows)


def statistics(
    encoding: Encoding, layout: Layout, encoded: Num[np.ndarray, "entry column"]
) -> Statistics:
    """The figures of a memory of that layout with those encoded keys."""
    mean, largest = crosstalk(encoding, encoded, layout.key_width)
    return Statistics(
        entries=len(encoded),
        capacity=layout.capacity,
        n_address=layout.n_address,
        n_key=encoding.n_wires(layout.key_width),
        entropy=entropy_bits(encoding, encoded, layout.key_width),
        crosstalk_mean=mean,
        crosstalk_max=largest,
    )


def entropy_bits(
    encoding: Encoding, encoded: Num[np.ndarray, "entry column"], width: int
) -> float | None:
    """Entanglement entropy of the address and key registers, in bits.

    It is that of the spectrum of the key register's state rho = (1/s) sum_a |k_a><k_a|, which has
    the eigenvalues of the Gram matrix G_ab = <k_b|k_a> / s as well; the smaller of the two is
    diagonalised.

    Returns:
        None where both have more than 2048 rows.
    """
    if len(encoded) < 2:
        return 0.0
    spectrum = _spectrum(encoding, encoded, width)
    if spectrum is None:
        return None
    present = spectrum[spectrum > 0]
    return max(0.0, -float(present @ np.log2(present)))


def crosstalk(
    encoding: Encoding, encoded: Num[np.ndarray, "entry column"], width: int
) -> tuple[float | None, float | None]:
    """Mean and maximum of the fidelities F_ab of all pairs of different entries.

    The mean follows from the purity, tr rho^2 = (1/s^2) sum_ab F_ab, where there are too many
    entries to compare them all.

    Returns:
        0 and 0 for less than two entries; None for what would take too long.
    """
    count = len(encoded)
    if count < 2:
        return 0.0, 0.0
    if count <= _PAIRS:
        return _compared(encoding, encoded)
    spectrum = _spectrum(encoding, encoded, width)
    if spectrum is None:
        return None, None
    purity = float(spectrum @ spectrum)
    return max(0.0, (count * purity - 1) / (count - 1)), None


def _compared(encoding: Encoding, encoded: Num[np.ndarray, "entry column"]) -> tuple[float, float]:
    total, largest = 0.0, 0.0
    for part in chunks(len(encoded), _ROWS):
        rows = _precise(encoded[part])
        fidelity = np.abs(encoding.overlaps(rows, _precise(encoded))) ** 2
        own = np.arange(len(rows))
        fidelity[own, part.start + own] = 0.0
        total += float(fidelity.sum())
        largest = max(largest, float(fidelity.max()))
    return total / (len(encoded) * (len(encoded) - 1)), min(largest, 1.0)


def _spectrum(
    encoding: Encoding, encoded: Num[np.ndarray, "entry column"], width: int
) -> Float64[np.ndarray, " eigenvalue"] | None:
    count = len(encoded)
    if encoding.name == "basis":  # rho is diagonal
        return np.unique(encoded, axis=0, return_counts=True)[1] / count
    if 2 ** encoding.n_wires(width) <= min(count, _SIDE):
        matrix = _key_state(encoding, encoded, width)
    elif count <= _SIDE:
        every = _precise(encoded)
        matrix = encoding.overlaps(every, every) / count
    else:
        return None
    return np.clip(np.linalg.eigvalsh(matrix), 0.0, 1.0)


def _key_state(
    encoding: Encoding, encoded: Num[np.ndarray, "entry column"], width: int
) -> Inexact[np.ndarray, "amplitude amplitude"]:
    """The key register's state (1/s) sum_a |k_a><k_a|, a few rows at a time."""
    side = 2 ** encoding.n_wires(width)
    rho = np.zeros((side, side), dtype=np.result_type(encoded.dtype, np.float64))
    for part in chunks(len(encoded)):
        states = encoding.amplitudes(encoded[part]).astype(rho.dtype)
        rho += states.T @ states.conj()
    return rho / len(encoded)


def _precise(encoded: Num[np.ndarray, "entry column"]) -> Num[np.ndarray, "entry column"]:
    """In double precision, so that a spectrum of thousands of entries is not rounding."""
    return encoded.astype(np.result_type(encoded.dtype, np.float64), copy=False)


def _figure(value: float | None, unit: str = "") -> str:
    return "not worked out: too many entries" if value is None else f"{value:.4g}{unit}"
