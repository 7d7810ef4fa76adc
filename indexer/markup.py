"""Texts out of web pages and journals' XML (HTML, JATS) without their tags and entities.

Only tags that do nothing but dress a text are taken away, and only where they come in pairs: "a<b and c>d"
and "<script>" are what they say.
"""

import html
import re

_INLINE = "a|b|bold|em|font|i|italic|sc|small|span|strong|sub|sup|tt|u"
_APART = "br|div|h[1-6]|label|li|list|list-item|ol|p|sec|title|ul"
_PAIRED = re.compile(rf"</(?:jats:)?(?:{_INLINE}|{_APART})\s*>|<br\s*/?>", re.IGNORECASE)
_DRESSING = re.compile(rf"</?(?:jats:)?(?:{_INLINE})(?:\s[^<>]*)?/?>", re.IGNORECASE)
_BREAK = re.compile(rf"</?(?:jats:)?(?:{_APART})(?:\s[^<>]*)?/?>", re.IGNORECASE)
_HEADING = re.compile(r"<((?:jats:)?title)>\s*(?:abstract|summary)\s*</\1>", re.IGNORECASE)
_ENTITY = re.compile(r"(?<!\\)&(?:[a-z]{2,8}|#\d{1,6}|#x[0-9a-f]{1,6});", re.IGNORECASE)


def bare(text: str) -> str:
    """The text as a reader sees it. Never raises."""
    if "<" in text and _PAIRED.search(text):
        text = _BREAK.sub(" ", _DRESSING.sub("", _HEADING.sub("", text)))
    return _ENTITY.sub(lambda entity: html.unescape(entity[0]), text) if "&" in text else text
