"""Snippets: the part of an abstract that speaks to a query, with the matching words marked."""

from collections.abc import Iterable
from dataclasses import dataclass

import numpy as np

from papersearch.analysis import stem_spans, stems
from papersearch.codes import Floats
from papersearch.sentences import Spans

LENGTH = 280
"""Characters that a snippet aims at."""
LOOKED_AT = 3
"""The sentences nearest in meaning, of which the words decide."""
WORDS_COUNT = 0.1
"""What a sentence with the most of the query's words gains on one with none, in cosine."""
MOST_CHARACTERS = 5_000
"""Of one sentence: a megabyte of "sentence" must not cost a megabyte of work."""


@dataclass(frozen=True, slots=True)
class Piece:
    """A run of text in which either every word matches the query or none does."""

    text: str
    match: bool


def snippet(abstract: str, spans: Spans, cosines: Floats, wanted: Iterable[str]) -> list[Piece]:
    """The sentence that best answers a query and what follows while there is room, as pieces that join.

    spans: the abstract's sentences, characters (start, end). cosines: each one's to the query (k,), zeros
    for a query of words alone. wanted: the stems that match. A single longer sentence is cut at a word,
    marked by an ellipsis.
    """
    matching = set(wanted)
    if not spans:
        return []
    # Words are counted in the few sentences that are near in meaning: counting costs more than cosines.
    near = np.argsort(-cosines, kind="stable")[: LOOKED_AT if cosines.any() else None]
    marks = {int(place): _matches(_text(abstract, spans[place]), matching) for place in near}
    most = max(marks.values()) or 1
    best = max(marks, key=lambda place: (float(cosines[place]) + WORDS_COUNT * marks[place] / most, -place))
    text = _text(abstract, spans[best])
    for span in spans[best + 1 :]:
        part = _text(abstract, span)
        if len(text) + len(part) >= LENGTH:
            break
        text = f"{text} {part}"
    if len(text) > LENGTH * 1.5:
        text = _cut(text, matching)
    return _pieces(text, matching)


def _text(abstract: str, span: tuple[int, int]) -> str:
    return " ".join(abstract[span[0] : span[1]][:MOST_CHARACTERS].split())


def _matches(text: str, wanted: set[str]) -> int:
    return len(wanted.intersection(stems(text)))


def _cut(text: str, wanted: set[str]) -> str:
    first = next((start for stem, start, _ in stem_spans(text) if stem in wanted), 0)
    start = max(0, min(first - LENGTH // 4, len(text) - LENGTH))
    words = text[start : start + LENGTH].split(" ")
    words = words[1:] if start and len(words) > 1 else words
    ends = start + LENGTH >= len(text)
    words = words if ends or len(words) == 1 else words[:-1]
    return ("… " if start else "") + " ".join(words) + ("" if ends else " …")


def _pieces(text: str, wanted: set[str]) -> list[Piece]:
    pieces: list[Piece] = []
    position = 0
    for stem, start, end in stem_spans(text):
        if stem in wanted:
            pieces += [Piece(text[position:start], match=False), Piece(text[start:end], match=True)]
            position = end
    pieces.append(Piece(text[position:], match=False))
    return [piece for piece in pieces if piece.text]
