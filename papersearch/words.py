"""The words of one generation in tantivy: BM25 over title, abstract and keywords, names of authors, prefixes.

Text typed by strangers never reaches a query parser: it is split into words here, and each word is looked
up as it stands, so no query can be malformed.
"""

import math
import shutil
import tempfile
import weakref
from collections import Counter
from collections.abc import Iterable, Sequence
from heapq import nlargest
from itertools import pairwise, product
from pathlib import Path

import numpy as np
import tantivy

from papersearch.acronyms import Concept
from papersearch.analysis import ANALYZERS, exact_words, stems
from papersearch.codes import Floats
from papersearch.errors import IndexUnusable
from papersearch.paper import Paper
from papersearch.store import Rows
from papersearch.text import plain

MOST_WORDS = 100
"""Distinct words of a query that are looked up, those that tell most; a pasted abstract has about 75."""
TITLE_COUNTS = 3
"""How often a title's words are counted beside the abstract's."""
COMMON = 0.1
"""A word that more than this share of the papers have tells nothing of any."""
TYPED_WORDS = 12
"""A query of more words than this is a sentence: no word of it is taken for a name or for misspelt."""
WRITING = 1_000_000_000
"""Bytes of words held at most before a segment of the index is written, a search in one segment being faster
than in several; 100,000 papers take about 200 MB."""
FEW_CONCEPTS = 2
"""Up to so many, every way to read a query is searched for by itself."""
CHIEFLY = 3
"""A word is a name if so many times as many papers have it among their authors as in their text."""

