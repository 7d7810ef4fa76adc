"""Spelling: a word of the query that no paper holds becomes the nearest word that some paper does.

Nearest is the least number of letters changed, left out, added, or swapped with their neighbour: at most one
in a word of five to seven letters, at most two in a longer one (Damerau, "A technique for computer detection
and correction of spelling errors", CACM 1964, https://doi.org/10.1145/363958.363994).
"""

import json
import re
import string
from collections import Counter
from collections.abc import Iterable, Iterator
from itertools import chain
from pathlib import Path

from rapidfuzz.distance import OSA
from rapidfuzz.process import extract

from papersearch.analysis import exact_words, stems
from papersearch.errors import IndexUnusable
from papersearch.paper import Paper
from papersearch.vocabulary import Vocabulary, lines

SHORTEST, LONGER, LONGEST = 5, 8, 30
"""Letters: shorter words are left alone, from LONGER on two slips are mended, beyond LONGEST none."""

RARE, COMMONER = 3, 1000
"""A word that at most RARE papers hold is a slip of theirs if COMMONER times as many hold its neighbour."""

_TOKEN = re.compile(r"\S+")
_NO_PROSE = re.compile(r"[\d/@\\_:=]|\w\.\w")
"""In an address, a number, a command or code nothing is spelt wrong."""
_LETTERS = re.compile(r"[^\W\d_]+")
_JOINED = (
    "anti auto bio counter cross cyber deep down geo hetero homo hyper inter intra macro meta micro "
    "mini mono multi nano neuro non over para photo poly post pre proto pseudo quasi self semi sub "
    "super supra tele trans ultra under"
)
_PREFIXES = frozenset(_JOINED.split())
"""Beginnings of words that are joined to known ones as one likes."""
# Not "ment": "reinforcment" is a slip.
_ENDINGS = (
    *("", "s", "es", "d", "ed", "r", "er", "ers", "or", "ors", "ing", "ings", "ly", "ally", "al", "ness"),
    *("ion", "ions", "ive", "ity", "ize", "ized", "ate", "ated", "ation", "ance", "ant", "ic", "able", "ism"),
)
_VOWELS = frozenset("aeiouy")


class Spelling:
    """The words of a corpus, and the ones that the encoder knows beside. Read-only."""

    def __init__(self, vocabulary: Vocabulary) -> None:
        self._known = vocabulary

    @classmethod
    def load(cls, path: Path) -> "Spelling":
        """Read what `write` wrote. Raises IndexUnusable."""
        try:
            return cls(Vocabulary(path.read_bytes()))
        except (OSError, ValueError) as error:
            raise IndexUnusable(f"{path}: not readable ({error}); build the index again") from error

    def corrected(self, text: str) -> str:
        """The text with its unknown words replaced by the nearest known ones, where there are any near."""
        shouted = text.isupper()
        return _TOKEN.sub(lambda token: self._token(token[0], shouted), text)

    def _token(self, token: str, shouted: bool) -> str:
        if _NO_PROSE.search(token):
            return token
        return _LETTERS.sub(lambda word: self._word(word[0], shouted), token)

    def _word(self, typed: str, shouted: bool) -> str:
        word = typed.lower()
        if self._is_known(word) or not SHORTEST <= len(word) <= LONGEST:
            return typed
        # Capitals inside are a name that somebody chose with care.
        if typed[1:] != word[1:] and not shouted:
            return typed
        folded = "".join(exact_words(word))
        if not (folded and folded.isascii()) or self._is_known(folded) or self._is_derived(folded):
            return typed
        nearest = self._nearest(folded)
        if nearest is None or _same(nearest, folded):
            return typed
        return nearest.upper() if shouted else nearest.capitalize() if typed[0].isupper() else nearest

    def _is_known(self, word: str) -> bool:
        count = self._known.count(word)
        return count is not None and (count > RARE or self._known.is_trusted(word))

    def _is_derived(self, word: str) -> bool:
        """Whether it is a form of a known word, or put together from two."""
        if any(self._is_known(base) and _same(base, word) for base in _bases(word)):
            return True
        return any(
            self._is_known(word[cut:])
            and (
                word[:cut] in _PREFIXES
                or (min(cut, len(word) - cut) >= SHORTEST and self._is_known(word[:cut]))
            )
            for cut in range(3, len(word) - 3)
        )

    def _nearest(self, word: str) -> str | None:
        """The word of some paper at the least distance; then with the same first letter; then the commonest.

        A word that a single paper holds may be a slip itself, and counts as one letter further away. A word
        that a few papers hold gives way only to one that is beyond comparison commoner: "acccess".
        """
        own = max((self._known.count(base) or 0 for base in _bases(word) if _same(base, word)), default=0)
        most = 1 if len(word) < LONGER or own else 2
        found = chain(self._alike(word, most), ((other, 1) for other in self._other_beginnings(word)))
        ranked = [
            (distance + (count == 1), other[0] != word[0], -count, other)
            for other, distance in found
            if (count := self._known.count(other)) and other != word and count >= COMMONER * own
        ]
        best = min(ranked, default=(0, False, 0, None))[-1]
        if own and best and len(word) < LONGER - 1 and sorted(best) != sorted(word):
            return None  # so short, and not even the same letters: rather a rare word than a slip
        return best

    def _alike(self, word: str, most: int) -> Iterator[tuple[str, int]]:
        """Words that begin with the same letter, up to `most` away."""
        for length in range(len(word) - most, len(word) + most + 1):
            words = self._known.beginning(word[0], length)
            near = extract(word.encode(), words, scorer=OSA.distance, score_cutoff=most, limit=None)
            yield from ((other.decode(), int(distance)) for other, distance, _ in near)

    def _other_beginnings(self, word: str) -> Iterator[str]:
        """What a single slip at the first letter can have been. Two slips leave the first letter alone."""
        if word[0] == word[1]:  # another letter before a word is rather a name: "kmeans"
            yield word[1:]
        yield word[1] + word[0] + word[2:]
        for letter in string.ascii_lowercase:
            yield letter + word[1:]
            yield letter + word


