"""Reranking: a cross-encoder reads the query beside each of the best hits, and puts those in order anew.

A cross-encoder sees query and text together, which an index of vectors cannot (Nogueira and Cho 2019,
https://arxiv.org/abs/1901.04085). That is more exact and much slower, so it is given the first hits only.
"""

import threading
from collections import OrderedDict
from collections.abc import Sequence
from functools import partial
from pathlib import Path

import numpy as np

from papersearch.codes import Floats
from papersearch.graph import Graph, Session
from papersearch.manifest import RerankerCard
from papersearch.paper import Paper
from papersearch.ranking import Ranking

RERANKED = 50
"""How many of the best hits are put in order anew."""
REMEMBERED = 256
"""Queries whose logits are kept: the pages of one query then cost one run, and rest on the same order."""


class ExportedReranker:
    """The cross-encoder that an index may carry. Safe from many threads: one at a time runs it."""

    def __init__(self, folder: Path, card: RerankerCard, threads: int = 2) -> None:
        """Load the graph and the tokenizer. Raises IndexUnusable if a part is missing or damaged."""
        self.card = card
        self._graph = Graph(folder, card.max_tokens, partial(Session, threads=threads))
        self._lock = threading.Lock()
        self._known: OrderedDict[tuple[str, ...], Floats] = OrderedDict()

    def logits(self, pairs: Sequence[tuple[str, str]]) -> Floats:
        """The model's logit (n,) of each query and text; a pair too long is cut, its longer half first."""
        logits = np.empty(len(pairs), np.float32)
        with self._lock:
            for place, (logit,) in self._graph.run(self._graph.tokenizer.encode_batch(list(pairs))):
                logits[place] = logit[0]
        return logits

    def scores(self, query: str, papers: Sequence[Paper]) -> Floats:
        """The logits (n,) of papers of one index for a query."""
        key = (query, *(paper.id for paper in papers))
        with self._lock:
            if key in self._known:
                self._known.move_to_end(key)
                return self._known[key]
        scores = self.logits([(query, paper.text) for paper in papers])
        with self._lock:
            self._known[key] = scores
            while len(self._known) > REMEMBERED:
                self._known.popitem(last=False)
        return scores


def reranked(ranking: Ranking, logits: Floats) -> Ranking:
    """The ranking with its first len(logits) rows ordered by them, highest first; ties stay as they were."""
    return ranking.rearranged(np.argsort(-logits, kind="stable"))
