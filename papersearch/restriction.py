"""Which rows may be hits: what the query's syntax and the request's filters leave, both together."""

import numpy as np

from papersearch.filters import Filters
from papersearch.store import Rows, Store
from papersearch.syntax import Parsed, Part, years
from papersearch.words import Words


def allowed(parsed: Parsed, filters: Filters, store: Store, words: Words) -> Rows | None:
    """The rows, ascending, that meet every condition and pass the filters; None when nothing is asked."""
    among = store.matching(filters)
    # What must not be comes last: until then `among` may still be "all".
    for part in sorted(parsed.conditions, key=lambda part: part.excluded):
        rows = _meeting(part, store, words)
        if rows is None:  # it holds nothing that could be a word, so no paper has it
            rows = np.empty(0, np.int64)
        if part.excluded:
            among = np.arange(len(store)) if among is None else among
            among = np.setdiff1d(among, rows, assume_unique=True)
        else:
            among = rows if among is None else np.intersect1d(among, rows, assume_unique=True)
    return among


def _meeting(part: Part, store: Store, words: Words) -> Rows | None:
    match part.kind:
        case "author":
            return store.matching(Filters(author=part.value))
        case "venue":
            return store.matching(Filters(venue=part.value))
        case "year":
            first, last = years(part.value) or (None, None)
            return store.matching(Filters(first, last))
        case _:
            return words.holding(part.value, exact=part.exact, title_only=part.kind == "title")
