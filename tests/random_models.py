"""Small random models of several architectures, saved as sentence-transformers saves them.

Random weights tell an export as well as trained ones: what matters is that every part of the model is there.
"""

from collections.abc import Iterable
from pathlib import Path
from typing import TYPE_CHECKING, Any

from tokenizers import Tokenizer, decoders, models, normalizers, pre_tokenizers, processors, trainers

if TYPE_CHECKING:
    from transformers import PreTrainedTokenizerFast

SENTENCES = (
    "Reinforcement learning orders the passes of a compiler, and the reward is the speed of the code.",
    "Congestion control: the sender learns from the delay of packets and is fair to others.",
    "Große Übersetzer — naïve façades, ½ × π ≈ 1.57; 東京 の 論文 и ещё немного.",
    "query: passage: represent this sentence for searching relevant papers",
)
WIDE = 0.5
"""Standard deviation of random weights: far from the usual 0.02, so that texts get vectors far apart."""


def wordpiece(**options: Any) -> "PreTrainedTokenizerFast":
    """A tokenizer as BERT has it: [CLS] text [SEP], and the kind of each piece."""
    tokenizer = Tokenizer(models.WordPiece(unk_token="[UNK]"))
    tokenizer.normalizer = normalizers.BertNormalizer()
    tokenizer.pre_tokenizer = pre_tokenizers.BertPreTokenizer()
    special = ["[PAD]", "[UNK]", "[CLS]", "[SEP]", "[MASK]"]
    trainer = trainers.WordPieceTrainer(vocab_size=300, special_tokens=special, show_progress=False)
    tokenizer.train_from_iterator(SENTENCES, trainer)
    tokenizer.decoder = decoders.WordPiece()
    ends = [(each, tokenizer.token_to_id(each)) for each in ("[CLS]", "[SEP]")]
    tokenizer.post_processor = processors.TemplateProcessing(
        single="[CLS] $A [SEP]", pair="[CLS] $A [SEP] $B:1 [SEP]:1", special_tokens=ends
    )
    return _fast(tokenizer, zip(("pad", "unk", "cls", "sep", "mask"), special, strict=True), True, options)


def bytes_bpe(**options: Any) -> "PreTrainedTokenizerFast":
    """A tokenizer as RoBERTa has it: <s> text </s>, padding that is not piece 0, no kinds of pieces."""
    tokenizer = Tokenizer(models.BPE())
    tokenizer.pre_tokenizer = pre_tokenizers.ByteLevel(add_prefix_space=False)
    special = ["<s>", "<pad>", "</s>", "<unk>"]
    trainer = trainers.BpeTrainer(
        vocab_size=400,
        special_tokens=special,
        initial_alphabet=pre_tokenizers.ByteLevel.alphabet(),
        show_progress=False,
    )
    tokenizer.train_from_iterator(SENTENCES, trainer)
    tokenizer.post_processor = processors.RobertaProcessing(("</s>", 2), ("<s>", 0))
    return _fast(tokenizer, zip(("cls", "pad", "sep", "unk"), special, strict=True), False, options)


def small(pieces: int) -> dict[str, Any]:
    """The shape of a small network over so many pieces, by the names that all configurations share.

    Its random weights are the same in every run.
    """
    import torch

    torch.manual_seed(7)
    return {
        "vocab_size": pieces,
        "hidden_size": 48,
        "num_hidden_layers": 2,
        "num_attention_heads": 4,
        "intermediate_size": 96,
        "initializer_range": WIDE,
        "bos_token_id": 0,
        "eos_token_id": 2,
        "pad_token_id": 1 if pieces == 400 else 0,
    }


def saved(
    folder: Path, network: Any, tokenizer: "PreTrainedTokenizerFast", modules: list[Any], **options: Any
) -> Path:
    """Save a network with a tokenizer and further modules as a sentence-transformers model."""
    from sentence_transformers import SentenceTransformer
    from sentence_transformers.base.modules import Transformer

    network.save_pretrained(folder / "network")
    tokenizer.save_pretrained(folder / "network")
    transformer = Transformer(str(folder / "network"))
    SentenceTransformer(modules=[transformer, *modules], device="cpu", **options).save(str(folder / "model"))
    return folder / "model"


def cross_encoder(folder: Path, *, labels: int = 1) -> Path:
    """A BERT that scores pairs; for its words see wordpiece."""
    from transformers import BertConfig, BertForSequenceClassification

    options = small(300) | {"max_position_embeddings": 64, "num_labels": labels}
    BertForSequenceClassification(BertConfig(**options)).save_pretrained(folder)
    wordpiece().save_pretrained(folder)
    return folder


def _fast(
    tokenizer: Tokenizer, special: Iterable[tuple[str, str]], kinds: bool, options: dict[str, Any]
) -> "PreTrainedTokenizerFast":
    from transformers import PreTrainedTokenizerFast

    names = ["input_ids", "attention_mask", *(["token_type_ids"] if kinds else [])]
    tokens = {f"{name}_token": token for name, token in special}
    options |= {"tokenizer_object": tokenizer, "model_input_names": names}
    return PreTrainedTokenizerFast(**tokens, **options)  # type: ignore[no-untyped-call]
