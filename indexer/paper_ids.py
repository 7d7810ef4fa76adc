"""Ids that last: the source's own, made fit for an address, or one made from the title."""

import hashlib
import re
import unicodedata

from indexer.plain_text import valid

LONGEST_ID = 512
LONGEST_SLUG = 80


def safe_id(given: str) -> str:
    """The id as it may stand in an address, "" if nothing is left of it. Never raises.

    A paper's addresses are /papers/{id} and /papers/{id}/related: so white space and control characters
    become "-", as do the segments that an address would swallow ("", "." and ".."), and "related" at the
    end becomes "-related".
    """
    text = re.sub(r"[\s\x00-\x1f\x7f-\x9f]+", "-", valid(given).strip())
    if not text.strip("-"):
        return ""
    *segments, last = ("-" if segment in ("", ".", "..") else segment for segment in text.split("/"))
    text = "/".join([*segments, "-related" if last == "related" else last])
    return text if len(text) <= LONGEST_ID else f"{text[: LONGEST_ID - 13]}-{_hash(text, 12)}"


def title_id(title: str) -> str:
    """An id from the title's words: equal titles get equal ids, whatever their case. Never raises."""
    letters = unicodedata.normalize("NFKD", title.casefold())
    words = re.findall(r"[a-z0-9]+", letters.encode("ascii", "ignore").decode())
    slug = "-".join(words)
    if not slug:
        return _hash(title.casefold(), 12)
    # Where letters were lost ("α", "深") or cut off, the hash keeps two titles apart.
    lost = any(letter.isalpha() and not letter.isascii() for letter in letters)
    if lost or len(slug) > LONGEST_SLUG:
        slug = f"{slug[:LONGEST_SLUG].rstrip('-')}-{_hash(title.casefold(), 8)}"
    return safe_id(slug)


def _hash(text: str, digits: int) -> str:
    return hashlib.sha256(valid(text).encode()).hexdigest()[:digits]
