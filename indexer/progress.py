"""Progress on the terminal: a bar with rate and time left, or nothing at all."""

import sys
from collections.abc import Iterable, Iterator
from contextlib import contextmanager
from typing import Any, TypeVar

from tqdm import tqdm

T = TypeVar("T")


class Bar:
    """A bar that is told how far the work has come."""

    def __init__(self, bar: "tqdm[Any]") -> None:
        self._bar = bar

    def reach(self, done: int) -> None:
        """The work has come to `done`."""
        self._bar.update(done - self._bar.n)

    def count(self, items: Iterable[T]) -> Iterator[T]:
        """Hand the items on, and advance by each."""
        for item in items:
            yield item
            self._bar.update()


class Progress:
    """Says on standard error what goes on; silent with quiet=True or where no terminal looks on."""

    def __init__(self, *, quiet: bool = False) -> None:
        self._silent = quiet or not sys.stderr.isatty()

    def say(self, line: str) -> None:
        """One line about what starts now."""
        if not self._silent:
            tqdm.write(line, file=sys.stderr)

    @contextmanager
    def bar(self, what: str, total: int | None) -> Iterator[Bar]:
        """A bar over `total` papers, or a counter where the total is not known."""
        options: Any = {"desc": what, "total": total, "unit": " papers", "disable": self._silent}
        with tqdm(**options, smoothing=0.1) as bar:
            yield Bar(bar)
