"""Reading ahead: every byte of a file is asked for, and none where memory is short."""

import os
from pathlib import Path

import pytest

from papersearch import read_ahead as module
from papersearch.read_ahead import STEP, available, read_ahead

Asked = list[tuple[int, int]]


@pytest.fixture
def asked(monkeypatch: pytest.MonkeyPatch) -> Asked:
    """What the system is asked for, start and size."""
    found: Asked = []
    monkeypatch.setattr(os, "posix_fadvise", lambda file, start, size, how: found.append((start, size)))
    return found


@pytest.fixture
def path(tmp_path: Path) -> Path:
    """A file of two steps and a byte."""
    (tmp_path / "file").write_bytes(bytes(2 * STEP + 1))
    return tmp_path / "file"


def test_all_of_a_file_is_asked_for(asked: Asked, path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(module, "available", lambda: 12 * STEP)
    read_ahead([path, path.with_name("gone")])
    assert asked == [(0, STEP), (STEP, STEP), (2 * STEP, STEP)]


def test_where_memory_is_short_nothing_is(asked: Asked, path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(module, "available", lambda: 8 * STEP)
    read_ahead([path])
    assert asked == []


def test_where_it_cannot_be_asked_nothing_happens(path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.delattr(os, "posix_fadvise")
    read_ahead([path])


def test_a_container_s_limit_counts(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(module, "_LIMIT", tmp_path / "memory.max")
    assert available() > 1_000_000
    (tmp_path / "memory.max").write_text("max\n")
    assert available() > 1_000_000
    (tmp_path / "memory.max").write_text("4096\n")
    assert available() == 4096
