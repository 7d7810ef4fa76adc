"""The embedding model: exported to a graph that gives its vectors, or refused in one line."""

from collections.abc import Callable
from dataclasses import dataclass
from pathlib import Path
from typing import TYPE_CHECKING

import numpy as np
import pytest

from indexer import model
from indexer.build import build
from indexer.model_files import DEFAULT, fingerprint, locate
from indexer.progress import Progress
from papersearch.encoder import ExportedEncoder
from papersearch.errors import IndexUnusable, ModelUnusable
from papersearch.index import Index
from papersearch.manifest import EncoderCard, RerankerCard
from papersearch.paper import Paper
from papersearch.query import Query
from papersearch.reranker import ExportedReranker
from tests import random_models
from tests.conftest import PAPERS, write_papers

if TYPE_CHECKING:
    from sentence_transformers import SentenceTransformer


def refusal(name: str, target: Path) -> str:
    with pytest.raises(ModelUnusable) as raised:
        model.export(name, target, ["a text"])
    assert "\n" not in str(raised.value)
    return str(raised.value)


@pytest.mark.parametrize("content", [None, "{}", "not JSON"])
def test_a_folder_that_holds_no_model_is_named_in_one_line(tmp_path: Path, content: str | None) -> None:
    if content is not None:
        (tmp_path / "config.json").write_text(content)
    assert refusal(str(tmp_path), tmp_path / "encoder").startswith(
        f"{tmp_path}: not a sentence-transformers model ("
    )


# The default model


def test_the_default_model_is_described(default_encoder: tuple[Path, EncoderCard]) -> None:
    assert default_encoder[1] == EncoderCard(
        model="all-MiniLM-L6-v2",
        model_sha256=fingerprint(locate(DEFAULT)),
        precision="float32",
        dimension=384,
        max_tokens=256,
        pooling="mean",
        normalised=True,
        query_prompt="",
        document_prompt="",
    )


def test_the_export_leaves_nothing_but_what_is_served(default_encoder: tuple[Path, EncoderCard]) -> None:
    assert {path.name for path in default_encoder[0].iterdir()} == {
        "model.onnx",
        "model.onnx.data",
        "tokenizer.json",
    }


def test_the_exported_vectors_are_those_of_sentence_transformers(
    default_encoder: tuple[Path, EncoderCard], sample_papers: list[Paper]
) -> None:
    from sentence_transformers import SentenceTransformer

    # Short enough for the model to read them whole; of many lengths, so that batches are padded.
    texts = [paper.text[: 40 + 15 * number] for number, paper in enumerate(sample_papers[:40])]
    original = SentenceTransformer(str(locate(DEFAULT)), device="cpu")
    expected = original.encode(texts, normalize_embeddings=True, show_progress_bar=False)
    given = ExportedEncoder(*default_encoder).encode_documents(texts)
    assert float((given * expected).sum(axis=1).min()) >= 0.999


# Models of other architectures: random ones, which tell an export as well as trained ones


@dataclass(frozen=True)
class Kind:
    """A model, what sentence-transformers makes of it, and what we make of it."""

    make: Callable[[Path], Path]
    folder: Path
    original: "SentenceTransformer"
    exported: ExportedEncoder


def bert(folder: Path) -> Path:
    """Positions that are no multiple of 8, vectors cut to their first 32 numbers, no prompts."""
    from sentence_transformers.sentence_transformer.modules import Normalize, Pooling
    from transformers import BertConfig, BertModel

    network = BertModel(BertConfig(max_position_embeddings=45, **random_models.small(300)))
    modules = [Pooling(48, "mean"), Normalize()]
    return random_models.saved(folder, network, random_models.wordpiece(), modules, truncate_dim=32)


def roberta(folder: Path) -> Path:
    """Positions that begin behind the padding's, padding that is not piece 0, Dense, two prompts."""
    from sentence_transformers.base.modules import Dense
    from sentence_transformers.sentence_transformer.modules import Normalize, Pooling
    from transformers import RobertaConfig, RobertaModel

    network = RobertaModel(RobertaConfig(max_position_embeddings=66, **random_models.small(400)))
    modules = [Pooling(48, "cls"), Dense(48, 24), Normalize()]
    prompts = {"query": "query: ", "document": "paper: "}
    return random_models.saved(folder, network, random_models.bytes_bpe(), modules, prompts=prompts)


def modernbert(folder: Path) -> Path:
    """768 dimensions, 8,192 pieces, half precision, padding on the left, a prompt nobody asks for."""
    from sentence_transformers.sentence_transformer.modules import Pooling
    from transformers import ModernBertConfig, ModernBertModel

    options = random_models.small(400) | {"hidden_size": 768, "num_attention_heads": 12}
    options |= {"local_attention": 16, "global_attn_every_n_layers": 2, "initializer_range": 0.02}
    network = ModernBertModel(ModernBertConfig(**options)).bfloat16()
    tokenizer = random_models.bytes_bpe(padding_side="left")
    prompts = {"query": "query: ", "passage": "passage: "}
    return random_models.saved(
        folder,
        network,
        tokenizer,
        [Pooling(768, "weightedmean")],
        prompts=prompts,
        default_prompt_name="passage",
    )


