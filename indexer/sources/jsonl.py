"""JSON Lines: an object a line."""

import json
from collections.abc import Iterator
from typing import Any, TextIO

from indexer.sources.record import Record, Reject


def read(text: TextIO) -> Iterator[Record | Reject]:
    """A record for each line; a line that is no JSON object is a reject. Never raises."""
    for number, line in enumerate(text, 1):
        # Files that were concatenated keep a byte order mark in the middle.
        line = line.strip("\ufeff \t\r\n")
        if line:
            yield _parse(line, f"line {number}")


def _parse(line: str, where: str) -> Record | Reject:
    try:
        # Not strict: a raw control character inside a string is dirt to be cleaned, not an error.
        value: Any = json.loads(line, strict=False)
    except (ValueError, RecursionError) as error:
        cause = "nested too deep" if isinstance(error, RecursionError) else str(error)
        return Reject(where, f"not JSON: {cause}", {"line": line})
    if isinstance(value, dict):
        return Record(value, where)
    return Reject(where, "not an object", {"value": value})
