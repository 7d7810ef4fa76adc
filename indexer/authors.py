"""Authors, however a source writes them, as a list of names in reading order."""

import ast
import json
import re
from collections.abc import Mapping
from contextlib import suppress
from itertools import pairwise

from indexer.plain_text import clean

_DOTS = re.compile(r"[·⋅∙•]")
_AND = re.compile(r",?\s+(?:and|&)\s+")
_INITIALS = re.compile(r"(?:\w\.[ -]?)+")
_SUFFIX = re.compile(r"(?:jr|sr|ph\.? ?d|m\.? ?d|ii|iii|iv)\.?", re.IGNORECASE)
_NOTES = re.compile(r"(?<=[^\W\d_])(?:[\d*†‡§¶¹²³⁴⁵⁶⁷⁸⁹⁰,]+|\s?[*†‡§¶]+| \d{4})$")
"""Marks of affiliations behind a name, and the number that tells it from others in DBLP."""
_EAST_ASIAN = re.compile("[\u3040-\u30ff\u3400-\u9fff\uac00-\ud7af]")
_GIVEN = ("first", "given", "firstname", "first_name", "given_name", "givenname")
_FAMILY = ("last", "family", "lastname", "last_name", "family_name", "familyname", "surname")


def names(value: object) -> tuple[str, ...]:
    """The names in a string, in a list of strings, or in objects; () where there are none. Never raises."""
    if isinstance(value, str):
        given = _written_list(value)
        if given is not None:
            return names(given)
        return tuple(name for part in _split(clean(value)) if (name := _in_reading_order(part)))
    if isinstance(value, Mapping):
        return _of_object(value)
    if isinstance(value, list | tuple):
        # A list of one string may hold them all; "Ho, Ada B." in it is a person.
        if len(value) == 1 and isinstance(value[0], str):
            alone = clean(value[0])
            one = _is_last_first(alone) and ";" not in alone and not _AND.search(alone)
            return (_in_reading_order(alone),) if one else names(alone)
        found = [_in_reading_order(clean(item)) if isinstance(item, str) else item for item in value]
        return tuple(
            name for item in found for name in ([item] if isinstance(item, str) else _of_object(item)) if name
        )
    return ()


def hold_more(value: object) -> bool:
    """Whether these authors are objects with more in them than names: affiliations, ORCIDs."""
    known = {"name", "full_name", "fullname", "middle", "suffix", *_GIVEN, *_FAMILY}
    people = value if isinstance(value, list | tuple) else [value]
    return any(
        str(key).casefold() not in known for person in people if isinstance(person, Mapping) for key in person
    )


def _written_list(text: str) -> list[object] | None:
    """The list that a cell of a table holds in JSON or as Python writes it; None for any other text."""
    if not (text.startswith("[") and text.rstrip().endswith("]")):
        return None
    for read in (json.loads, ast.literal_eval):
        with suppress(ValueError, SyntaxError, RecursionError, MemoryError):
            if isinstance(value := read(text), list):
                return value
    return None


def _of_object(value: object) -> tuple[str, ...]:
    if not isinstance(value, Mapping):
        return ()
    parts = {str(key).casefold(): clean(part) for key, part in value.items() if isinstance(part, str)}
    whole = parts.get("name") or parts.get("full_name") or parts.get("fullname")
    if whole:
        return (_in_reading_order(whole),)
    pieces = (_GIVEN, ("middle",), _FAMILY, ("suffix",))
    found = [next((parts[key] for key in keys if parts.get(key)), "") for keys in pieces]
    joined = " ".join(part for part in found if part)
    return (joined,) if joined else ()


def _split(text: str) -> list[str]:
    if _DOTS.search(text):
        return _DOTS.split(text)
    for divider in ";|；、，":
        if divider in text:
            return text.split(divider)
    pieces = [piece for piece in re.split(r",\s*(?:(?:and|&)\s+)?|\s+(?:and|&)\s+", text) if piece]
    family, given = pieces[::2], pieces[1::2]
    if given and len(family) == len(given) and all(map(_INITIALS.fullmatch, given)):
        return [f"{last}, {first}" for last, first in zip(family, given, strict=True)]
    parts = _AND.split(text)
    if len(parts) > 1 and all(_is_last_first(part) for part in parts):
        return parts
    if len(parts) == 1 and _is_last_first(text):
        return parts
    return [piece for part in parts for piece in _at_commas(part)]


def _at_commas(text: str) -> list[str]:
    pieces = [piece.strip() for piece in text.split(",")]
    # "Ken Ho, Jr." is one person.
    joins = [_SUFFIX.fullmatch(after) is not None for _, after in pairwise(pieces)]
    people = pieces[:1]
    for piece, belongs in zip(pieces[1:], joins, strict=True):
        if belongs:
            people[-1] += f" {piece}"
        else:
            people.append(piece)
    return people


def _is_last_first(text: str) -> bool:
    """Whether this may be "Last, First": "Ada Ho, Bo Li" is two people."""
    family, comma, given = (part.strip() for part in text.partition(","))
    both_whole = (" " in family and " " in given) or _EAST_ASIAN.search(text)
    return bool(comma and family and given) and "," not in given and not both_whole


def _in_reading_order(name: str) -> str:
    name = _NOTES.sub("", name.strip(" ,;*"))
    family, comma, given = (part.strip() for part in name.partition(","))
    if not comma or not given or "," in given or _SUFFIX.fullmatch(given):
        return name
    return f"{given} {family}"
