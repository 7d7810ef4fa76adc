"""What is asked of an index, checked once, and what comes back."""

from collections.abc import Mapping, Sequence
from dataclasses import asdict, dataclass, field
from typing import Any, Literal, get_args

from papersearch.errors import QueryInvalid
from papersearch.filters import Filters
from papersearch.paper import Paper
from papersearch.reasons import Reason
from papersearch.snippet import Piece

Mode = Literal["hybrid", "semantic", "keyword"]

MOST_CHARACTERS = 5_000
"""A pasted abstract fits; a pasted paper does not."""
MOST_HITS = 100
"""The largest `limit`."""
MOST_SEEDS = 50
"""The most papers that one related-papers request may name."""


@dataclass(frozen=True, slots=True)
class Query:
    """A search. Raises QueryInvalid if it is empty, too long, or asks for an impossible page.

    With filters the text may be empty: then they leave papers, and nothing is searched for.
    """

    text: str
    limit: int = 10
    offset: int = 0
    mode: Mode = "hybrid"
    filters: Filters = field(default_factory=Filters)
    facets: bool = False

    def __post_init__(self) -> None:
        if self.text.strip() or self.filters == Filters():
            check_text(self.text, "the query")
        for year in (self.filters.year_from, self.filters.year_to):
            if year is not None and not 0 <= year <= 9999:
                raise QueryInvalid(f"a year is {year}; it must be from 0 to 9999")
        for name in (self.filters.venue, self.filters.author):
            check_unicode(name or "", "a filter")
        check_limit(self.limit)
        if self.offset < 0:
            raise QueryInvalid(f"offset is {self.offset}; it counts from 0")
        if self.mode not in get_args(Mode):
            raise QueryInvalid(f"mode is {self.mode!r}; it is one of {', '.join(get_args(Mode))}")


@dataclass(frozen=True, slots=True)
class Hit:
    """A paper in an answer: the score it is ranked by, its cosine and its BM25 score if they were found.

    reason: why it is related, where that is what was asked.
    """

    paper: Paper
    score: float
    semantic: float | None
    keyword: float | None
    snippet: Sequence[Piece]
    reason: Reason | None = None

    def to_dict(self) -> dict[str, Any]:
        """The hit as JSON-ready data."""
        return {
            "paper": self.paper.to_dict(),
            "score": self.score,
            "semantic": self.semantic,
            "keyword": self.keyword,
            "snippet": [asdict(piece) for piece in self.snippet],
            "reason": asdict(self.reason) if self.reason else None,
        }


@dataclass(frozen=True, slots=True)
class Answer:
    """One page of hits. `total` counts all that paging can reach; `seconds` tells where the time went.

    good_match: False where even the best hit is no nearer to the query than chance brings one
    (indexer/cutoff.py); the hits are then the nearest there are.
    corrected: the query as it was read, where words of it were taken for misspelt; else None.
    """

    total: int
    hits: Sequence[Hit]
    seconds: Mapping[str, float]
    facets: Mapping[str, Sequence[tuple[str | int, int]]] | None = None
    good_match: bool = True
    corrected: str | None = None

    def to_dict(self) -> dict[str, Any]:
        """The hits and what is said of them all, as JSON-ready data."""
        return {
            "total": self.total,
            "corrected": self.corrected,
            "good_match": self.good_match,
            "hits": [hit.to_dict() for hit in self.hits],
        }


@dataclass(frozen=True, slots=True)
class Suggestion:
    """A title (with its paper's id), an author or a venue that what is being typed may become."""

    kind: Literal["title", "author", "venue"]
    text: str
    id: str | None = None


def check_text(text: str, name: str) -> None:
    """Raise QueryInvalid unless the text has something to search for and is not too long."""
    if len(text) > MOST_CHARACTERS:
        raise QueryInvalid(f"{name} has {len(text)} characters; at most {MOST_CHARACTERS} are allowed")
    check_unicode(text, name)
    if not any(character.isalnum() for character in text):
        raise QueryInvalid(f"{name} has no letters or digits: type a few words to search for")


def check_unicode(text: str, name: str) -> None:
    """Raise QueryInvalid for half of a surrogate pair: neither the store nor the tokenizer can take it."""
    if any("\ud800" <= character <= "\udfff" for character in text):
        raise QueryInvalid(f"{name} is not valid Unicode text: it has half of a surrogate pair")


def check_limit(limit: int) -> None:
    """Raise QueryInvalid unless 1 to MOST_HITS hits are asked for."""
    if not 1 <= limit <= MOST_HITS:
        raise QueryInvalid(f"limit is {limit}; it must be from 1 to {MOST_HITS}")


def check_diversity(diversity: float) -> None:
    """Raise QueryInvalid unless the strength of diversity is from 0 to 1."""
    if not 0.0 <= diversity <= 1.0:
        raise QueryInvalid(f"diversity is {diversity}; it must be from 0 (the nearest papers) to 1")
