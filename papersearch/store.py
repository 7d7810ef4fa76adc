"""The papers of one generation in SQLite: records by row and by id, filters and facets.

The file is plain SQLite (table `papers`, one record a row), so anyone can open it without this program.
"""

# ruff: noqa: S608  (the only text put into SQL is this file's own constants; values are always bound)

import json
import sqlite3
import sys
from collections.abc import Iterable, Iterator, Sequence
from functools import partial, reduce
from pathlib import Path
from typing import Any

import numpy as np
from numpy.typing import NDArray

from papersearch import tables
from papersearch.errors import IndexUnusable, PaperUnknown
from papersearch.filters import Filters, is_called, name_words
from papersearch.known_items import Name, names, title_key
from papersearch.paper import Paper
from papersearch.paper_record import COLUMNS, to_paper, to_record
from papersearch.text import fold

Rows = NDArray[np.int64]
"""Positions of papers in one generation, counted from 0."""

_CHOSEN = "row IN (SELECT value FROM json_each(?))"
_FACETS = {
    "year": f"SELECT year, count(*) FROM papers WHERE {_CHOSEN} AND year IS NOT NULL "
    "GROUP BY year ORDER BY year DESC LIMIT ?",
    "venue": f"SELECT venue, count(*) FROM papers WHERE {_CHOSEN} AND venue IS NOT NULL "
    "GROUP BY venue ORDER BY count(*) DESC, venue LIMIT ?",
    # Two authors of one paper may have the same name.
    "author": "SELECT name.value, count(DISTINCT row) AS papers FROM papers, json_each(authors) AS name "
    f"WHERE {_CHOSEN} GROUP BY name.value ORDER BY papers DESC, name.value LIMIT ?",
}


