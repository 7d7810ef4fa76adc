"""What a source gives: a record that may become a paper, or a reject that says why it cannot."""

from collections.abc import Callable, Iterator, Mapping
from dataclasses import dataclass
from typing import Any, TextIO


@dataclass(frozen=True, slots=True)
class Record:
    """Fields as the source has them, and where they stand in it ("line 12", "entry 3")."""

    fields: Mapping[str, Any]
    where: str


@dataclass(frozen=True, slots=True)
class Reject:
    """An entry that is no paper: where it stands, why, and all that was read of it."""

    where: str
    reason: str
    fields: Mapping[str, Any]


Read = Callable[[TextIO], Iterator[Record | Reject]]
"""Every source is one such function: decoded text in, records and rejects out, in the file's order."""
