"""BibTeX: an entry at a time, so that a brace that is never closed costs its own entry and no other."""

import logging
import re
from collections.abc import Iterator
from typing import TextIO

from bibtexparser.entrypoint import parse_string

from indexer.sources.blocks import blocks
from indexer.sources.record import Record, Reject

_BEGINS = re.compile(r"\s*@\s*([A-Za-z]+)\s*[{(]")
_MACRO = re.compile(r"[{(]\s*([^\s={}()]+)\s*=")
_BRACES = re.compile(r"(\\[A-Za-z]+\s*|\\.|[_^])?\{([^{}\\]*)\}")
_NO_PAPERS = {"comment", "preamble"}


def read(text: TextIO) -> Iterator[Record | Reject]:
    """A record for each entry, its key as `id`. Never raises.

    Macros (`@string`) are known in the entries below them.
    """
    logging.getLogger("bibtexparser").setLevel(logging.CRITICAL)  # what is wrong is in the rejects
    macros: dict[str, str] = {}
    for number, lines in blocks(text, _BEGINS):
        entry, kind = "".join(lines), _BEGINS.findall(lines[0])[0].lower()
        if kind == "string":
            macros |= dict.fromkeys(_MACRO.findall(entry)[:1], entry)
        elif kind not in _NO_PAPERS:
            used = (macro for name, macro in macros.items() if name in entry)
            yield from _records("".join([*used, entry]), entry, f"line {number}")


def _records(source: str, entry: str, where: str) -> Iterator[Record | Reject]:
    """What is in the text of an entry: nearly always one, but some files have several on a line."""
    library = parse_string(source)
    for found in library.entries:
        fields = {name.lower(): _bare(str(field.value)) for name, field in found.fields_dict.items()}
        yield Record({"id": found.key, **fields, "type": found.entry_type}, where)
    broken = [block.raw or "" for block in library.failed_blocks]
    for text in broken or ([] if library.entries else [entry]):
        reason = "no BibTeX entry; is a brace never closed, or a field there twice?"
        yield Reject(where, reason, {"entry": text.strip()[:1000]})


def _bare(value: str) -> str:
    """A value without the braces that only keep its capitals; those of a command or an index stay."""
    for _ in range(3):  # more than three deep, nobody writes
        value = _BRACES.sub(lambda braces: braces[0] if braces[1] else braces[2], value)
    return value
