"""RIS, as Zotero, EndNote and publishers write it: a record from TY to ER at a time."""

import re
from collections.abc import Iterator
from typing import TextIO

import rispy

from indexer.sources.record import Record, Reject

LONGEST_RECORD = 5_000
"""Lines."""
_BEGINS, _ENDS = re.compile(r"\ufeff?TY  ?-"), re.compile(r"ER  ?-")
_USUAL = {
    "primary_title": "title",
    "first_authors": "authors",
    "notes_abstract": "abstract",
    "publication_year": "year",
    "secondary_title": "venue",
    "journal_name": "journal",
    "urls": "url",
    "type_of_reference": "type",
}
"""What records.py calls a field that rispy has another name for."""


def read(text: TextIO) -> Iterator[Record | Reject]:
    """A record for each reference. Never raises."""
    for number, lines in _references(text):
        where = f"line {number}"
        try:
            found = rispy.loads("".join(lines))
        except Exception:  # rispy has no class for what can be wrong
            found = []
        if not found:
            yield Reject(where, "no RIS reference: it has lines without a tag", {"lines": lines[:20]})
        for fields in found:
            yield Record(_named(fields), where)


def _named(fields: dict[str, object]) -> dict[str, object]:
    named = dict(fields)
    for name, usual in _USUAL.items():
        if name in named and usual not in named:
            named[usual] = named.pop(name)
    return named


def _references(text: TextIO) -> Iterator[tuple[int, list[str]]]:
    """The number of the first line of each reference, and its lines, closed by ER where that is missing."""
    begun, lines = 0, list[str]()
    for number, line in enumerate(text, 1):
        begins = _BEGINS.match(line)
        if lines and (begins or _ENDS.match(line)):
            yield begun, [*lines, "ER  - \n"]
            lines = []
        if begins:
            begun, lines = number, [line.lstrip("\ufeff")]
        elif lines and len(lines) < LONGEST_RECORD:
            lines.append(line)
    if lines:
        yield begun, [*lines, "ER  - \n"]
