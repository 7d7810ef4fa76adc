"""The manifest: what it promises, and the one moment at which it is replaced."""

import json
import re
from dataclasses import asdict, replace
from pathlib import Path
from typing import Any

import pytest

from papersearch import manifest as manifests
from papersearch.errors import IndexUnusable
from papersearch.manifest import Manifest, RerankerCard, SearchCard
from tests import tiny


def generation(index: Path, name: str) -> Manifest:
    """A generation of two files, and the manifest that names it."""
    home = index / "generations" / name
    (home / "words").mkdir(parents=True)
    (home / "papers.sqlite").write_bytes(b"12345")
    (home / "words" / "part").write_bytes(b"123")
    files = manifests.sizes(home)
    return Manifest(name, "2024-01-01T00:00:00+00:00", "papersearch 0", 2, 1, 0.0025, tiny.card(), files)


@pytest.fixture
def index(tmp_path: Path) -> Path:
    """An index folder with the generation "one" in it."""
    manifests.commit(tmp_path, generation(tmp_path, "one"))
    return tmp_path


def rewrite(index: Path, **changes: Any) -> None:
    path = index / "manifest.json"
    path.write_text(json.dumps({**json.loads(path.read_text()), **changes}))


def unreadable(index: Path) -> str:
    with pytest.raises(IndexUnusable) as raised:
        manifests.read(index)
    return str(raised.value)


def test_a_committed_manifest_is_read_back(index: Path) -> None:
    assert manifests.read(index) == replace(generation(index, "two"), generation="one")


def test_the_file_says_how_the_index_was_made(index: Path) -> None:
    data = json.loads((index / "manifest.json").read_text())
    assert data["encoder"] == asdict(tiny.card())
    assert (data["format"], data["papers"], data["step"]) == (3, 2, 0.0025)
    assert data["files"] == {"papers.sqlite": 5, "words/part": 3}


def test_a_reranker_is_read_back_and_one_is_not_needed(index: Path) -> None:
    card = RerankerCard("cross", "sha", 512)
    manifests.commit(index, replace(manifests.read(index), reranker=card))
    assert manifests.read(index).reranker == card
    data = json.loads((index / "manifest.json").read_text())
    del data["reranker"]  # as indexes had it before there were any
    (index / "manifest.json").write_text(json.dumps(data))
    assert manifests.read(index).reranker is None


def test_how_it_is_searched_is_read_back_and_an_older_index_is_searched_exactly(index: Path) -> None:
    card = SearchCard("clusters", 1000, 447, 30, 0.991, 0.93)
    manifests.commit(index, replace(manifests.read(index), search=card))
    assert manifests.read(index).search == card
    data = json.loads((index / "manifest.json").read_text())
    del data["search"]
    (index / "manifest.json").write_text(json.dumps(data))
    assert manifests.read(index).search == SearchCard("exact", 0, 0, 0, 1.0, 1.0)


def test_a_generation_has_its_own_folder(index: Path) -> None:
    assert manifests.read(index).folder(index) == index / "generations" / "one"


def test_hidden_files_belong_to_no_generation(index: Path) -> None:
    home = index / "generations" / "one"
    (home / "words" / ".lock").touch()
    assert manifests.sizes(home) == {"papers.sqlite": 5, "words/part": 3}


def test_the_last_commit_counts(index: Path) -> None:
    manifests.commit(index, generation(index, "two"))
    assert manifests.read(index).generation == "two"


@pytest.mark.parametrize("step", ["write_text", "replace"])
def test_a_commit_that_fails_leaves_the_old_generation(
    index: Path, monkeypatch: pytest.MonkeyPatch, step: str
) -> None:
    newer = generation(index, "two")

    def fail(*_: object) -> None:
        raise OSError("disk full")

    monkeypatch.setattr(Path, step, fail)
    with pytest.raises(OSError, match="disk full"):
        manifests.commit(index, newer)
    monkeypatch.undo()
    assert manifests.read(index).generation == "one"


def test_a_half_written_manifest_of_a_crash_is_overlooked(index: Path) -> None:
    (index / "manifest.json.new").write_text('{"generation": "tw')
    assert manifests.read(index).generation == "one"
    manifests.commit(index, generation(index, "two"))
    assert manifests.read(index).generation == "two"


@pytest.mark.parametrize("made", [True, False])
def test_a_folder_without_an_index_says_how_to_make_one(tmp_path: Path, made: bool) -> None:
    folder = tmp_path if made else tmp_path / "nowhere"
    assert unreadable(folder) == (
        f"{folder}: no index here; make one with: papersearch index SOURCE --index {folder}"
    )


@pytest.mark.parametrize("content", [b"", b"{", b"[]", b"3", b"null", b"{}", b"\xff\xfe", b"\0" * 100])
def test_a_damaged_manifest_is_named(index: Path, content: bytes) -> None:
    path = index / "manifest.json"
    path.write_bytes(content)
    message = unreadable(index)
    assert message.startswith(f"{path}: not readable (")
    assert message.endswith("); build the index again")


@pytest.mark.parametrize("version", [1, 2, 4, 0, "3", None])
def test_another_version_of_the_format_is_refused(index: Path, version: object) -> None:
    rewrite(index, format=version)
    assert unreadable(index) == (
        f"{index}/manifest.json: format {version}, this program reads format 3; "
        "build the index again, or install the version of Papersearch that made it"
    )


@pytest.mark.parametrize(
    "changes",
    [
        {"colour": "blue"},
        {"encoder": {}},
        {"encoder": []},
        {"encoder": None},
        {"reranker": {}},
        {"reranker": 3},
        {"search": 3},
        {"search": {"speed": 1}},
    ],
)
def test_fields_that_do_not_fit_are_refused(index: Path, changes: dict[str, Any]) -> None:
    rewrite(index, **changes)
    assert unreadable(index).startswith(f"{index}/manifest.json: fields are missing or unknown (")


def test_a_manifest_without_the_step_of_its_codes_is_refused(index: Path) -> None:
    path = index / "manifest.json"
    data = json.loads(path.read_text())
    del data["step"]
    path.write_text(json.dumps(data))
    assert re.search(
        r": fields are missing or unknown \(.*'step'\); build the index again$", unreadable(index)
    )


def test_files_as_they_were_written_pass_the_check(index: Path) -> None:
    manifests.check_files(index, manifests.read(index))


@pytest.mark.parametrize(
    ("name", "content", "state"),
    [
        ("papers.sqlite", None, "missing"),
        ("papers.sqlite", b"1234", "4 bytes instead of 5"),
        ("words/part", b"", "0 bytes instead of 3"),
        ("words/part", None, "missing"),
    ],
)
def test_a_file_of_another_size_is_named(index: Path, name: str, content: bytes | None, state: str) -> None:
    path = index / "generations" / "one" / name
    path.unlink()
    if content is not None:
        path.write_bytes(content)
    with pytest.raises(IndexUnusable) as raised:
        manifests.check_files(index, manifests.read(index))
    assert str(raised.value) == f"{path}: {state}; copy the index folder again, or build it again"
