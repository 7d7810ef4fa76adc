"""RIS, as Zotero, EndNote and publishers write it: a record from TY to ER at a time."""

import re
from collections.abc import Iterator
from itertools import takewhile
from typing import TextIO

import rispy

from indexer.sources.blocks import blocks
from indexer.sources.record import Record, Reject

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
    for number, block in blocks(text, _BEGINS):
        where = f"line {number}"
        # Closed here, for some leave the end out.
        lines = [*takewhile(lambda line: not _ENDS.match(line), block), "ER  - \n"]
        try:
            found = rispy.loads("".join(lines).lstrip("\ufeff"))
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
