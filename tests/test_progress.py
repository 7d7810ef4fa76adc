"""Progress: what is drawn on a terminal, and silence everywhere else."""

import io
import sys

import pytest

from indexer.progress import Progress


class Screen(io.StringIO):
    """Standard error, on a terminal or not."""

    def __init__(self, patch: pytest.MonkeyPatch, *, terminal: bool = True) -> None:
        super().__init__()
        self.terminal = terminal
        patch.setattr(sys, "stderr", self)

    def isatty(self) -> bool:
        return self.terminal


def work(progress: Progress) -> list[str]:
    """Everything that a build does with it."""
    progress.say("Exporting the model")
    with progress.bar("Reading", None) as bar:
        bar.reach(3)
        bar.reach(17)
    with progress.bar("Writing words", 2) as bar:
        return list(bar.count(["a", "b"]))


def test_a_bar_ends_at_what_was_reached(monkeypatch: pytest.MonkeyPatch) -> None:
    screen = Screen(monkeypatch)
    with Progress().bar("Embedding", 40) as bar:
        bar.reach(10)
        bar.reach(40)
    assert "Embedding: 100%" in screen.getvalue()
    assert "40/40" in screen.getvalue()


def test_a_bar_shows_the_rate_of_papers(monkeypatch: pytest.MonkeyPatch) -> None:
    screen = Screen(monkeypatch)
    with Progress().bar("Embedding", 40) as bar:
        bar.reach(40)
    assert " papers/s" in screen.getvalue()


def test_counting_advances_by_each_item(monkeypatch: pytest.MonkeyPatch) -> None:
    screen = Screen(monkeypatch)
    assert work(Progress()) == ["a", "b"]
    assert "Writing words: 100%" in screen.getvalue()


def test_without_a_total_the_bar_counts(monkeypatch: pytest.MonkeyPatch) -> None:
    screen = Screen(monkeypatch)
    work(Progress())
    assert "Reading: 17 papers" in screen.getvalue()


def test_a_line_is_said(monkeypatch: pytest.MonkeyPatch) -> None:
    screen = Screen(monkeypatch)
    work(Progress())
    assert "Exporting the model\n" in screen.getvalue()


def test_quiet_is_silent(monkeypatch: pytest.MonkeyPatch) -> None:
    screen = Screen(monkeypatch)
    assert work(Progress(quiet=True)) == ["a", "b"]
    assert screen.getvalue() == ""


def test_no_terminal_sees_nothing(monkeypatch: pytest.MonkeyPatch) -> None:
    screen = Screen(monkeypatch, terminal=False)
    assert work(Progress()) == ["a", "b"]
    assert screen.getvalue() == ""
