"""What a field's value means: what a paper takes of it, or nothing where it is no such thing."""

import math
import re
from collections.abc import Mapping
from typing import Any
from urllib.parse import urlsplit

from indexer.plain_text import clean, valid
from papersearch.paper import Session

DEEPEST = 20

_DOI_PREFIX = re.compile(r"^(?:https?://(?:dx\.)?doi\.org/|doi:\s*)", re.IGNORECASE)
_YEAR = re.compile(r"(?<!\d)[12]\d{3}(?!\d)")
_ARXIV_NUMBER = re.compile(
    r"(?:arxiv:)?(?:(\d\d)(?:0[1-9]|1[0-2])\.\d{4,5}|[a-z-]+(?:\.[a-z]{2})?/(\d\d)(?:0[1-9]|1[0-2])\d{3})(?:v\d+)?",
    re.IGNORECASE | re.ASCII,
)
_ARXIV_CATEGORIES = re.compile(r"[a-z-]+(?:\.[A-Za-z-]+)?(?: [a-z-]+(?:\.[A-Za-z-]+)?)*")


def line(value: object) -> str:
    """A text on one clean line; "" for what is no text. The strings of a list are joined."""
    if isinstance(value, str):
        return clean(value)
    if isinstance(value, list) and all(isinstance(part, str) for part in value):
        return clean(" ".join(value))
    return str(value) if _is_number(value) else ""


def abstract(value: object) -> str:
    """A text that isn't just an address: arXiv's `abs` is the abstract's page."""
    return "" if isinstance(value, str) and url(value) else line(value)


def given_id(value: object) -> str:
    """An id as the source has it; a DOI without its resolver."""
    if isinstance(value, str):
        return _DOI_PREFIX.sub("", value) if value.strip() else ""
    return str(value) if _is_number(value) else ""


def year(value: object) -> int | None:
    """A year between 1000 and 2999, from a number or from any way to write a date."""
    if isinstance(value, Mapping):  # CSL-JSON: {"date-parts": [[2022, 11, 28]]}
        value = value.get("date-parts")
    while isinstance(value, list) and value:
        value = value[0]
    if not isinstance(value, str) and not _is_number(value):
        return None
    match = _YEAR.search(str(value)[:100])
    is_date = match is not None and (isinstance(value, str) or float(match[0]) == value)
    return int(match[0]) if match and is_date else None


def arxiv_year(text: str) -> int | None:
    """The year of an arXiv number, 1706.03762 or hep-th/9901001; None for any other text."""
    match = _ARXIV_NUMBER.fullmatch(text)
    if match is None:
        return None
    short = int(match[1] or match[2])
    return short + (1900 if short > 90 else 2000)


def url(value: object) -> str | None:
    """An http or https address, the first of a list: no other scheme may become a link."""
    if isinstance(value, list):
        return next((found for item in value if isinstance(item, str) and (found := url(item))), None)
    text = value.strip() if isinstance(value, str) else ""
    if not re.fullmatch(r"https?://[^\s<>\"\x00-\x1f\x7f-\x9f\ud800-\udfff]+", text, re.IGNORECASE):
        return None
    try:
        return text if urlsplit(text).hostname else None
    except ValueError:
        return None


def keywords(value: object) -> tuple[str, ...]:
    """The keywords of a list, or of a string with ";" or "," between them, or spaces if they are arXiv's."""
    if isinstance(value, str):
        text = clean(value)
        divider = ";" if ";" in text else "," if "," in text or "." not in text else " "
        value = text.split(divider) if divider != " " or _ARXIV_CATEGORIES.fullmatch(text) else [text]
    if not isinstance(value, list):
        return ()
    words = (line(item) for item in value)
    return tuple(dict.fromkeys(word for word in words if word))


def sessions(value: object) -> tuple[Session, ...]:
    """The appearances in a list of {"type", "start", "end"}; () if one of them is anything else."""
    if not isinstance(value, list) or not all(isinstance(item, Mapping) and "type" in item for item in value):
        return ()
    return tuple(
        Session(line(item["type"]), line(item.get("start")) or None, line(item.get("end")) or None)
        for item in value
    )


def json_safe(value: Any, depth: int = 0) -> Any:
    """The value as JSON can hold it in UTF-8: no lone surrogates, no NaN, not nested without end."""
    if isinstance(value, str):
        return valid(value)
    if isinstance(value, float):
        return value if math.isfinite(value) else str(value)
    if value is None or isinstance(value, bool | int):
        return value
    if depth >= DEEPEST:
        return "(nested too deep)"
    if isinstance(value, Mapping):
        return {valid(str(key)): json_safe(item, depth + 1) for key, item in value.items()}
    if isinstance(value, list | tuple):
        return [json_safe(item, depth + 1) for item in value]
    return valid(str(value))


def _is_number(value: object) -> bool:
    if isinstance(value, bool) or not isinstance(value, int | float):
        return False
    # Python refuses to print longer ones.
    return math.isfinite(value) if isinstance(value, float) else value.bit_length() < 4096
