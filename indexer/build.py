"""Build an index: a new generation beside the old one, made the one that counts at the very end.

    sources ─▶ collect ─▶ papers.sqlite ─▶ embed ─▶ vectors.faiss
                              └──────────────────▶ words/          ─▶ manifest.json (the commit)

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

from indexer import model, model_files, search_kind
from indexer.collect import Collected, collect
from indexer.cutoff import measure
from indexer.embed import Embedded, Known, embed, load
from indexer.progress import Progress
from indexer.quantise import ENOUGH_PAPERS, SAMPLE, quantise
from papersearch import __version__, spelling, vectors, words
from papersearch import manifest as manifests
from papersearch.acronyms import Acronyms
from papersearch.encoder import ExportedEncoder
from papersearch.errors import IndexUnusable, SourceUnusable
from papersearch.manifest import EncoderCard, Manifest, RerankerCard, SearchCard
from papersearch.ranking import Background
from papersearch.sentences import Sentences
from papersearch.store import Store, StoreWriter
from papersearch.vectors import Vectors


@dataclass(frozen=True, slots=True)
class Built:
    """What a build came to: the manifest that now counts, and the counts of the way there."""

    manifest: Manifest
    collected: Collected
    embedded: Embedded
    seconds: float
    report: Path


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
        before = _old_generation(index)
        old = before if update else None
        name = f"{datetime.now(UTC):%Y%m%dT%H%M%SZ}-{uuid.uuid4().hex[:6]}"
        home = index / "generations" / name
        try:
            home.mkdir(parents=True)
            collected = _papers(sources, format, home, progress)
            card, known = _encoder(index, old, model_name, home, progress)
            reranker = _reranker(index, old, reranker_name, home, progress)
            embedded, search = _vectors(home, card, known, progress)
            _words(home, progress)
            manifest = Manifest(
                generation=name,
                created=datetime.now(UTC).isoformat(timespec="seconds"),
                software=f"papersearch {__version__}",
                papers=collected.papers,
                rejects=collected.rejects,
                truncated=embedded.truncated,
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
                shutil.rmtree(home, ignore_errors=True)
            raise
        _prune(index, keep={name, *([before.generation] if before else [])})
    return Built(manifest, collected, embedded, time.monotonic() - started, home / manifests.REJECTS)


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


def _encoder(
    index: Path, old: Manifest | None, asked: str | None, home: Path, progress: Progress
) -> tuple[EncoderCard, Known | None]:
    """Put the encoder into the new generation: the old one's, if it still suits, or a fresh export."""
    target = home / manifests.ENCODER
    store = Store(home / manifests.PAPERS)
    if old is not None and _suits(old, asked, len(store)):
        store.close()
        before = old.folder(index)
        shutil.copytree(before / manifests.ENCODER, target)
        old_store = Store(before / manifests.PAPERS)
        known = Known(
            old_store.rows_by_hash(),
            Vectors(before / manifests.VECTORS, old.step),
            Sentences(before / manifests.SENTENCES, old.step, old.encoder.dimension),
        )
        old_store.close()
        return old.encoder, known
    name = asked or (old.encoder.model if old else model_files.DEFAULT)
    step = max(1, len(store) // SAMPLE)
    texts = [paper.text for paper in store.papers(range(0, len(store), step)[:SAMPLE])]
    progress.say(f"Exporting the model {name}")
    card = model.export(name, target, texts[:8])
    if len(store) >= ENOUGH_PAPERS:
        progress.say("Calibrating an int8 version of it on the papers (once; about a minute)")
        card = quantise(target, card, texts)
    store.close()
    return card, None


def _suits(old: Manifest, asked: str | None, papers: int) -> bool:
    """Whether an update goes on with the encoder that the index has; its model's files may be long gone."""
    if old.papers < ENOUGH_PAPERS <= papers:
        return False  # grown to where int8 pays
    return asked is None or old.encoder.model_sha256 == model_files.fingerprint(model_files.locate(asked))


def _reranker(
    index: Path, old: Manifest | None, asked: str | None, home: Path, progress: Progress
) -> RerankerCard | None:
    """Put a reranker into the new generation: the old one's, if it still suits, or a fresh export."""
    kept = old.reranker if old else None
    target = home / manifests.RERANKER
    if (
        old
        and kept
        and (
            asked is None
            or kept.model_sha256 == model_files.fingerprint(model_files.locate(asked, "cross-encoder"))
        )
    ):
        shutil.copytree(old.folder(index) / manifests.RERANKER, target)
        return kept
    if asked is None:
        return None
    progress.say(f"Exporting the reranker {asked}")
    store = Store(home / manifests.PAPERS)
    papers = store.papers(range(min(8, len(store))))
    store.close()
    return model.export_reranker(asked, target, [(paper.title, paper.text) for paper in papers])


def _vectors(
    home: Path, card: EncoderCard, known: Known | None, progress: Progress
) -> tuple[Embedded, SearchCard]:
    store = Store(home / manifests.PAPERS)
    encoder = ExportedEncoder(home / manifests.ENCODER, card)
    temporary = home / "vectors.npy"
    counts = Embedded()
    with progress.bar("Embedding", len(store)) as bar:
        for counts in embed(store, encoder, temporary, home / manifests.SENTENCES, known):
            bar.reach(counts.done)
    matrix = load(temporary)
    path = home / manifests.VECTORS
    vectors.write(path, matrix, counts.step)
    search = search_kind.choose(path, matrix, counts.step, store, encoder, progress)
    cutoff = measure(encoder, Vectors(path, counts.step, search))
    Background.of(matrix, cutoff).save(home / manifests.BACKGROUND)
    temporary.unlink()
    store.close()
    return counts, search


def _words(home: Path, progress: Progress) -> None:
    store = Store(home / manifests.PAPERS)
    folder = home / manifests.WORDS
    folder.mkdir()
    with progress.bar("Writing words", len(store)) as bar:
        words.write(folder, bar.count(store))
    Acronyms.of(paper.text for paper in store).save(home / manifests.ACRONYMS)
    spelling.write(home / manifests.VOCABULARY, store, home / manifests.ENCODER / "tokenizer.json")
    store.close()


def _old_generation(index: Path) -> Manifest | None:
    """The generation that counts now, or None if there is none that can be built on."""
    try:
        manifest = manifests.read(index)
        manifests.check_files(index, manifest)
    except IndexUnusable:
        return None
    return manifest


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
