"""How text is split into words, the same way for papers and for queries: by tantivy's analyzers."""

import re
from collections.abc import Set

import tantivy

from papersearch.text import latin, plain
from papersearch.variants import american

TOO_LONG = 64
"""Bytes from which on a word is none: a key, a formula, an attack."""
MOST_KNOWN = 32_768
"""Words whose stems are kept, about 5 MB."""
MOSTLY = 1.2
"""Bytes for each character from which on a text is not mostly ASCII."""
_GREEK = re.compile(
    r"(?<![\u0370-\u03ff\u1f00-\u1fff])[\u0391-\u03a9\u03b1-\u03c9](?![\u0370-\u03ff\u1f00-\u1fff])"
)
_PLURAL = re.compile(r"(?<=[A-Z0-9][A-Z])s(?![^\W_])")
_ASCII_WORD = re.compile(r"[a-zA-Z0-9]+")
_NOT_WORD = re.compile(r"[\x00-/:-@\[-`{-\x7f]+")
"""Runs of ASCII that are in no word."""
_APART = bytes(code if chr(code).isalnum() else ord(" ") for code in range(128)).ljust(256)
"""ASCII with spaces for all that is in no word; half the time of a regular expression."""


def _analyzer(*filters: tantivy.Filter) -> tantivy.TextAnalyzer:
    builder = tantivy.TextAnalyzerBuilder(tantivy.Tokenizer.simple())
    basic = (tantivy.Filter.remove_long(TOO_LONG), tantivy.Filter.lowercase(), tantivy.Filter.ascii_fold())
    for step in (*basic, *filters):
        builder = builder.filter(step)
    return builder.build()


ANALYZERS = {
    "stems": _analyzer(tantivy.Filter.stopword("english"), tantivy.Filter.stemmer("english")),
    "names": _analyzer(),
}
"""By the names that the word index knows them by."""


def spelled(text: str) -> str:
    """`plain`, and Greek letters by their names, unless in Greek words: "TNF-alpha" for "TNF-α"."""
    text = plain(text)
    return text if text.isascii() else _GREEK.sub(lambda letter: latin(letter[0]), text)


def comparable(text: str) -> str:
    """`spelled`, American, and "GPU" for "GPUs": what is stemmed, of papers and of queries alike.

    The stemmer itself keeps an s that has no vowel before it but one beside it.
    """
    return american(_PLURAL.sub("", spelled(text)))


class _Stems(dict[str, str]):
    """The stem of any word, "" for one that is none: looked up where it was asked for before."""

    def __missing__(self, word: str) -> str:
        stem = next(iter(ANALYZERS["stems"].analyze(comparable(word))), "")
        if len(word) < TOO_LONG:
            if len(self) >= MOST_KNOWN:
                self.clear()
            self[word] = stem
        return stem


_STEMS = _Stems()


def stems(text: str) -> list[str]:
    """The words that BM25 compares: lower case, without accents and stop words, stemmed."""
    if text.isascii():  # split here, and most words are known: many times faster for the same stems
        words = text.encode().translate(_APART).decode().split()
        return list(filter(None, map(_STEMS.__getitem__, words)))
    if len(text.encode()) > MOSTLY * len(text):
        return ANALYZERS["stems"].analyze(comparable(text))
    found: list[str] = []
    for word in _NOT_WORD.split(text):  # often one letter, a quote or a dash alone is not
        if not word.isascii():
            found += ANALYZERS["stems"].analyze(comparable(word))
        elif stem := _STEMS[word]:
            found.append(stem)
    return found


def exact_words(text: str) -> list[str]:
    """The words that phrases and names compare: lower case, without accents, otherwise as they stand."""
    return ANALYZERS["names"].analyze(spelled(text))


def stem_spans(text: str) -> list[tuple[str, int, int]]:
    """The stems of a text with the characters (start, end) that each comes from."""
    if text.isascii():
        found = _ASCII_WORD.finditer(text)
        return [(stem, word.start(), word.end()) for word in found if (stem := _STEMS[word[0]])]
    tokens = ANALYZERS["stems"].pre_tokenize(text).tokens
    spans = [(token.char_offset_from, token.char_offset_to or 0) for token in tokens]
    return [(_STEMS[text[start:end]], start, end) for start, end in spans]


def marks(text: str, wanted: Set[str]) -> list[tuple[int, int]]:
    """The characters (start, end) of a text's words whose stems are among those wanted, in order."""
    if text.isascii():
        return [word.span() for word in _ASCII_WORD.finditer(text) if _STEMS[word[0]] in wanted]
    return [(start, end) for stem, start, end in stem_spans(text) if stem in wanted]
