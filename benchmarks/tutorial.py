"""The baseline: what a person writes after the tutorial of sentence-transformers, as a service.

    python -m benchmarks.tutorial index PAPERS.jsonl FOLDER
    python -m benchmarks.tutorial serve FOLDER --port 8001

A model, IndexFlatIP and a dict: good code of its kind, nothing in it is slow on purpose.
"""

import argparse
import json
from collections.abc import Mapping, Sequence
from pathlib import Path
from typing import Any

import faiss
import torch
import uvicorn
from fastapi import FastAPI
from sentence_transformers import SentenceTransformer

from indexer import model_files
from papersearch.codes import Floats
from papersearch.stages import Stages

THREADS = 2
"""Of torch; the encoder of papersearch has as many."""


def load_model(name: str = model_files.DEFAULT) -> SentenceTransformer:
    """The model, from the same files that papersearch exports."""
    torch.set_num_threads(THREADS)
    return SentenceTransformer(str(model_files.locate(name)), device="cpu")


def encode(model: SentenceTransformer, texts: Sequence[str]) -> Floats:
    """Unit vectors (n, d) in float32, 32 texts at a time."""
    vectors: Floats = model.encode(
        list(texts), batch_size=32, normalize_embeddings=True, show_progress_bar=False
    )
    return vectors


def text_of(paper: Mapping[str, Any]) -> str:
    """What is embedded of a paper."""
    return f"{paper['title']}. {paper['abstract']}"


def write(folder: Path, papers: Sequence[Mapping[str, Any]], vectors: Floats) -> None:
    """Write papers and their vectors, in the same order, where `Tutorial` looks for them."""
    folder.mkdir(parents=True, exist_ok=True)
    index: Any = faiss.IndexFlatIP(vectors.shape[1])
    index.add(vectors)
    faiss.write_index(index, str(folder / "vectors.faiss"))
    (folder / "papers.json").write_text(json.dumps(dict(enumerate(papers))), "utf-8")


class Tutorial:
    """Search over a folder that `write` made."""

    def __init__(self, folder: Path, model: SentenceTransformer) -> None:
        self.model = model
        self._index: Any = faiss.read_index(str(folder / "vectors.faiss"))
        papers = json.loads((folder / "papers.json").read_text("utf-8"))
        self._papers = {int(row): paper for row, paper in papers.items()}

    def search(self, query: str, stages: Stages, limit: int = 10) -> dict[str, Any]:
        """The nearest papers and their cosines, best first, as JSON-ready data."""
        vector = encode(self.model, [query])
        stages.done("encode")
        scores, rows = self._index.search(vector, limit)
        stages.done("dense")
        pairs = zip(scores[0], rows[0], strict=True)
        hits = [{"score": float(score), "paper": self._papers[int(row)]} for score, row in pairs if row >= 0]
        stages.done("fetch")
        return {"query": query, "hits": hits}


def create_app(tutorial: Tutorial) -> FastAPI:
    """The service: one route, a plain function, which FastAPI runs in its threads."""
    app = FastAPI()

    @app.get("/search")
    def search(q: str) -> dict[str, Any]:
        return tutorial.search(q, Stages())

    return app


def main() -> None:
    """Index a file of papers, or serve what was indexed."""
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawTextHelpFormatter)
    commands = parser.add_subparsers(dest="command", required=True)
    index = commands.add_parser("index")
    index.add_argument("papers", type=Path)
    index.add_argument("folder", type=Path)
    serve = commands.add_parser("serve")
    serve.add_argument("folder", type=Path)
    serve.add_argument("--port", type=int, default=8001)
    arguments = parser.parse_args()
    if arguments.command == "index":
        papers = [json.loads(line) for line in arguments.papers.read_text("utf-8").splitlines()]
        write(arguments.folder, papers, encode(load_model(), [text_of(paper) for paper in papers]))
    else:
        app = create_app(Tutorial(arguments.folder, load_model()))
        uvicorn.run(app, port=arguments.port, log_level="warning")


if __name__ == "__main__":
    main()
