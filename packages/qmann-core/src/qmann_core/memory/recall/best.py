"""The k largest of many numbers, with ties in a fixed order."""

import numpy as np
from jaxtyping import Float64, Int64

_BLOCK = 1024
_FEW = 16 * _BLOCK


def best(
    strengths: Float64[np.ndarray, " entry"], addresses: Int64[np.ndarray, " entry"], k: int
) -> Int64[np.ndarray, " best"]:
    """Indices of the k largest strengths above 0, the largest first, ties by lower address.

    One pass over all of them: the k-th largest of the maxima of blocks is a bound that few others
    reach.
    """
    k = min(k, len(strengths))
    if k == 0:
        return np.zeros(0, dtype=np.int64)
    last = _kth_largest(strengths, k)
    above = np.flatnonzero(strengths > last)
    equal = np.flatnonzero(strengths == last) if last > 0 else above[:0]
    lacking = min(k - len(above), len(equal))
    if lacking < len(equal):
        equal = equal[np.argpartition(addresses[equal], lacking)[:lacking]]
    chosen = np.concatenate([above, equal])
    return chosen[np.lexsort((addresses[chosen], -strengths[chosen]))]


def _kth_largest(values: Float64[np.ndarray, " entry"], k: int) -> float:
    n_blocks = len(values) // _BLOCK
    if len(values) > _FEW and k <= n_blocks // 4:
        maxima = values[: n_blocks * _BLOCK].reshape(n_blocks, _BLOCK).max(axis=1)
        bound = np.partition(maxima, n_blocks - k)[n_blocks - k]
        values = values[values >= bound]
    return float(np.partition(values, len(values) - k)[len(values) - k])
