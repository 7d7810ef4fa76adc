"""CSV and TSV with a header line; fields may be quoted and hold line ends."""

import csv
from collections import deque
from collections.abc import Iterator
from typing import TextIO

from indexer.sources.record import Record, Reject

LONGEST_ROW, LONG_ROW = 2000, 50
"""Lines: an unclosed quote would otherwise take the rest of the file for one field. Each one halves how far
the next is looked for, down to LONG_ROW: of a file full of them every line would be read two thousand times.
"""


def read_csv(text: TextIO) -> Iterator[Record | Reject]:
    """A record for each row, by the header's names; the delimiter is a comma, or the header's semicolon."""
    lines = _Lines(text)
    header = lines.first()
    yield from _read(lines, header, ";" if header.count(";") > header.count(",") else ",")


def read_tsv(text: TextIO) -> Iterator[Record | Reject]:
    """A record for each row of a file delimited by tabs, by the header's names."""
    lines = _Lines(text)
    yield from _read(lines, lines.first(), "\t")


class _Lines:
    """A file's lines, with those of the current row in `row`, so that a row that went wrong can be undone."""

    def __init__(self, text: TextIO) -> None:
        self._text = text
        self._waiting: deque[str] = deque()
        self.row: list[str] = []
        self.unclosed = False  # whether the row went on to its end in search of a quotation mark
        self.begun = 1  # the number of the line at which the current row begins
        self._longest = LONGEST_ROW

    def first(self) -> str:
        """The header line, which stays to be read."""
        line = next((line for line in self._text if line.strip()), "").lstrip("\ufeff")
        self._waiting.append(line)
        return line

    def __iter__(self) -> Iterator[str]:
        return self

    def __next__(self) -> str:
        line = None
        if len(self.row) < self._longest:
            line = self._waiting.popleft() if self._waiting else next(self._text, None)
        if line is None:
            self.unclosed = bool(self.row)
            raise StopIteration
        self.row.append(line)
        return line

    def next_row(self) -> None:
        self.begun += len(self.row)
        self.row = []
        self.unclosed = False

    def give_back(self) -> None:
        """Undo the current row but for its first line."""
        if self.unclosed:
            self._longest = max(LONG_ROW, self._longest // 2)
        self._waiting.extendleft(reversed(self.row[1:]))
        del self.row[1:]


def _read(lines: _Lines, header: str, delimiter: str) -> Iterator[Record | Reject]:
    # The default limit of 128 KB is less than an abstract may be; 2**31 - 1 is what fits a C long anywhere.
    csv.field_size_limit(2**31 - 1)
    names = _names(_next_cells(lines, delimiter) or [])
    while True:
        lines.next_row()
        cells = _next_cells(lines, delimiter)
        if cells is None:
            return
        where = f"line {lines.begun}"
        if lines.unclosed or _went_wrong(lines.row, cells, len(names), delimiter):
            plain = lines.row[0].rstrip("\r\n").split(delimiter)
            if len(plain) != len(names) and len(lines.row) > 1:
                yield Reject(
                    where, "cells unlike the header; is a quote never closed?", {"line": lines.row[0]}
                )
                lines.give_back()
                continue
            if len(plain) == len(names):
                lines.give_back()
                cells = plain
        if any(cell.strip() for cell in cells):
            yield Record(_fields(names, cells), where)


def _next_cells(lines: _Lines, delimiter: str) -> list[str] | None:
    try:
        return next(csv.reader(lines, delimiter=delimiter), None)
    except csv.Error:  # a carriage return on its own, in text that wasn't split at them
        return lines.row[0].rstrip("\r\n").split(delimiter)


def _went_wrong(row: list[str], cells: list[str], columns: int, delimiter: str) -> bool:
    """Whether a stray quotation mark made one cell, or one row, of several."""
    if len(cells) != columns:
        return len(row) > 1 or '"' in row[0]
    # With commas one can't tell; a whole row of tabs inside a field is no accident.
    return delimiter == "\t" and any(line.count("\t") == columns - 1 > 0 for line in row[1:])


def _names(cells: list[str]) -> list[str]:
    names: list[str] = []
    for number, cell in enumerate(cells, 1):
        name = cell.strip() or f"column {number}"
        names.append(f"{name} {number}" if name in names else name)
    return names


def _fields(names: list[str], cells: list[str]) -> dict[str, str | list[str]]:
    fields: dict[str, str | list[str]] = dict(zip(names, cells, strict=False))
    if len(cells) > len(names):
        fields["more cells than the header"] = cells[len(names) :]
    return fields