def write(path: Path, papers: Iterable[Paper], tokenizer: Path) -> None:
    """Write the words of papers and of the encoder's tokenizer, one a line (vocabulary.py).

    A word that the encoder alone knows has the count 0; those that it has whole are trusted.
    """
    counts: Counter[str] = Counter()
    for paper in papers:
        texts = (paper.text, *paper.keywords, *paper.authors, paper.venue or "")
        counts.update(set(exact_words(" ".join(texts))))
    trusted = set(chain.from_iterable(map(exact_words, _pieces(tokenizer))))
    kept = {
        word: counts[word]
        for word in counts.keys() | trusted
        if word.isalpha() and word.isascii() and 3 <= len(word) <= LONGEST + 2
    }
    path.write_bytes(lines(kept, trusted))


def _pieces(tokenizer: Path) -> Iterator[str]:
    """The entries of a tokenizer's vocabulary that may begin a word; WordPiece marks the others with ##."""
    vocabulary = json.loads(tokenizer.read_text("utf-8")).get("model", {}).get("vocab", {})
    entries = list(vocabulary) if isinstance(vocabulary, dict) else [entry[0] for entry in vocabulary]
    marks = tuple(mark for mark in ("Ġ", "▁") if sum(entry.startswith(mark) for entry in entries) > 10)
    for entry in entries:
        if not entry.startswith("##") and (not marks or entry.startswith(marks)):
            yield entry.lstrip("Ġ▁")


def _bases(word: str) -> set[str]:
    """What a word may be an inflection of."""
    bare = {word.removesuffix(ending) for ending in _ENDINGS if len(word) - len(ending) >= 3}
    # "stopping" is from "stop", but "trainning" is a slip: only a single short vowel doubles what follows.
    doubled = {base[:-1] for base in bare if base[-1] == base[-2] and not set(base[-4:-2]) <= _VOWELS}
    return (
        bare | doubled | {f"{base}e" for base in bare} | {f"{base[:-1]}y" for base in bare if base[-1] == "i"}
    )


def _same(one: str, other: str) -> bool:
    """Whether two words are forms of one, in spelling and by their stem: "train" and "training"."""
    return bool(_bases(one) & _bases(other)) and stems(one) == stems(other)
