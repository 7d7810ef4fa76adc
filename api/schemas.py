"""The shapes of HTTP version 1.

Answers are written straight from the engine's records (answers.py), which have these fields in this order;
the tests hold the one against the other.
"""

from typing import Annotated, Any, Literal

from pydantic import BaseModel, ConfigDict, Field

from papersearch import query as engine
from papersearch.query import MOST_CHARACTERS, MOST_HITS, MOST_SEEDS

Limit = Annotated[int, Field(ge=1, le=MOST_HITS, description="How many hits at most.")]
Diversity = Annotated[
    float, Field(ge=0, le=1, description="0: the nearest papers; towards 1: papers unlike each other.")
]
Id = Annotated[str, Field(min_length=1, max_length=600, examples=["zhou2022superoptimizer"])]


class _Shape(BaseModel):
    model_config = ConfigDict(frozen=True)


class Session(_Shape):
    """One appearance on a programme; times as the programme prints them."""

    type: str = Field(examples=["Spotlight"])
    start: str | None = Field(examples=["Sat 10:55 a.m."])
    end: str | None = Field(examples=["11:05 a.m."])


class Paper(_Shape):
    """A paper as the index holds it."""

    id: str = Field(examples=["zhou2022superoptimizer"])
    title: str
    abstract: str
    authors: list[str]
    year: int | None
    venue: str | None
    url: str | None
    keywords: list[str]
    sessions: list[Session]
    extra: dict[str, Any] = Field(description="What else the source gave.")


class Piece(_Shape):
    """A run of a snippet; `match` says that it matches the query. Joined, the texts read as one."""

    text: str
    match: bool


class Reason(_Shape):
    """Why a paper is related to a liked one: what both are about, and their two nearest sentences."""

    topics: list[str] = Field(description="Words that both have, the most telling first.")
    sentence: str = Field(description="A sentence of this paper's abstract.")
    other_id: str = Field(description="The liked paper.")
    other_sentence: str = Field(description="The nearest sentence of the liked paper's abstract.")


class Hit(_Shape):
    """A paper in an answer. Higher is better for all three scores."""

    paper: Paper
    score: float = Field(description="What the hits are ordered by, comparable within one answer only.")
    semantic: float | None = Field(description="Cosine of query and paper; null if not computed.")
    keyword: float | None = Field(description="BM25 score; null if no word matched.")
    snippet: list[Piece]
    reason: Reason | None = Field(None, description="In answers of related papers: why.")


class FacetValue(_Shape):
    """A year, venue or author and the number of hits that have it."""

    value: str | int
    count: int


class Facets(_Shape):
    """Counts over all hits, not only this page's."""

    year: list[FacetValue]
    venue: list[FacetValue]
    author: list[FacetValue]


class SearchAnswer(_Shape):
    """A page of hits. `total` is how many hits paging can reach."""

    query: str
    corrected: str | None = Field(
        None, description="The query as it was read, where its spelling was mended; else null."
    )
    good_match: bool = Field(
        True, description="False: no hit is nearer than chance brings one; these are the nearest there are."
    )
    mode: engine.Mode
    total: int
    took_ms: float = Field(description="What finding it took here: nearly nothing for one remembered.")
    hits: list[Hit]
    facets: Facets | None = None


class RelatedAnswer(_Shape):
    """Related papers, nearest first."""

    hits: list[Hit]


class RelatedRequest(BaseModel):
    """What to be near to and what to keep away from."""

    model_config = ConfigDict(
        extra="forbid",
        strict=True,  # JSON has types: neither "5" nor true is a number
        json_schema_extra={
            "example": {"like": ["zhou2022superoptimizer"], "unlike": [], "text": "", "limit": 5}
        },
    )

    like: list[Id] = Field([], max_length=MOST_SEEDS, description="Ids of papers to be near to.")
    unlike: list[Id] = Field([], max_length=MOST_SEEDS, description="Ids of papers to keep away from.")
    text: str = Field(
        "", max_length=MOST_CHARACTERS, description="A text to be near to, such as an abstract."
    )
    limit: Limit = 10
    diversity: Diversity = 0.0


class Suggestion(_Shape):
    """What the typed text may become; `id` is the paper's for a title."""

    kind: Literal["title", "author", "venue"]
    text: str
    id: str | None


class Suggestions(_Shape):
    """Suggestions, titles first."""

    suggestions: list[Suggestion]
