"""The models: loaded with sentence-transformers, and exported for serving.

This is the only file that imports torch and sentence_transformers, and it imports them when it is called:
everything else in the project starts without them. The exported graph has pooling and normalisation
inside, so the runtime gives the vectors that sentence-transformers gives.
"""

import logging
import warnings
from collections.abc import Callable, Sequence
from pathlib import Path
from typing import TYPE_CHECKING, Any, TypeVar

from indexer.model_files import fingerprint, first_line, is_classifier, locate
from papersearch.encoder import ExportedEncoder
from papersearch.errors import IndexUnusable, ModelUnusable
from papersearch.graph import MODEL, TOKENIZER
from papersearch.manifest import EncoderCard, RerankerCard
from papersearch.reranker import ExportedReranker

if TYPE_CHECKING:
    import torch
    from sentence_transformers import CrossEncoder, SentenceTransformer

    Compute = Callable[[dict[str, torch.Tensor]], tuple[torch.Tensor, ...]]

_T = TypeVar("_T")

LEAST_COSINE = 0.999
"""Between an exported vector and the one that sentence-transformers gives for the same text."""
MOST_DIFFERENCE = 0.01
"""Between an exported reranker's logit and the one that sentence-transformers gives for the same pair."""
LONGEST = 8_192
"""Pieces of a text read at once, also where a model would take more: attention to them takes gigabytes."""


def export(name: str, target: Path, texts: Sequence[str]) -> EncoderCard:
    """Write a model's graph and tokenizer into the new folder `target`, and say what they are.

    name: as `locate` takes it. texts: a few of the corpus, on which the graph is held against
    sentence-transformers. Raises ModelUnusable if it cannot be exported or gives other vectors.
    """
    folder = locate(name)
    model = _load("SentenceTransformer", folder, name)
    reason = _unfit(model)
    if reason:
        raise ModelUnusable(f"{name}: {reason}")
    card = _card(model, name, fingerprint(folder))
    _write(
        model, outputs(model, card.dimension), ["an example of two texts", "of unlike length"], target, name
    )
    prompts = (card.query_prompt, card.document_prompt)
    fitting = [_fitting(model, max(prompts, key=len), text) for text in texts]
    encoder = _opened(lambda: ExportedEncoder(target, card), name)
    options = {"normalize_embeddings": True, "show_progress_bar": False}
    closeness = min(
        float((expected * given).sum(axis=1).min())
        for expected, given in (
            (model.encode_query(fitting, **options), encoder.encode_queries(fitting)),
            (model.encode_document(fitting, **options), encoder.encode_documents(fitting)),
        )
    )
    if not closeness >= LEAST_COSINE:
        raise ModelUnusable(f"{name}: the exported graph gives other vectors (cosine {closeness:.4f})")
    return card


def load(name: str) -> "SentenceTransformer":
    """A model as it is exported, on the CPU. Raises ModelUnusable if it is not there or is none."""
    model: SentenceTransformer = _load("SentenceTransformer", locate(name), name)
    return model


def outputs(model: "SentenceTransformer", dimension: int) -> "Compute":
    """What gives a model's unit vectors (n, dimension) of texts from the features of their tokens, and beside
    them the tokens' own vectors, where a text's is their mean.
    """
    means = _is_mean_of_tokens(model)

    def vectors(features: "dict[str, torch.Tensor]") -> "tuple[torch.Tensor, ...]":
        from torch.nn.functional import normalize

        out = model(features)
        vector = normalize(out["sentence_embedding"][:, :dimension], dim=-1)
        return (vector, out["token_embeddings"][:, :, :dimension]) if means else (vector,)

    return vectors


def export_reranker(name: str, target: Path, pairs: Sequence[tuple[str, str]]) -> RerankerCard:
    """Write a cross-encoder's graph and tokenizer into the new folder `target`, and say what they are.

    pairs: a few queries and texts, on which the graph is held against sentence-transformers.
    Raises ModelUnusable if it does not give one logit a pair, or cannot be exported.
    """
    folder = locate(name, "cross-encoder")
    if not is_classifier(folder):  # or it would be given a random head, and no word said
        raise ModelUnusable(f"{name}: not a cross-encoder; its config.json names no sequence classification")
    model = _load("CrossEncoder", folder, name)
    if model.num_labels != 1:
        raise ModelUnusable(f"{name}: gives {model.num_labels} scores a pair; a reranker gives one")
    card = RerankerCard(name, fingerprint(folder), _limit(model))
    example = [("an example", "of two pairs"), ("of", "unlike length")]
    _write(model, lambda features: (model(features)["scores"],), example, target, name)
    from torch.nn import Identity

    expected = model.predict(list(pairs), activation_fn=Identity(), show_progress_bar=False)
    reranker = _opened(lambda: ExportedReranker(target, card), name)
    difference = float(abs(expected - reranker.logits(pairs)).max())
    if not difference <= MOST_DIFFERENCE:
        raise ModelUnusable(f"{name}: the exported graph gives other scores (off by {difference:.4f})")
    return card


def _opened(open_it: "Callable[[], _T]", name: str) -> "_T":
    """What was exported, as it is served."""
    try:
        return open_it()
    except IndexUnusable as error:
        raise ModelUnusable(f"{name}: cannot be run as it was exported ({error})") from error


