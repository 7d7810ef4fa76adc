"""The schedule page of a workshop, copied as text: the pages of the NeurIPS and ICML virtual sites.

An entry is a time, a title, a type in parentheses, an abstract, and authors between dots. Lines that hold
only "|" divide its cells, and "🔗" ends it. Any of these may be missing.
"""

import re
from collections.abc import Iterator
from itertools import pairwise
from typing import Any, TextIO

from indexer.sources.record import Record, Reject
from indexer.sources.workshop_lines import TIME, Line, page_lines

_TYPE = re.compile(r"\(\s*([^()]{1,80}?)\s*\)")
_DOTS = re.compile(r"\s*[·⋅∙•]\s*")
_NAME = re.compile(r"[^\W\d_]+(?:[ .'’-]+[^\W\d_]+){0,5}")

_NEVER_A_PAPER = re.compile(
    r"\b(invited|keynote|break|remarks?|opening|closing|panel|discussion|intro|introduction|welcome|social|"
    r"awards?|lunch|session|q&a)\b",
    re.IGNORECASE,
)
_PAPER = re.compile(r"\b(spotlight|poster|oral|paper|contributed|lightning)s?\b", re.IGNORECASE)
_TALK = re.compile(r"\b(talk|plenary|tutorial|demo|demonstration)s?\b", re.IGNORECASE)


def read(text: TextIO) -> Iterator[Record | Reject]:
    """A record for each paper on the programme, a reject for each talk, break or remark. Never raises."""
    lines = page_lines(text)
    timed = any(line.kind == "time" for line in lines)
    marked = any(line.kind == "end" for line in lines)
    starts, before = [], "end"
    for index, line in enumerate(lines):
        if _begins_entry(lines, index, before, timed, marked):
            starts.append(index)
        before = before if line.kind == "bar" else line.kind
    for start, end in pairwise([*starts, len(lines)]):
        yield _outcome(lines[start:end])


def _begins_entry(lines: list[Line], index: int, before: str, timed: bool, marked: bool) -> bool:
    """A time begins an entry; else the mark before it tells or, failing that, the type after its title."""
    if lines[index].kind != "text":
        return lines[index].kind == "time"
    titled = index + 1 < len(lines) and _is_known_type(lines[index + 1].text)
    if before == "end":
        return titled or not timed
    return titled and not timed and not marked


def _outcome(lines: list[Line]) -> Record | Reject:
    where = f"line {lines[0].number}"
    time = TIME.fullmatch(lines[0].text) if lines[0].kind == "time" else None
    title, kind, abstract, authors = _body([line for line in lines if line.kind != "time"])
    sessions = [{"type": kind, "start": time and time["start"], "end": time and time["end"]}]
    fields: dict[str, Any] = {"title": title, "abstract": abstract, "authors": authors, "sessions": sessions}
    if not kind and not time:
        del fields["sessions"]
    reason = _why_no_paper(title, kind, abstract, authors)
    return Reject(where, reason, fields) if reason else Record(fields, where)


def _why_no_paper(title: str, kind: str, abstract: str, authors: list[str]) -> str:
    is_paper = _PAPER.search(kind)
    is_talk = _TALK.search(kind) and not is_paper
    if is_talk and not abstract:
        return f"{kind} without an abstract"
    if is_talk or _NEVER_A_PAPER.search(kind):
        return f"{kind}, not a paper"
    if not (title and abstract):
        return "no abstract" if title else "no title"
    return "" if is_paper or authors else "neither a paper's type nor authors"


def _cells(lines: list[Line]) -> list[list[str]]:
    """The texts between the bars, without the empty cells."""
    cells: list[list[str]] = [[]]
    for line in lines:
        if line.kind == "bar":
            cells.append([])
        elif line.kind == "text":
            cells[-1].append(line.text)
    return [cell for cell in cells if cell]


def _body(lines: list[Line]) -> tuple[str, str, str, list[str]]:
    """Title, type, abstract and authors."""
    cells = _cells(lines)
    # What stands above a title with its type is the page's heading.
    first = next((number for number, cell in enumerate(cells) if _type_line(cell)), 0)
    if not cells[first:]:
        return "", "", "", []
    title, kind, rest = _heading(cells[first])
    cells = cells[first + 1 :]
    authors: list[str] = []
    if cells:
        authors = cells.pop()
    elif _ends_with_authors(rest, barred=any(line.kind == "bar" for line in lines)):
        authors = [rest.pop()]
    # A bar alone on a line of the abstract has cut it.
    abstract = "\n|\n".join("\n".join(cell) for cell in [rest, *cells] if cell)
    return title, kind, abstract, [name for name in _DOTS.split(" ".join(authors)) if name]


def _heading(cell: list[str]) -> tuple[str, str, list[str]]:
    """Title, type, and the lines below them."""
    if number := _type_line(cell):
        return " ".join(cell[:number]), _TYPE.sub(r"\1", cell[number]), cell[number + 1 :]
    # The type may stand on the title's own line: "Opening (Remarks)".
    title, parenthesis, last = cell[0].rpartition("(")
    if parenthesis and _is_known_type(parenthesis + last):
        return title.strip(), last.strip(") "), cell[1:]
    return cell[0], "", cell[1:]


def _type_line(cell: list[str]) -> int:
    """The number of the line with the type, below a title of one line or, rarely, two; 0 if none has."""
    if len(cell) > 1 and _TYPE.fullmatch(cell[1]):
        return 1
    return 2 if len(cell) > 2 and _is_known_type(cell[2]) else 0


def _is_known_type(text: str) -> bool:
    kind = _TYPE.fullmatch(text)
    return bool(kind and any(words.search(kind[1]) for words in (_NEVER_A_PAPER, _PAPER, _TALK)))


def _ends_with_authors(lines: list[str], barred: bool) -> bool:
    """Whether the last line names people: between dots or, on a page without bars, alone below a text."""
    names = _DOTS.split(lines[-1]) if lines else []
    if len(names) == 1 and (barred or len(lines) == 1 or not 2 <= len(names[0].split()) <= 4):
        return False
    return bool(names) and all(_NAME.fullmatch(name) and not name[0].islower() for name in names)
