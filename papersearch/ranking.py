"""Ranking: scores of meaning, of words and of the latent space, made into one."""

import math
import zipfile
from dataclasses import dataclass
from pathlib import Path

import numpy as np

from papersearch.codes import Floats
from papersearch.errors import IndexUnusable
from papersearch.store import Rows

DEPTH = 500
"""How many rows a search brings to the ranking, if there are so many; that of vectors may bring more, which
it has looked at anyway."""
DEPTH_BESIDE = 150
"""How many the words bring where meaning brings others: more would take time and change nothing."""

SEMANTIC = 0.65
"""The share of a paper's cosine in its score; BM25 has the rest (benchmarks/README.md)."""

LATENT, WELL_HELD = 0.15, 0.2
"""The share of the latent space in the score if it holds so much of the query or more; else as much less."""

UNFOUND = 0.8
"""A paper that is not among the best by words is taken to have so much of the last one's BM25 score. It
may have all of that or nothing; as nothing, it would be far behind others that say hardly more."""

FEEDBACK_PAPERS, FEEDBACK_WEIGHT = 3, 0.25
"""How many of the best papers a query's vector is moved towards, and how far (Rocchio 1971; for dense vectors
Li et al. 2023, https://doi.org/10.1145/3570724)."""


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

    def rearranged(self, first: Rows) -> "Ranking":
        """The first len(first) rows in this order of their places. A place keeps its score, whichever row
        comes to it: so scores fall over the whole list as before, and the rest stays below.
        """
        order = np.concatenate([first, np.arange(len(first), len(self))])
        return Ranking(self.rows[order], self.scores, self.semantic[order], self.keyword[order])


@dataclass(frozen=True, slots=True)
class Background:
    """How the corpus scores against any query: the mean vector (d,) and the covariance (d, d) of its vectors.

    For a query q, the cosines over all papers have exactly the mean q·mean and the variance q·covariance·q,
    so the least of them can be told without looking at every paper.
    cutoff: the cosine over which a paper is a good match (indexer/cutoff.py measures it).
    """

    mean: Floats
    covariance: Floats
    cutoff: float = 0.0

    @classmethod
    def of(cls, vectors: Floats, cutoff: float = 0.0) -> "Background":
        """Measure the vectors (n, d) of a corpus, in slices, so that they may be memory-mapped."""
        total = np.zeros(vectors.shape[1])
        products = np.zeros((vectors.shape[1], vectors.shape[1]))
        for start in range(0, len(vectors), 65_536):
            part = vectors[start : start + 65_536].astype(np.float64)
            total += part.sum(axis=0)
            products += part.T @ part
        mean = total / max(len(vectors), 1)
        covariance = products / max(len(vectors), 1) - np.outer(mean, mean)
        return cls(mean.astype(np.float32), covariance.astype(np.float32), cutoff)

    @classmethod
    def load(cls, path: Path) -> "Background":
        """Read what `save` wrote. Raises IndexUnusable."""
        try:
            with path.open("rb") as file, np.load(file) as arrays:
                return cls(arrays["mean"], arrays["covariance"], float(arrays["cutoff"]))
        except (OSError, EOFError, ValueError, KeyError, zipfile.BadZipFile) as error:
            raise IndexUnusable(f"{path}: not readable ({error}); build the index again") from error

    def save(self, path: Path) -> None:
        """Write it as an .npz file."""
        np.savez(path, mean=self.mean, covariance=self.covariance, cutoff=self.cutoff)

    def floor(self, query: Floats) -> float:
        """Three standard deviations under the mean cosine: about the least cosine in the corpus."""
        return float(query @ self.mean) - 3 * math.sqrt(max(float(query @ self.covariance @ query), 0.0))


def ranked(rows: Rows, scores: Floats, *, keyword: bool) -> Ranking:
    """A ranking by one search alone."""
    absent = np.full(len(rows), np.nan, np.float32)
    return ordered(rows, scores, absent if keyword else scores, scores if keyword else absent)


def ordered(rows: Rows, scores: Floats, semantic: Floats, keyword: Floats) -> Ranking:
    """A ranking by these scores. Equal ones fall back to the row, so that pages never overlap."""
    order = np.lexsort((rows, -scores))
    return Ranking(rows[order], scores[order], semantic[order], keyword[order])


def moved(query: Floats, best: Floats) -> Floats:
    """The unit query vector (d,), moved towards the mean of the vectors (k, d) of its best papers."""
    centre = best.mean(axis=0)
    centre /= max(float(np.linalg.norm(centre)), 1e-9)
    vector: Floats = (1 - FEEDBACK_WEIGHT) * query + FEEDBACK_WEIGHT * centre
    return vector / max(float(np.linalg.norm(vector)), 1e-9)


def fused(semantic: Floats, floor: float, keyword: Floats, unfound: float = 0.0) -> Floats:
    """A weighted sum (n,) of cosines and BM25 scores, each scaled for this query.

    A BM25 score of NaN counts as `unfound`, and none of the others is below that. Cosines are scaled from
    `floor` to their highest, BM25 from 0 to its highest. A sum of scaled scores beats rank fusion on nearly
    every collection (Bruch et al. 2023, https://doi.org/10.1145/3596512, and our own measurement in
    benchmarks/).
    """
    found = np.fmax(keyword, np.float32(unfound))  # of a number and NaN it takes the number
    highest = float(found.max(initial=0.0))
    # Where no word of the query is in the corpus, meaning decides alone and the best score is still 1.
    weight = SEMANTIC if highest else 1.0
    total = weight * _scaled(semantic, floor) + found * ((1 - weight) / max(highest, 1e-6))
    return total.astype(np.float32)


def mixed(scores: Floats, topical: Floats, held: float) -> Floats:
    """Scores (n,) with the cosines (n,) in the latent space, as far as it holds the query (0 to 1).

    A paper of which the space tells nothing (0) keeps its score: it may be in another language.
    """
    share = LATENT * min(held / WELL_HELD, 1.0)
    within = np.minimum(np.maximum(topical, 0.0), 1.0)
    total = np.where(topical == 0, scores, (1 - share) * scores + share * within)
    return total.astype(np.float32, copy=False)


def _scaled(cosines: Floats, floor: float) -> Floats:
    height = max(float(cosines.max(initial=floor)) - floor, 1e-6)
    scaled = (cosines - np.float32(floor)) / np.float32(height)
    within: Floats = np.minimum(np.maximum(scaled, 0.0), 1.0)  # quicker than np.clip
    return within
