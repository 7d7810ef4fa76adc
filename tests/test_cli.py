"""The command `papersearch`: what it prints, what it refuses in one line, and its environment."""

import json
import os
import shutil
import signal
import subprocess
import sys
from collections.abc import Callable, Iterator
from dataclasses import dataclass
from pathlib import Path

import pytest

import cli
from indexer import search_kind
from papersearch import manifest as manifests
from papersearch.manifest import RerankerCard
from papersearch.paper import Paper
from tests.conftest import PAPERS, write_papers
from tests.service import PATIENCE, ROOT, command


@dataclass(frozen=True)
class Ended:
    """How a run of the command ended."""

    status: int
    out: str
    err: str


Run = Callable[..., Ended]


@pytest.fixture
def papersearch(
    monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str], tiny_models: None
) -> Run:
    """Run the command in this process: papersearch("search", "x", PAPERSEARCH_LIMIT="3")."""

    def run(*arguments: object, **environment: str) -> Ended:
        capsys.readouterr()
        status, said = 0, ""
        with monkeypatch.context() as patch:
            patch.setattr(sys, "argv", ["papersearch", *map(str, arguments)])
            for name, value in environment.items():
                patch.setenv(name, value)
            try:
                cli.main()
            except SystemExit as end:  # as the interpreter reads it: a text is said, and is status 1
                said = f"{end.code}\n" if isinstance(end.code, str) else ""
                status = 1 if said else int(end.code or 0)
        out, err = capsys.readouterr()
        return Ended(status, out, err + said)

    return run


@pytest.fixture
def source(tmp_path: Path) -> Path:
    """A file of the tiny papers."""
    return write_papers(tmp_path / "papers.jsonl", PAPERS)


def refused(ended: Ended) -> str:
    """The one line of a command that was refused."""
    assert ended.status == 1, ended
    assert ended.out == ""
    assert ended.err.startswith("papersearch: ")
    assert ended.err.count("\n") == 1, ended.err
    return ended.err


def titles(out: str) -> list[str]:
    """The titles in what `search` and `related` print for people."""
    lines = (line.partition(". ") for line in out.splitlines() if line[:3].strip().isdigit())
    return [rest.rpartition("  [")[0] for _, _, rest in lines]


# index


def test_index_says_what_it_made_and_search_finds_it(papersearch: Run, source: Path, tmp_path: Path) -> None:
    ended = papersearch("index", source, "--index", tmp_path / "made")
    assert ended.status == 0
    assert ended.err == ""
    assert ended.out.startswith("Indexed 6 papers in ")
    assert f"into {tmp_path}/made (all-MiniLM-L6-v2, float32; 6 embedded, 0 reused)." in ended.out
    assert titles(papersearch("search", "congestion control", "--index", tmp_path / "made").out)[0] == (
        "Congestion control that learns"
    )