def _load(kind: str, folder: Path, name: str) -> Any:
    for noisy in ("transformers", "torch.onnx", "torch.onnx._internal.exporter._registration"):
        logging.getLogger(noisy).setLevel(logging.ERROR)
    try:
        import sentence_transformers
    except ImportError as error:
        raise ModelUnusable("sentence-transformers is missing; run: pip install -e '.[index]'") from error
    from transformers.utils import logging as transformers_logging

    transformers_logging.disable_progress_bar()  # type: ignore[no-untyped-call]
    transformers_logging.set_verbosity_error()  # type: ignore[no-untyped-call]
    try:
        model = getattr(sentence_transformers, kind)(str(folder), device="cpu", local_files_only=True)
    except Exception as error:
        raise ModelUnusable(f"{name}: not a sentence-transformers model ({first_line(error)})") from error
    if model.transformers_model is None:
        raise ModelUnusable(f"{name}: there is no transformer in it, and nothing else can be exported")
    # Written out, attention becomes one operation of OpenVINO; torch's own, exported, becomes six, with
    # checks for NaN between them, that write and read all weights (benchmarks/README.md).
    model.transformers_model.set_attn_implementation("eager")
    model.max_seq_length = _limit(model)
    return model.eval().float()  # many are stored in half precision, which a CPU is slow at


def _unfit(model: "SentenceTransformer") -> str | None:
    """Why a model cannot be served by one graph that sees nothing but the pieces of a text."""
    if any(hasattr(module, "sub_modules") for module in model):
        return "reads queries and papers through different modules; one for both is needed"
    if any(getattr(model[0], each, None) for each in ("query_length", "document_length", "query_expansion")):
        return "has lengths of its own for queries or papers; one for both is needed"
    prompted = any(model.prompts.values())
    if prompted and not all(getattr(module, "include_prompt", True) for module in model):
        return "leaves its prompts out of pooling (include_prompt=False), which the exported graph cannot do"
    return None


def _limit(model: "SentenceTransformer | CrossEncoder") -> int:
    """The most pieces that a text may have: what the tokenizer says, as far as there are positions."""
    limits = [LONGEST, int(model.max_seq_length or 512)]
    for name, module in model.named_modules():
        if name.endswith("position_embeddings") and hasattr(module, "num_embeddings"):
            # Where there is a padding position, as in RoBERTa, counting starts behind it.
            taken = 0 if module.padding_idx is None else module.padding_idx + 1
            limits.append(int(module.num_embeddings) - taken)
    return min(limits)


def _card(model: "SentenceTransformer", name: str, sha256: str) -> EncoderCard:
    modes: list[Any] = [module.pooling_mode for module in model if hasattr(module, "pooling_mode")]
    pooling = [mode if isinstance(mode, str) else "+".join(mode) for mode in modes]
    return EncoderCard(
        model=name,
        model_sha256=sha256,
        precision="float32",
        dimension=int(model.get_embedding_dimension() or 0),
        max_tokens=int(model.max_seq_length or 0),
        pooling=pooling[0] if pooling else "none",
        normalised=True,
        query_prompt=_prompt(model, "query"),
        document_prompt=_prompt(model, "document", "passage", "corpus"),
    )


def _is_mean_of_tokens(model: "SentenceTransformer") -> bool:
    """Whether a text's vector is the mean of its tokens' own, up to its length."""
    kinds = {type(module).__name__ for module in model}
    means = any(getattr(module, "pooling_mode", None) == "mean" for module in model)
    return means and kinds <= {"Transformer", "Pooling", "Normalize"}


def _prompt(model: "SentenceTransformer", *names: str) -> str:
    """The prompt that encode_query or encode_document chooses: the first name there is, or the default."""
    name = next((each for each in names if each in model.prompts), model.default_prompt_name)
    return (model.prompts.get(name) if name else None) or ""


def _fitting(model: "SentenceTransformer", prompt: str, text: str) -> str:
    """The beginning of a text that is read whole: longer ones sentence-transformers cuts, and we do not."""
    while len(model.tokenizer(prompt + text)["input_ids"]) > (model.max_seq_length or 0) and text:
        text = text[: len(text) // 2]
    return text


def _write(
    model: Any,
    compute: "Compute",
    example: Sequence[str] | Sequence[tuple[str, str]],
    target: Path,
    name: str,
) -> None:
    """Write tokenizer.json and the graph of `compute`, which is given the tokens of any number of texts."""
    import torch

    names: list[str] = []

    class Graph(torch.nn.Module):
        def __init__(self) -> None:
            super().__init__()
            self.model = model

        def forward(self, *tokens: torch.Tensor) -> tuple[torch.Tensor, ...]:
            return compute(dict(zip(names, tokens, strict=True)))

    target.mkdir(parents=True)
    axes = {0: torch.export.Dim("texts"), 1: torch.export.Dim("pieces", max=model.max_seq_length)}
    try:
        tokens = model.tokenizer(list(example), padding=True, return_tensors="pt")
        names += [key for key in ("input_ids", "attention_mask", "token_type_ids") if key in tokens]
        tokenizer = model.tokenizer.backend_tokenizer
        tokenizer.enable_padding(pad_id=model.tokenizer.pad_token_id, pad_token=model.tokenizer.pad_token)
        tokenizer.save(str(target / TOKENIZER))
        with warnings.catch_warnings():
            warnings.simplefilter("ignore")
            torch.onnx.export(
                Graph().eval(),
                tuple(tokens[key] for key in names),
                target / MODEL,
                input_names=names,
                dynamic_shapes={"tokens": tuple(axes for _ in names)},
                dynamo=True,
                external_data=True,  # one ONNX file holds 2 GB at most
                verbose=False,
            )
    except Exception as error:  # the exporters raise anything; the user needs to know which model it was
        raise ModelUnusable(f"{name}: cannot be exported ({first_line(error)})") from error
