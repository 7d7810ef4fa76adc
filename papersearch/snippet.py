"""Snippets: the part of an abstract that speaks to a query, with the matching words marked."""

from collections.abc import Sequence, Set
from dataclasses import dataclass

from papersearch.analysis import marks, stems
from papersearch.codes import Floats
from papersearch.sentences import Spans

LENGTH = 280
"""Characters that a snippet aims at."""
LOOKED_AT, WORDS_COUNT = 3, 0.1
"""The words decide of so many sentences nearest in meaning: one with the most of the query's words gains so
much on one with none, in cosine."""
MOST_CHARACTERS = 5_000
"""Of one sentence: a megabyte of "sentence" must not cost a megabyte of work."""


@dataclass(frozen=True, slots=True)
class Piece:
    """A run of text in which either every word matches the query or none does."""

    text: str
    match: bool


def snippet(abstract: str, spans: Spans, cosines: Floats, wanted: Set[str]) -> list[Piece]:
    """The sentence that best answers a query and what follows while there is room, as pieces that join.

    spans: the abstract's sentences, characters (start, end). cosines: each one's to the query (k,), zeros
    for a query of words alone. wanted: the stems that match. A single longer sentence is cut at a word,
    marked by an ellipsis.
    """
    if not spans:
        return []
    best = _best(abstract, spans, cosines.tolist(), wanted)
    text = _text(abstract, spans[best])
    for span in spans[best + 1 :]:
        part = _text(abstract, span)
        if len(text) + len(part) >= LENGTH:
            break
        text = f"{text} {part}"
    if len(text) > LENGTH * 1.5:
        text = _cut(text, wanted)
    return _pieces(text, wanted)


def _best(abstract: str, spans: Spans, cosines: list[float], wanted: Set[str]) -> int:
    """The place of the sentence to begin with."""
    places: Sequence[int] = range(len(spans))
    if any(cosines):
        places = sorted(places, key=cosines.__getitem__, reverse=True)[:LOOKED_AT]
        # To count words costs more than cosines do, and these are too far behind for words to help.
        places = [place for place in places if cosines[place] >= cosines[places[0]] - WORDS_COUNT]
    if len(places) == 1:
        return places[0]
    parts = {place: abstract[slice(*spans[place])][:MOST_CHARACTERS] for place in places}
    counts = {place: len(wanted & set(stems(part))) for place, part in parts.items()}
    most = max(counts.values()) or 1
    return max(places, key=lambda place: (cosines[place] + WORDS_COUNT * counts[place] / most, -place))


def _text(abstract: str, span: tuple[int, int]) -> str:
    return " ".join(abstract[span[0] : span[1]][:MOST_CHARACTERS].split())


def _cut(text: str, wanted: Set[str]) -> str:
    first = next((start for start, _ in marks(text, wanted)), 0)
    start = max(0, min(first - LENGTH // 4, len(text) - LENGTH))
    words = text[start : start + LENGTH].split(" ")
    words = words[1:] if start and len(words) > 1 else words
    ends = start + LENGTH >= len(text)
    words = words if ends or len(words) == 1 else words[:-1]
    return ("… " if start else "") + " ".join(words) + ("" if ends else " …")


def _pieces(text: str, wanted: Set[str]) -> list[Piece]:
    pieces: list[Piece] = []
    position = 0
    for start, end in marks(text, wanted):
        pieces += [Piece(text[position:start], match=False), Piece(text[start:end], match=True)]
        position = end
    pieces.append(Piece(text[position:], match=False))
    return [piece for piece in pieces if piece.text]
