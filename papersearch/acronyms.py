"""Acronyms that the papers themselves define: "reinforcement learning (RL)".

Found as Schwartz and Hearst do ("A simple algorithm for identifying abbreviation definitions in biomedical
text", PSB 2003, https://doi.org/10.1142/9789812776303_0042), counted over the corpus, and used to let a
query mean the same whether it says "RL" or "reinforcement learning".
"""

import json
import re
from collections import Counter, defaultdict
from collections.abc import Iterable, Iterator, Mapping
from dataclasses import dataclass
from pathlib import Path

from papersearch.errors import IndexUnusable
from papersearch.text import fold

_PARENTHESIS = re.compile(r"\(\s*([A-Za-z][A-Za-z0-9-]{1,9})\s*[),;]")
_WORD = re.compile(r"[A-Za-z0-9]+")
_VOWELS = frozenset("aeiouy")
DOMINANT = 0.6
"""The share of an acronym's definitions that must agree; "PCA" of many meanings is left as it is."""


@dataclass(frozen=True, slots=True)
class Concept:
    """Two ways to say one thing."""

    short: str
    long: str


class Acronyms:
    """The acronyms of a corpus, each with the one meaning that it nearly always has there."""

    def __init__(self, long_forms: Mapping[str, str]) -> None:
        self._concepts = [Concept(short, long) for short, long in long_forms.items()]
        self._short = {concept.short: concept for concept in self._concepts}
        # In lower case "rl" can only be the acronym, but "map" is a word: vowels tell.
        lower = ((concept.short.lower(), concept) for concept in self._concepts)
        self._short |= {short: concept for short, concept in lower if _VOWELS.isdisjoint(short)}
        # "GNN" and "GNNs" have long forms that differ in an s as well: the first one stands for both.
        self._long = {_singular(concept.long): concept for concept in reversed(self._concepts)}
        self._most_words = max((len(_WORD.findall(form)) for form in [*self._long, *self._short]), default=0)

    @classmethod
    def of(cls, texts: Iterable[str]) -> "Acronyms":
        """Collect the definitions in these texts."""
        meanings: dict[str, Counter[str]] = defaultdict(Counter)
        for text in texts:
            for short, long in set(definitions(text)):
                meanings[short][long.lower()] += 1
        agreed = {short: counts.most_common(1)[0] for short, counts in sorted(meanings.items())}
        return cls({s: long for s, (long, n) in agreed.items() if n >= DOMINANT * meanings[s].total()})

    @classmethod
    def load(cls, path: Path) -> "Acronyms":
        """Read what `save` wrote. Raises IndexUnusable."""
        try:
            return cls(json.loads(path.read_text("utf-8")))
        except (OSError, ValueError, AttributeError) as error:
            raise IndexUnusable(f"{path}: not readable ({error}); build the index again") from error

    def save(self, path: Path) -> None:
        """Write the acronyms as a JSON object, short form to long form."""
        long_forms = {concept.short: concept.long for concept in self._concepts}
        path.write_text(json.dumps(long_forms, ensure_ascii=False, indent=0), "utf-8")

    def read(self, query: str) -> tuple[str, list[Concept]]:
        """The query with its acronyms written out, and every concept that it names in either form.

        One that it defines itself is a concept too, and "ribosomal protein (RP)" says it once, not twice.
        """
        own = dict(definitions(query))
        query = " ".join(query.split()) if own else query
        for short in own:
            query = re.sub(rf" ?\( ?{re.escape(short)} ?\)", "", query)
        # Read again as it is written out: with "GP" in full, "GP regression" names what "GPR" does.
        text, found = self._read(self._read(query)[0])
        named = {form for concept in found for form in (concept.short, fold(concept.long))}
        found += [
            Concept(short, long)
            for short, long in own.items()
            if named.isdisjoint((short, short.removesuffix("s"), fold(long)))
        ]
        return text, found

    def _read(self, query: str) -> tuple[str, list[Concept]]:
        words = list(_WORD.finditer(query))
        pieces, found, end, place = [], [], 0, 0
        while place < len(words):
            concept, length = self._at(query, words, place)
            if concept is not None:
                found.append(concept)
                pieces += [query[end : words[place].start()], concept.long]
                end = words[place + length - 1].end()
            place += length
        return "".join([*pieces, query[end:]]), list(dict.fromkeys(found))

    def _at(self, query: str, words: list[re.Match[str]], place: int) -> tuple[Concept | None, int]:
        """The concept named by the words from `place` on, the longest first, and by how many words."""
        for length in range(min(self._most_words, len(words) - place), 0, -1):
            said = query[words[place].start() : words[place + length - 1].end()]
            singular = said.removesuffix("s")
            concept = self._long.get(_singular(said)) or self._short.get(said) or self._short.get(singular)
            if concept is not None:
                return concept, length
        return None, 1


def _singular(long: str) -> str:
    return fold(long).removesuffix("s")


def definitions(text: str) -> Iterator[tuple[str, str]]:
    """Pairs of an acronym and the long form that stands before its parenthesis."""
    for match in _PARENTHESIS.finditer(text):
        short = match[1]
        if sum(character.isupper() for character in short) < 2:
            continue
        before = re.split(r"[.;:()]\s", text[max(0, match.start() - 200) : match.start()])[-1].split()
        long = _long_form(short, " ".join(before[-min(len(short) + 5, 2 * len(short)) :]))
        if long:
            yield short, long


def _long_form(short: str, before: str) -> str:
    """The end of `before` whose words begin with the letters of `short`; else its shortest end that has the
    letters in order, the first one at the start of a word.
    """
    letters = [character.lower() for character in short if character.isalnum()]
    # The parts of a compound count as words: "out-of-distribution (OOD)".
    words = list(re.finditer(r"[^\s-]+", before))[-len(letters) :]
    if [word[0][0].lower() for word in words] == letters:
        return before[words[0].start() :]
    position = len(before) - 1
    for number in range(len(letters) - 1, -1, -1):
        while position >= 0 and not (
            before[position].lower() == letters[number]
            and (number > 0 or position == 0 or not before[position - 1].isalnum())
        ):
            position -= 1
        if position < 0:
            return ""
        position -= 1
    long = before[position + 1 :].strip(" -\"'“”")
    return long if 2 <= len(long.split()) <= len(letters) + 2 and short not in long else ""
