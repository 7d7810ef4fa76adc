"""The index that is being served: loaded off the event loop, replaced when the manifest changes."""

import gc
import logging
import threading
from collections.abc import Callable
from pathlib import Path
from typing import TYPE_CHECKING

from api.metrics import Metrics
from papersearch import manifest as manifests
from papersearch.errors import PapersearchError

if TYPE_CHECKING:
    from papersearch.index import Index

log = logging.getLogger("papersearch")
EVERY = 2.0
"""Seconds between looks at the manifest."""
ENDING = 10.0
"""Seconds that loading may still take when the service is to end."""


class NotReady(PapersearchError):
    """The index is still being loaded, or could not be."""


class Live:
    """Holds the current index. A request keeps the one it began with until it is done."""

    def __init__(
        self,
        folder: Path,
        ready: Callable[[int], None] = lambda papers: None,
        failed: Callable[[str], None] = log.error,
    ) -> None:
        """`ready` is told the number of papers when the first load is done, `failed` each reason why not."""
        self.metrics = Metrics()
        self._folder, self._ready, self._failed = folder, ready, failed
        self._index: Index | None = None
        self._failure = ""
        self._watching: threading.Thread | None = None
        self._wake, self._stop = threading.Event(), threading.Event()
        self.settled = threading.Event()
        """Set when the first load has worked or failed."""

    @property
    def index(self) -> "Index":
        """The index to answer from. Raises NotReady until the first one has answered a query."""
        if self._index is None:
            raise NotReady(self._failure or "the index is being loaded; try again in a second")
        return self._index

    def start(self) -> None:
        """Load in the background and watch from then on. Said twice, it is done once."""
        if self._watching is None:
            self._watching = threading.Thread(target=self._watch, name="reload", daemon=True)
            self._watching.start()

    def stop(self) -> None:
        """End the watching."""
        self._stop.set()
        self._wake.set()
        # What is being loaded is waited for: a process that ends within a library's own code may crash.
        if self._watching is not None:
            self._watching.join(ENDING)

    def look(self) -> None:
        """Look at the manifest now rather than at the next turn (SIGHUP)."""
        self._wake.set()

    def _watch(self) -> None:
        while not self._stop.is_set():
            wanted = ""
            try:
                wanted = manifests.read(self._folder).generation
                first = self._index is None
                if first or wanted != self.index.manifest.generation:
                    self._load()
                    if first:
                        self._ready(len(self.index))
                    self.index.read_ahead()
            except Exception as error:  # a bad new generation must not end the service of the good old one
                if wanted and self._newer_than(wanted):
                    continue  # two builds in a row may remove a generation while it is being opened
                self._report(error)
            self.settled.set()
            self._wake.wait(EVERY)
            self._wake.clear()

    def _newer_than(self, generation: str) -> bool:
        try:
            return manifests.read(self._folder).generation != generation
        except PapersearchError:
            return False

    def _report(self, error: Exception) -> None:
        if str(error) == self._failure:  # once, not every two seconds
            return
        self._failure = str(error)
        self.metrics.reload_failures.inc()
        if self._index is None:
            self._failed(self._failure)
        else:
            log.error("%s", self._failure)

    def _load(self) -> None:
        # Not at the head of this file: the server has things of its own to import while this goes on.
        from papersearch.index import Index

        index = Index.open(self._folder)
        index.warm()
        # What lives now lives on. Going through all of it for garbage, again and again, delays answers.
        gc.unfreeze()
        gc.collect()
        gc.freeze()
        self._index, self._failure = index, ""
        self.metrics.serves(index.manifest)
        log.info("serving generation %s: %d papers", index.manifest.generation, len(index))
