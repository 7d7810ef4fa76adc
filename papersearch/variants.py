"""British spellings made American, for comparing: to the stemmer "modelling" and "modeling" are two words.

Only what papers are full of, by rules narrow enough to leave other words alone. Papers and queries are read
by the same rules, so a word that one of them catches by mistake still equals itself.
"""

import re
from functools import lru_cache

_WORD = re.compile(r"[A-Za-z]{5,}")
_RULES = [
    (re.compile(rule, re.IGNORECASE), spelling)
    for rule, spelling in (
        (r"(..)isation", r"\1ization"),
        (r"(anal|paral|catal|hydrol)ys(e|ed|ing)$", r"\1yz\2"),  # "analyses" are of an analysis
        (r"(label|model|ancel|ravel|ignal|annel|unnel|level)l(ed|ing|er)", r"\1\2"),
        (r"(behavi|neighb|^tum|^col|^fav|^flav|^vap|^lab|^harb|^rig|^vig)our", r"\1or"),
        (r"(dialog|catalog|analog)ue(s?)$", r"\1\2"),
        (r"(^fib|cent|^met|^lit)re(s?)$", r"\1er\2"),
        (r"(cent)red$", r"\1ered"),
        (r"(program)me(s?)$", r"\1\2"),
        (r"(defen|licen|offen)ce(s?)$", r"\1se\2"),
        (r"aem([aio])", r"em\1"),  # anaemia, haemoglobin
        (r"(p|gyn|orthop|an)ae(diatr|co|d|sth)", r"\1e\2"),
        (r"oe(dem|strogen|soph)", r"e\1"),
        (r"(diarrh|^f)oe(a|tal|tus)", r"\1e\2"),
        (r"^sulph", "sulf"),
        (r"^artefact", "artifact"),
        (r"^ageing$", "aging"),
        (r"(judg|ledg)e(ment)", r"\1\2"),
    )
]


def american(text: str) -> str:
    """The text with its British spellings made American, in whatever case."""
    return _WORD.sub(lambda word: _american(word[0]), text)


@lru_cache(32_768)
def _american(word: str) -> str:
    for rule, spelling in _RULES:
        word = rule.sub(spelling, word)
    return word
