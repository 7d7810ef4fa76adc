"""From a source's record, with whatever names its fields have, to a paper."""

import re
from collections.abc import Callable, Mapping
from typing import Any, TypeVar

from indexer import field_values as read
from indexer.authors import hold_more, names
from indexer.paper_ids import safe_id, title_id
from indexer.sources.record import Record, Reject
from papersearch.paper import Paper

Value = TypeVar("Value")

# The names that a field goes by, best first: native, then BEIR, arXiv, Zotero and what spreadsheets call it.
ID = ("id", "_id", "paper_id", "paperid", "uid", "key")
OTHER_ID = ("arxiv_id", "doi")
TITLE = ("title", "paper_title", "name")
ABSTRACT = ("abstract", "text", "summary", "paper_abstract", "abs", "abstract_note", "description")
AUTHORS = ("authors", "author", "author_names", "author(s)", "creators", "creator")
YEAR = (
    "year",
    "publication_year",
    "published",
    "issued",
    "date",
    "publication_date",
)
UPDATED = ("update_date", "updated")
VENUE = (
    "venue",
    "journal",
    "booktitle",
    "conference",
    "container_title",
    "publication_title",
    "source_title",
    "journal_ref",
)
URL = ("url", "link", "abs", "paper_url", "html_url", "pdf", "pdf_url")
KEYWORDS = (
    "keywords",
    "keyword",
    "author_keywords",
    "tags",
    "manual_tags",
    "categories",
    "subjects",
    "topics",
)
SESSIONS = ("sessions",)

LONGEST_SENTENCE = 120


def to_paper(record: Record) -> Paper | Reject:
    """The paper that this record is, or the reject that says why it is none. Never raises.

    What no field of a paper takes is kept in `extra`, under the record's own name for it.
    """
    given: object = record.fields
    if not isinstance(given, Mapping):
        return Reject(record.where, "not an object", {"value": read.json_safe(given)})
    fields = _Fields(given)
    title = fields.take(TITLE, read.line) or ""
    judged = "_id" in given and "text" in given
    abstract = fields.take(ABSTRACT, read.abstract) or ""
    # BEIR's documents may lack either, and are judged all the same; its names tell them from broken records.
    if abstract and not title and fields.taken_last == "text":
        title = _first_sentence(abstract)
    if not title or not (abstract or judged):
        reason = "no abstract" if title else "no title" if abstract else "no title and no abstract"
        return Reject(record.where, reason, read.json_safe(given))
    paper_id, source_id = _ids(fields, title)
    return Paper(
        id=paper_id,
        title=title,
        abstract=abstract,
        authors=fields.take(AUTHORS, names) or (),
        year=fields.take(YEAR, read.year) or _arxiv_year(fields, paper_id) or fields.take(UPDATED, read.year),
        venue=fields.take(VENUE, read.line),
        url=fields.take(URL, read.url),
        keywords=fields.take(KEYWORDS, read.keywords) or (),
        sessions=fields.take(SESSIONS, read.sessions) or (),
        extra=fields.rest() | ({"source_id": read.json_safe(source_id)} if source_id else {}),
    )


class _Fields:
    """A record's fields by their names without case and style, less those that were taken."""

    def __init__(self, fields: Mapping[str, Any]) -> None:
        self._fields = dict(fields)
        # BEIR keeps all but the text in its place, perhaps a year; what our own holds was found unusable.
        self._fields = self._held("metadata") | self._fields
        self._extra = self._held("extra")
        self._names = {_plain(name): name for name in reversed(self._fields)}
        self.taken_last = ""

    def _held(self, holder: str) -> dict[Any, Any]:
        return dict(self._fields.pop(holder)) if isinstance(self._fields.get(holder), Mapping) else {}

    def take(self, aliases: tuple[str, ...], parse: Callable[[object], Value]) -> Value | None:
        """The first of these fields that has a usable value; it is then gone, unless it holds more."""
        for alias in aliases:
            name = self._names.get(alias)
            if name is not None and name in self._fields and (value := parse(self._fields[name])):
                if parse is not names or not hold_more(self._fields[name]):
                    del self._fields[name]
                self.taken_last = alias
                return value
        return None

    def see(self, alias: str) -> str:
        """The id in this field, which stays."""
        return read.given_id(self._fields.get(self._names.get(alias, "")))

    def rest(self) -> dict[str, Any]:
        """What wasn't taken and isn't empty, as JSON can hold it."""
        left = {name: value for name, value in self._fields.items() if value not in (None, "", [], {})}
        safe: dict[str, Any] = read.json_safe(self._extra | left)
        return safe


def _plain(name: object) -> str:
    return re.sub(r"[\s.-]+", "_", str(name).strip("\ufeff \t").casefold())


def _ids(fields: _Fields, title: str) -> tuple[str, str | None]:
    """The paper's id and, where it had to be changed, the one that the source gave."""
    source_id = fields.take(ID, read.given_id)
    if source_id and (paper_id := safe_id(source_id)):
        return paper_id, source_id if source_id != paper_id else None
    # A DOI is worth keeping beside the id that it becomes.
    found = next((value for value in map(fields.see, OTHER_ID) if value), "")
    return safe_id(found) or title_id(title), source_id


def _arxiv_year(fields: _Fields, paper_id: str) -> int | None:
    """The year that an arXiv number tells. A record's last update, which arXiv gives, may be years later."""
    found = (read.arxiv_year(given) for given in (paper_id, fields.see("arxiv_id")))
    return next((year for year in found if year), None)


def _first_sentence(text: str) -> str:
    sentence = re.split(r"(?<=[.!?])\s", text, maxsplit=1)[0]
    if len(sentence) <= LONGEST_SENTENCE:
        return sentence
    words, _, _ = sentence[:LONGEST_SENTENCE].rpartition(" ")
    return f"{words or sentence[:LONGEST_SENTENCE]}…"
