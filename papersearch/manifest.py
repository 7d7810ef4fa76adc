"""The manifest: which generation of an index counts, and how it was made.

data/index/
  manifest.json             names the generation that counts; replacing this file is the commit
  generations/<name>/
    papers.sqlite           store.py
    vectors.faiss           vectors.py; signs.faiss beside it where the papers are many, and centres.faiss
    sentences/              sentences.py
    background.npz          ranking.py
    latent/                 latent.py
    words/                  words.py
    acronyms.json           acronyms.py
    vocabulary.txt          spelling.py
    encoder/                encoder.py
    reranker/               reranker.py, if there is one
    rejects.jsonl           entries of the sources that are no papers, with reasons
"""

import json
import os
from collections.abc import Mapping
from dataclasses import asdict, dataclass
from pathlib import Path

from papersearch.errors import IndexUnusable

FORMAT = 3
"""The version of the folder's layout; a reader refuses any other."""

PAPERS, VECTORS, BACKGROUND, LATENT = "papers.sqlite", "vectors.faiss", "background.npz", "latent"
SENTENCES, WORDS, ACRONYMS, VOCABULARY = "sentences", "words", "acronyms.json", "vocabulary.txt"
ENCODER, RERANKER, REJECTS = "encoder", "reranker", "rejects.jsonl"


@dataclass(frozen=True, slots=True)
class EncoderCard:
    """What there is to know about an exported encoder, so that a query never meets the wrong model."""

    model: str
    model_sha256: str
    precision: str
    dimension: int
    max_tokens: int
    pooling: str
    normalised: bool
    query_prompt: str
    document_prompt: str


@dataclass(frozen=True, slots=True)
class RerankerCard:
    """What there is to know about an exported cross-encoder."""

    model: str
    model_sha256: str
    max_tokens: int


@dataclass(frozen=True, slots=True)
class SearchCard:
    """How vectors are searched, "exact", by "signs" or by "clusters" (vectors.py), and what that finds.

    sifted: how many rows the signs leave. probes: how many of the clusters are looked at.
    recall_at_10, recall_at_100: the share of the nearest papers that was found when the index was built.
    """

    kind: str = "exact"
    sifted: int = 0
    clusters: int = 0
    probes: int = 0
    recall_at_10: float = 1.0
    recall_at_100: float = 1.0


@dataclass(frozen=True, slots=True)
class Manifest:
    """One committed generation. `step` is what one unit of its vectors' codes is worth (codes.py); `files`
    holds the size in bytes of each file in it, by relative path. An index made before there was a choice of
    ways to search has no `search`, and is searched exactly.
    """

    generation: str
    created: str
    software: str
    papers: int
    rejects: int
    step: float
    encoder: EncoderCard
    files: Mapping[str, int]
    format: int = FORMAT
    reranker: RerankerCard | None = None
    search: SearchCard = SearchCard()

    def folder(self, index: Path) -> Path:
        """Where this generation's files are."""
        return index / "generations" / self.generation


def read(index: Path) -> Manifest:
    """The manifest of an index folder. Raises IndexUnusable: no index, not readable, another version."""
    path = index / "manifest.json"
    try:
        data = json.loads(path.read_text("utf-8"))
        version = data.pop("format")
        data.pop("truncated", None)  # older indexes have it
    except FileNotFoundError as error:
        raise IndexUnusable(
            f"{index}: no index here; make one with: papersearch index SOURCE --index {index}"
        ) from error
    except (OSError, ValueError, KeyError, TypeError, AttributeError) as error:
        raise IndexUnusable(f"{path}: not readable ({error}); build the index again") from error
    if version != FORMAT:
        raise IndexUnusable(
            f"{path}: format {version}, this program reads format {FORMAT}; "
            "build the index again, or install the version of Papersearch that made it"
        )
    try:
        reranker = data.get("reranker")
        return Manifest(
            **{
                **data,
                "encoder": EncoderCard(**data["encoder"]),
                "reranker": None if reranker is None else RerankerCard(**reranker),
                "search": SearchCard(**data.get("search", {})),
            }
        )
    except (TypeError, KeyError) as error:
        raise IndexUnusable(
            f"{path}: fields are missing or unknown ({error}); build the index again"
        ) from error


def models(index: Path) -> tuple[str | None, str | None]:
    """The names of the encoder's and the reranker's model, as far as a damaged manifest still tells them."""
    try:
        data = json.loads((index / "manifest.json").read_text("utf-8"))
        named = [(data.get(part) or {}).get("model") for part in ("encoder", "reranker")]
    except (OSError, ValueError, AttributeError):
        return None, None
    encoder, reranker = (name if isinstance(name, str) else None for name in named)
    return encoder, reranker


def check_files(index: Path, manifest: Manifest) -> None:
    """Compare the generation's files with the sizes noted when it was made. Raises IndexUnusable."""
    folder = manifest.folder(index)
    for name, size in manifest.files.items():
        path = folder / name
        found = path.stat().st_size if path.is_file() else None
        if found != size:
            state = "missing" if found is None else f"{found} bytes instead of {size}"
            raise IndexUnusable(f"{path}: {state}; copy the index folder again, or build it again")


def sizes(folder: Path) -> dict[str, int]:
    """The size of every file under a generation's folder, by relative path."""
    files = (path for path in sorted(folder.rglob("*")) if path.is_file() and not path.name.startswith("."))
    return {path.relative_to(folder).as_posix(): path.stat().st_size for path in files}


def commit(index: Path, manifest: Manifest) -> None:
    """Make a generation the one that counts. After a crash at any instant the old or the new one does."""
    folder = manifest.folder(index)
    for name in manifest.files:
        sync(folder / name)
    for directory in [folder, *(path for path in folder.rglob("*") if path.is_dir()), folder.parent]:
        sync(directory)
    temporary = index / "manifest.json.new"
    temporary.write_text(json.dumps(asdict(manifest), indent=2, ensure_ascii=False) + "\n", "utf-8")
    sync(temporary)
    temporary.replace(index / "manifest.json")
    sync(index)


def sync(path: Path) -> None:
    """Wait until a file's content, or a directory's entries, are on disk."""
    descriptor = os.open(path, os.O_RDONLY)
    try:
        os.fsync(descriptor)
    finally:
        os.close(descriptor)
