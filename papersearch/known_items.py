r"""The names that one known paper goes by: its title, id, DOI, arXiv number and address, brought to one form.

A title is compared by its letters and digits alone, so that `{BERT}`, `\emph{x}`, `\"o`, `$\alpha$`, curly
quotes, ligatures, dashes and a full stop at the end make no difference.
"""

import re
from collections.abc import Iterable, Iterator
from typing import Any
from urllib.parse import unquote

from papersearch.paper import Paper
from papersearch.text import fold, latin

Name = tuple[str, str]
"""A kind ("title", "id", "doi", "arxiv" or "url") and a key. Two texts name one paper if these are equal."""

LONGEST = 2_000
"""Characters of an address or a number; a longer text is none."""
LONGEST_KEY = 300
"""Letters of a title that are compared."""
LONG_TITLE = 16
"""Letters of a title that tells a paper by itself; "Preface" or "BERT" may be, or be part of, anybody's."""
OTHER_IDS = "other_ids"
"""The field of `extra` with the ids that a paper has in further sources."""
_EXTRA_WORDS = (
    "doi arxiv arxivid arxivnumber eprint sourceid id ids otherids externalids url urls link pdf pdfurl "
    "paperurl pageurl ee html"
)
_EXTRA = frozenset(_EXTRA_WORDS.split())
"""Fields of `extra`, without case and punctuation, that name the paper itself and not one that it cites."""

_ACCENT = re.compile(r"""\\(?:["'`^~=.]|[cvuHkrbdt](?=[\s{]))""")
_COMMAND = re.compile(r"\\([A-Za-z]+)")
_LETTERS = {"o": "o", "l": "l", "i": "i", "j": "j", "aa": "a", "ae": "ae", "oe": "oe", "ss": "ss", "ell": "l"}
_GREEK_WORDS = (
    "alpha beta gamma delta epsilon zeta eta theta iota kappa lambda mu nu xi omicron pi rho sigma tau "
    "upsilon phi chi psi omega"
)
_GREEK = frozenset(_GREEK_WORDS.split())
_FUNCTIONS_WORDS = "log ln exp sin cos tan tanh min max arg argmin argmax sup inf det lim"
_FUNCTIONS = frozenset(_FUNCTIONS_WORDS.split())
_PLAIN_LETTERS = str.maketrans({"ø": "o", "ł": "l", "đ": "d", "æ": "ae", "œ": "oe", "ı": "i", "ȷ": "j"})

_DOI = re.compile(
    r"(?:(?P<address>(?:https?://)?[\w-]+(?:\.[\w-]+)+/(?:\S*?[/=])??)|(?:(?:urn|info):)?doi[:/]?\s*)?"
    r"(?P<doi>10\.\d{4,9}/\S+)",
    re.IGNORECASE | re.ASCII,
)
_DOI_PAGE = re.compile(
    r"[?#].*|(?:\.pdf|/(?:abstract|abs|epdf|epub|full|fulltext|html|meta|pdf))$", re.IGNORECASE
)
"""What publishers put behind a DOI in an address."""
_ARXIV = re.compile(
    r"(?:(?:https?://)?(?:[\w-]+\.)*(?:arxiv|alphaxiv|ar5iv|scirate|semanticscholar|huggingface)(?:\.\w+)+"
    r"/(?:[\w-]+/)*?|arxiv[\s:.]\s*)?"
    r"(\d{4}\.\d{4,5}|[a-z-]+(?:\.[a-z]{2})?/\d{7})(?:v\d+)?(?:\.pdf)?/?(?:[?#]\S*|\s*[\[(][\w.-]+[\])])?",
    re.IGNORECASE | re.ASCII,
)
_URL = re.compile(r"(?:https?://)?(?:www\.)?([\w.-]+\.[a-z]{2,}(?::\d+)?)(/[^\s#]*)(?:#\S*)?", re.IGNORECASE)
_TRACKING = re.compile(r"[?&]utm_\w+=[^&]*")
_OPENREVIEW = re.compile(r"(openreview\.net/)(?:pdf|attachment)(\?id=)")
_VERSION = re.compile(r"v\d+$")
_AROUND = " \t\r\n\"'“”‘’<>()[]"


def names(paper: Paper) -> set[Name]:
    """Everything that this paper is known by."""
    found = {("title", title_key(paper.title)), ("id", paper.id.casefold())}
    for value in [paper.id, paper.url or "", *_identifiers(paper.extra)]:
        found |= set(_identified(value))
    others = paper.extra.get(OTHER_IDS)
    for given in [paper.extra.get("source_id"), *(others if isinstance(others, list) else [])]:
        if isinstance(given, str):
            found.add(("id", given.casefold()))
    return {name for name in found if name[1]}


def asked(text: str) -> set[Name]:
    """Every name that this text could be, whole. Most texts are nobody's name."""
    bare = text.strip(_AROUND + ".,;")
    found = {("title", title_key(text)), ("id", text.strip().casefold()), ("id", bare.casefold())}
    found |= {*_identified(text.strip()), *_identified(bare)}
    return {name for name in found if name[1]}


def title_key(title: str) -> str:
    """The letters and digits of a title, without markup, case and accents."""
    text = _COMMAND.sub(_spoken, _ACCENT.sub("", title)) if "\\" in title else title
    text = fold(text).translate(_PLAIN_LETTERS)
    if not text.isascii():
        text = "".join(map(latin, text))
    return "".join(filter(str.isalnum, text))[:LONGEST_KEY]


def _spoken(command: re.Match[str]) -> str:
    r"""What is left of a command: `\alpha` and `\log` say a word, `\emph` only dresses one."""
    name = command[1]
    word = name.lower().removeprefix("var")
    if name in _LETTERS or word in ("aa", "ae", "oe", "o", "l"):
        return _LETTERS.get(name) or _LETTERS[word]
    return word if word in _GREEK or name in _FUNCTIONS else ""


def _identified(text: str) -> Iterator[Name]:
    """The DOI, the arXiv number and the address that a text is, whichever it is."""
    if len(text) > LONGEST:
        return
    if match := _DOI.fullmatch(text):
        doi = unquote(match["doi"]).lower()
        if match["address"]:
            doi = _DOI_PAGE.sub("", _DOI_PAGE.sub("", doi))
        yield "doi", doi
        if doi.startswith("10.48550/arxiv."):
            yield "arxiv", _VERSION.sub("", doi.removeprefix("10.48550/arxiv."))
    if match := _ARXIV.fullmatch(text):
        archive, slash, number = match[1].lower().rpartition("/")
        yield "arxiv", f"{archive.split('.')[0]}{slash}{number}"  # math.GT/0309136 is math/0309136
    if match := _URL.fullmatch(text):
        address = match[1].lower() + _TRACKING.sub("", match[2]).rstrip("/")
        yield "url", _OPENREVIEW.sub(r"\1forum\2", address)


def _identifiers(extra: Any) -> Iterable[str]:
    """The texts under those fields of `extra` that name the paper itself."""
    for field, value in extra.items():
        if re.sub(r"[^a-z]", "", str(field).lower()) not in _EXTRA:
            continue
        values = value.values() if isinstance(value, dict) else value if isinstance(value, list) else [value]
        yield from (each.strip() for each in values if isinstance(each, str))
