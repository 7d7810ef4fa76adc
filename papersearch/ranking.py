"""Ranking: two lists of scores, one of meaning and one of words, made into one."""

import math
import zipfile
from dataclasses import dataclass
from pathlib import Path

import numpy as np

from papersearch.errors import IndexUnusable
from papersearch.store import Rows
from papersearch.vectors import Floats

DEPTH = 1000
"""How many rows each of the two searches brings to the ranking."""

SEMANTIC_WEIGHT = 0.6
"""The share of the semantic score. benchmarks/README.md shows its neighbours on three collections."""


@dataclass(frozen=True, slots=True)
class Ranking:
    """Rows, best first, with the score they are ranked by and its parts (NaN: not found by that search)."""

    rows: Rows
    scores: Floats
    semantic: Floats
    keyword: Floats

    def __len__(self) -> int:
        return len(self.rows)

    def without(self, rows: Rows) -> "Ranking":
        """The same ranking, these rows taken out."""
        kept = ~np.isin(self.rows, rows)
        return Ranking(self.rows[kept], self.scores[kept], self.semantic[kept], self.keyword[kept])


@dataclass(frozen=True, slots=True)
class Background:
    """How the corpus scores against any query: the mean vector (d,) and the covariance (d, d) of its vectors.

    For a query q, the cosines over all papers have exactly the mean q·mean and the variance q·covariance·q,
    so the least of them can be told without looking at every paper.
    """

    mean: Floats
    covariance: Floats

    @classmethod
    def of(cls, vectors: Floats) -> "Background":
        """Measure the vectors (n, d) of a corpus, in slices, so that they may be memory-mapped."""
        total = np.zeros(vectors.shape[1])
        products = np.zeros((vectors.shape[1], vectors.shape[1]))
        for start in range(0, len(vectors), 65_536):
            part = vectors[start : start + 65_536].astype(np.float64)
            total += part.sum(axis=0)
            products += part.T @ part
        mean = total / max(len(vectors), 1)
        covariance = products / max(len(vectors), 1) - np.outer(mean, mean)
        return cls(mean.astype(np.float32), covariance.astype(np.float32))

    @classmethod
    def load(cls, path: Path) -> "Background":
        """Read what `save` wrote. Raises IndexUnusable."""
        try:
            with path.open("rb") as file, np.load(file) as arrays:
                return cls(arrays["mean"], arrays["covariance"])
        except (OSError, EOFError, ValueError, KeyError, zipfile.BadZipFile) as error:
            raise IndexUnusable(f"{path}: not readable ({error}); build the index again") from error

    def save(self, path: Path) -> None:
        """Write both arrays as an .npz file."""
        np.savez(path, mean=self.mean, covariance=self.covariance)

    def floor(self, query: Floats) -> float:
        """Three standard deviations under the mean cosine: about the least cosine in the corpus."""
        return float(query @ self.mean) - 3 * math.sqrt(max(float(query @ self.covariance @ query), 0.0))


def ranked(rows: Rows, scores: Floats, *, keyword: bool) -> Ranking:
    """A ranking by one search alone."""
    absent = np.full(len(rows), np.nan, np.float32)
    return _ordered(rows, scores, absent if keyword else scores, scores if keyword else absent)


def fused(rows: Rows, semantic: Floats, floor: float, found: Rows, keyword: Floats) -> Ranking:
    """A weighted sum of both scores, each scaled to 0..1 for this query.

    rows, semantic: every candidate and its cosine, scaled from `floor` to the highest.
    found, keyword: the rows that BM25 found, all of them among `rows`, scaled from 0 to the highest.
    A sum of scaled scores beats rank fusion on nearly every collection (Bruch et al. 2023,
    https://doi.org/10.1145/3596512, and our own measurement in benchmarks/).
    """
    if not len(rows):
        return ranked(rows, semantic, keyword=False)
    order = np.argsort(rows)
    places = order[np.searchsorted(rows, found, sorter=order)]
    words = np.full(len(rows), np.nan, np.float32)
    words[places] = keyword
    height = max(float(semantic.max()) - floor, 1e-6)
    scaled = np.clip((semantic - floor) / height, 0.0, 1.0)
    share = np.nan_to_num(words) / max(float(keyword.max(initial=0.0)), 1e-6)
    # Where no word of the query is in the corpus, meaning decides alone and the best score is still 1.
    weight = SEMANTIC_WEIGHT if len(found) else 1.0
    return _ordered(rows, (weight * scaled + (1 - weight) * share).astype(np.float32), semantic, words)


def _ordered(rows: Rows, scores: Floats, semantic: Floats, keyword: Floats) -> Ranking:
    # Equal scores fall back to the row, so that pages never overlap.
    order = np.lexsort((rows, -scores))
    return Ranking(rows[order], scores[order], semantic[order], keyword[order])
