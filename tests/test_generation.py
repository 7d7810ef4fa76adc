"""A generation's parts, opened together."""

import json
import shutil
from collections.abc import Callable
from pathlib import Path

import pytest

from papersearch import manifest as manifests
from papersearch.errors import IndexUnusable
from papersearch.generation import Generation
from papersearch.latent import NOWHERE
from tests.conftest import PAPERS


def test_every_part_holds_the_same_papers(tiny_index_folder: Path) -> None:
    parts = Generation.open(tiny_index_folder, manifests.read(tiny_index_folder))
    counts = {len(each) for each in (parts.store, parts.vectors, parts.words, parts.sentences, parts.latent)}
    assert counts == {parts.manifest.papers} == {len(PAPERS)}
    assert parts.home == parts.manifest.folder(tiny_index_folder)
    assert [paper.id for paper in parts.store] == [paper.id for paper in PAPERS]


def test_the_sentences_of_another_index_are_refused(
    tmp_path: Path, tiny_index_folder: Path, make_index: Callable[..., Path]
) -> None:
    folder = shutil.copytree(tiny_index_folder, tmp_path / "copy")
    other = make_index(PAPERS[:2], name="other")
    home = manifests.read(folder).folder(folder) / manifests.SENTENCES
    shutil.rmtree(home)
    shutil.copytree(manifests.read(other).folder(other) / manifests.SENTENCES, home)
    with pytest.raises(IndexUnusable, match=r"codes\.i8: 192 bytes instead of 576; copy the index folder"):
        Generation.open(folder, manifests.read(folder))


def test_an_index_made_before_there_was_a_latent_space_opens_and_answers_without(
    tmp_path: Path, tiny_index_folder: Path
) -> None:
    folder = shutil.copytree(tiny_index_folder, tmp_path / "copy")
    path, data = folder / "manifest.json", json.loads((folder / "manifest.json").read_text())
    shutil.rmtree(manifests.read(folder).folder(folder) / manifests.LATENT)
    data["files"] = {name: size for name, size in data["files"].items() if not name.startswith("latent/")}
    path.write_text(json.dumps(data))
    parts = Generation.open(folder, manifests.read(folder))
    assert (len(parts.latent), parts.latent.projection("congestion")) == (len(PAPERS), NOWHERE)


def test_the_latent_space_of_another_index_is_refused(tmp_path: Path, tiny_index_folder: Path) -> None:
    folder = shutil.copytree(tiny_index_folder, tmp_path / "copy")
    path = manifests.read(folder).folder(folder) / manifests.LATENT / "papers.npy"
    rows = str(len(PAPERS)).encode()
    path.write_bytes(path.read_bytes().replace(b"(" + rows + b",", b"(" + b"9" * len(rows) + b","))
    with pytest.raises(IndexUnusable, match=r"and 9+ places in the latent space; build the index again"):
        Generation.open(folder, manifests.read(folder))
