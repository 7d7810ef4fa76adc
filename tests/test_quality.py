"""The table of the quality benchmark."""

from pathlib import Path

from benchmarks.quality import collections, mean, table

QUALITIES = {"one": {"hybrid": 50.0, "keyword": 40.04}, "two": {"hybrid": 60.0, "keyword": 30.0}}


def test_the_table_has_a_column_a_collection_and_the_mean() -> None:
    assert mean(QUALITIES, "hybrid") == 55.0
    assert table(QUALITIES).splitlines() == [
        "| nDCG@10 | one | two | mean |",
        "|---|---|---|---|",
        "| hybrid | 50.0 | 60.0 | 55.0 |",
        "| keyword | 40.0 | 30.0 | 35.0 |",
    ]


def test_a_collection_is_a_folder_with_judgements(tmp_path: Path) -> None:
    for name in ("b", "a", "other"):
        (tmp_path / name).mkdir()
    for name in ("a", "b"):
        (tmp_path / name / "qrels.tsv").write_text("")
    assert collections(tmp_path) == [tmp_path / "a", tmp_path / "b"]
