"""The words of one generation in tantivy: BM25 over title, abstract and keywords, names, beginnings."""

import shutil
import tempfile
import weakref
from collections.abc import Iterable, Sequence
from functools import partial
from pathlib import Path

import numpy as np
import tantivy

from papersearch import pruning
from papersearch.acronyms import Concept
from papersearch.analysis import ANALYZERS, comparable, exact_words, spelled
from papersearch.codes import Floats
from papersearch.errors import IndexUnusable
from papersearch.paper import Paper
from papersearch.pruning import Found, Way
from papersearch.store import Rows
from papersearch.wording import Wording

TITLE_COUNTS = 3
"""How often a title's words are counted beside the abstract's."""
WRITING = 1_000_000_000
"""Bytes of words held at most before a segment of the index is written, a search in one segment being faster
than in several; 100,000 papers take about 200 MB."""


def _schema() -> tantivy.Schema:
    builder = tantivy.SchemaBuilder()
    builder.add_unsigned_field("row", indexed=True, fast=True)
    builder.add_text_field("text", tokenizer_name="stems")
    builder.add_text_field("title_stems", tokenizer_name="stems")
    for name in ("title", "abstract", "author", "venue"):
        builder.add_text_field(name, tokenizer_name="names")
    return builder.build()


class Words:
    """BM25 by row over one generation. Read-only and safe from many threads."""

    def __init__(self, folder: Path) -> None:
        """Open a folder that `write` made, memory-mapped. Raises IndexUnusable."""
        try:
            self._index = tantivy.Index.open(self._linked(folder))
            for name, analyzer in ANALYZERS.items():
                self._index.register_tokenizer(name, analyzer)
            self._searcher = self._index.searcher()
        except (ValueError, OSError) as error:
            raise IndexUnusable(
                f"{folder}: no readable word index ({error}); build the index again"
            ) from error
        self._wording = Wording(self._index.schema, self._searcher)

    def _linked(self, folder: Path) -> str:
        """A folder of links to the files: tantivy writes a lock file even to read, which it may not there."""
        links = Path(tempfile.mkdtemp(prefix="papersearch-"))
        weakref.finalize(self, shutil.rmtree, links, ignore_errors=True)
        for path in folder.iterdir():
            (links / path.name).symlink_to(path.absolute())
        return str(links)

    def __len__(self) -> int:
        return self._searcher.num_docs

    def search(
        self, text: str, limit: int, among: Rows | None = None, concepts: Sequence[Concept] = ()
    ) -> tuple[Rows, Floats]:
        """The rows with the highest BM25 score for any of the words of `text`, best first, and the scores.

        A concept counts as what the paper says of it, its long form or its short one: the better of the two.
        Two neighbouring words, or a query of one word, also count where they stand in an author's name, and
        so does a single word that is chiefly a name.
        Rows with equal scores come in ascending order. `among` keeps only these rows.
        """
        if among is not None and not len(among):
            return among, np.empty(0, np.float32)
        ways = self._wording.ways(text, concepts)
        if among is None:
            return self._best(ways, limit)
        # Twice as many as should do where the rows are spread evenly. If they are not, every match: a filter
        # would otherwise starve behind better hits outside it.
        for depth in (2 * limit * len(self) // len(among), len(self)):
            rows, scores = self._best(ways, depth)
            kept = np.isin(rows, among, kind="table")
            if len(rows) < depth or np.count_nonzero(kept) >= limit:
                break
        return rows[kept][:limit], scores[kept][:limit]

    def beginning(self, field: str, text: str, limit: int) -> Rows:
        """Rows whose title, author or venue holds all words of `text`, the last one as a beginning."""
        query = self._wording.beginning(field, text)
        return np.empty(0, np.int64) if query is None else _merged([self._top(query, limit)], limit)[0]

    def holding(self, text: str, *, exact: bool, title_only: bool = False) -> Rows | None:
        """All rows, ascending, whose title or abstract holds `text`; None for a text of no words.

        exact: its words as they stand, in their order; otherwise a single word counts in any of its
        inflections (and in the keywords), and several words count as exact ones.
        """
        query = self._wording.holding(text, exact=exact, title_only=title_only)
        if query is None:
            return None
        return np.sort(self._top(tantivy.Query.const_score_query(query, 1.0), len(self))[0])

    def stems(self, text: str) -> list[str]:
        """The stems by which the words of a query are looked up: "gpu" for "gpus", if papers say so."""
        return self._wording.stems(text)

    def are_in_names(self, text: str) -> bool:
        """Whether each word of a text, initials left out, stands in some author's name."""
        return self._wording.are_in_names(word for word in exact_words(text) if len(word) > 1)

    def weight(self, stem: str) -> float:
        """How much a stem tells of a paper: its inverse document frequency; 0 for one that many have."""
        return self._wording.weight(stem)

    def _best(self, ways: Sequence[Way], limit: int) -> Found:
        """The rows with the highest score that any of these ways gives, best first, and the scores."""
        found: list[Found] = []
        enough = 0.0
        for way in ways:
            rows, scores = pruning.best(way, partial(self._top, limit=limit), limit, enough)
            found.append((rows, scores))
            enough = max(enough, pruning.least(scores, limit))  # of other ways only better ones count
        return _merged(found, limit)

    def _top(self, query: tantivy.Query, limit: int) -> Found:
        """The rows with the highest scores, best first, and the scores."""
        hits = self._searcher.search(query, max(1, min(limit, len(self))), count=False).hits
        rows = self._searcher.fast_field_values("row", [address for _, address in hits])
        return np.array(rows, np.int64), np.array([score for score, _ in hits], np.float32)


def _merged(found: Sequence[Found], limit: int) -> Found:
    """The best of several searches' best, in order: each row once, with the highest of its scores."""
    rows, scores = found[0]
    if len(found) > 1:
        rows, scores = (np.concatenate(columns) for columns in zip(*found, strict=True))
        order = np.lexsort((-scores, rows))
        order = order[np.diff(rows[order], prepend=-1) > 0]
        rows, scores = rows[order], scores[order]
    order = np.lexsort((rows, -scores))[:limit]
    return rows[order], scores[order]


def write(folder: Path, papers: Iterable[Paper]) -> None:
    """Write the word index of papers, whose rows are their positions, into a new folder. Raises OSError."""
    try:
        _write(folder, papers)
    except ValueError as error:  # tantivy's word for all that can go wrong
        raise OSError(f"{folder}: cannot be written ({error})") from error


def _write(folder: Path, papers: Iterable[Paper]) -> None:
    index = tantivy.Index(_schema(), path=str(folder), reuse=False)
    for name, analyzer in ANALYZERS.items():
        index.register_tokenizer(name, analyzer)
    writer = index.writer(heap_size=WRITING, num_threads=1)
    for row, paper in enumerate(papers):
        document = tantivy.Document()
        document.add_unsigned("row", row)
        titles = [paper.title] * (TITLE_COUNTS - 1)
        document.add_text("text", comparable(" ".join([*titles, paper.text, *paper.keywords])))
        document.add_text("title_stems", comparable(paper.title))
        document.add_text("title", spelled(paper.title))
        document.add_text("abstract", spelled(paper.abstract))
        for author in paper.authors:
            document.add_text("author", spelled(author))
        document.add_text("venue", spelled(paper.venue or ""))
        writer.add_document(document)
    writer.commit()
    writer.wait_merging_threads()
