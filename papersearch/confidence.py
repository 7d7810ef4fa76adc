"""Whether anything in the index is a good match to a query, or only the nearest of what there is."""

from collections.abc import Callable, Set

import numpy as np

from papersearch.analysis import stems
from papersearch.known_items import LONG_TITLE, title_key
from papersearch.paper import Paper
from papersearch.ranking import Ranking

SHORTEST = 2
"""Letters of a word that tells something."""


def is_near(ranking: Ranking, cutoff: float) -> bool:
    """Whether some paper's cosine to the query is over what chance brings; of papers without
    cosines, found by words alone, any is near.
    """
    known = ranking.semantic[~np.isnan(ranking.semantic)]
    return bool(len(ranking)) and (not len(known) or float(known.max()) >= cutoff)


def says_all(paper: Paper, wanted: Set[str], weight: Callable[[str], float]) -> bool:
    """Whether a paper has every stem of a query, and one of them tells something: a name or a rare term needs
    no likeness in meaning.

    weight: how much a stem tells, 0 for one that many papers have.
    """
    said = " ".join([paper.text, *paper.authors, *paper.keywords, paper.venue or "", str(paper.year or "")])
    telling = any(len(stem) >= SHORTEST and weight(stem) > 0 for stem in wanted)
    return telling and wanted <= set(stems(said))


def cites(query: str, paper: Paper) -> bool:
    """Whether a query has a paper's whole title in it, as a reference does: one of some length."""
    title = title_key(paper.title)
    return len(title) >= LONG_TITLE and title in title_key(query)
