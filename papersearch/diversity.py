"""Diversity: hits that say the same as better ones step back (maximal marginal relevance).

Carbonell and Goldstein 1998, https://doi.org/10.1145/290941.291025
"""

import numpy as np

from papersearch.codes import Floats
from papersearch.ranking import Ranking

DEPTH = 100
"""The best hits, among which the order may change."""


def diverse(ranking: Ranking, vectors: Floats, strength: float) -> Ranking:
    """The ranking with its first hits in an order that avoids repetition.

    vectors: unit vectors (n, d) of the first n ranked papers. strength: from 0, which changes nothing, to 1,
    where only unlikeness to the hits before counts. A place keeps its score, whichever paper comes to it.
    """
    scores = ranking.scores[: len(vectors)]
    height = max(float(np.ptp(scores)), 1e-9) if len(scores) else 1.0
    relevance = (scores - scores.min(initial=np.inf)) / height if len(scores) else scores
    likeness = vectors @ vectors.T
    nearest = np.zeros(len(vectors), np.float32)
    left = np.ones(len(vectors), dtype=bool)
    order: list[int] = []
    for _ in range(len(vectors)):
        gain = (1 - strength) * relevance - strength * nearest
        best = int(np.where(left, gain, -np.inf).argmax())
        order.append(best)
        left[best] = False
        nearest = np.maximum(nearest, likeness[best])
    return ranking.rearranged(np.array(order, np.int64))