KINDS: dict[Callable[[Path], Path], tuple[int, int, str, str, str]] = {
    bert: (32, 45, "mean", "", ""),
    roberta: (24, 64, "cls", "query: ", "paper: "),
    # encode_document would take "passage", were there not always a "document", if only an empty one.
    modernbert: (768, 8192, "weightedmean", "query: ", ""),
}
TEXTS = [
    "a",
    "!",
    "the reward",
    "  spaces   and\ttabs\n",
    "naïve façade ½ × π, 東京 の 論文",
    "🙂 nothing that was seen before 🤖",
    "[SEP] </s> <pad> written by a stranger",
    "x" * 25,
    "compiler " * 7,
    "Congestion control: fair to others.",
    *("the speed of the code and the reward " * count for count in (1, 2, 4, 40)),
]


@pytest.fixture(scope="module", params=KINDS, ids=lambda kind: kind.__name__)
def kind(request: pytest.FixtureRequest, tmp_path_factory: pytest.TempPathFactory) -> Kind:
    from sentence_transformers import SentenceTransformer

    home = tmp_path_factory.mktemp(request.param.__name__)
    folder = request.param(home)
    # The second is far too long for two of them, the third in letters that take several pieces each.
    card = model.export(str(folder), home / "encoder", ["deep learning", "code " * 200, "論文" * 100])
    original = SentenceTransformer(str(folder), device="cpu").float()
    original.max_seq_length = card.max_tokens
    return Kind(request.param, folder, original, ExportedEncoder(home / "encoder", card))


def readable(kind: Kind) -> list[str]:
    """The texts that the model reads whole, and one that takes all its positions, or nearly 600."""
    most = min(kind.exported.card.max_tokens, 600)

    def length(text: str) -> int:
        return len(kind.original.tokenizer(f"passage: {text}")["input_ids"])

    longest = next(text for count in range(most, 0, -1) if length(text := "a" + " a" * count) <= most)
    fitting = [text for text in TEXTS if length(text) <= most]
    assert len(fitting) >= 12
    return [*fitting, longest]


def test_a_model_is_described(kind: Kind) -> None:
    dimension, most, pooling, query, document = KINDS[kind.make]
    name = str(kind.folder)
    assert kind.exported.card == EncoderCard(
        name, fingerprint(kind.folder), "float32", dimension, most, pooling, True, query, document
    )


def test_documents_have_the_model_s_vectors(kind: Kind) -> None:
    texts = readable(kind)
    expected = kind.original.encode_document(texts, normalize_embeddings=True, show_progress_bar=False)
    given = kind.exported.encode_documents(texts)
    assert float((expected * given).sum(axis=1).min()) >= 0.9999
    assert float((expected @ expected.T).mean()) < 0.9  # the texts are told apart


def test_queries_have_the_model_s_vectors(kind: Kind) -> None:
    texts = readable(kind)
    expected = kind.original.encode_query(texts, normalize_embeddings=True, show_progress_bar=False)
    assert float((expected * kind.exported.encode_queries(texts)).sum(axis=1).min()) >= 0.9999


def test_an_index_of_another_model_ranks_by_its_cosines(tmp_path: Path) -> None:
    from sentence_transformers import SentenceTransformer

    folder = roberta(tmp_path)
    short = {paper.id: (paper.title[:20], paper.abstract[:15]) for paper in PAPERS}  # read whole
    papers = [Paper(each, *parts) for each, parts in short.items()]
    source = write_papers(tmp_path / "papers.jsonl", papers)
    build([source], tmp_path / "index", model_name=str(folder), progress=Progress(quiet=True))
    hits = Index.open(tmp_path / "index").search(Query("the reward of the packets", mode="semantic")).hits
    original = SentenceTransformer(str(folder), device="cpu")
    query = original.encode_query("the reward of the packets", normalize_embeddings=True)
    whole, titles = (
        original.encode_document(texts, normalize_embeddings=True)
        for texts in ([paper.text for paper in papers], [paper.title.strip() for paper in papers])
    )
    vectors = 0.75 * whole + 0.25 * titles  # a title counts a quarter
    vectors /= np.linalg.norm(vectors, axis=1, keepdims=True)
    cosines = {paper.id: float(vector @ query) for paper, vector in zip(papers, vectors, strict=True)}
    assert {hit.paper.id: hit.score for hit in hits} == pytest.approx(cosines, abs=0.01)
    assert [hit.score for hit in hits] == sorted((hit.score for hit in hits), reverse=True)


# Models that one graph cannot stand for


def resaved(folder: Path, target: Path, change: Callable[["SentenceTransformer"], None]) -> str:
    """A copy of a model with something changed."""
    from sentence_transformers import SentenceTransformer

    changed = SentenceTransformer(str(folder), device="cpu")
    change(changed)
    changed.save(str(target))
    return str(target)


