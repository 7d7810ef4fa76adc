"""Build an index: a new generation beside the old one, made the one that counts at the very end.

    sources ─▶ collect ─▶ papers.sqlite ─▶ embed ─▶ vectors.faiss
                              └──────────────────▶ words/, latent/ ─▶ manifest.json (the commit)

Until the manifest is replaced, searching goes on in the old generation; whatever stops a build, Ctrl-C,
a full disk or a power cut, leaves the old one whole.
"""

import fcntl
import shutil
import time
import uuid
from collections.abc import Iterator, Sequence
from contextlib import contextmanager
from dataclasses import dataclass
from datetime import UTC, datetime
from pathlib import Path

from indexer import checkpoint, latent, models, search_kind
from indexer.checkpoint import Checkpoint, Stopped
from indexer.collect import Collected, collect
from indexer.cutoff import measure
from indexer.embed import Embedded, embed, embedders, load
from indexer.known import Known
from indexer.progress import Progress
from papersearch import __version__, spelling, vectors, words
from papersearch import manifest as manifests
from papersearch.acronyms import Acronyms
from papersearch.errors import IndexUnusable, SourceUnusable
from papersearch.manifest import Manifest, SearchCard
from papersearch.ranking import Background
from papersearch.store import Store, StoreWriter
from papersearch.vectors import Vectors


@dataclass(frozen=True, slots=True)
class Built:
    """What a build came to: the manifest that now counts, and the counts of the way there.

    anew: why an update could take nothing over, if so it was.
    """

    manifest: Manifest
    collected: Collected
    embedded: Embedded
    seconds: float
    report: Path
    anew: str | None = None


def build(
    sources: Sequence[Path],
    index: Path,
    *,
    format: str = "auto",  # noqa: A002
    model_name: str | None = None,
    reranker_name: str | None = None,
    update: bool = False,
    progress: Progress,
) -> Built:
    """Index these files, and make the result what `index` serves from now on.

    update: take over the vectors of papers whose text did not change, and by default the model and the
    reranker too. What the sources no longer hold is dropped either way.
    reranker_name: a cross-encoder that puts the best hits in order anew; by default there is none.
    Raises SourceUnusable, ModelUnusable, or IndexUnusable if another build is running there.
    """
    started = time.monotonic()
    index.mkdir(parents=True, exist_ok=True)
    with _only_builder(index):
        before, unusable = _old_generation(index)
        old = before if update else None
        if update and unusable:
            names = manifests.models(index)
            model_name, reranker_name = model_name or names[0], reranker_name or names[1]
        name = f"{datetime.now(UTC):%Y%m%dT%H%M%SZ}-{uuid.uuid4().hex[:6]}"
        home = index / "generations" / name
        stopped = _stopped(index, before, progress)
        kept: Checkpoint | None = None
        try:
            home.mkdir(parents=True)
            collected = _papers(sources, format, home, progress)
            card, known = models.encoder(index, old, stopped, model_name, home, progress)
            reranker = models.reranker(index, old, reranker_name, home, progress)
            kept = Checkpoint(home, card, collected.papers)
            embedded, search = _vectors(home, kept, known, progress)
            _words(home, progress)
            manifest = Manifest(
                generation=name,
                created=datetime.now(UTC).isoformat(timespec="seconds"),
                software=f"papersearch {__version__}",
                papers=collected.papers,
                rejects=collected.rejects,
                step=embedded.step,
                encoder=card,
                files=manifests.sizes(home),
                reranker=reranker,
                search=search,
            )
            manifests.commit(index, manifest)
        except BaseException:
            # Ctrl-C may come when the manifest already names this generation: then it stays.
            if not _is_committed(index, name):
                if kept and kept.rows:
                    progress.say(f"{kept.rows:,} papers are embedded; the next build goes on from there")
                else:
                    shutil.rmtree(home, ignore_errors=True)
            raise
        kept.remove()
        _prune(index, keep={name, *([before.generation] if before else [])})
    anew = unusable if update else None
    return Built(manifest, collected, embedded, time.monotonic() - started, home / manifests.REJECTS, anew)


