import gzip
import json
import lzma
from pathlib import Path

import pytest
from hypothesis import given
from hypothesis import strategies as st

from indexer.sources.detect import FORMATS, read_source
from indexer.sources.record import Record, Reject
from papersearch.errors import SourceUnusable

PAPER = {"id": "1", "title": "Kites", "abstract": "We fly."}
LINE = json.dumps(PAPER)
SCHEDULE = "-\n|\nKites\n(Poster)\nlink »\nWe fly.\n|\nBo Li · Cy Ng\n🔗\n"


def entries(folder: Path, content: str | bytes, format_name: str = "auto") -> list[Record | Reject]:
    path = folder / "data.xyz"
    path.write_bytes(content if isinstance(content, bytes) else content.encode())
    return list(read_source(path, format_name))


@pytest.mark.parametrize(
    "content",
    [
        LINE,
        f"\n  {LINE}\n{LINE}\n",
        f'{{"id": broken\n{LINE}\n',
        f"[{LINE}]",
        f"\n[\n  {LINE}\n]",
        json.dumps({"papers": [PAPER]}),
        json.dumps({"papers": [PAPER]}, indent=2),
        json.dumps(PAPER, indent=2),
        json.dumps(PAPER | {"authors": [{"name": "Bo Li"}]}),
        "id,title,abstract\n1,Kites,We fly.",
        '"id","Title","Abstract"\r\n"1","Kites","We fly."\r\n',
        "id;title;abstract\n1;Kites;We fly.",
        "id\ttitle\tabstract\n1\tKites\tWe fly.",
        "Paper ID,Paper Title,Abstract\n1,Kites,We fly.",
        "@article{1, title={Kites}, abstract={We fly.}}",
        "% Kites\n\n@Article{1,\n  title = {Kites},\n  abstract = {We fly.}\n}\n",
        "TY  - JOUR\nTI  - Kites\nAB  - We fly.\nER  - \n",
        SCHEDULE,
        "Timezone: »\n" + SCHEDULE.replace("link »\n", "link » | 🔗 |\n"),
    ],
)
def test_the_format_is_told_from_the_content(tmp_path: Path, content: str) -> None:
    plain = entries(tmp_path, content)
    assert any("Kites" in entry.fields.values() for entry in plain if isinstance(entry, Record))
    for packed in (
        gzip.compress(content.encode()),
        lzma.compress(content.encode()),
        content.encode("utf-8-sig"),
        content.encode("utf-16"),
    ):
        assert entries(tmp_path, packed) == plain


def test_a_first_line_longer_than_what_is_looked_at(tmp_path: Path) -> None:
    long = PAPER | {"abstract": "word " * 50_000}
    assert entries(tmp_path, f"{json.dumps(long)}\n{LINE}") == [
        Record(long, "line 1"),
        Record(PAPER, "line 2"),
    ]
    assert entries(tmp_path, json.dumps({"papers": [long, PAPER]}))[1] == Record(PAPER, "entry 2")


def test_the_flag_overrides(tmp_path: Path) -> None:
    assert entries(tmp_path, "1,2\n3,4", "csv") == [Record({"1": "3", "2": "4"}, "line 2")]


@pytest.mark.parametrize(
    "content", ["Once upon a time.", "<html><body>x</body></html>", "@someone {x} y", "a,b\n1,2"]
)
def test_an_unknown_format_lists_the_known_ones(tmp_path: Path, content: str) -> None:
    with pytest.raises(
        SourceUnusable,
        match="if it is one of jsonl, json, csv, tsv, bibtex, ris, workshop, say so with --format",
    ):
        entries(tmp_path, content)


def test_a_format_that_does_not_exist_is_refused_before_the_file_is_opened() -> None:
    with pytest.raises(
        SourceUnusable,
        match="no format 'doc': --format takes auto, jsonl, json, csv, tsv, bibtex, ris, workshop",
    ):
        read_source(Path("nowhere"), "doc")


def test_a_reader_s_refusal_names_the_file(tmp_path: Path) -> None:
    with pytest.raises(SourceUnusable, match=r"data\.xyz: not a JSON document"):
        entries(tmp_path, '[{"id": 1}')


@given(content=st.text() | st.text('{}[]",:\t\n|🔗 title'), format_name=st.sampled_from(["auto", *FORMATS]))
def test_any_text_is_read_or_refused(
    tmp_path_factory: pytest.TempPathFactory, content: str, format_name: str
) -> None:
    try:
        read = entries(tmp_path_factory.getbasetemp(), content.encode("utf-8", "replace"), format_name)
        assert all(entry.where for entry in read)
    except SourceUnusable as error:
        assert "data.xyz" in str(error)  # noqa: PT017  # either outcome is right
