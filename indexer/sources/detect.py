"""Which format a source is in, told from its content and never from its name."""

import json
import re
from collections.abc import Iterator, Mapping
from pathlib import Path
from types import MappingProxyType

from indexer.records import ABSTRACT, TITLE
from indexer.sources import bibtex, json_array, jsonl, ris, workshop
from indexer.sources.delimited import read_csv, read_tsv
from indexer.sources.files import HEAD, open_text
from indexer.sources.record import Read, Record, Reject
from papersearch.errors import SourceUnusable

FORMATS: Mapping[str, Read] = MappingProxyType(
    {
        "jsonl": jsonl.read,
        "json": json_array.read,
        "csv": read_csv,
        "tsv": read_tsv,
        "bibtex": bibtex.read,
        "ris": ris.read,
        "workshop": workshop.read,
    }
)


def read_source(path: Path, format: str = "auto") -> Iterator[Record | Reject]:  # noqa: A002  # the flag's name
    """Every entry of a file, as a record or as a reject, in the file's order.

    Raises SourceUnusable, perhaps after some entries: the file can't be read, or it is in no known format.
    """
    if format != "auto" and format not in FORMATS:
        raise SourceUnusable(f"there is no format {format!r}: --format takes auto, {', '.join(FORMATS)}")
    return _read(path, format)


def _read(path: Path, format_name: str) -> Iterator[Record | Reject]:
    with open_text(path) as opened:
        name = _detect(opened.head) if format_name == "auto" else format_name
        if name is None:
            raise SourceUnusable(
                f"{path} is in no format that can be told from its content: if it is one of "
                f"{', '.join(FORMATS)}, say so with --format"
            )
        try:
            yield from FORMATS[name](opened.text)
        except SourceUnusable as error:
            raise SourceUnusable(f"{path}: {error}") from None


def _detect(head: str) -> str | None:
    text = head.lstrip("\ufeff \t\r\n")
    if text.startswith("{"):
        return _lines_or_document(text, whole=len(head) < HEAD // 4)
    if re.match(r'\[\s*([\[\]{"\d-]|true|false|null|$)', text):
        return "json"
    if re.match(r"TY  ?- ", text):
        return "ris"
    if _is_schedule(text):
        return "workshop"
    header = text.partition("\n")[0]
    for delimiter, name in (("\t", "tsv"), (",", "csv"), (";", "csv")):
        if any(_is_column(cell) for cell in header.split(delimiter)) and delimiter in header:
            return name
    return "bibtex" if re.search(r"^[ \t]*@[A-Za-z]+[ \t]*[{(][^\s,{}]*\s*,", text, re.MULTILINE) else None


def _lines_or_document(text: str, whole: bool) -> str:
    """Tell JSON Lines from one JSON object: whether the first line is an object or only begins one."""
    first, newline, rest = text.partition("\n")
    try:
        value = json.loads(first, strict=False)
    except (ValueError, RecursionError):
        if not newline:  # a line longer than the head
            return "json" if re.match(r'\{\s*"[^"]*"\s*:\s*\[\s*\{', first) else "jsonl"
        return "jsonl" if rest.lstrip().startswith("{") else "json"
    alone = whole and not rest.strip()
    holds_array = any(
        isinstance(item, list) and item and isinstance(item[0], dict) for item in value.values()
    )
    return "json" if alone and holds_array and not any(_is_column(name) for name in value) else "jsonl"


def _is_schedule(text: str) -> bool:
    signs = re.findall(r"^[ \t]*\|[ \t]*\r?$|🔗|(?:link|SlidesLive Video)[ \t]*»", text, re.MULTILINE)
    return len(signs) > 1


def _is_column(cell: str) -> bool:
    name = re.sub(r"[\s.-]+", "_", cell.strip(' \t\r"\ufeff').casefold())
    return name in TITLE or name in ABSTRACT
