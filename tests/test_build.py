"""Building: what an update embeds, what the papers of strangers become, what a crash leaves."""

import json
import shutil
import subprocess
import sys
from collections.abc import Callable, Sequence
from dataclasses import dataclass, replace
from pathlib import Path
from typing import Any

import pytest

from indexer import checkpoint, model
from indexer.build import Built, build
from indexer.progress import Progress
from indexer.summary import summary
from papersearch import manifest as manifests
from papersearch.encoder import ExportedEncoder, Readings, opened
from papersearch.errors import IndexUnusable, ModelUnusable, PaperUnknown, SourceUnusable
from papersearch.filters import Filters
from papersearch.index import Index
from papersearch.paper import Paper, Session
from papersearch.query import Query
from papersearch.sentences import Sentences, Spans
from tests import tiny
from tests.conftest import PAPERS, ROOT, write_papers

QUIET = Progress(quiet=True)
NEWER = (
    PAPERS[0],
    replace(PAPERS[1], abstract="Tree search writes code in memory."),
    *PAPERS[3:],
    Paper("proof", "A theory of proof", "We search for a proof in a graph."),
)


pytestmark = pytest.mark.usefixtures("tiny_models")


@pytest.fixture
def folder(tmp_path: Path, tiny_index_folder: Path) -> Path:
    """A folder with an index of PAPERS in it, which a test may change."""
    shutil.copytree(tiny_index_folder, tmp_path / "index")
    return tmp_path


def built(folder: Path, papers: Sequence[Paper] = PAPERS, **options: Any) -> Built:
    """Build folder/index of these papers with the tiny encoder."""
    options.setdefault("model_name", "tiny")
    return build([write_papers(folder / "papers.jsonl", papers)], folder / "index", progress=QUIET, **options)


def built_of_lines(folder: Path, *lines: str | dict[str, Any]) -> Built:
    """Build folder/index of JSON Lines as they are."""
    texts = [line if isinstance(line, str) else json.dumps(line) for line in lines]
    (folder / "lines.jsonl").write_text("\n".join(texts), "utf-8")
    return build([folder / "lines.jsonl"], folder / "index", model_name="tiny", progress=QUIET)


def answer(folder: Path) -> list[tuple[str, float]]:
    """What the index in `folder` answers: ids and scores."""
    hits = Index.open(folder / "index").search(Query("code of compiler passes")).hits
    return [(hit.paper.id, round(hit.score, 5)) for hit in hits]


def near(one: list[tuple[str, float]], other: list[tuple[str, float]]) -> bool:
    """Whether both are the same papers in the same order, with scores as near as vectors in codes are."""
    same = [paper_id for paper_id, _ in one] == [paper_id for paper_id, _ in other]
    return same and [score for _, score in one] == pytest.approx([score for _, score in other], abs=0.005)


def ids(folder: Path) -> set[str]:
    return {paper_id for paper_id, _ in answer(folder)}


def generations(folder: Path) -> set[str]:
    return {path.name for path in (folder / "index" / "generations").iterdir()}


def counting(patch: pytest.MonkeyPatch) -> list[str]:
    """The list of all texts that are embedded from now on."""
    asked: list[str] = []
    read = ExportedEncoder.read_documents

    def counted(self: ExportedEncoder, texts: Sequence[str], parts: Sequence[Spans]) -> Readings:
        asked.extend(texts)
        return read(self, texts, parts)

    patch.setattr(ExportedEncoder, "read_documents", counted)
    return asked


# What a build makes


def test_an_index_answers_with_its_papers(folder: Path) -> None:
    assert ids(folder) == {paper.id for paper in PAPERS}


def test_papers_come_back_from_the_index_as_they_were(folder: Path) -> None:
    index = Index.open(folder / "index")
    assert [index.paper(paper.id) for paper in PAPERS] == list(PAPERS)


