"""Reading a query: its syntax, its spelling, the papers that it names, and the rows that it leaves."""

import re
from dataclasses import dataclass

import numpy as np

from papersearch import known_items, syntax
from papersearch.filters import Filters, name_words
from papersearch.query import Query
from papersearch.restriction import allowed
from papersearch.spelling import Spelling
from papersearch.store import Rows, Store
from papersearch.wording import TYPED_WORDS
from papersearch.words import Words

LONGEST_NAME = 4
"""Words of a person's name."""
_NOBODY: Rows = np.empty(0, np.int64)
_WORD = re.compile(r"[^\W_]+")


@dataclass(frozen=True, slots=True)
class Reading:
    """A query as it is understood. Without text, the papers are those of `among` and nothing is searched."""

    text: str
    corrected: str | None
    named: Rows
    """The papers that come first: those called by their title, id, DOI, arXiv number or address, or all of an
    author called by name."""
    among: Rows | None
    """The rows that may be hits, ascending; None for all."""
    phrased: bool
    """Whether the rows that may be hits hold a phrase or a title's word that was asked for."""


def read(query: Query, store: Store, words: Words, spelling: Spelling) -> Reading:
    """Read a query against the papers that there are."""
    parsed = syntax.parse(query.text)
    named = store.named(known_items.asked(query.text))
    if len(named) and not parsed.is_one_phrase:
        parsed = syntax.words(query.text)  # the title may have quotation marks and colons of its own
    elif not len(named) and parsed.conditions:
        named = store.named(known_items.asked(parsed.text))
    corrected = None
    # Longer queries are left as they are spelt: they say enough without the odd word.
    if not len(named) and len(_WORD.findall(query.text)) <= TYPED_WORDS:
        rewritten = parsed.rewritten(spelling.corrected)
        if rewritten != parsed:
            parsed, corrected = rewritten, rewritten.typed
            named = store.named(known_items.asked(parsed.text))
    if not len(named):
        named = _papers_of(parsed.text, store, words)
    among = allowed(parsed, query.filters, store, words)
    if among is not None:
        named = np.intersect1d(named, among, assume_unique=True)
    phrased = any(part.kind in ("phrase", "title") and not part.excluded for part in parsed.conditions)
    return Reading(parsed.text, corrected, named, among, phrased)


def _papers_of(name: str, store: Store, words: Words) -> Rows:
    """The papers of the author whose whole name this is, if it is one and papers don't say it more often."""
    if not 2 <= len(set(name_words(name))) <= LONGEST_NAME or not words.are_in_names(name):
        return _NOBODY
    rows = store.matching(Filters(author=name))
    said = words.holding(name, exact=True)
    return _NOBODY if rows is None or said is None or len(rows) < len(said) else rows
