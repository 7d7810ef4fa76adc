"""Unit vectors in one byte a dimension: a quarter of the memory, and cosines within about 0.003."""

import numpy as np
from numpy.typing import NDArray

Floats = NDArray[np.float32]
Codes = NDArray[np.int8]

MOST = 127


def step_of(vectors: Floats) -> float:
    """What one unit of a code is worth, chosen on some vectors (n, d) of a corpus, with room for others."""
    largest = float(np.abs(vectors).max(initial=0.0))
    return 1.25 * (largest or 1.0) / MOST


def coded(vectors: Floats, step: float) -> Codes:
    """The codes of vectors (…, d); a component beyond the largest code is cut to it."""
    codes: Codes = np.clip(np.rint(vectors / step), -MOST, MOST).astype(np.int8)
    return codes


def decoded(codes: Codes, step: float) -> Floats:
    """The vectors (…, d) that codes stand for."""
    return codes.astype(np.float32) * np.float32(step)


def products(codes: Codes, step: float, query: Floats) -> Floats:
    """The inner products (n,) of a query (d,) with the vectors (n, d) that codes stand for."""
    return codes.astype(np.float32) @ (query * np.float32(step))
