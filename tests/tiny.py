"""A tiny encoder that is real: an ONNX graph with a tokenizer, run by the same code as the big one.

It is a bag of words. Each word of WORDS has a fixed random direction, a text's vector is the normalised
mean of its words' directions, so two texts are near in proportion to the known words that they share.
Beside it the graph gives the words' own directions, so a part's vector is that of the part read alone.
"""

import re
from collections.abc import Iterator, Sequence
from contextlib import contextmanager
from dataclasses import replace
from pathlib import Path

import numpy as np
import onnx
import pytest
from onnx import TensorProto, helper, numpy_helper
from tokenizers import Tokenizer, normalizers, pre_tokenizers
from tokenizers.models import WordLevel

from indexer import model_files, models, onnx_graph
from papersearch.graph import MODEL
from papersearch.manifest import EncoderCard

_WORDS = (
    "a of the to and for in that with by on is are we it new method model learning deep neural network "
    "networks compiler compilers passes pass order optimization code program search tree policy reward "
    "reinforcement agent agents congestion control packet packets sender bottleneck queue queues router "
    "routers traffic database databases query queries join index storage disk memory cache graph graphs "
    "theory proof image images vision segmentation language text translation speech audio protein paper "
    "papers known little nobody wrote down who made hostile markup titles short fair delay"
)
WORDS = _WORDS.split()
DIMENSION = 64


def card(name: str = "tiny") -> EncoderCard:
    """What the tiny encoder says of itself."""
    return EncoderCard(name, f"sha-of-{name}", "float32", DIMENSION, 32, "mean", True, "", "")


@contextmanager
def in_place_of_models() -> Iterator[None]:
    """Within this, the indexer exports the tiny encoder under whatever name a model is asked for."""

    def exported(name: str, target: Path, texts: Sequence[str], *, int8: bool) -> EncoderCard:
        return replace(write_encoder(target, name), precision="int8" if int8 else "float32")

    with pytest.MonkeyPatch.context() as patch:
        patch.setattr(model_files, "locate", lambda name, organisation="": Path(name))
        patch.setattr(model_files, "fingerprint", lambda folder: card(str(folder)).model_sha256)
        patch.setattr(models, "exported", exported)
        yield


def write_encoder(folder: Path, name: str = "tiny", *, tokens: bool = True) -> EncoderCard:
    """Write the encoder into a new folder. Another name gives other directions, as another model would.

    tokens: whether the graph gives the words' vectors too, as that of a model does whose pooling is the mean.
    """
    folder.mkdir(parents=True)
    vocabulary = {"[UNK]": 0, **{word: number for number, word in enumerate(WORDS, 1)}}
    tokenizer = Tokenizer(WordLevel(vocabulary, unk_token="[UNK]"))
    tokenizer.normalizer = normalizers.Lowercase()
    tokenizer.pre_tokenizer = pre_tokenizers.Whitespace()
    tokenizer.save(str(folder / "tokenizer.json"))
    onnx_graph.save(_graph(_directions(name).astype(np.float32), tokens), folder / MODEL)
    return card(name)


def expected_vector(text: str, name: str = "tiny") -> np.ndarray:
    """The vector that the encoder must give for a text that it reads at once, computed another way."""
    numbers = {word: number for number, word in enumerate(WORDS, 1)}
    words = re.findall(r"\w+|[^\w\s]+", text.lower())
    total: np.ndarray = _directions(name)[[numbers.get(word, 0) for word in words]].sum(axis=0)
    unit: np.ndarray = total / np.linalg.norm(total)
    return unit


def _directions(name: str) -> np.ndarray:
    directions = np.random.default_rng(sum(name.encode())).standard_normal((len(WORDS) + 1, DIMENSION))
    directions /= np.linalg.norm(directions, axis=1, keepdims=True)
    directions[0] *= 0.01  # an unknown word says nearly nothing
    return directions


def _graph(directions: np.ndarray, tokens: bool) -> onnx.ModelProto:
    def names(*shape: str | int) -> Sequence[str | int]:
        return shape

    nodes = [
        helper.make_node("Gather", ["directions", "input_ids"], ["vectors"]),
        helper.make_node("Cast", ["attention_mask"], ["mask"], to=TensorProto.FLOAT),
        helper.make_node("Unsqueeze", ["mask", "last"], ["weights"]),
        helper.make_node("Mul", ["vectors", "weights"], ["kept"]),
        helper.make_node("ReduceSum", ["kept", "pieces_axis"], ["sum"], keepdims=0),
        helper.make_node("LpNormalization", ["sum"], ["vector"], axis=-1, p=2),
    ]
    outputs = [helper.make_tensor_value_info("vector", TensorProto.FLOAT, names("texts", DIMENSION))]
    if tokens:
        shape = names("texts", "pieces", DIMENSION)
        outputs.append(helper.make_tensor_value_info("vectors", TensorProto.FLOAT, shape))
    graph = helper.make_graph(
        nodes,
        "tiny",
        [
            helper.make_tensor_value_info(name, TensorProto.INT64, names("texts", "pieces"))
            for name in ("input_ids", "attention_mask")
        ],
        outputs,
        [
            numpy_helper.from_array(directions, "directions"),
            numpy_helper.from_array(np.array([-1]), "last"),
            numpy_helper.from_array(np.array([1]), "pieces_axis"),
        ],
    )
    return helper.make_model(graph, opset_imports=[helper.make_opsetid("", 17)], ir_version=8)