def test_the_manifest_tells_how_the_index_was_made(tmp_path: Path) -> None:
    result = built(tmp_path)
    manifest = manifests.read(tmp_path / "index")
    assert manifest == result.manifest
    assert (manifest.papers, manifest.rejects, manifest.encoder) == (6, 0, tiny.card())
    assert manifest.software.startswith("papersearch 0.")


def test_nothing_is_left_but_what_the_manifest_names(tmp_path: Path) -> None:
    home = tmp_path / "index" / "generations" / built(tmp_path).manifest.generation
    assert {path.name for path in home.iterdir()} == {
        manifests.PAPERS,
        manifests.VECTORS,
        manifests.SENTENCES,
        manifests.BACKGROUND,
        manifests.LATENT,
        manifests.WORDS,
        manifests.ENCODER,
        manifests.REJECTS,
        manifests.ACRONYMS,
        manifests.VOCABULARY,
    }


def test_two_records_of_one_paper_are_one_with_both_sessions(tmp_path: Path) -> None:
    again = replace(PAPERS[2], sessions=(Session("panel"),))
    assert built(tmp_path, [*PAPERS, again]).collected.merged == 1
    assert Index.open(tmp_path / "index").paper("congestion").sessions == (
        *PAPERS[2].sessions,
        Session("panel"),
    )


def test_another_paper_under_the_same_id_is_in_the_rejects_report(tmp_path: Path) -> None:
    result = built(tmp_path, [*PAPERS, replace(PAPERS[2], title="Boats")])
    (reject,) = map(json.loads, result.report.read_text("utf-8").splitlines())
    assert reject["reason"] == "its id 'congestion' is already that of another paper"
    assert reject["fields"]["title"] == "Boats"
    assert Index.open(tmp_path / "index").paper("congestion").title == PAPERS[2].title


def test_sources_without_papers_are_refused_with_the_reasons(tmp_path: Path) -> None:
    with pytest.raises(SourceUnusable) as raised:
        built_of_lines(tmp_path, {"title": "Kites"}, {"title": "Boats"}, {"abstract": "We sail."})
    assert str(raised.value) == (
        f"{tmp_path}/lines.jsonl: no papers in there (2 × no abstract, 1 × no title); "
        "a paper has at least a title and an abstract"
    )


def test_sources_without_papers_leave_the_old_index(folder: Path) -> None:
    before = answer(folder)
    with pytest.raises(SourceUnusable):
        built_of_lines(folder, {"title": "Kites"})
    assert answer(folder) == before


# Papers of strangers


@dataclass(frozen=True)
class Stranger:
    line: str | dict[str, Any]
    id: str
    title: str
    query: str


STRANGERS = [
    Stranger(
        {"id": "cs/99/01", "title": "Kites", "abstract": "Slashes."}, "cs/99/01", "Kites", "kites slashes"
    ),
    Stranger(
        {"id": "two words\nand a line", "title": "Boats", "abstract": "Spaces."},
        "two-words-and-a-line",
        "Boats",
        "boats",
    ),
    Stranger(
        {"id": "long", "title": "Megabytes", "abstract": "word " * 200_000}, "long", "Megabytes", "megabytes"
    ),
    Stranger(
        '{"id": "half\\ud800", "title": "Half \\ud83d pairs", "abstract": "\\udc00 broken."}',
        "half\ufffd",
        "Half \ufffd pairs",
        "half pairs",
    ),
    Stranger(
        {"id": "nul\0", "title": "Nul\0 bytes", "abstract": "Zero\0."}, "nul-", "Nul bytes", "nul bytes zero"
    ),
    Stranger(
        {"id": "rtl", "title": "בינה מלאכותית", "abstract": "\u202eלמידה עמוקה."},
        "rtl",
        "בינה מלאכותית",
        "למידה",
    ),
    Stranger(
        {"id": "<b>", "title": '<script>alert(1)</script> "; DROP', "abstract": "Markup."},
        "<b>",
        '<script>alert(1)</script> "; DROP',
        "alert script markup",
    ),
    Stranger({"id": "深度", "title": "深度学习 🪁", "abstract": "学习."}, "深度", "深度学习 🪁", "深度学习"),
]