_SHOULD, _MUST = tantivy.Occur.Should, tantivy.Occur.Must


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
        self._schema = self._index.schema

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
        found = self._readings(text, concepts)
        if among is None:
            return _best([self._top(query, limit) for query in found], limit)
        # Twice as many as should do where the rows are spread evenly. If they are not, every match: a filter
        # would otherwise starve behind better hits outside it.
        for depth in (2 * limit * len(self) // len(among), len(self)):
            rows, scores = _best([self._top(query, depth) for query in found], depth)
            kept = np.isin(rows, among, kind="table")
            if len(rows) < depth or np.count_nonzero(kept) >= limit:
                break
        return rows[kept][:limit], scores[kept][:limit]

    def beginning(self, field: str, text: str, limit: int) -> Rows:
        """Rows whose title, author or venue holds all words of `text`, the last one as a beginning."""
        *whole, last = exact_words(text) or [""]
        if not last:
            return np.empty(0, np.int64)
        clauses = [(_MUST, self._term(field, word)) for word in whole]
        # Words are letters and digits only, so this one is a pattern that matches itself.
        clauses.append((_MUST, tantivy.Query.regex_query(self._schema, field, f"{last}.*")))
        return _best([self._top(tantivy.Query.boolean_query(clauses), limit)], limit)[0]

    def holding(self, text: str, *, exact: bool, title_only: bool = False) -> Rows | None:
        """All rows, ascending, whose title or abstract holds `text`; None for a text of no words.

        exact: its words as they stand, in their order; otherwise a single word counts in any of its
        inflections (and in the keywords), and several words count as exact ones.
        """
        found, words = stems(text), exact_words(text)
        if not words:
            return None
        if not exact and len(found) == len(words) == 1:
            return self._all(self._term("title_stems" if title_only else "text", found[0]))
        fields = ["title"] if title_only else ["title", "abstract"]
        clauses = [(_SHOULD, self._phrase(field, words[:MOST_WORDS])) for field in fields]
        return self._all(tantivy.Query.boolean_query(clauses))

    def weight(self, stem: str) -> float:
        """How much a stem tells of a paper: its inverse document frequency; 0 for one that many have."""
        frequency, papers = int(self._searcher.doc_freq("text", stem)), len(self)
        return 0.0 if frequency > max(3, COMMON * papers) else math.log((papers + 1) / (frequency + 0.5))

    def _readings(self, text: str, concepts: Sequence[Concept]) -> list[tantivy.Query]:
        """Queries such that a paper's score is the best that any of them gives it."""
        names = exact_words(text)[:MOST_WORDS]
        people = [word for word in dict.fromkeys(names) if len(names) <= TYPED_WORDS and self._is_name(word)]
        # A word that stands twice in the query counts twice: it matters for pasted abstracts.
        counts = Counter(stems(text)) - Counter(stems(" ".join(word for word in names if word in people)))
        forms = [(Counter(stems(concept.short)), Counter(stems(concept.long))) for concept in concepts]
        for _, long in forms:
            counts -= long
        written = {word for word in names if self._searcher.doc_freq("author", word)}
        pairs = dict.fromkeys(pair for pair in pairwise(names) if written.issuperset(pair))
        others = [self._phrase("author", pair) for pair in pairs]
        if len(names) == 1 and not people:
            others.append(self._term("author", names[0]))
        if people or len(forms) > FEW_CONCEPTS:
            clauses = [self._better(each) for each in forms] + [self._any(counts)]
            if people:
                about = concepts or any(self._searcher.doc_freq("text", stem) for stem in counts)
                clauses.append(self._people(people, clauses if about else []))
            return [_one_of(clauses + others)]
        # One search for each way to read the query, and the better score of each paper: the same, in half the
        # time, for terms with nothing around them are searched in tantivy's quickest way.
        readings = (sum(reading, counts) for reading in product(*forms))
        return [_one_of([self._any(reading), *others]) for reading in readings]

    def _is_name(self, word: str) -> bool:
        """Whether this word is chiefly an author's name: "adams" or "chen", but not "long" or "page"."""
        said = max(self._searcher.doc_freq(field, word) for field in ("title", "abstract"))
        return int(self._searcher.doc_freq("author", word)) >= max(1, CHIEFLY * said)

    def _people(self, names: Sequence[str], topic: Sequence[tantivy.Query]) -> tantivy.Query:
        """Papers by these authors, or that say their names, which are no forms of others: "Adams", "Adam".

        Where the query has a topic too, only those that have to do with it: a name may be a word after all.
        """
        clauses = []
        for name in names:
            texts = ["text"] if stems(name) == [name] else ["title", "abstract"]
            places = [self._term(field, name) for field in ["author", *texts]]
            clauses.append((_SHOULD, tantivy.Query.disjunction_max_query(places)))
        people = tantivy.Query.boolean_query(clauses)
        if not topic:
            return people
        about = tantivy.Query.boolean_query([(_SHOULD, clause) for clause in topic])
        return tantivy.Query.boolean_query(
            [(_MUST, people), (_MUST, tantivy.Query.const_score_query(about, 0.0))]
        )

    def _term(self, field: str, word: str) -> tantivy.Query:
        return tantivy.Query.term_query(self._schema, field, word)

    def _better(self, forms: Iterable[Counter[str]]) -> tantivy.Query:
        return tantivy.Query.disjunction_max_query([self._any(form) for form in forms])

    def _any(self, counts: Counter[str]) -> tantivy.Query:
        known = [(count, stem) for stem, count in counts.items() if self._searcher.doc_freq("text", stem)]
        most = nlargest(MOST_WORDS, known, key=lambda each: each[0] * self.weight(each[1]))
        terms = (tantivy.Query.boost_query(self._term("text", stem), count) for count, stem in most)
        return tantivy.Query.boolean_query([(_SHOULD, term) for term in terms])

    def _phrase(self, field: str, words: Sequence[str]) -> tantivy.Query:
        if len(words) == 1:
            return self._term(field, words[0])
        return tantivy.Query.phrase_query(self._schema, field, list(words))

    def _all(self, query: tantivy.Query) -> Rows:
        return np.sort(self._top(tantivy.Query.const_score_query(query, 1.0), len(self))[0])

    def _top(self, query: tantivy.Query, limit: int) -> tuple[Rows, Floats]:
        """The rows with the highest scores, in no order, and the scores."""
        hits = self._searcher.search(query, max(1, min(limit, len(self))), count=False).hits
        rows = self._searcher.fast_field_values("row", [address for _, address in hits])
        return np.array(rows, np.int64), np.array([score for score, _ in hits], np.float32)


def _one_of(clauses: Sequence[tantivy.Query]) -> tantivy.Query:
    several = len(clauses) > 1
    return tantivy.Query.boolean_query([(_SHOULD, each) for each in clauses]) if several else clauses[0]


def _best(found: Sequence[tuple[Rows, Floats]], limit: int) -> tuple[Rows, Floats]:
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
    """Write the word index of papers, whose rows are their positions, into an empty folder."""
    index = tantivy.Index(_schema(), path=str(folder), reuse=False)
    for name, analyzer in ANALYZERS.items():
        index.register_tokenizer(name, analyzer)
    writer = index.writer(heap_size=WRITING, num_threads=1)
    for row, paper in enumerate(papers):
        document = tantivy.Document()
        document.add_unsigned("row", row)
        titles = [paper.title] * (TITLE_COUNTS - 1)
        document.add_text("text", plain(" ".join([*titles, paper.text, *paper.keywords])))
        for field in ("title", "title_stems"):
            document.add_text(field, plain(paper.title))
        document.add_text("abstract", plain(paper.abstract))
        for author in paper.authors:
            document.add_text("author", plain(author))
        document.add_text("venue", plain(paper.venue or ""))
        writer.add_document(document)
    writer.commit()
    writer.wait_merging_threads()