def test_index_says_what_an_approximate_search_finds(
    papersearch: Run, source: Path, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    # Even six papers are many here, and finding few of the nearest is enough.
    few = {"LARGE": 1, "VERY_LARGE": 6, "DEPTH": 2, "PROMISED": 0.0, "AIMS": (0.0,), "PARTS": (1,)}
    for name, value in few.items():
        monkeypatch.setattr(search_kind, name, value)
    ended = papersearch("index", source, "--index", tmp_path / "made")
    card = manifests.read(tmp_path / "made").search
    assert (card.kind, card.sifted, card.clusters, card.probes) == ("clusters", 3, 2, 2)
    # A search for two papers finds one of the five others at least, of three queries.
    assert 0.2 <= card.recall_at_10 <= 0.4
    assert (
        f"Search is approximate: it finds {100 * card.recall_at_10:.1f} % of the ten nearest papers "
        f"({100 * card.recall_at_100:.1f} % of the hundred nearest; it looks at the 3 nearest by their signs "
        "in 2 of 2 clusters). With a filter it is exact."
    ) in ended.out
    assert titles(papersearch("search", "congestion control", "--index", tmp_path / "made").out)[0] == (
        "Congestion control that learns"
    )


def test_index_counts_what_was_merged_and_what_is_no_paper(
    papersearch: Run, source: Path, tmp_path: Path
) -> None:
    with source.open("a", encoding="utf-8") as file:
        file.write(PAPERS[0].to_json() + "\n")
        file.write('{"id": "empty", "title": "Nothing but a title"}\n')
    ended = papersearch("index", source, "--index", tmp_path / "made")
    assert ended.status == 0
    assert "Indexed 6 papers" in ended.out
    assert "Merged 1 further appearance of the same papers into them." in ended.out
    assert "Left out 1 entry (1 × no abstract); the list: " in ended.out
    report = Path(ended.out.rpartition("the list: ")[2].strip())
    (reject,) = [json.loads(line) for line in report.read_text("utf-8").splitlines()]
    assert reject["reason"] == "no abstract"
    assert reject["source"] == str(source)
    assert "8" in reject["where"]


def test_a_folder_that_is_no_reranker_is_refused(papersearch: Run, source: Path, tmp_path: Path) -> None:
    said = refused(papersearch("index", source, "--index", tmp_path / "made", "--reranker", tmp_path))
    assert said.startswith(f"papersearch: {tmp_path}: not a cross-encoder; ")
    assert not (tmp_path / "made" / "manifest.json").exists()


def test_index_says_which_reranker_reads_the_first_hits(
    papersearch: Run, source: Path, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    card = RerankerCard("cross", "sha-of-cross", 64)
    monkeypatch.setattr("indexer.model.export_reranker", lambda name, target, pairs: card)
    ended = papersearch("index", source, "--index", tmp_path / "made", PAPERSEARCH_RERANKER="cross")
    assert "The first hits of a query are read again by cross." in ended.out
    assert manifests.read(tmp_path / "made").reranker == card


def test_an_update_embeds_only_what_is_new(papersearch: Run, source: Path, tmp_path: Path) -> None:
    papersearch("index", source, "--index", tmp_path / "made")
    new = Paper("caches", "Caches that learn", "A policy learns what to keep in memory.")
    write_papers(source, [*PAPERS[1:], new])
    ended = papersearch("index", source, "--index", tmp_path / "made", "--update")
    assert "Indexed 6 papers" in ended.out
    assert "1 embedded, 5 reused" in ended.out
    assert titles(papersearch("search", "caches", "--index", tmp_path / "made").out)[0] == "Caches that learn"
    assert refused(papersearch("related", "passes", "--index", tmp_path / "made"))


def test_several_sources_become_one_index(papersearch: Run, tmp_path: Path) -> None:
    one = write_papers(tmp_path / "one.jsonl", PAPERS[:3])
    other = write_papers(tmp_path / "other.jsonl", PAPERS[3:])
    assert "Indexed 6 papers" in papersearch("index", one, other, "--index", tmp_path / "made").out


def test_quiet_prints_nothing_at_all(papersearch: Run, source: Path, tmp_path: Path) -> None:
    ended = papersearch("index", source, "--index", tmp_path / "made", "--quiet")
    assert ended == Ended(0, "", "")
    assert manifests.read(tmp_path / "made").papers == 6


def test_a_model_and_a_format_may_be_named(papersearch: Run, source: Path, tmp_path: Path) -> None:
    ended = papersearch(
        "index", source, "--index", tmp_path / "made", "--model", "another", "--format", "jsonl"
    )
    assert "(another, float32;" in ended.out
    assert manifests.read(tmp_path / "made").encoder.model == "another"


@pytest.mark.parametrize(
    ("name", "content", "part"),
    [
        ("missing.jsonl", None, "missing.jsonl"),
        ("empty.jsonl", b"", "empty.jsonl"),
        ("spaces.jsonl", b"\n \n", "spaces.jsonl"),
        ("binary.bin", b"\x7fELF\x02\x01\x01\0\0\0" + bytes(range(256)) * 20, "binary.bin"),
        ("broken.json", b'[{"title": "x", "abstract": "y"}', "broken.json"),
        ("broken.jsonl.gz", b"\x1f\x8b\x08\0 this is no gzip", "broken.jsonl.gz"),
        ("nothing.jsonl", b'{"title": "a title and no abstract"}\n', "no papers in there (1 × no abstract)"),
    ],
)
def test_a_source_that_cannot_be_used_is_one_line_and_leaves_the_old_index(
    papersearch: Run, source: Path, tmp_path: Path, name: str, content: bytes | None, part: str
) -> None:
    papersearch("index", source, "--index", tmp_path / "made")
    before = (tmp_path / "made" / "manifest.json").read_bytes()
    if content is not None:
        (tmp_path / name).write_bytes(content)
    assert part in refused(papersearch("index", tmp_path / name, "--index", tmp_path / "made"))
    assert (tmp_path / "made" / "manifest.json").read_bytes() == before
    assert len(list((tmp_path / "made" / "generations").iterdir())) == 1
    assert papersearch("search", "congestion", "--index", tmp_path / "made").status == 0


def test_a_folder_as_a_source_is_one_line(papersearch: Run, tmp_path: Path) -> None:
    (tmp_path / "folder").mkdir()
    line = refused(papersearch("index", tmp_path / "folder", "--index", tmp_path / "made"))
    assert str(tmp_path / "folder") in line


def test_an_unknown_format_is_one_line_that_names_it(papersearch: Run, source: Path, tmp_path: Path) -> None:
    line = refused(papersearch("index", source, "--index", tmp_path / "made", "--format", "docx"))
    assert "docx" in line
    assert "jsonl" in line


def test_an_index_folder_that_cannot_be_written_is_one_line(
    papersearch: Run, source: Path, tmp_path: Path
) -> None:
    (tmp_path / "file").write_text("in the way")
    line = refused(papersearch("index", source, "--index", tmp_path / "file"))
    assert str(tmp_path / "file") in line
    assert (tmp_path / "file").read_text() == "in the way"


# search


def test_search_prints_the_best_papers_first_with_what_is_known(
    papersearch: Run, tiny_index_folder: Path
) -> None:
    ended = papersearch("search", "compiler passes", "--index", tiny_index_folder, "--limit", 2)
    assert ended.status == 0
    assert ended.err == ""
    assert len(titles(ended.out)) == 2
    score = json.loads(papersearch("search", "compiler passes", "--index", tiny_index_folder, "--json").out)[
        "hits"
    ][0]["score"]
    assert ended.out.splitlines()[:3] == [
        f"  1. Ordering compiler passes with reinforcement learning  [{score:.3f}]",
        "     Grace Hopper, Zoë Müller · CGO · 2022",
        "     id: passes · https://example.org/passes",
    ]


def test_search_as_json_has_the_shapes_of_the_http_api(papersearch: Run, tiny_index_folder: Path) -> None:
    answer = json.loads(papersearch("search", "delay of packets", "--index", tiny_index_folder, "--json").out)
    assert answer["total"] == 6
    first = answer["hits"][0]
    assert set(first) == {"paper", "score", "semantic", "keyword", "snippet", "reason"}
    assert first["paper"] == json.loads(next(each for each in PAPERS if each.id == "congestion").to_json())
    assert first["score"] == max(hit["score"] for hit in answer["hits"])
    assert [piece["text"] for piece in first["snippet"] if piece["match"]] == ["delay", "packets"]


@pytest.mark.parametrize(
    ("options", "expected"),
    [
        (["--mode", "keyword"], {"passes", "tree"}),
        (["--mode", "semantic", "--year-from", 2022], {"passes", "congestion"}),
        (["--year-to", 2019], {"queues", "joins/2019"}),
        (["--year-from", 2021, "--year-to", 2021], {"tree"}),
        (["--venue", "sigcomm"], {"congestion", "queues"}),
        (["--author", "Floyd", "--year-from", 2000], {"congestion"}),
        (["--venue", "nowhere"], set()),
    ],
)
def test_search_filters_and_ranks_as_it_is_told(
    papersearch: Run, tiny_index_folder: Path, options: list[object], expected: set[str]
) -> None:
    arguments = ["search", "compiler", "--index", tiny_index_folder, *options]
    answer = json.loads(papersearch(*arguments, "--json").out)
    assert {hit["paper"]["id"] for hit in answer["hits"]} == expected
    assert answer["total"] == len(expected)
    shown = papersearch(*arguments).out
    assert len(titles(shown)) == len(expected)
    assert (shown == "No paper in this index answers that.\n") == (not expected)


def test_search_pages_with_an_offset_and_counts_on(papersearch: Run, tiny_index_folder: Path) -> None:
    arguments = ["search", "learning order", "--index", tiny_index_folder]
    whole = titles(papersearch(*arguments).out)
    second = papersearch(*arguments, "--limit", 2, "--offset", 2).out
    assert titles(second) == whole[2:4]
    assert second.startswith("  3. ")


def test_search_says_how_it_read_a_misspelt_query(papersearch: Run, tiny_index_folder: Path) -> None:
    arguments = ["search", "congestoin author:floyd", "--index", tiny_index_folder]
    shown = papersearch(*arguments).out
    assert shown.startswith("Showing results for “congestion author:floyd”.\n  1. Congestion control")
    assert json.loads(papersearch(*arguments, "--json").out)["corrected"] == "congestion author:floyd"


def test_every_option_of_search_has_an_environment_variable(
    papersearch: Run, tiny_index_folder: Path
) -> None:
    by_option = papersearch(
        "search", "learning", "--index", tiny_index_folder, "--limit", 1, "--offset", 1, "--mode", "semantic",
        "--year-from", 2000, "--year-to", 2022, "--venue", "SIGCOMM", "--author", "floyd", "--json",
    )  # fmt: skip
    assert json.loads(by_option.out) == {"total": 1, "corrected": None, "good_match": False, "hits": []}
    one = {
        "PAPERSEARCH_INDEX": str(tiny_index_folder),
        "PAPERSEARCH_MODE": "semantic",
        "PAPERSEARCH_YEAR_FROM": "2000",
        "PAPERSEARCH_YEAR_TO": "2022",
        "PAPERSEARCH_VENUE": "SIGCOMM",
        "PAPERSEARCH_AUTHOR": "floyd",
        "PAPERSEARCH_JSON": "1",
    }
    (hit,) = json.loads(papersearch("search", "learning", **one).out)["hits"]
    assert hit["paper"]["id"] == "congestion"
    assert hit["keyword"] is None
    paged = papersearch("search", "learning", **one, PAPERSEARCH_LIMIT="1", PAPERSEARCH_OFFSET="1")
    assert paged.out == by_option.out
    assert refused(papersearch("search", "learning", **{**one, "PAPERSEARCH_LIMIT": "none"}))


def test_an_option_wins_over_its_environment_variable(papersearch: Run, tiny_index_folder: Path) -> None:
    ended = papersearch(
        "search", "learning", "--index", tiny_index_folder, "--limit", 3, PAPERSEARCH_LIMIT="1"
    )
    assert len(titles(ended.out)) == 3


@pytest.mark.parametrize(
    ("arguments", "part"),
    [
        (["search", ""], "the query has no letters or digits"),
        (["search", "?!"], "the query has no letters or digits"),
        (["search", "x" * 10_000], "the query has 10000 characters; at most 5000 are allowed"),
        (["search", "half \ud800 a pair"], "not valid Unicode"),
        (["search", "x", "--limit", 0], "limit is 0; it must be from 1 to 100"),
        (["search", "x", "--limit", 101], "limit is 101"),
        (["search", "x", "--limit", "many"], "--limit"),
        (["search", "x", "--offset", -1], "offset is -1"),
        (["search", "x", "--mode", "magic"], "mode is 'magic'; it is one of hybrid, semantic, keyword"),
        (["search", "x", "--year-from", 10**30], "--year-from"),
        (["search", "x", "--year-to", "soon"], "--year-to"),
        (["search", "x", "--venue", "\udcff"], "not valid Unicode"),
        (["search"], "Missing argument 'query'"),
        (["search", "x", "--colour", "red"], "No such option: --colour"),
        (["search", "-survey transformers"], "goes behind --, as in: papersearch search -- '-survey"),
        (["related", "nope"], "no paper has the id 'nope' in this index"),
        (["related", ""], "no paper has the id '' in this index"),
        (["related", "passes", "--limit", 0], "limit is 0"),
        (["serve", "--workers", 0], "--workers"),
        (["serve", "--port", "http"], "--port"),
        (["frobnicate"], "No such command 'frobnicate'"),
    ],
)
def test_what_cannot_be_done_is_refused_in_one_line(
    papersearch: Run, tiny_index_folder: Path, arguments: list[object], part: str
) -> None:
    assert part in refused(papersearch(*arguments, PAPERSEARCH_INDEX=str(tiny_index_folder)))


@pytest.mark.parametrize("arguments", [["search", "x"], ["related", "x"], ["serve"]])
def test_an_index_that_cannot_be_used_is_one_line_that_says_how_to_mend_it(
    papersearch: Run, tiny_index_folder: Path, tmp_path: Path, arguments: list[object]
) -> None:
    line = refused(papersearch(*arguments, "--index", tmp_path / "none"))
    assert f"{tmp_path}/none: no index here; make one with: papersearch index SOURCE" in line
    own = Path(shutil.copytree(tiny_index_folder, tmp_path / "own"))
    home = manifests.read(own).folder(own)
    for name in (manifests.PAPERS, manifests.VECTORS, f"{manifests.ENCODER}/model.onnx.data"):
        whole = (home / name).read_bytes()
        (home / name).write_bytes(whole[:-1])
        line = refused(papersearch(*arguments, "--index", own))
        assert f"{home / name}: {len(whole) - 1} bytes instead of {len(whole)}" in line
        (home / name).unlink()
        assert f"{home / name}: missing" in refused(papersearch(*arguments, "--index", own))
        (home / name).write_bytes(whole)
    manifest = json.loads((own / "manifest.json").read_text("utf-8"))
    for broken, part in (
        ("", "not readable"),
        ("[]", "not readable"),
        ("{}", "not readable"),
        (json.dumps({**manifest, "format": 1}), "format 1, this program reads format 3"),
        (json.dumps({"format": 3}), "fields are missing or unknown"),
        (json.dumps({**manifest, "encoder": []}), "fields are missing or unknown"),
    ):
        (own / "manifest.json").write_text(broken, "utf-8")
        assert f"{own}/manifest.json: {part}" in refused(papersearch(*arguments, "--index", own))


# related


def test_related_lists_the_nearest_papers_and_not_the_paper(
    papersearch: Run, tiny_index_folder: Path
) -> None:
    ended = papersearch("related", "joins/2019", "--index", tiny_index_folder)
    assert len(titles(ended.out)) == 5
    assert "Learning join order in databases" not in ended.out
    answer = json.loads(
        papersearch("related", "joins/2019", "--index", tiny_index_folder, "--json", "--limit", 2).out
    )
    assert [hit["paper"]["title"] for hit in answer["hits"]] == titles(ended.out)[:2]
    assert answer["total"] == 5


# evaluate


@pytest.fixture
def collection(tmp_path: Path) -> Path:
    """A judged collection: one query that both modes answer, and one that is a paper of its own."""
    folder = tmp_path / "collection"
    folder.mkdir()
    write_papers(folder / "corpus.jsonl", PAPERS)
    queries = [
        {"_id": "q1", "text": "congestion control"},
        {"_id": "q2", "text": "compiler", "paper_id": "tree"},
    ]
    (folder / "queries.jsonl").write_text("".join(json.dumps(query) + "\n" for query in queries), "utf-8")
    judged = "query-id\tcorpus-id\tscore\nq1\tcongestion\t1\nq2\tpasses\t2\nq2\ttree\t2\n"
    (folder / "qrels.tsv").write_text(judged.removesuffix("q2\ttree\t2\n"), "utf-8")
    return folder


def test_evaluate_measures_every_mode_and_leaves_a_querys_own_paper_out(
    papersearch: Run, collection: Path
) -> None:
    ended = papersearch("evaluate", collection, "--json", "--quiet")
    assert ended.status == 0, ended.err
    measured = json.loads(ended.out)
    assert (measured["collection"], measured["papers"], measured["queries"]) == ("collection", 6, 2)
    assert set(measured["modes"]) == {"hybrid", "semantic", "keyword"}
    assert measured["modes"]["keyword"] == {"nDCG@10": 1.0, "R@100": 1.0, "RR@10": 1.0}


def test_evaluate_prints_a_table_with_a_line_a_mode(papersearch: Run, collection: Path) -> None:
    lines = papersearch("evaluate", collection).out.splitlines()
    assert lines[0].startswith("collection: 6 papers, 2 queries, ")
    assert lines[1].split() == ["nDCG@10", "R@100", "RR@10"]
    keyword = next(line.split() for line in lines if line.startswith("keyword"))
    assert keyword[1:] == ["100.0", "100.0", "100.0"]
    assert {line.split()[0] for line in lines[2:]} >= {"hybrid", "semantic", "keyword"}


@pytest.mark.parametrize("name", ["corpus.jsonl", "queries.jsonl", "qrels.tsv"])
def test_evaluate_names_the_file_that_is_missing_or_broken(
    papersearch: Run, collection: Path, name: str
) -> None:
    (collection / name).write_bytes(b"\xff\xfe\0 no such file")
    assert name in refused(papersearch("evaluate", collection))
    (collection / name).unlink()
    line = refused(papersearch("evaluate", collection))
    assert name in line
    assert str(collection) in line


# The command itself


def test_without_a_command_the_help_is_shown(papersearch: Run) -> None:
    for arguments in ([], ["--help"]):
        ended = papersearch(*arguments)
        assert ended.status == 0
        for name in ("index", "search", "related", "serve", "evaluate"):
            assert name in ended.out


@pytest.fixture
def interruptible() -> Iterator[None]:
    """Let Ctrl-C reach the commands started here, even where the tests themselves run in the background."""
    inherited = signal.signal(signal.SIGINT, signal.default_int_handler)
    yield
    signal.signal(signal.SIGINT, inherited)


@pytest.mark.usefixtures("interruptible")
def test_ctrl_c_is_one_line_and_leaves_the_old_index(papersearch: Run, source: Path, tmp_path: Path) -> None:
    papersearch("index", source, "--index", tmp_path / "made")
    before = (tmp_path / "made" / "manifest.json").read_bytes()
    os.mkfifo(tmp_path / "slow.jsonl")
    ended = command("index", tmp_path / "slow.jsonl", "--index", tmp_path / "made")
    with (tmp_path / "slow.jsonl").open("w"):  # opened at its other end: the command is reading
        ended.send_signal(signal.SIGINT)
        out, err = ended.communicate(timeout=PATIENCE)
    assert (ended.returncode, out) == (1, "")
    assert err == "papersearch: stopped; the index is as it was before\n"
    assert (tmp_path / "made" / "manifest.json").read_bytes() == before
    assert len(list((tmp_path / "made" / "generations").iterdir())) == 1


def test_a_bug_is_not_hidden(papersearch: Run, source: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    def broken(*arguments: object, **options: object) -> None:
        raise ZeroDivisionError

    monkeypatch.setattr("indexer.build.build", broken)
    with pytest.raises(ZeroDivisionError):
        papersearch("index", source)


def test_as_a_process_a_refusal_is_one_line_on_standard_error_and_status_1(
    tiny_index_folder: Path, tmp_path: Path
) -> None:
    for arguments, part in (
        (["index", str(tmp_path / "missing.jsonl"), "--index", str(tmp_path / "made")], "missing.jsonl"),
        (["search", "x", "--limit", "many"], "--limit"),
    ):
        ended = command(*arguments)
        out, err = ended.communicate(timeout=PATIENCE)
        assert (ended.returncode, out) == (1, "")
        assert err.startswith("papersearch: ")
        assert part in err
        assert err.count("\n") == 1, err


def test_as_a_process_a_model_that_is_not_there_is_one_line(source: Path, tmp_path: Path) -> None:
    ended = command(
        "index", source, "--index", tmp_path / "made", "--model", "no/such-model", HF_HUB_OFFLINE="1"
    )
    out, err = ended.communicate(timeout=2 * PATIENCE)
    assert (ended.returncode, out) == (1, "")
    assert err.startswith("papersearch: no/such-model: neither a folder nor a model that can be downloaded")
    assert err.count("\n") == 1, err
    assert not (tmp_path / "made" / "manifest.json").exists()


def test_searching_loads_neither_torch_nor_the_service(tiny_index_folder: Path) -> None:
    program = (
        "import sys, cli; sys.argv = ['papersearch', 'search', 'congestion', '--index', sys.argv[1]]\n"
        "cli.main(); print(sorted({'torch', 'sentence_transformers', 'fastapi'} & set(sys.modules)))"
    )
    ended = subprocess.run(
        [sys.executable, "-c", program, str(tiny_index_folder)],
        cwd=ROOT,
        capture_output=True,
        text=True,
        timeout=PATIENCE,
        check=True,
    )
    assert titles(ended.stdout)[0] == "Congestion control that learns"
    assert ended.stdout.endswith("\n[]\n")
