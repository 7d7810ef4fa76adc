"""Text as people type it and as papers print it, brought to one form for comparing."""

import re
import unicodedata

# Typographic variants of one character. NFKC leaves these alone or even makes them ("⁻" becomes "−"),
# a person typing a title does not.
_VARIANTS = str.maketrans(
    {
        **dict.fromkeys("‘’‚‛′`´", "'"),
        **dict.fromkeys("“”„‟″«»", '"'),
        **dict.fromkeys("‐‑‒–—―−", "-"),
        **dict.fromkeys("\u00ad\u200b\u200c\u200d\u2060\ufeff", None),  # invisible: soft hyphen, joiners, BOM
    }
)
# Closing quotes and brackets belong to the sentence that they end.
_SENTENCE_END = re.compile(r"(?:(?<=[.!?])|(?<=[.!?][\"')\]])|(?<=[.!?][\"')\]]{2}))\s+(?=[\"'(\[]*[A-Z0-9])")
_LOWER_SENTENCE_END = re.compile(r"(?<=[.!?])\s+")
_CAPITAL = re.compile(r"[A-Z]")
_ABBREVIATION = re.compile(r"(?:\b(?:e\.g|i\.e|et al|cf|vs|etc|Fig|Eq|resp|approx|w\.r\.t|[A-Z])\.)$")


def plain(text: str) -> str:
    """Ligatures, full-width forms, quotes, dashes and white space made plain. Case is kept."""
    if text.isascii():  # most texts are, and then only this is left of what follows: a fifth of the time
        return " ".join(text.replace("`", "'").split())
    return " ".join(unicodedata.normalize("NFKC", text.translate(_VARIANTS)).translate(_VARIANTS).split())


def fold(text: str) -> str:
    """`plain`, without case or accents: two names that a person would call the same are equal."""
    if text.isascii():
        return plain(text).lower()
    decomposed = unicodedata.normalize("NFKD", plain(text).casefold())
    bare = "".join(character for character in decomposed if not unicodedata.combining(character))
    return " ".join(bare.split())


def latin(character: str) -> str:
    """A Greek letter by its name, "beta"; anything else as it is."""
    name = unicodedata.name(character, "")
    if not re.match(r"GREEK (SMALL|CAPITAL) LETTER ", name):
        return character
    word = name.split()[-1].lower()
    return {"lamda": "lambda"}.get(word, word)


def sentence_spans(text: str) -> list[tuple[int, int]]:
    """Where the sentences of a text are: characters (start, end), in order, without the space between.

    Abbreviations such as "e.g." do not end a sentence.
    """
    found: list[tuple[int, int]] = []
    # Where nothing is written in capitals, as in old collections, none can be asked for.
    end = _SENTENCE_END if _CAPITAL.search(text) else _LOWER_SENTENCE_END
    start, last = len(text) - len(text.lstrip()), len(text.rstrip())
    breaks = [(match.start(), match.end()) for match in end.finditer(text, start, last)]
    for stop, following in [*breaks, (last, last)]:
        if stop > start and not _ABBREVIATION.search(text, max(start, stop - 12), stop):
            found.append((start, stop))
            start = following
    return found if start >= last else [*found, (start, last)]


def sentences(text: str) -> list[str]:
    """The sentences of a text, in order."""
    return [text[start:end] for start, end in sentence_spans(text)]
