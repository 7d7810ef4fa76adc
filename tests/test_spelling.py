"""Spelling against a small vocabulary: what is mended, what is left, how a vocabulary is written."""

import json
from collections.abc import Mapping, Set
from dataclasses import replace
from pathlib import Path

import pytest
from hypothesis import given
from hypothesis import strategies as st

from papersearch.errors import IndexUnusable
from papersearch.spelling import Spelling, write
from papersearch.vocabulary import Vocabulary, lines
from tests.conftest import PAPERS

COUNTS = {
    **{"tree": 9, "adams": 3, "graph": 50, "paper": 40, "super": 5, "multi": 3},
    **{"neural": 4000, "nueral": 1, "reward": 8, "search": 30, "wizard": 0, "regard": 6, "fiesta": 1},
    **{"reinforced": 2, "attention": 9000, "attantion": 2, "optimizer": 20, "diffusion": 8, "infusion": 0},
    **{"compiler": 12, "training": 70, "reinforcement": 31, "superoptimizer": 4, "cohesive": 6, "train": 5},
}


def spelling(counts: Mapping[str, int], trusted: Set[str] = frozenset()) -> Spelling:
    return Spelling(Vocabulary(lines(counts, trusted)))


SPELLING = spelling(COUNTS, {"infusion", "wizard", "super"})


@pytest.mark.parametrize(
    ("typed", "read"),
    [
        ("superoptimzer", "superoptimizer"),
        ("reinforcment", "reinforcement"),
        ("rienforcment", "reinforcement"),
        ("comiler", "compiler"),
        ("compliers", "compiler"),
        ("trainning", "training"),
        ("gprah", "gprah"),
        ("garph", "graph"),
        ("rgaph", "graph"),
        ("raph", "raph"),
        ("Serach for Grpah", "Search for Graph"),
        ("GRPAH SERACH", "GRAPH SEARCH"),
        ("adms", "adms"),
        ("Adamz", "Adams"),
        ("tree-serach", "tree-search"),
        ("recard", "reward"),
        ("ggraph", "graph"),
    ],
)
def test_an_unknown_word_becomes_the_nearest_known_one(typed: str, read: str) -> None:
    assert SPELLING.corrected(typed) == read


@pytest.mark.parametrize(
    "text",
    [
        "",
        "reinforcement graph",
        "Ädams",
        "graphs",
        "trained",
        "optimizers",
        "cohesion",
        "multigraph",
        "papertraining",
        "infusion",
        "wizardd",
        "GraphX",
        "gr4ph",
        "https://example.org/serach",
        "foo_serach",
        "serach.py",
        "kgraph",
        "深層学習学習",
        "深層学習学習深層学習学習深層学習学習深層学習学習",
        "grapg" * 7,
    ],
)
def test_what_is_no_slip_stays_as_it_is(text: str) -> None:
    assert SPELLING.corrected(text) == text


def test_a_slip_that_the_papers_make_too_gives_way_to_a_word_a_thousand_times_commoner() -> None:
    assert SPELLING.corrected("nueral attantion") == "neural attention"
    assert SPELLING.corrected("fiesta reinforced") == "fiesta reinforced"


def test_a_word_of_a_single_paper_counts_as_further_away() -> None:
    counts = {"backends": 1, "backbones": 5}
    assert spelling(counts).corrected("backneds") == "backends"
    assert spelling({"networs": 1, "networks": 5, "networking": 7}).corrected("netwroks") == "networks"


@given(st.text() | st.lists(st.sampled_from([*COUNTS, "serach", "x"])).map(" ".join))
def test_any_text_is_read_and_what_was_read_is_read_as_it_is(text: str) -> None:
    read = SPELLING.corrected(text)
    assert len(read.split()) == len(text.split())
    assert SPELLING.corrected(read) == read


def tokenizer(path: Path, vocabulary: object) -> Path:
    path.write_text(json.dumps({"model": {"vocab": vocabulary}}), "utf-8")
    return path


def test_a_vocabulary_counts_papers_and_marks_what_the_encoder_knows(tmp_path: Path) -> None:
    paper = replace(PAPERS[1], title="Trees, trees", abstract="Zoë in 2d trees.", keywords=(), venue="ICML")
    words = tokenizer(tmp_path / "tokenizer.json", {"[UNK]": 0, "trees": 1, "##ing": 2, "woods": 3})
    write(tmp_path / "vocabulary.txt", [paper, paper], words)
    assert (tmp_path / "vocabulary.txt").read_text("utf-8").splitlines() == [
        "unk +0",
        "zoe 2",
        "icml 2",
        "ryan 2",
        "adams 2",
        "trees +2",
        "woods +0",
    ]
    assert Spelling.load(tmp_path / "vocabulary.txt").corrected("treees wodos") == "trees wodos"


@pytest.mark.parametrize("mark", ["Ġ", "▁"])
def test_of_a_tokenizer_that_marks_beginnings_only_these_are_words(tmp_path: Path, mark: str) -> None:
    begun = [f"{mark}word{letter}" for letter in "abcdefghijklm"]
    vocabulary = [[entry, -1.0] for entry in [*begun, "tail"]]
    write(tmp_path / "vocabulary.txt", [], tokenizer(tmp_path / "tokenizer.json", vocabulary))
    assert (tmp_path / "vocabulary.txt").read_text("utf-8").split()[::2] == [word[1:] for word in begun]


@pytest.mark.parametrize("content", [None, b"word", b"word many", b"\xff\xff 1"])
def test_a_damaged_vocabulary_is_named(tmp_path: Path, content: bytes | None) -> None:
    path = tmp_path / "vocabulary.txt"
    if content is not None:
        path.write_bytes(content)
    with pytest.raises(IndexUnusable, match=f"^{path}: not readable .*; build the index again$"):
        Spelling.load(path)
