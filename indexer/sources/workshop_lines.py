"""The lines of a workshop's schedule page: times, bars, ends of entries, and texts without their buttons."""

import re
from collections.abc import Iterable, Iterator
from dataclasses import dataclass
from typing import Literal

_CLOCK = r"(?:[^\W\d_]+\.?,? |\d{1,2},? ){0,4}\d{1,2}:\d{2}(?: ?[AaPp]\.?[Mm]\.?)?(?: [A-Z]{2,4})?"
TIME = re.compile(rf"(?P<start>{_CLOCK})(?:\s*(?:[-–—]|to)\s*(?P<end>{_CLOCK}))?")
_NO_TIME = ("-", "–", "—")
_BUTTON = re.compile(r"\b(?:link|SlidesLive Video|Video|Poster|Slides) ?»$")
LONGEST_BUTTON = 30
_BARE_BUTTON = re.compile(r"link|SlidesLive Video|»|>|Schedule|Timezone:.*")


@dataclass(frozen=True, slots=True)
class Line:
    """A line and what it does: "end" is the mark 🔗 that closes an entry, "bar" divides an entry's cells."""

    kind: Literal["time", "bar", "end", "text"]
    text: str
    number: int


def page_lines(page: Iterable[str]) -> list[Line]:
    """The lines that say something, in order; "link »" and its like are gone. Never raises."""
    lines = [line for number, raw in enumerate(page, 1) for line in _read(raw, number)]
    return [_settle_time(lines, index) for index in range(len(lines))]


def _read(raw: str, number: int) -> Iterator[Line]:
    text = " ".join(raw.strip("\ufeff").split())
    marked = "🔗" in text
    if marked:
        # Bars beside a mark divide cells, as in "link » | 🔗 |"; elsewhere in a text they are its author's.
        text = text.replace("🔗", "").strip("| ")
    if text and not text.strip("| "):
        yield Line("bar", text, number)
        return
    said = _without_buttons(text)
    if said:
        yield Line("text", said, number)
    # A mark beside a button stands before the abstract, and ends nothing.
    if marked and said == text:
        yield Line("end", "", number)


def _without_buttons(text: str) -> str:
    # Only at the end: a search of the whole of a long line for each of its buttons would take minutes.
    while button := _BUTTON.search(text, max(0, len(text) - LONGEST_BUTTON)):
        text = text[: button.start()].rstrip("| ")
    return "" if _BARE_BUTTON.fullmatch(text) else text


def _settle_time(lines: list[Line], index: int) -> Line:
    """The line at this place, as a time if it is one; a dash beside a bar says that an entry has no time."""
    line = lines[index]
    if line.kind != "text":
        return line
    text = line.text.strip("| ")
    time = TIME.fullmatch(text)
    if time and time["end"]:
        return Line("time", text, line.number)
    # A dash or a single hour might also be a line of an abstract.
    neighbours = lines[max(index - 1, 0) : index] + lines[index + 1 : index + 2]
    apart = index == 0 or any(neighbour.kind in ("bar", "end") for neighbour in neighbours)
    if apart and (time or text in _NO_TIME):
        return Line("time", text if time else "", line.number)
    return line
