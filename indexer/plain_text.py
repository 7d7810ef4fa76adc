"""Strangers' text made clean: one line, valid Unicode, nothing invisible, LaTeX and HTML readable."""

import re
import unicodedata

from indexer.latex import readable
from indexer.markup import bare

_SURROGATES = re.compile("[\ud800-\udfff]")
# Control characters that aren't white space; marks of direction that would reverse the page around a title.
_INVISIBLE = re.compile("[\x00-\x08\x0e-\x1b\x7f-\x84\x86-\x9f\u200b\u202a-\u202e\u2066-\u2069\ufeff]")


def valid(text: str) -> str:
    """The text with each lone surrogate as U+FFFD, so that it can be encoded. Never raises."""
    return _SURROGATES.sub("\ufffd", text)


def clean(text: str) -> str:
    """The text as one clean line in NFC. Never raises."""
    text = readable(_INVISIBLE.sub("", bare(valid(text))))
    return unicodedata.normalize("NFC", " ".join(text.split()))
