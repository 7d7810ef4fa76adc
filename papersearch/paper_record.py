"""A paper as the columns of a table: lists and what is left as JSON, the rest as it is."""

import json
from collections.abc import Sequence
from typing import Any

from papersearch.paper import Paper, Session

COLUMNS = "id, title, abstract, authors, year, venue, url, keywords, sessions, extra"


def _json(value: Any) -> str:
    return json.dumps(value, ensure_ascii=False)


def to_record(paper: Paper) -> tuple[Any, ...]:
    """What stands in COLUMNS for a paper, and its `text_hash` behind."""
    sessions = [[session.type, session.start, session.end] for session in paper.sessions]
    return (
        paper.id,
        paper.title,
        paper.abstract,
        _json(paper.authors),
        paper.year,
        paper.venue,
        paper.url,
        _json(paper.keywords),
        _json(sessions),
        _json(dict(paper.extra)),
        paper.text_hash,
    )


def to_paper(record: Sequence[Any]) -> Paper:
    """The paper that COLUMNS stand for."""
    paper_id, title, abstract, authors, year, venue, url, keywords, sessions, extra = record
    # As one text: to begin parsing takes longer than what there is to parse.
    authors, keywords, sessions, extra = json.loads(f"[{authors},{keywords},{sessions},{extra}]")
    return Paper(
        paper_id,
        title,
        abstract,
        tuple(authors),
        year,
        venue,
        url,
        tuple(keywords),
        tuple(Session(*session) for session in sessions),
        extra,
    )
