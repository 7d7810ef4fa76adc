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
_ABBREVIATION = re.compile(r"(?:\b(?:e\.g|i\.e|et al|cf|vs|etc|Fig|Eq|resp|approx|w\.r\.t|[A-Z])\.)$")


def plain(text: str) -> str:
    """Ligatures, full-width forms, quotes, dashes and white space made plain. Case is kept."""
    return " ".join(unicodedata.normalize("NFKC", text.translate(_VARIANTS)).translate(_VARIANTS).split())


def fold(text: str) -> str:
    """`plain`, without case or accents: two names that a person would call the same are equal."""
    decomposed = unicodedata.normalize("NFKD", plain(text).casefold())
    bare = "".join(character for character in decomposed if not unicodedata.combining(character))
    return " ".join(bare.split())


def sentences(text: str) -> list[str]:
    """The sentences of a text, in order; abbreviations such as "e.g." do not end one."""
    found: list[str] = []
    for piece in _SENTENCE_END.split(text.strip()):
        if found and _ABBREVIATION.search(found[-1]):
            found[-1] = f"{found[-1]} {piece}"
        elif piece:
            found.append(piece)
    return found
