"""The index that is being served: loaded off the event loop, replaced when the manifest changes."""

import logging
import threading
from collections.abc import Callable
from pathlib import Path

from api.batching import Batching
from api.metrics import Metrics
from papersearch import manifest as manifests
from papersearch.errors import PapersearchError
from papersearch.index import Index

EVERY = 2.0
"""Seconds between looks at the manifest."""
log = logging.getLogger("papersearch")


class NotReady(PapersearchError):
    """The index is still being loaded, or could not be."""


class Live:
    """Holds the current index. A request keeps the one it began with until it is done."""

    def __init__(self, folder: Path, metrics: Metrics) -> None:
        self._folder, self._metrics = folder, metrics
        self._index: Index | None = None
        self._failure = ""
        self._wake, self._stop = threading.Event(), threading.Event()
        self.settled = threading.Event()
        """Set when the first load has worked or failed."""

    @property
    def index(self) -> Index:
        """The index to answer from. Raises NotReady until the first one has answered a query."""
        if self._index is None:
            raise NotReady(self._failure or "the index is being loaded; try again in a second")
        return self._index

    def start(self, ready: Callable[[int], None], failed: Callable[[str], None]) -> None:
        """Load in the background and watch from then on.

        `ready` is told the number of papers when the first load is done, `failed` each reason why it is not.
        """
        threading.Thread(target=self._watch, args=(ready, failed), name="reload", daemon=True).start()

    def stop(self) -> None:
        """End the watching."""
        self._stop.set()
        self._wake.set()

    def look(self) -> None:
        """Look at the manifest now rather than at the next turn (SIGHUP)."""
        self._wake.set()

    def _watch(self, ready: Callable[[int], None], failed: Callable[[str], None]) -> None:
        while not self._stop.is_set():
            wanted = ""
            try:
                wanted = manifests.read(self._folder).generation
                first = self._index is None
                if first or wanted != self.index.manifest.generation:
                    self._load()
                    if first:
                        ready(len(self.index))
            except Exception as error:  # a bad new generation must not end the service of the good old one
                if wanted and self._newer_than(wanted):
                    continue  # two builds in a row may remove a generation while it is being opened
                self._report(error, failed)
            self.settled.set()
            self._wake.wait(EVERY)
            self._wake.clear()

    def _newer_than(self, generation: str) -> bool:
        try:
            return manifests.read(self._folder).generation != generation
        except PapersearchError:
            return False

    def _report(self, error: Exception, failed: Callable[[str], None]) -> None:
        if str(error) == self._failure:  # once, not every two seconds
            return
        self._failure = str(error)
        self._metrics.reload_failures.inc()
        if self._index is None:
            failed(self._failure)
        else:
            log.error("%s", self._failure)

    def _load(self) -> None:
        index = Index.open(self._folder, lambda encoder: Batching(encoder, self._metrics.batch.observe))
        index.warm()
        self._index, self._failure = index, ""
        self._metrics.serves(index.manifest)
        log.info("serving generation %s: %d papers", index.manifest.generation, len(index))
