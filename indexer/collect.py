"""From source files to a store of papers: each paper once, and a report of all that is no paper."""

import hashlib
import json
from collections import Counter
from collections.abc import Iterable, Iterator
from dataclasses import dataclass, field, replace
from pathlib import Path
from typing import TextIO

from indexer.paper_ids import title_id
from indexer.records import to_paper
from indexer.sources.detect import read_source
from indexer.sources.record import Record, Reject
from papersearch.filters import name_words
from papersearch.known_items import LONG_TITLE, OTHER_IDS, names, title_key
from papersearch.paper import Paper
from papersearch.store import StoreWriter
from papersearch.text import fold

_TELLING = {"doi", "arxiv", "url"}


@dataclass(slots=True)
class Collected:
    """What reading the sources came to. `reasons` counts the rejects by why they are no papers.

    garbled: papers with characters that stood in no encoding that was tried.
    """

    papers: int = 0
    merged: int = 0
    garbled: int = 0
    reasons: Counter[str] = field(default_factory=Counter)

    @property
    def rejects(self) -> int:
        """How many entries are in the rejects report."""
        return sum(self.reasons.values())


def collect(sources: Iterable[Path], format: str, store: StoreWriter, report: TextIO) -> Iterator[Collected]:  # noqa: A002
    """Read every source into the store, and the rejects into `report`, one JSON object a line.

    Yields the running counts after each entry, so that a caller can show progress. An id met again with
    the same title is the same paper: sessions and missing fields are merged. With another title it is
    rejected. Between sources a paper is known again by its title, and authors or a DOI, whatever its ids:
    one source's own ids tell its papers apart. Raises SourceUnusable for a file that cannot be read.
    """
    counts = Collected()
    for source in sources:
        store.note_titles()
        for entry in read_source(source, format):
            paper = to_paper(entry) if isinstance(entry, Record) else entry
            if isinstance(paper, Paper):
                counts.garbled += "\ufffd" in "".join([paper.title, paper.abstract, *paper.authors])
            reject = _take(paper, entry, store, counts) if isinstance(paper, Paper) else paper
            if reject is not None:
                counts.reasons[reject.reason] += 1
                line = {"source": str(source), "where": reject.where, "reason": reject.reason}
                fields = json.dumps({**line, "fields": dict(reject.fields)}, ensure_ascii=False, default=str)
                report.write(fields.encode("utf-8", "replace").decode() + "\n")
            yield counts


def _take(paper: Paper, entry: Record | Reject, store: StoreWriter, counts: Collected) -> Reject | None:
    earlier = store.get(paper.id)
    if earlier is not None and paper.id == title_id(paper.title) and not _same(earlier, paper):
        # The id was made from the title, for want of a better one: it must not cost a paper its place.
        people = hashlib.sha256(f"{paper.title} {paper.authors}".encode()).hexdigest()
        paper = replace(paper, id=f"{paper.id}-{people[:8]}")
        earlier = store.get(paper.id)
    if earlier is None:
        earlier = next((other for other in store.titled(paper.title) if _twins(other, paper)), None)
    if earlier is None:
        store.add(paper)
        counts.papers += 1
        return None
    if paper.id == earlier.id and _title(earlier) != _title(paper):
        reason = f"its id {paper.id!r} is already that of another paper"
        return Reject(entry.where, reason, entry.fields)
    store.replace(merge(earlier, paper))
    counts.merged += 1
    return None


def _same(first: Paper, second: Paper) -> bool:
    """One title, and somebody in common among the authors where both name any."""
    people = [{fold(name) for name in paper.authors} for paper in (first, second)]
    return _title(first) == _title(second) and bool(not all(people) or people[0] & people[1])


def _twins(first: Paper, second: Paper) -> bool:
    """Whether two papers of one title are one: by a number or an address of both; or the title is of some
    length and somebody is in both, however the name is written, or nobody is named in either.
    """
    if any(kind in _TELLING for kind, _ in names(first) & names(second)):
        return True
    people, others = (name_words(" ".join(paper.authors)) for paper in (first, second))
    shared = any(len(word) > 2 and word in others for word in people)
    return len(title_key(first.title)) >= LONG_TITLE and (shared or not people or not others)


def _title(paper: Paper) -> str:
    """A title as sources agree on it: they differ in case, in hyphens and in a full stop at the end."""
    return " ".join(fold(paper.title).replace("-", " ").rstrip(". ").split())


def merge(first: Paper, second: Paper) -> Paper:
    """One paper from two records of it: the longer abstract, every session, what either one knows.

    The first one's id stays, and another id of the second is kept beside it.
    """
    extra = {**second.extra, **first.extra}
    if second.id != first.id:
        known = extra.get(OTHER_IDS)
        known = known if isinstance(known, list) else []
        extra[OTHER_IDS] = known if second.id in known else [*known, second.id]
    new_sessions = tuple(session for session in second.sessions if session not in first.sessions)
    return replace(
        first,
        abstract=max(first.abstract, second.abstract, key=len),
        authors=first.authors or second.authors,
        year=first.year or second.year,
        venue=first.venue or second.venue,
        url=first.url or second.url,
        keywords=tuple(dict.fromkeys((*first.keywords, *second.keywords))),
        sessions=first.sessions + new_sessions,
        extra=extra,
    )
