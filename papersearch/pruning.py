"""The best papers by BM25, without a look at every paper that has any of the words.

MaxScore (Turtle and Flood 1995, "Query evaluation: strategies and optimizations", IPM 31(6)): when as many
papers as are wanted score more than all the common words can give together, a paper that has no other word
is none of the best. tantivy can do as much by itself, but its Python binding collects what it finds in a way
that has every match scored (benchmarks/README.md).
"""

from collections.abc import Callable, Sequence
from dataclasses import dataclass
from itertools import accumulate

import tantivy

from papersearch.codes import Floats
from papersearch.store import Rows

PROBE = 4
"""What it costs to look a word up in one paper, if to go through all papers that have it costs 1 for each."""
MOST_LOOKED_UP = 20
"""Words looked up in papers that others led to: each is a query around the others', and takes stack."""

_SHOULD, _MUST = tantivy.Occur.Should, tantivy.Occur.Must

Found = tuple[Rows, Floats]
"""Rows, and their scores."""


@dataclass(frozen=True, slots=True)
class Term:
    """A word to look up: no paper gets more for it than `most`, and `papers` have it."""

    query: tantivy.Query
    most: float
    papers: int


@dataclass(frozen=True, slots=True)
class Way:
    """One way to read a query: a paper's score is the sum of what it gets for terms and for other parts."""

    terms: Sequence[Term] = ()
    others: Sequence[tantivy.Query] = ()


def best(way: Way, search: Callable[[tantivy.Query], Found], wanted: int, enough: float = 0) -> Found:
    """The papers that score highest, `wanted` of them, some of which may be missing if they have less than
    `enough`.

    search: gives the best papers for a query, so many at most, the best first.
    """
    terms = sorted(way.terms, key=lambda term: -term.most)
    have = [0, *accumulate(term.papers for term in terms)]
    told = [0.0, *accumulate(term.most for term in terms)]
    give = [told[-1] - each for each in told]  # what all terms after the first n can give together
    # So many of the first terms have papers enough; the last of these tells what the best papers will score.
    fewest = next((n for n, papers in enumerate(have) if papers >= wanted), len(terms))
    counts = range(max(fewest, len(terms) - MOST_LOOKED_UP), len(terms))
    count = next((n for n in counts if give[n] < terms[fewest - 1].most), len(terms))
    while have[count] * (1 + PROBE * (len(terms) - count)) < have[-1]:
        rows, scores = search(_query(way, terms, count))
        enough = max(enough, least(scores, wanted))
        needed = next((n for n in counts if give[n] < enough), len(terms))
        if needed <= count:
            return rows, scores
        count = needed
    return search(_query(way, terms, len(terms)))


def least(scores: Floats, wanted: int) -> float:
    """What the last of so many papers has, the best first; 0 if there are fewer, for any other may follow."""
    return float(scores[-1]) if len(scores) >= wanted else 0.0


def _query(way: Way, terms: Sequence[Term], count: int) -> tantivy.Query:
    """Papers that have one of the first terms or the other parts; the rest is looked up in these alone."""
    parts = [*(term.query for term in terms[:count]), *way.others]
    query = tantivy.Query.boolean_query([(_SHOULD, part) for part in parts])
    # One around the other: several words to look up beside each other take tantivy five times as long.
    for term in terms[count:]:
        query = tantivy.Query.boolean_query([(_MUST, query), (_SHOULD, term.query)])
    return query