def test_a_graph_that_gives_other_vectors_is_refused(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(model, "LEAST_COSINE", 1.1)
    folder = roberta(tmp_path)
    assert refusal(str(folder), tmp_path / "encoder") == (
        f"{folder}: the exported graph gives other vectors (cosine 1.0000)"
    )


def test_a_graph_that_cannot_be_run_is_refused(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    def unable(folder: Path, card: EncoderCard) -> None:
        raise IndexUnusable(f"{folder}: no usable encoder (an unknown operation); build the index again")

    monkeypatch.setattr(model, "ExportedEncoder", unable)
    folder, target = roberta(tmp_path), tmp_path / "encoder"
    expected = f"{folder}: cannot be run as it was exported ({target}: no usable encoder"
    assert refusal(str(folder), target).startswith(expected)


def test_a_model_that_leaves_its_prompts_out_of_pooling_is_refused(tmp_path: Path) -> None:
    def change(original: "SentenceTransformer") -> None:
        original.set_pooling_include_prompt(False)

    name = resaved(roberta(tmp_path), tmp_path / "changed", change)
    assert refusal(name, tmp_path / "encoder") == (
        f"{name}: leaves its prompts out of pooling (include_prompt=False), "
        "which the exported graph cannot do"
    )


def test_a_model_that_reads_queries_otherwise_is_refused(tmp_path: Path) -> None:
    from sentence_transformers import SentenceTransformer
    from sentence_transformers.base.modules import Router

    folder = str(roberta(tmp_path))
    queries, papers = ([*SentenceTransformer(folder, device="cpu")] for _ in range(2))
    router = Router.for_query_document(queries, papers)
    SentenceTransformer(modules=[router], device="cpu").save(str(tmp_path / "two"))
    assert refusal(str(tmp_path / "two"), tmp_path / "encoder") == (
        f"{tmp_path}/two: reads queries and papers through different modules; one for both is needed"
    )


def test_a_model_with_a_length_for_queries_is_refused(tmp_path: Path) -> None:
    def change(original: "SentenceTransformer") -> None:
        setattr(original[0], "query_length", 8)  # noqa: B010, a module's attributes have no types

    name = resaved(roberta(tmp_path), tmp_path / "changed", change)
    assert refusal(name, tmp_path / "encoder") == (
        f"{name}: has lengths of its own for queries or papers; one for both is needed"
    )


def test_a_model_without_a_transformer_is_refused(tmp_path: Path) -> None:
    from sentence_transformers import SentenceTransformer
    from sentence_transformers.sentence_transformer.modules import StaticEmbedding

    tokenizer = random_models.wordpiece().backend_tokenizer
    SentenceTransformer(modules=[StaticEmbedding(tokenizer, embedding_dim=8)], device="cpu").save(
        str(tmp_path)
    )
    assert refusal(str(tmp_path), tmp_path / "encoder") == (
        f"{tmp_path}: there is no transformer in it, and nothing else can be exported"
    )


# Cross-encoders


def test_a_reranker_has_the_cross_encoder_s_logits(tmp_path: Path) -> None:
    from sentence_transformers import CrossEncoder
    from torch.nn import Identity

    folder = random_models.cross_encoder(tmp_path / "model")
    pairs = [(query, text) for query in ("the reward", "packets " * 20) for text in TEXTS]
    card = model.export_reranker(str(folder), tmp_path / "reranker", pairs[:4])
    assert card == RerankerCard(str(folder), fingerprint(folder), 64)
    expected = CrossEncoder(str(folder), device="cpu").predict(pairs, activation_fn=Identity())
    given = ExportedReranker(tmp_path / "reranker", card).logits(pairs)
    assert given.tolist() == pytest.approx(expected.tolist(), abs=1e-3)
    assert float(expected.std()) > 0.1  # the pairs are told apart


def test_a_reranker_that_gives_other_scores_is_refused(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(model, "MOST_DIFFERENCE", -1)
    folder = random_models.cross_encoder(tmp_path / "model")
    with pytest.raises(
        ModelUnusable, match=rf"^{folder}: the exported graph gives other scores \(off by 0\.0"
    ):
        model.export_reranker(str(folder), tmp_path / "reranker", [("a", "b")])


def test_a_cross_encoder_of_several_scores_is_refused(tmp_path: Path) -> None:
    folder = random_models.cross_encoder(tmp_path / "model", labels=3)
    with pytest.raises(ModelUnusable, match=rf"^{folder}: gives 3 scores a pair; a reranker gives one$"):
        model.export_reranker(str(folder), tmp_path / "reranker", [("a", "b")])


def test_an_embedding_model_is_no_reranker(tmp_path: Path) -> None:
    folder = roberta(tmp_path)
    with pytest.raises(ModelUnusable, match=rf"^{folder}: not a cross-encoder; "):
        model.export_reranker(str(folder), tmp_path / "reranker", [("a", "b")])