class Store:
    """The papers of a finished generation, read-only and safe to read from many threads."""

    def __init__(self, path: Path) -> None:
        """Open a store. Raises IndexUnusable if the file is missing or no finished store."""
        try:
            # immutable: the file never changes once its generation is committed, so SQLite takes no locks.
            # mode=ro: a missing file is an error; without it SQLite would make an empty one.
            uri = f"{path.absolute().as_uri()}?mode=ro&immutable=1"
            # From Python 3.12 on two threads may get the same kept statement at the same time.
            kept = 0 if sys.version_info >= (3, 12) else 100
            self._connection = sqlite3.connect(uri, uri=True, check_same_thread=False, cached_statements=kept)
            ask = self._connection.execute
            self._count = int(ask("SELECT max(row) + 1 FROM papers").fetchone()[0] or 0)
            ask("SELECT 1 FROM names LIMIT 1")
            # An older index has no such table, and its names the words among their keys.
            if not ask("SELECT 1 FROM sqlite_master WHERE name = 'name_words'").fetchone():
                ask(f"CREATE TEMP {tables.NAME_WORDS}")
        except sqlite3.Error as error:
            raise IndexUnusable(
                f"{path}: no readable paper store ({error}); build the index again"
            ) from error

    def __len__(self) -> int:
        return self._count

    def __iter__(self) -> Iterator[Paper]:
        """Every paper in the order of rows, a slice at a time in memory."""
        for start in range(0, len(self), 1024):
            yield from self.papers(range(start, min(start + 1024, len(self))))

    def close(self) -> None:
        """Close the file; reads fail from then on."""
        self._connection.close()

    def papers(self, rows: Sequence[int] | Rows) -> list[Paper]:
        """The papers at these rows, in the order asked for."""
        sql = f"SELECT row, {COLUMNS} FROM papers WHERE {_CHOSEN}"
        found = self._connection.execute(sql, (_row_list(rows),))
        by_row = {record[0]: to_paper(record[1:]) for record in found}
        return [by_row[int(row)] for row in rows]

    def row(self, paper_id: str) -> int:
        """The row of a paper. Raises PaperUnknown."""
        name = paper_id.encode("utf-8", "replace").decode()  # half of a surrogate pair is in no id
        record = self._connection.execute("SELECT row FROM papers WHERE id = ?", (name,)).fetchone()
        if record is None:
            raise PaperUnknown(f"no paper has the id {name!r} in this index")
        return int(record[0])

    def matching(self, filters: Filters) -> Rows | None:
        """The rows, ascending, that satisfy the filters; None when nothing is filtered."""
        found: list[Rows] = []
        if filters.year_from is not None or filters.year_to is not None:
            years = filters.year_from or 0, 9999 if filters.year_to is None else filters.year_to
            found.append(self._rows("SELECT row FROM papers WHERE year BETWEEN ? AND ?", years))
        for kind, name in (("venue", filters.venue), ("author", filters.author)):
            if fold(name or ""):
                found.append(self._called(kind, name or ""))
        return reduce(partial(np.intersect1d, assume_unique=True), found) if found else None

    def _called(self, kind: str, name: str) -> Rows:
        """The rows, ascending, of the papers with an author, or a venue, whom this name may mean."""
        words = name_words(name)
        # The first ten leave few names, and SQLite takes no more than 500.
        known = ([word for word in words if len(word) > 1] or words)[:10]
        sql = " INTERSECT ".join(["SELECT key FROM name_words WHERE kind = ? AND word = ?"] * len(known))
        found = self._connection.execute(sql, [part for word in known for part in (kind, word)])
        keys = json.dumps([fold(name), *(key for (key,) in found if is_called(key, words))])
        sql = "SELECT DISTINCT row FROM names WHERE kind = ? AND key IN (SELECT value FROM json_each(?))"
        return self._rows(sql, (kind, keys))

    def _rows(self, sql: str, values: Sequence[int | str]) -> Rows:
        """The rows, ascending, that a query selects."""
        # As one text: a tuple of Python's for each row takes three times as long.
        (found,) = self._connection.execute(f"SELECT group_concat(row) FROM ({sql})", values).fetchone()
        rows = np.fromstring(found, np.int64, sep=",") if found else np.empty(0, np.int64)
        return np.sort(rows, kind="stable")

    def named(self, wanted: Iterable[Name]) -> Rows:
        """The rows, ascending, of the papers that go by any of these names."""
        pairs = sorted(wanted)
        sql = " UNION ".join(["SELECT row FROM names WHERE kind = ? AND key = ?"] * len(pairs))
        # Half of a surrogate pair is in no name.
        values = [part.encode("utf-8", "replace").decode() for pair in pairs for part in pair]
        found = self._connection.execute(sql, values) if pairs else ()
        return np.array(sorted(row for (row,) in found), np.int64)

    def beginning(self, title: str, limit: int) -> Rows:
        """The rows of papers whose titles begin with these letters and digits, in the order of the titles."""
        key = title_key(title)
        sql = "SELECT row FROM names WHERE kind = 'title' AND key >= ? AND key < ? ORDER BY key LIMIT ?"
        found = self._connection.execute(sql, (key, key + "\U0010ffff", limit)) if key else ()
        return np.array([row for (row,) in found], np.int64)

    def newest(self, rows: Rows | None, limit: int) -> Rows:
        """Of these rows (None: of all) the newest papers, those of one year in the order of their rows."""
        among = "" if rows is None else f"WHERE {_CHOSEN}"
        sql = f"SELECT row FROM papers {among} ORDER BY year DESC, row LIMIT ?"
        found = self._connection.execute(sql, (limit,) if rows is None else (_row_list(rows), limit))
        return np.fromiter((record[0] for record in found), dtype=np.int64)

    def facets(self, rows: Rows, limit: int = 20) -> dict[str, list[tuple[str | int, int]]]:
        """Counts over exactly these rows: years newest first, venues and authors by number of papers."""
        values = (_row_list(rows), limit)
        return {name: self._connection.execute(sql, values).fetchall() for name, sql in _FACETS.items()}

    def rows_by_hash(self) -> dict[str, int]:
        """For every text in the store, by its hash, a row that has it."""
        return dict(self._connection.execute("SELECT text_hash, row FROM papers"))


