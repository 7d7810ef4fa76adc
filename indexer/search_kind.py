"""How the vectors of an index are searched: chosen by their number, its settings found by measuring.

    papers     exact ──▶ signs ──▶ clusters      (vectors.py)
                  LARGE     VERY_LARGE

The numbers are fixed and not timed: a build runs on a busy machine or on another than the service, and the
same papers should give the same index. What is measured is what can be promised anywhere, the share of the
true nearest that is found, and as little is looked at as keeps it.
"""

import math
from collections.abc import Iterator
from dataclasses import dataclass, replace
from pathlib import Path

import numpy as np

from indexer.progress import Progress
from papersearch import vectors
from papersearch.codes import Floats
from papersearch.encoder import Encoder
from papersearch.manifest import SearchCard
from papersearch.ranking import DEPTH
from papersearch.store import Rows, Store
from papersearch.vectors import Vectors

LARGE, VERY_LARGE = 20_000, 300_000
"""From so many papers on the signs, and the clusters, come first: it is quicker from there on."""
PROMISED = 0.98
"""The share of the ten nearest papers that a search finds at least, on queries that chose nothing."""
AIMS = (0.985, 0.9875, 0.99, 0.9925, 0.995)
"""The shares to look for on the other queries, in turn until the promise is kept."""
QUERIES, SHORT = 400, 4
"""Of how many papers the titles are asked, half of them to choose by, half to verify; and how many words of
every other title. Few words are near to many papers, and harder to search for than a title."""
DEPTHS = (vectors.SPREAD, 2, 3, 4, 6, 8)
"""How many times as many papers as a ranking wants the signs may leave."""
PARTS = (64, 48, 32, 24, 16, 14, 12, 10, 8, 6, 4)
"""One in how many clusters may be looked at."""
FETCHED = 60
"""To fetch and compare one vector takes as long as to look at about so many signs."""


@dataclass(frozen=True, slots=True)
class Trial:
    """Queries (n, d), the rows of the papers whose titles they are of, and for each the rows nearest to it
    (k,) without that paper: that a title finds its own paper says nothing.
    """

    queries: Floats
    own: Rows
    nearest: list[Rows]

    def part(self, which: slice) -> "Trial":
        """Some of these queries."""
        return Trial(self.queries[which], self.own[which], self.nearest[which])

    def recall(self, searched: Vectors, count: int) -> float:
        """The share of the `count` nearest that a search as deep as a ranking's has among its first."""
        shares = [
            np.isin(nearest[:count], _others(searched.search(query, DEPTH)[0], own)[:count]).mean()
            for query, own, nearest in zip(self.queries, self.own, self.nearest, strict=True)
            if len(nearest)
        ]
        return float(np.mean(shares)) if shares else 1.0


def choose(
    path: Path, matrix: Floats, step: float, store: Store, encoder: Encoder, progress: Progress
) -> SearchCard:
    """Choose how the vectors (n, d) written to `path` are searched, and write beside it what that needs."""
    if len(matrix) < LARGE:
        return SearchCard()
    progress.say("Measuring how much of an exact search a quicker one finds")
    rows = np.unique(np.linspace(0, len(matrix) - 1, QUERIES).astype(np.int64))
    return measured(path, matrix, step, encoder.encode_queries(asked(store, rows)), rows)


def asked(store: Store, rows: Rows) -> list[str]:
    """Queries made of the titles of these papers: two whole, two by their last words, and so on."""
    titles = [paper.title for paper in store.papers(rows)]
    return [
        title if place % 4 < 2 else " ".join(title.split()[-SHORT:]) for place, title in enumerate(titles)
    ]


def measured(path: Path, matrix: Floats, step: float, queries: Floats, own: Rows) -> SearchCard:
    """`choose` by these queries (n, d), each made of the title of the paper in this row."""
    if len(matrix) < LARGE:
        return SearchCard()
    exact = Vectors(path, step)
    nearest = [
        _others(exact.search(query, 101)[0], row)[:100] for query, row in zip(queries, own, strict=True)
    ]
    trial = Trial(queries, own, nearest)
    chosen_by, verified_by = trial.part(slice(0, None, 2)), trial.part(slice(1, None, 2))
    for card in _candidates(path, matrix, step, chosen_by):
        searched = Vectors(path, step, card)
        recall = verified_by.recall(searched, 10)
        if recall >= PROMISED:
            return replace(card, recall_at_10=recall, recall_at_100=verified_by.recall(searched, 100))
    for left in (vectors.signs_path(path), vectors.centres_path(path)):
        left.unlink(missing_ok=True)
    return SearchCard()


def _candidates(path: Path, matrix: Floats, step: float, trial: Trial) -> Iterator[SearchCard]:
    """Ways to search, the quickest first; each is written when it is asked for."""
    depths = [round(depth * DEPTH) for depth in DEPTHS if depth * DEPTH < len(matrix)]
    if not depths:
        return
    if len(matrix) >= VERY_LARGE:
        count = round(math.sqrt(len(matrix)))
        vectors.write_clusters(path, matrix, count)
        widest = [SearchCard("clusters", depths[-1], count, probes=max(1, count // part)) for part in PARTS]
        # What lies in other clusters is lost, however deep the signs are followed.
        found = [trial.recall(Vectors(path, step, card), 10) for card in widest]
        for aim in AIMS:
            enough = [card for card, share in zip(widest, found, strict=True) if share >= aim] or widest[-1:]
            cards = [replace(card, sifted=depth) for card in enough for depth in depths]
            signs = len(matrix) / count
            cards.sort(key=lambda card: card.probes * signs + card.sifted * FETCHED)
            yield _least(path, step, trial, cards, aim)
        vectors.centres_path(path).unlink()
    vectors.write_signs(path, matrix)
    for aim in AIMS:
        yield _least(path, step, trial, [SearchCard("signs", depth) for depth in depths], aim)


def _least(path: Path, step: float, trial: Trial, cards: list[SearchCard], aim: float) -> SearchCard:
    """The first of these cards that finds so much, or else the last."""
    return next(
        (card for card in cards[:-1] if trial.recall(Vectors(path, step, card), 10) >= aim), cards[-1]
    )


def _others(rows: Rows, own: int) -> Rows:
    others: Rows = rows[rows != own]
    return others
