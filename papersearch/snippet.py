"""Snippets: the part of an abstract that speaks to a query, with the matching words marked."""

from collections.abc import Iterable
from dataclasses import dataclass

from papersearch.text import sentences
from papersearch.words import stem_spans

LENGTH = 280
"""Characters that a snippet aims at."""


@dataclass(frozen=True, slots=True)
class Piece:
    """A run of text in which either every word matches the query or none does."""

    text: str
    match: bool


def snippet(abstract: str, wanted: Iterable[str]) -> list[Piece]:
    """The sentences with the most of the `wanted` stems, as pieces that join to readable text.

    Starts at the sentence that holds the most distinct stems (the first of equals) and goes on while
    there is room; a single longer sentence is cut at a word, marked by an ellipsis.
    """
    stems = set(wanted)
    parts = sentences(abstract[:20_000])  # a megabyte of "abstract" must not cost a megabyte of work
    if not parts:
        return []
    best = max(range(len(parts)), key=lambda number: (_matches(parts[number], stems), -number))
    text = parts[best]
    for part in parts[best + 1 :]:
        if len(text) + len(part) >= LENGTH:
            break
        text = f"{text} {part}"
    if len(text) > LENGTH * 1.5:
        text = _cut(text, stems)
    return _pieces(text, stems)


def _matches(text: str, stems: set[str]) -> int:
    return len({stem for stem, _, _ in stem_spans(text)} & stems)


def _cut(text: str, stems: set[str]) -> str:
    first = next((start for stem, start, _ in stem_spans(text) if stem in stems), 0)
    start = max(0, min(first - LENGTH // 4, len(text) - LENGTH))
    words = text[start : start + LENGTH].split(" ")
    words = words[1:] if start and len(words) > 1 else words
    ends = start + LENGTH >= len(text)
    words = words if ends or len(words) == 1 else words[:-1]
    return ("… " if start else "") + " ".join(words) + ("" if ends else " …")


def _pieces(text: str, stems: set[str]) -> list[Piece]:
    pieces: list[Piece] = []
    position = 0
    for stem, start, end in stem_spans(text):
        if stem in stems:
            pieces += [Piece(text[position:start], match=False), Piece(text[start:end], match=True)]
            position = end
    pieces.append(Piece(text[position:], match=False))
    return [piece for piece in pieces if piece.text]