class StoreWriter:
    """A new store, filled with `add` and `replace`; `finish` makes it durable and readable by Store.

    Raises OSError where the file cannot be written.
    """

    def __init__(self, path: Path) -> None:
        self._connection = sqlite3.connect(path, isolation_level=None, factory=_OnDisk)
        # The file counts only once the manifest names it: a crash before that may leave it half-written.
        self._connection.execute("PRAGMA journal_mode = OFF")
        self._connection.execute("PRAGMA synchronous = OFF")
        self._connection.execute("BEGIN")
        self._connection.execute(tables.PAPERS)
        self._connection.execute(tables.NAMES)
        self._connection.execute(f"CREATE {tables.NAME_WORDS}")
        self._count = self._noted = 0

    def __len__(self) -> int:
        return self._count

    def get(self, paper_id: str) -> Paper | None:
        """The paper written under this id so far."""
        sql = f"SELECT {COLUMNS} FROM papers WHERE id = ?"
        record = self._connection.execute(sql, (paper_id,)).fetchone()
        return to_paper(record) if record else None

    def note_titles(self) -> None:
        """Let `titled` find the papers written so far."""
        sql = "SELECT row, title FROM papers WHERE row >= ? ORDER BY row"
        found = self._connection.execute(sql, (self._noted,))
        self._fill("names", (("title", title_key(title), row) for row, title in found))
        self._noted = self._count

    def titled(self, title: str) -> list[Paper]:
        """The papers with the letters and digits of this title that were there at the last `note_titles`."""
        sql = f"SELECT {COLUMNS} FROM names JOIN papers USING (row) WHERE kind = 'title' AND key = ?"
        return list(map(to_paper, self._connection.execute(sql, (title_key(title),))))

    def add(self, paper: Paper) -> None:
        """Write a paper at the next row. Its id must be new: ask `get` first."""
        sql = "INSERT INTO papers VALUES (?,?,?,?,?,?,?,?,?,?,?,?)"
        self._connection.execute(sql, (self._count, *to_record(paper)))
        self._count += 1

    def replace(self, paper: Paper) -> None:
        """Write a fuller record over the one of the same id; its row stays."""
        assignments = ", ".join(f"{name.strip()} = ?" for name in (COLUMNS + ", text_hash").split(","))
        sql = f"UPDATE papers SET {assignments} WHERE id = ?"
        self._connection.execute(sql, (*to_record(paper), paper.id))

    def finish(self) -> None:
        """Write the names that filters and known items are looked up by, and close the file."""
        records = self._connection.execute(f"SELECT row, {COLUMNS} FROM papers ORDER BY row")
        self._fill("names", ((*key, row) for row, *record in records for key in _keys(to_paper(record))))
        sql = "SELECT DISTINCT kind, key FROM names WHERE kind IN ('author', 'venue')"
        found = self._connection.execute(sql)
        self._fill("name_words", ((kind, word, key) for kind, key in found for word in name_words(key)))
        self._connection.execute("CREATE INDEX papers_year ON papers (year)")
        self._connection.execute("COMMIT")
        self._connection.close()

    def _fill(self, table: str, lines: Iterable[tuple[str, str, int | str]]) -> None:
        # Sorted first: of a million papers, names put in as they come would touch the whole table for each.
        # What `note_titles` wrote is there already.
        self._connection.execute("CREATE TEMP TABLE unsorted (first, second, third)")
        self._connection.executemany("INSERT INTO unsorted VALUES (?,?,?)", lines)
        self._connection.execute(
            f"INSERT OR IGNORE INTO {table} SELECT DISTINCT * FROM unsorted ORDER BY 1, 2, 3"
        )
        self._connection.execute("DROP TABLE unsorted")


class _OnDisk(sqlite3.Connection):
    """A connection whose trouble with the disk is an OSError, like that of every other file."""

    def execute(self, *args: Any) -> sqlite3.Cursor:
        try:
            return super().execute(*args)
        except sqlite3.OperationalError as error:
            raise OSError(f"papers cannot be written ({error})") from error

    def executemany(self, *args: Any) -> sqlite3.Cursor:
        try:
            return super().executemany(*args)
        except sqlite3.OperationalError as error:
            raise OSError(f"papers cannot be written ({error})") from error


def _keys(paper: Paper) -> Iterator[Name]:
    yield from names(paper)
    for kind, whole in (("venue", [paper.venue or ""]), ("author", paper.authors)):
        yield from ((kind, key) for name in whole if (key := fold(name)))


def _row_list(rows: Sequence[int] | Rows) -> str:
    return json.dumps([int(row) for row in rows])
