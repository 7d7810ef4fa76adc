"""Blocks: entries of several lines, by the line that begins each."""

import io
import re

import pytest
from hypothesis import given
from hypothesis import strategies as st

from indexer.sources import blocks as module
from indexer.sources.blocks import blocks

BEGINS = re.compile("#")


def test_a_block_goes_up_to_the_next_one() -> None:
    found = list(blocks(io.StringIO("before\n#a\n1\n2\n#b\n#c\n3"), BEGINS))
    assert found == [(2, ["#a\n", "1\n", "2\n"]), (5, ["#b\n"]), (6, ["#c\n", "3"])]


def test_of_a_block_without_end_only_so_many_lines_are_held(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(module, "LONGEST", 2)
    assert list(blocks(io.StringIO("#a\n1\n2\n3\n#b\n"), BEGINS)) == [(1, ["#a\n", "1\n"]), (5, ["#b\n"])]


@given(st.lists(st.sampled_from(["#x\n", "y\n", "\n"])))
def test_from_the_first_block_on_no_line_is_lost(lines: list[str]) -> None:
    found = list(blocks(io.StringIO("".join(lines)), BEGINS))
    first = next((place for place, line in enumerate(lines) if line.startswith("#")), len(lines))
    assert [line for _, block in found for line in block] == lines[first:]
    assert all(lines[number - 1] == block[0] for number, block in found)
