"""The words of a corpus and in how many papers each stands, packed: a tenth of what a dict of them takes."""

from collections.abc import Mapping, Set

import numpy as np
from numpy.typing import NDArray

TRUSTED = "+"
_LETTERS = NDArray[np.bytes_]
_MOST_DIGITS = 9


def lines(counts: Mapping[str, int], trusted: Set[str]) -> bytes:
    """Words of small ASCII letters as a text, by length and then alphabet, each on a line with its count.

    TRUSTED stands before the count of those that are no slips, however few papers hold them.
    """
    words = sorted(counts, key=lambda word: (len(word), word))
    marked = (f"{word} {TRUSTED if word in trusted else ''}{counts[word]}\n" for word in words)
    return "".join(marked).encode("ascii")


class Vocabulary:
    """What `lines` wrote, to be looked up. Read-only."""

    def __init__(self, written: bytes) -> None:
        """Raises ValueError for anything else than what `lines` wrote."""
        text = np.frombuffer(written, np.uint8)
        ends, spaces = np.flatnonzero(text == ord("\n")), np.flatnonzero(text == ord(" "))
        starts = np.concatenate([[0], ends + 1])[:-1]
        if (
            written[-1:] not in (b"", b"\n")
            or len(spaces) != len(ends)
            or not np.all((starts < spaces) & (spaces < ends))
        ):
            raise ValueError("a line is no word with its count")
        trusted = text[spaces + 1] == ord(TRUSTED)
        counts = _numbers(text, spaces + 1 + trusted, ends)
        lengths = spaces - starts
        self._parts: dict[int, tuple[_LETTERS, NDArray[np.int32], NDArray[np.bool_]]] = {}
        for length in map(int, np.unique(lengths)):
            those = lengths == length
            letters = text[starts[those][:, None] + np.arange(length)]
            self._parts[length] = letters.view(f"S{length}").ravel(), counts[those], trusted[those]

    def count(self, word: str) -> int | None:
        """How many papers hold a word; None for one that is not there."""
        found = self._find(word)
        return None if found is None else int(self._parts[len(word)][1][found])

    def is_trusted(self, word: str) -> bool:
        """Whether it is no slip, however few papers hold it."""
        found = self._find(word)
        return found is not None and bool(self._parts[len(word)][2][found])

    def beginning(self, letter: str, length: int) -> list[bytes]:
        """The words of this length that begin with a letter, in the order of the alphabet."""
        if length not in self._parts:
            return []
        words = self._parts[length][0]
        start, end = words.searchsorted([letter.encode(), chr(ord(letter) + 1).encode()])
        found: list[bytes] = words[start:end].tolist()
        return found

    def _find(self, word: str) -> int | None:
        if len(word) not in self._parts or not word.isascii():
            return None
        words, sought = self._parts[len(word)][0], word.encode()
        place = int(words.searchsorted(sought))
        return place if place < len(words) and words[place] == sought else None


def _numbers(
    text: NDArray[np.uint8], starts: NDArray[np.int64], ends: NDArray[np.int64]
) -> NDArray[np.int32]:
    """The numbers (n,) that stand between these places of a text."""
    width = int((ends - starts).max(initial=0))
    if width > _MOST_DIGITS or (ends - starts).min(initial=1) < 1:
        raise ValueError("a line has no count")
    numbers = np.zeros(len(starts), np.int32)
    for place in range(width):
        inside = ends - 1 - place >= starts
        digits = text[np.maximum(ends - 1 - place, 0)].astype(np.int32) - ord("0")
        if not np.all((digits[inside] >= 0) & (digits[inside] <= 9)):
            raise ValueError("a count is no number")
        numbers[inside] += digits[inside] * 10**place
    return numbers
