"""A JSON document: an array of objects, or an object that holds one such array."""

import json
from collections.abc import Iterator
from typing import Any, TextIO

from indexer.sources.record import Record, Reject
from papersearch.errors import SourceUnusable


def read(text: TextIO) -> Iterator[Record | Reject]:
    """A record for each object of the array; anything else in it is a reject. Reads the whole file at once.

    Raises SourceUnusable: not JSON, or no array of objects in it.
    """
    try:
        # Not strict: a raw control character inside a string is dirt to be cleaned, not an error.
        document: Any = json.loads(text.read().lstrip("\ufeff"), strict=False)
    except RecursionError:
        raise SourceUnusable("the JSON is nested too deep to be papers") from None
    except ValueError as error:
        raise SourceUnusable(f"not a JSON document ({error}): mend it, or give its --format") from None
    for number, value in enumerate(_entries(document), 1):
        where = f"entry {number}"
        if isinstance(value, dict):
            yield Record(value, where)
        else:
            yield Reject(where, "not an object", {"value": value})


def _entries(document: object) -> list[Any]:
    if isinstance(document, list):
        return document
    if not isinstance(document, dict):
        raise SourceUnusable("the JSON is a single value: an array of objects is needed")
    # One paper on its own; its authors may well be a list of objects.
    if any(name.casefold() == "title" for name in document):
        return [document]
    arrays: list[list[Any]] = [value for value in document.values() if _holds_objects(value)]
    if len(arrays) != 1:
        count = len(arrays) or "none"
        raise SourceUnusable(f"the JSON object should hold one array of objects, and holds {count}")
    return arrays[0]


def _holds_objects(value: object) -> bool:
    return isinstance(value, list) and any(isinstance(entry, dict) for entry in value)
