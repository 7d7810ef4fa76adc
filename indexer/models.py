"""The models of a new generation: taken over from one that has them, or exported anew."""

import shutil
from collections.abc import Sequence
from pathlib import Path

from indexer import model, model_files
from indexer.checkpoint import Stopped, encoder_sha256
from indexer.exporting import exported
from indexer.known import Known, of_index, of_stopped
from indexer.progress import Progress
from indexer.quantise import ENOUGH_PAPERS, SAMPLE
from papersearch import manifest as manifests
from papersearch.manifest import EncoderCard, Manifest, RerankerCard
from papersearch.store import Store


def encoder(
    index: Path,
    old: Manifest | None,
    stopped: Sequence[Stopped],
    asked: str | None,
    home: Path,
    progress: Progress,
) -> tuple[EncoderCard, list[Known]]:
    """Put the encoder into the new generation, and say which papers are known to it already.

    The old generation's, if it still suits an update; or that of a stopped build, the first of these that
    suits, best first; or a fresh export.
    """
    target = home / manifests.ENCODER
    store = Store(home / manifests.PAPERS)
    papers = len(store)
    step = max(1, papers // SAMPLE)
    texts = [paper.text for paper in store.papers(range(0, papers, step)[:SAMPLE])]
    store.close()
    name = asked or (old.encoder.model if old else model_files.DEFAULT)
    # Grown to where int8 pays, an index gets another encoder.
    if old and not old.papers < ENOUGH_PAPERS <= papers and _is_same(asked, old.encoder.model_sha256):
        before = old.folder(index)
        shutil.copytree(before / manifests.ENCODER, target)
        sha256 = encoder_sha256(before)
        same = [each for each in stopped if each.encoder == sha256]
        return old.encoder, [of_index(index, old), *_going_on(same, progress)]
    same = [
        each
        for each in stopped
        if (each.papers >= ENOUGH_PAPERS) == (papers >= ENOUGH_PAPERS)
        and _is_same(name, each.card.model_sha256)
    ]
    if same:
        shutil.copytree(same[0].home / manifests.ENCODER, target)
        return same[0].card, _going_on(same, progress)
    if stopped:
        progress.say("A stopped build had embedded papers with another encoder; they are not used")
    int8 = papers >= ENOUGH_PAPERS
    progress.say(
        f"Exporting the model {name}" + (" and calibrating it in int8 on the papers" if int8 else "")
    )
    card = exported(name, target, texts, int8=int8)
    if int8 and card.precision != "int8":
        progress.say(f"{name} cannot be calibrated in int8; in float32 it takes twice as long")
    return card, []


def reranker(
    index: Path, old: Manifest | None, asked: str | None, home: Path, progress: Progress
) -> RerankerCard | None:
    """Put a reranker into the new generation: the old one's, if it still suits, or a fresh export."""
    kept = old.reranker if old else None
    target = home / manifests.RERANKER
    if old and kept and _is_same(asked, kept.model_sha256, "cross-encoder"):
        shutil.copytree(old.folder(index) / manifests.RERANKER, target)
        return kept
    if asked is None:
        return None
    progress.say(f"Exporting the reranker {asked}")
    store = Store(home / manifests.PAPERS)
    papers = store.papers(range(min(8, len(store))))
    store.close()
    return model.export_reranker(asked, target, [(paper.title, paper.text) for paper in papers])


def _going_on(stopped: Sequence[Stopped], progress: Progress) -> list[Known]:
    if not stopped:
        return []
    progress.say(f"Going on from a build that was stopped; it had embedded {stopped[0].done:,} papers")
    return [of_stopped(stopped[0])]


def _is_same(asked: str | None, sha256: str, organisation: str = "sentence-transformers") -> bool:
    """Whether nothing else is asked for; the files of what there is may be long gone."""
    return asked is None or sha256 == model_files.fingerprint(model_files.locate(asked, organisation))
