"""Filters, and whom they mean by a name: the whole of it, one of its words, or several in any order.

"Ryan Adams", "Adams, Ryan" and "R. Adams" all mean Ryan P. Adams, and none of them Ryan Lee beside Amy Adams.
"""

import re
from collections.abc import Sequence
from dataclasses import dataclass

from papersearch.text import fold

_BETWEEN = re.compile(r"[^\w'&+]+")


@dataclass(frozen=True, slots=True)
class Filters:
    """What a hit must satisfy; both years are included."""

    year_from: int | None = None
    year_to: int | None = None
    venue: str | None = None
    author: str | None = None


def name_words(name: str) -> list[str]:
    """The words of a name, without case, accents, full stops, commas and hyphens."""
    return [word for word in _BETWEEN.split(fold(name)) if word]


def is_called(name: str, asked: Sequence[str]) -> bool:
    """Whether each of the words asked for is in a name; a single letter stands for a word that begins so."""
    own = name_words(name)
    own += [word[0] for word in own]
    return all(word in own for word in asked)