@pytest.fixture(scope="module")
def strangers(tmp_path_factory: pytest.TempPathFactory) -> Index:
    folder = tmp_path_factory.mktemp("strangers")
    with tiny.in_place_of_models():
        built_of_lines(folder, *(stranger.line for stranger in STRANGERS))
    return Index.open(folder / "index")


def test_every_paper_of_a_stranger_is_indexed(strangers: Index) -> None:
    assert len(strangers) == len(STRANGERS)


@pytest.mark.parametrize("stranger", STRANGERS, ids=lambda stranger: ascii(stranger.id))
def test_a_paper_of_a_stranger_has_its_id_and_title(strangers: Index, stranger: Stranger) -> None:
    assert strangers.paper(stranger.id).title == stranger.title


@pytest.mark.parametrize("mode", ["hybrid", "keyword"])
@pytest.mark.parametrize("stranger", STRANGERS, ids=lambda stranger: ascii(stranger.id))
def test_a_paper_of_a_stranger_is_found_by_its_words(strangers: Index, stranger: Stranger, mode: Any) -> None:
    assert strangers.search(Query(stranger.query, mode=mode)).hits[0].paper.id == stranger.id


@pytest.mark.parametrize("stranger", STRANGERS, ids=lambda stranger: ascii(stranger.id))
def test_a_paper_of_a_stranger_has_related_ones(strangers: Index, stranger: Stranger) -> None:
    related = strangers.related([stranger.id])
    assert {hit.paper.id for hit in related.hits} == {each.id for each in STRANGERS} - {stranger.id}


def test_an_id_that_had_to_be_changed_is_kept_beside_it(strangers: Index) -> None:
    assert strangers.paper("two-words-and-a-line").extra == {"source_id": "two words\nand a line"}


# Updates


