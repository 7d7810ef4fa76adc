"""What a person may type besides words: exact phrases, exclusions, fields.

    "exact phrase"   -without   -"without phrase"   title:word   title:"a phrase"
    author:name   author:"Ryan Adams"   venue:neurips   year:2020   year:2020..2023   year:..2023

There is no wrong query: what is not clearly one of these is words, and so is every text that reads like
prose, for pasted abstracts and claims have dashes, colons and quotation marks of their own.
"""

import re
from collections.abc import Callable
from dataclasses import dataclass, replace
from typing import Literal

from papersearch.text import plain, sentences

PROSE_WORDS = 32
"""A text of more words than this is pasted rather than typed, and so are several sentences."""
SENTENCE_WORDS = 6
"""Anything shorter is no sentence yet: "author:Smith et al." ends in a full stop too."""

Kind = Literal["text", "phrase", "word", "title", "author", "venue", "year"]

_FIELDS: dict[str, Kind] = {"title": "title", "author": "author", "venue": "venue", "year": "year"}
_QUOTE = '["“”„‟″«»]'
_NOT_QUOTE = _QUOTE.replace("[", "[^")
# "Multi-view and -lighting" leaves nothing out: the hyphen only says that "multi" is said once.
# Before an operator is nothing but white space, behind a phrase hardly more: neither `5" pipes` nor
# `"Why?": a study` has one.
_OPERATOR = re.compile(
    rf"""(?<!\S)(?P<minus>(?<!\band\s)(?<!\bor\s)-(?=\w|{_QUOTE}))?
         (?:(?P<field>title|author|venue|year):)?
         (?:{_QUOTE}(?P<phrase>{_NOT_QUOTE}+){_QUOTE}(?=[\s,;]|$) | (?P<word>[^\s"“”„‟″«»]+)(?!\S))""",
    re.VERBOSE | re.IGNORECASE,
)
_QUOTED = re.compile(rf"{_QUOTE}{_NOT_QUOTE}*{_QUOTE}")
_YEARS = re.compile(r"(?:(\d{4})?(?:\.\.|…)(\d{4})?|(\d{4})|(\d{4})[-–](\d{4}))", re.ASCII)
_ASIDE = re.compile(r"(?<!\S)-\w(?:.*\w)?-(?!\S)", re.DOTALL)
_END = re.compile(r"[^\W\d_]{2}\s?\.$")


@dataclass(frozen=True, slots=True)
class Part:
    """A stretch of the query: what was typed, how it is read, and its content without the marks."""

    typed: str
    kind: Kind
    value: str
    excluded: bool = False
    exact: bool = False


@dataclass(frozen=True, slots=True)
class Parsed:
    """A query, part by part; what was typed in all parts is the query again, letter by letter."""

    parts: tuple[Part, ...]

    @property
    def typed(self) -> str:
        """The whole query, marks and all."""
        return "".join(part.typed for part in self.parts)

    @property
    def text(self) -> str:
        """What there is to search for: free words, and the words of phrases and titles."""
        if len(self.parts) == 1 and self.parts[0].kind == "text":
            return self.parts[0].value
        said = (
            p.value.strip() for p in self.parts if p.kind in ("text", "phrase", "title") and not p.excluded
        )
        return " ".join(value for value in said if any(map(str.isalnum, value)))

    @property
    def conditions(self) -> tuple[Part, ...]:
        """The parts that every hit has to meet."""
        return tuple(part for part in self.parts if part.kind != "text")

    @property
    def is_one_phrase(self) -> bool:
        """Whether this is one phrase in quotation marks and nothing else."""
        said = [part for part in self.parts if part.kind != "text" or part.value.strip()]
        return len(said) == 1 and said[0].kind == "phrase"

    def rewritten(self, rewrite: Callable[[str], str]) -> "Parsed":
        """The same with its free words rewritten, and nothing else."""
        return Parsed(
            tuple(_rewritten(part, rewrite) if part.kind == "text" else part for part in self.parts)
        )


def words(text: str) -> Parsed:
    """The whole text as words, whatever it looks like."""
    return Parsed((Part(text, "text", text),))


def parse(text: str) -> Parsed:
    """Read a query. Never raises: what is no syntax is words, and a text without any is one part."""
    if _is_prose(text):
        return words(text)
    parts: list[Part] = []
    asides, end = _ASIDE.search(text) is not None, 0
    for match in _OPERATOR.finditer(text):
        part = _read(match)
        if part is None or (asides and part.kind == "word"):
            continue
        if match.start() > end:
            parts.append(Part(text[end : match.start()], "text", text[end : match.start()]))
        parts.append(part)
        end = match.end()
    if end < len(text) or not parts:
        parts.append(Part(text[end:], "text", text[end:]))
    says = any(not p.excluded and any(map(str.isalnum, p.value)) for p in parts)
    return Parsed(tuple(parts)) if says else words(text)


def years(value: str) -> tuple[int | None, int | None] | None:
    """The first and the last year of "2020", "2020..2023", "2020.." or "..2023"; None for anything else."""
    match = _YEARS.fullmatch(value)
    if match is None or not any(match.groups()):
        return None
    first, last = (
        int(year) if year else None
        for year in (match[1] or match[3] or match[4], match[2] or match[3] or match[5])
    )
    return None if first and last and first > last else (first, last)


def _read(match: re.Match[str]) -> Part | None:
    """The operator that stands here, or None if these are words after all."""
    minus, field, phrase, word = match.group("minus", "field", "phrase", "word")
    value = plain(phrase or (word if field and years(word) else word.rstrip(",;.!?")))
    if not any(map(str.isalnum, value)) or (word and minus and word.endswith("-")):
        return None
    kind = _FIELDS[field.lower()] if field else "phrase" if phrase else "word" if minus else None
    # "-0.5" is a number.
    if kind is None or (kind == "word" and not any(map(str.isalpha, value))):
        return None
    if kind == "year" and years(value) is None:
        return None
    return Part(match[0], kind, value, excluded=bool(minus), exact=bool(phrase))


def _rewritten(part: Part, rewrite: Callable[[str], str]) -> Part:
    value = rewrite(part.value)
    return replace(part, typed=value, value=value)


def _is_prose(text: str) -> bool:
    if len(text.split()) > PROSE_WORDS:
        return True
    unquoted = _QUOTED.sub(" ", text).strip()
    is_long = len(unquoted.split()) >= SENTENCE_WORDS
    return is_long and (bool(_END.search(unquoted)) or len(sentences(unquoted)) > 1)