def _papers(sources: Sequence[Path], format: str, home: Path, progress: Progress) -> Collected:  # noqa: A002
    writer = StoreWriter(home / manifests.PAPERS)
    counts = Collected()
    with (
        (home / manifests.REJECTS).open("w", encoding="utf-8") as report,
        progress.bar("Reading", None) as bar,
    ):
        for counts in collect(sources, format, writer, report):
            bar.reach(counts.papers)
        writer.finish()
    if not counts.papers:
        reasons = ", ".join(f"{count} × {reason}" for reason, count in counts.reasons.most_common(3))
        raise SourceUnusable(
            f"{', '.join(map(str, sources))}: no papers in there ({reasons or 'no entries at all'}); "
            "a paper has at least a title and an abstract"
        )
    return counts


def _vectors(
    home: Path, kept: Checkpoint, known: Sequence[Known], progress: Progress
) -> tuple[Embedded, SearchCard]:
    store = Store(home / manifests.PAPERS)
    encoders = embedders(home / manifests.ENCODER, kept.card)
    counts = Embedded()
    with progress.bar("Embedding", len(store)) as bar:
        for counts in embed(store, encoders, home, known, kept):
            bar.reach(counts.done)
    matrix = load(home)
    path = home / manifests.VECTORS
    vectors.write(path, matrix, counts.step)
    search = search_kind.choose(path, matrix, counts.step, store, encoders[0], progress)
    cutoff = measure(encoders[0], Vectors(path, counts.step, search))
    Background.of(matrix, cutoff).save(home / manifests.BACKGROUND)
    store.close()
    return counts, search


def _words(home: Path, progress: Progress) -> None:
    store = Store(home / manifests.PAPERS)
    folder = home / manifests.WORDS
    folder.mkdir()
    with progress.bar("Writing words", len(store)) as bar:
        words.write(folder, bar.count(store))
    latent.write(home / manifests.LATENT, store, progress)
    Acronyms.of(paper.text for paper in store).save(home / manifests.ACRONYMS)
    spelling.write(home / manifests.VOCABULARY, store, home / manifests.ENCODER / "tokenizer.json")
    store.close()


def _old_generation(index: Path) -> tuple[Manifest | None, str | None]:
    """The generation that counts now; or None, and why it cannot be built on if there is one."""
    if not (index / "manifest.json").exists():
        return None, None
    try:
        manifest = manifests.read(index)
        manifests.check_files(index, manifest)
    except IndexUnusable as error:
        return None, str(error)
    return manifest, None


def _stopped(index: Path, before: Manifest | None, progress: Progress) -> list[Stopped]:
    """What builds that were stopped have embedded, the most first; of one encoder only the most is kept."""
    found: list[Stopped] = []
    for folder in (index / "generations").glob("*"):
        if (before and folder.name == before.generation) or not checkpoint.is_left(folder):
            continue
        if each := checkpoint.stopped(folder):
            found.append(each)
        else:
            progress.say(
                f"{folder}: what a stopped build had embedded is damaged, or of an older version: not used"
            )
    found.sort(key=lambda each: -each.done)
    best = {each.encoder: each for each in reversed(found)}
    for each in found:
        if best[each.encoder] is not each:
            shutil.rmtree(each.home, ignore_errors=True)
    return [each for each in found if best[each.encoder] is each]


def _is_committed(index: Path, generation: str) -> bool:
    try:
        return manifests.read(index).generation == generation
    except IndexUnusable:
        return False


def _prune(index: Path, keep: set[str]) -> None:
    """Remove older and half-written generations. The one before stays for readers that still hold it."""
    for folder in (index / "generations").iterdir():
        if folder.name not in keep:
            shutil.rmtree(folder, ignore_errors=True)


@contextmanager
def _only_builder(index: Path) -> Iterator[None]:
    """Hold the lock that keeps a second build out; it ends with the process, however that ends."""
    with (index / ".lock").open("w") as lock:
        try:
            fcntl.flock(lock, fcntl.LOCK_EX | fcntl.LOCK_NB)
        except BlockingIOError as error:
            raise IndexUnusable(f"{index}: another build is writing here; wait for it to end") from error
        yield
