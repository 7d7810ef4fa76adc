"""Evaluation on a tiny judged collection, whose figures can be told by hand."""

import gzip
import json
from pathlib import Path

import pytest

from indexer.evaluate import Evaluation, evaluate, table
from indexer.progress import Progress
from papersearch.errors import SourceUnusable

CORPUS = [
    {
        "_id": "d1",
        "title": "Ordering compiler passes",
        "text": "A policy learns the order of compiler passes.",
    },
    {
        "_id": "d2",
        "title": "Congestion control",
        "text": "The sender learns congestion control from packets.",
    },
    {"_id": "d3", "title": "Join order in databases", "text": "Databases order joins in queries."},
    {"_id": "d4", "title": "Kites that fly themselves", "text": ""},
]


def collection(folder: Path, queries: list[dict[str, str]], qrels: list[str]) -> Path:
    """Write a collection in the BEIR layout."""
    folder.mkdir()
    with gzip.open(folder / "corpus.jsonl.gz", "wt", encoding="utf-8") as file:
        file.writelines(json.dumps(document) + "\n" for document in CORPUS)
    (folder / "queries.jsonl").write_text("".join(json.dumps(query) + "\n" for query in queries))
    (folder / "qrels.tsv").write_text("query-id\tcorpus-id\tscore\n" + "".join(line + "\n" for line in qrels))
    return folder


def run(folder: Path) -> Evaluation:
    """Evaluate with the tiny model, in silence."""
    return evaluate(folder, model_name="tiny", progress=Progress(quiet=True))


def test_a_perfect_ranking_measures_one(tiny_models: None, tmp_path: Path) -> None:
    folder = collection(tmp_path / "perfect", [{"_id": "q", "text": "congestion control"}], ["q\td2\t1"])
    assert run(folder).modes["hybrid"] == {"nDCG@10": 1.0, "R@100": 1.0, "RR@10": 1.0}


def test_a_relevant_paper_on_the_second_place_measures_less(tiny_models: None, tmp_path: Path) -> None:
    queries = [{"_id": "q", "text": "congestion control congestion compiler"}]
    values = run(collection(tmp_path / "second", queries, ["q\td1\t1"])).modes["keyword"]
    assert values["RR@10"] == 0.5
    assert values["nDCG@10"] == pytest.approx(0.6309, abs=1e-4)  # 1 / log2(3)


def test_a_query_that_is_a_paper_does_not_find_itself(tiny_models: None, tmp_path: Path) -> None:
    own = {"_id": "q", "text": "Congestion control. The sender learns", "paper_id": "d2"}
    judged = ["q\td2\t1", "q\td1\t1"]
    left_out = run(collection(tmp_path / "own", [own], judged)).modes["semantic"]
    kept = run(collection(tmp_path / "all", [{"_id": "q", "text": own["text"]}], judged)).modes["semantic"]
    assert (left_out["R@100"], kept["R@100"]) == (0.5, 1.0)


def test_a_document_of_nothing_but_a_title_is_found(tiny_models: None, tmp_path: Path) -> None:
    evaluation = run(collection(tmp_path / "bare", [{"_id": "q", "text": "kites"}], ["q\td4\t1"]))
    assert evaluation.papers == 4
    assert evaluation.modes["keyword"]["RR@10"] == 1.0
    assert evaluation.modes["semantic"]["R@100"] == 1.0


def test_judgements_may_lie_in_a_folder_of_their_own_as_in_beir(tiny_models: None, tmp_path: Path) -> None:
    folder = collection(tmp_path / "beir", [{"_id": "q", "text": "congestion control"}], ["q\td2\t1"])
    (folder / "qrels").mkdir()
    (folder / "qrels.tsv").rename(folder / "qrels" / "test.tsv")
    assert run(folder).modes["hybrid"]["nDCG@10"] == 1.0
    (folder / "qrels" / "test.tsv").unlink()
    with pytest.raises(SourceUnusable, match=r"no qrels\.tsv or qrels/test\.tsv"):
        run(folder)


def test_queries_without_judgements_do_not_count(tiny_models: None, tmp_path: Path) -> None:
    queries = [{"_id": "q", "text": "congestion control"}, {"_id": "unjudged", "text": "databases"}]
    assert run(collection(tmp_path / "some", queries, ["q\td2\t1"])).queries == 1


def test_the_table_has_a_line_a_mode(tiny_models: None, tmp_path: Path) -> None:
    folder = collection(tmp_path / "mini", [{"_id": "q", "text": "congestion control"}], ["q\td2\t1"])
    lines = table(run(folder)).splitlines()
    assert lines[0] == "mini: 4 papers, 1 queries, tiny (float32)"
    assert lines[2].split() == ["hybrid", "100.0", "100.0", "100.0"]


@pytest.mark.parametrize(
    ("name", "content", "message"),
    [
        ("qrels.tsv", "q d2 1\n", r"qrels\.tsv line 1"),
        ("queries.jsonl", "[]\n", r"queries\.jsonl line 1"),
        ("queries.jsonl", '{"_id": "other", "text": "x"}\n', "no query"),
    ],
)
def test_a_bad_file_is_named(tmp_path: Path, name: str, content: str, message: str) -> None:
    folder = collection(tmp_path / "bad", [{"_id": "q", "text": "congestion"}], ["q\td2\t1"])
    (folder / name).write_text(content)
    with pytest.raises(SourceUnusable, match=message):
        run(folder)


def test_a_folder_without_a_corpus_is_named(tmp_path: Path) -> None:
    with pytest.raises(SourceUnusable, match=r"corpus\.jsonl"):
        run(tmp_path)


def test_documents_whose_ids_had_to_change_are_found_under_their_own(
    tiny_models: None, tmp_path: Path
) -> None:
    folder = collection(tmp_path / "odd", [{"_id": "q", "text": "congestion control"}], ["q\tdoc 2\t1"])
    with gzip.open(folder / "corpus.jsonl.gz", "wt", encoding="utf-8") as file:
        file.writelines(
            json.dumps({**document, "_id": f"doc {document['_id'][1]}"}) + "\n" for document in CORPUS
        )
    assert run(folder).modes["hybrid"]["RR@10"] == 1.0
