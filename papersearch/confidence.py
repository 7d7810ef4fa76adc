"""Whether anything in the index is a good match to a query, or only the nearest of what there is."""

import numpy as np

from papersearch.paper import Paper
from papersearch.ranking import Ranking
from papersearch.words import stems


def is_near(ranking: Ranking, cutoff: float) -> bool:
    """Whether some paper's cosine to the query is over what chance brings; True where there are none."""
    known = ranking.semantic[~np.isnan(ranking.semantic)]
    return bool(len(ranking)) and (not len(known) or float(known.max()) >= cutoff)


def says_all(paper: Paper, query: str) -> bool:
    """Whether a paper has every word of a query: a name or a rare term needs no likeness in meaning."""
    wanted = set(stems(query))
    said = " ".join([paper.text, *paper.authors, *paper.keywords, paper.venue or ""])
    return bool(wanted) and wanted <= set(stems(said))