def test_an_update_embeds_only_what_is_new_or_changed(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    built(tmp_path)
    asked = counting(monkeypatch)
    result = built(tmp_path, NEWER, update=True)
    assert sorted(asked) == sorted([NEWER[1].text, NEWER[-1].text])
    assert (result.embedded.done, result.embedded.reused) == (6, 4)


def test_an_update_answers_as_a_new_index_does(folder: Path) -> None:
    built(folder, NEWER, update=True)
    (folder / "other").mkdir()
    built(folder / "other", NEWER)
    assert near(answer(folder), answer(folder / "other"))


def test_an_update_drops_what_the_source_no_longer_has(folder: Path) -> None:
    built(folder, NEWER, update=True)
    with pytest.raises(PaperUnknown, match="'congestion'"):
        Index.open(folder / "index").paper("congestion")
    assert "congestion" not in ids(folder)


def test_a_new_order_of_the_papers_mixes_up_no_vectors(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    built(tmp_path)
    before = answer(tmp_path)
    asked = counting(monkeypatch)
    built(tmp_path, PAPERS[::-1], update=True)
    assert near(answer(tmp_path), before)
    assert asked == []


def test_an_update_keeps_sentences_and_the_step_of_their_codes(folder: Path) -> None:
    before = manifests.read(folder / "index")
    built(folder, [*NEWER[:2], *NEWER[:1:-1]], update=True)
    after = manifests.read(folder / "index")
    assert after.step == before.step
    one, other = (
        Sentences(each.folder(folder / "index") / manifests.SENTENCES, each.step, tiny.DIMENSION)
        for each in (before, after)
    )
    assert len(other) == len(NEWER)
    spans, vectors = other.of(0)
    assert [PAPERS[0].abstract[start:end] for start, end in spans] == [
        "A policy learns the order of compiler passes.",
        "The reward is the speed of the code.",
    ]
    assert vectors.tolist() == one.of(0)[1].tolist()
    assert other.of(1)[0] == [(0, len(NEWER[1].abstract))]  # the new text's, not those of the old one


def test_new_metadata_is_taken_over_without_embedding(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    built(tmp_path)
    asked = counting(monkeypatch)
    built(tmp_path, [replace(PAPERS[0], venue="PLDI", keywords=("kites",)), *PAPERS[1:]], update=True)
    index = Index.open(tmp_path / "index")
    assert asked == []
    assert index.paper("passes").venue == "PLDI"
    found = index.search(Query("kites", mode="keyword", filters=Filters(venue="pldi"))).hits
    assert [hit.paper.id for hit in found] == ["passes"]


def test_a_new_id_for_the_same_text_is_not_embedded(folder: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    asked = counting(monkeypatch)
    built(folder, [replace(PAPERS[0], id="renamed")], update=True)
    assert (ids(folder), asked) == ({"renamed"}, [])


def test_an_update_keeps_the_model(tmp_path: Path) -> None:
    built(tmp_path, model_name="other")
    built(tmp_path, NEWER, update=True, model_name=None)
    assert manifests.read(tmp_path / "index").encoder == tiny.card("other")


def test_another_model_embeds_everything_again(folder: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    asked = counting(monkeypatch)
    built(folder, update=True, model_name="other")
    assert sorted(asked) == sorted(paper.text for paper in PAPERS)


def test_queries_use_the_model_of_the_last_build(tmp_path: Path) -> None:
    paper = Paper("1", "Tree search", "reward policy agents")
    built(tmp_path, [paper])
    built(tmp_path, [paper], update=True, model_name="other")
    (hit,) = Index.open(tmp_path / "index").search(Query("tree policy", mode="semantic")).hits
    query, title, text = (
        tiny.expected_vector(words, "other")
        for words in ("tree policy", "Tree search", "Tree search. reward policy agents")
    )
    # Within what a byte a dimension costs; the model of before would be off by far more.
    assert hit.semantic == pytest.approx(float(query @ opened(text, title)), abs=0.01)


def test_without_update_everything_is_embedded_again(folder: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    asked = counting(monkeypatch)
    assert built(folder).embedded.reused == 0
    assert len(asked) == len(PAPERS)


def test_an_update_of_nothing_is_a_build(tmp_path: Path) -> None:
    assert built(tmp_path, update=True).embedded.reused == 0
    assert ids(tmp_path) == {paper.id for paper in PAPERS}


def test_an_update_of_a_damaged_index_is_a_build(tmp_path: Path) -> None:
    home = built(tmp_path).manifest.folder(tmp_path / "index")
    (home / manifests.VECTORS).write_bytes(b"")
    assert built(tmp_path, update=True).embedded.reused == 0
    assert ids(tmp_path) == {paper.id for paper in PAPERS}


def test_an_update_that_can_take_nothing_over_keeps_the_model_and_says_why(tmp_path: Path) -> None:
    index = tmp_path / "index"
    built(tmp_path, model_name="other")
    (manifests.read(index).folder(index) / manifests.VECTORS).write_bytes(b"")
    damaged = built(tmp_path, update=True, model_name=None)
    assert damaged.manifest.encoder == tiny.card("other")
    assert damaged.anew is not None
    assert "0 bytes instead of" in damaged.anew
    assert f"Nothing could be taken over from the index before: {damaged.anew}." in summary(damaged, index)
    path = index / "manifest.json"
    path.write_text(json.dumps({**json.loads(path.read_text()), "format": 1}))
    assert built(tmp_path, update=True, model_name=None).manifest.encoder == tiny.card("other")
    path.write_text("{")
    assert built(tmp_path, update=True).manifest.encoder == tiny.card("tiny")
    assert built(tmp_path, update=True).anew is None


def test_the_generation_before_stays_for_those_who_read_it(tmp_path: Path) -> None:
    names = [built(tmp_path).manifest.generation for _ in range(3)]
    assert generations(tmp_path) == set(names[1:])


# What stops a build

STAGES = {
    "reading": "papersearch.store.StoreWriter.add",
    "exporting": "indexer.models.exported",
    "loading the encoder": "papersearch.encoder.ExportedEncoder.__init__",
    "embedding": "papersearch.encoder.ExportedEncoder.read_documents",
    "writing sentences": "papersearch.sentences.SentencesWriter.add",
    "writing vectors": "papersearch.vectors.write",
    "measuring the cut-off": "indexer.build.measure",
    "writing the background": "papersearch.ranking.Background.save",
    "writing words": "papersearch.words.write",
    "waiting for the disk": "papersearch.manifest.sync",
    "replacing the manifest": "pathlib.Path.replace",
}


def raising(error: BaseException) -> Callable[..., None]:
    def fail(*_: object, **__: object) -> None:
        raise error

    return fail


@pytest.fixture(
    scope="module", params=[KeyboardInterrupt(), OSError("disk full")], ids=["Ctrl-C", "full disk"]
)
def error(request: pytest.FixtureRequest) -> Any:
    return request.param


@pytest.fixture(scope="module", params=STAGES)
def stopped(
    request: pytest.FixtureRequest,
    error: BaseException,
    tiny_index_folder: Path,
    tmp_path_factory: pytest.TempPathFactory,
) -> Path:
    """A folder with an index of PAPERS, whose next build was stopped at a stage."""
    folder = tmp_path_factory.mktemp("stopped")
    shutil.copytree(tiny_index_folder, folder / "index")
    with tiny.in_place_of_models(), pytest.MonkeyPatch.context() as patch:
        patch.setattr(STAGES[request.param], raising(error))
        with pytest.raises(type(error)):
            built(folder, NEWER)
    return folder


def test_a_stopped_build_leaves_the_old_index_answering(stopped: Path) -> None:
    manifests.check_files(stopped / "index", manifests.read(stopped / "index"))
    assert ids(stopped) == {paper.id for paper in PAPERS}


def test_a_stopped_build_leaves_no_half_generation_but_for_what_it_has_embedded(stopped: Path) -> None:
    left = generations(stopped) - {manifests.read(stopped / "index").generation}
    found = [checkpoint.stopped(stopped / "index" / "generations" / name) for name in left]
    assert [each.done for each in found if each] == [len(NEWER)] * len(left)


def test_after_a_stopped_build_the_next_one_succeeds(folder: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    with monkeypatch.context() as patch:
        patch.setattr(STAGES["embedding"], raising(KeyboardInterrupt()))
        with pytest.raises(KeyboardInterrupt):
            built(folder, NEWER)
    built(folder, NEWER)
    assert ids(folder) == {paper.id for paper in NEWER}


# Going on from there


class Told(Progress):
    """Keeps the lines that would be shown."""

    def __init__(self) -> None:
        super().__init__(quiet=True)
        self.lines: list[str] = []

    def say(self, line: str) -> None:
        self.lines.append(line)


def stop_at(monkeypatch: pytest.MonkeyPatch, paper: Paper) -> None:
    """Let the encoder stop the build when it is asked for this paper; a slice is one paper."""
    monkeypatch.setattr("indexer.embed.SLICE", 1)
    read = ExportedEncoder.read_documents

    def stopping(self: ExportedEncoder, texts: Sequence[str], parts: Sequence[Spans]) -> Readings:
        if paper.text in texts:
            raise KeyboardInterrupt
        return read(self, texts, parts)

    monkeypatch.setattr(ExportedEncoder, "read_documents", stopping)


def half_built(folder: Path, papers: Sequence[Paper] = PAPERS, most: int = 4, **options: Any) -> list[str]:
    """Stop a build of these papers when its first ones are embedded; what it said."""
    told = Told()
    with pytest.MonkeyPatch.context() as patch:
        stop_at(patch, papers[most])
        source = write_papers(folder / "papers.jsonl", papers)
        with pytest.raises(KeyboardInterrupt):
            build([source], folder / "index", progress=told, **{"model_name": "tiny"} | options)
    return told.lines


def files(folder: Path) -> dict[str, bytes]:
    """What embedding wrote into the index."""
    home = manifests.read(folder / "index").folder(folder / "index")
    paths = [home / manifests.VECTORS, home / manifests.BACKGROUND, *(home / manifests.SENTENCES).iterdir()]
    return {path.name: path.read_bytes() for path in paths}


def test_a_build_that_was_stopped_is_gone_on_from(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    assert half_built(tmp_path)[-1] == "4 papers are embedded; the next build goes on from there"
    monkeypatch.setattr("indexer.embed.SLICE", 1)
    asked, told = counting(monkeypatch), Told()
    result = build([tmp_path / "papers.jsonl"], tmp_path / "index", model_name="tiny", progress=told)
    assert sorted(asked) == sorted(paper.text for paper in PAPERS[4:])
    assert (result.embedded.done, result.embedded.reused) == (6, 4)
    assert told.lines == ["Going on from a build that was stopped; it had embedded 4 papers"]
    assert generations(tmp_path) == {result.manifest.generation}
    (tmp_path / "other").mkdir()
    built(tmp_path / "other")
    assert files(tmp_path) == files(tmp_path / "other")


def test_a_build_that_is_stopped_again_and_again_comes_to_its_end(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    half_built(tmp_path, most=2)
    half_built(tmp_path, most=5)
    assert len(generations(tmp_path)) == 2
    asked = counting(monkeypatch)
    built(tmp_path, PAPERS[::-1])
    assert asked == [PAPERS[5].text]
    assert len(generations(tmp_path)) == 1


def test_an_update_that_was_stopped_is_gone_on_from(folder: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    newest = [replace(paper, abstract=f"{paper.abstract} New!") for paper in PAPERS]
    half_built(folder, newest, update=True)
    asked = counting(monkeypatch)
    built(folder, newest, update=True)
    assert sorted(asked) == sorted(paper.text for paper in newest[4:])


def test_what_was_embedded_with_another_model_is_not_used(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    half_built(tmp_path, model_name="other")
    asked, told = counting(monkeypatch), Told()
    build([tmp_path / "papers.jsonl"], tmp_path / "index", model_name="tiny", progress=told)
    assert len(asked) == len(PAPERS)
    assert told.lines[0] == "A stopped build had embedded papers with another encoder; they are not used"
    (tmp_path / "other").mkdir()
    built(tmp_path / "other")
    assert files(tmp_path) == files(tmp_path / "other")


def test_what_is_damaged_is_named_and_embedded_again(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    half_built(tmp_path)
    (home,) = (tmp_path / "index" / "generations").iterdir()
    (home / "encoder" / "model.onnx.data").write_bytes(b"")
    asked, told = counting(monkeypatch), Told()
    build([tmp_path / "papers.jsonl"], tmp_path / "index", model_name="tiny", progress=told)
    assert len(asked) == len(PAPERS)
    assert told.lines[0] == (
        f"{home}: what a stopped build had embedded is damaged, or of an older version: not used"
    )


def test_a_changed_text_is_embedded_again(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    half_built(tmp_path)
    asked = counting(monkeypatch)
    changed = [PAPERS[0], replace(PAPERS[1], title="Another tree"), *PAPERS[2:4]]
    built(tmp_path, changed)
    assert asked == [changed[1].text]


def test_ctrl_c_after_the_commit_keeps_the_new_index(folder: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    sync = manifests.sync

    def interrupted(path: Path) -> None:
        if path == folder / "index":  # the last step, when the manifest is replaced already
            raise KeyboardInterrupt
        sync(path)

    monkeypatch.setattr(manifests, "sync", interrupted)
    with pytest.raises(KeyboardInterrupt):
        built(folder, NEWER)
    assert ids(folder) == {paper.id for paper in NEWER}


def test_a_first_build_that_is_stopped_leaves_no_index(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(STAGES["embedding"], raising(KeyboardInterrupt()))
    with pytest.raises(KeyboardInterrupt):
        built(tmp_path)
    assert generations(tmp_path) == set()
    with pytest.raises(IndexUnusable, match="no index here"):
        Index.open(tmp_path / "index")


@dataclass(frozen=True)
class Killed:
    """What was seen of a build by another process, killed with SIGKILL: before, beside and after it."""

    folder: Path
    before: list[tuple[str, float]]
    beside: list[tuple[str, float]]
    refusal: str


@pytest.fixture(scope="module", params=["embedding", "writing words", "replacing the manifest"])
def killed(
    request: pytest.FixtureRequest, tiny_index_folder: Path, tmp_path_factory: pytest.TempPathFactory
) -> Killed:
    """An index of PAPERS whose next build was killed at a stage."""
    folder = tmp_path_factory.mktemp("killed")
    shutil.copytree(tiny_index_folder, folder / "index")
    before = answer(folder)
    source = write_papers(folder / "newer.jsonl", NEWER)
    command: list[str | Path] = [
        sys.executable,
        "-m",
        "tests.stuck_build",
        source,
        folder / "index",
        STAGES[request.param],
    ]
    with subprocess.Popen(command, cwd=ROOT, stdout=subprocess.PIPE, text=True) as process:
        try:
            assert process.stdout is not None
            assert process.stdout.readline() == "there\n"
            with pytest.raises(IndexUnusable) as refused:
                built(folder)
            beside = answer(folder)
        finally:
            process.kill()
    return Killed(folder, before, beside, str(refused.value))


def test_kill_9_leaves_the_old_index_answering(killed: Killed) -> None:
    assert answer(killed.folder) == killed.before


def test_while_a_build_runs_the_old_index_answers(killed: Killed) -> None:
    assert killed.beside == killed.before


def test_while_a_build_runs_a_second_one_is_refused(killed: Killed) -> None:
    assert killed.refusal == (f"{killed.folder}/index: another build is writing here; wait for it to end")


def test_what_a_killed_build_left_is_removed_by_the_next(killed: Killed, tmp_path: Path) -> None:
    shutil.copytree(killed.folder / "index", tmp_path / "index")
    old = manifests.read(tmp_path / "index").generation
    assert len(generations(tmp_path)) == 2
    new = built(tmp_path, NEWER).manifest.generation
    assert generations(tmp_path) == {old, new}


def test_a_killed_build_is_gone_on_from(
    killed: Killed, tmp_path: Path, monkeypatch: pytest.MonkeyPatch, request: pytest.FixtureRequest
) -> None:
    shutil.copytree(killed.folder / "index", tmp_path / "index")
    asked = counting(monkeypatch)
    built(tmp_path, NEWER)
    early = "embedding" in request.node.callspec.id
    assert len(asked) == (len(NEWER) if early else 0)


def test_an_update_needs_nothing_of_the_model_but_the_index(
    make_index: Callable[..., Path], monkeypatch: pytest.MonkeyPatch
) -> None:
    folder = make_index()

    def gone(name: str) -> Path:
        raise ModelUnusable(f"{name}: gone")

    monkeypatch.setattr(model, "locate", gone)
    make_index(PAPERS[:3], update=True, model_name=None)
    assert len(Index.open(folder)) == 3


def test_an_index_that_grows_to_where_int8_pays_gets_a_fresh_encoder(
    make_index: Callable[..., Path], monkeypatch: pytest.MonkeyPatch
) -> None:
    folder = make_index(PAPERS[:3])
    monkeypatch.setattr("indexer.models.ENOUGH_PAPERS", 5)
    make_index(update=True, model_name=None)
    assert Index.open(folder).manifest.encoder.precision == "int8"
