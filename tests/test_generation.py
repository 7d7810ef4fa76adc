"""A generation's parts, opened together."""

import shutil
from collections.abc import Callable
from pathlib import Path

import pytest

from papersearch import manifest as manifests
from papersearch.errors import IndexUnusable
from papersearch.generation import Generation
from tests.conftest import PAPERS


def test_every_part_holds_the_same_papers(tiny_index_folder: Path) -> None:
    parts = Generation.open(tiny_index_folder, manifests.read(tiny_index_folder))
    counts = {len(each) for each in (parts.store, parts.vectors, parts.words, parts.sentences)}
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
