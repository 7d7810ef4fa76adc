"""The rules of the house, read from the imports: who may use whom, and one file for each library."""

import ast
import re
import subprocess
import sys
import tomllib
from collections.abc import Iterator
from pathlib import Path

import pytest

from tests.conftest import ROOT

OURS = ("papersearch", "indexer", "api", "cli")
MODULES = sorted([*(path for name in OURS[:3] for path in (ROOT / name).rglob("*.py")), ROOT / "cli.py"])
MAY_IMPORT = {
    "papersearch": {"papersearch"},
    "indexer": {"indexer", "papersearch"},
    "api": {"api", "papersearch"},
    "cli": {"cli", "indexer", "api", "papersearch"},
}
ONLY_IN = {
    "faiss": "papersearch/vectors.py",
    "tantivy": "papersearch/analysis.py papersearch/pruning.py papersearch/wording.py papersearch/words.py",
    "sqlite3": "papersearch/store.py",
    "onnxruntime": "papersearch/graph.py",
    "openvino": "indexer/bulk.py",
    "onnx": "indexer/onnx_graph.py",
    "rapidfuzz": "papersearch/spelling.py",
    "tokenizers": "papersearch/graph.py",
    "torch": "indexer/gpu.py indexer/model.py",
    "sentence_transformers": "indexer/gpu.py indexer/model.py",
    "transformers": "indexer/model.py",
    "nncf": "indexer/quantise.py",
    "pylatexenc": "indexer/latex_island.py",
    "tqdm": "indexer/progress.py",
    "bibtexparser": "indexer/sources/bibtex.py",
    "rispy": "indexer/sources/ris.py",
    "ir_measures": "indexer/evaluate.py",
    "typer": "cli.py",
}
EMPTY_NAMES = {"utils", "util", "helpers", "helper", "base", "manager", "common", "misc"}
LONGEST = 250


def place(path: Path) -> str:
    return path.relative_to(ROOT).as_posix()


def imports(path: Path) -> Iterator[str]:
    """The first name of every module that a file imports, wherever in the file."""
    for node in ast.walk(ast.parse(path.read_text("utf-8"))):
        if isinstance(node, ast.Import):
            yield from (alias.name.split(".")[0] for alias in node.names)
        elif isinstance(node, ast.ImportFrom):
            assert node.level == 0, f"{place(path)} imports relatively"
            yield (node.module or "").split(".")[0]


def test_there_is_a_house_to_look_at() -> None:
    assert {place(path) for path in MODULES} >= {"cli.py", "papersearch/index.py", "api/app.py"}


@pytest.mark.parametrize("path", MODULES, ids=place)
def test_arrows_run_one_way(path: Path) -> None:
    allowed = MAY_IMPORT[path.relative_to(ROOT).parts[0].removesuffix(".py")]
    assert {name for name in imports(path) if name in OURS} <= allowed


@pytest.mark.parametrize(("library", "homes"), ONLY_IN.items())
def test_a_library_is_imported_where_it_belongs(library: str, homes: str) -> None:
    assert [place(path) for path in MODULES if library in imports(path)] == homes.split()


@pytest.mark.parametrize("path", MODULES, ids=place)
def test_a_module_is_short_enough_to_be_read(path: Path) -> None:
    assert len(path.read_text("utf-8").splitlines()) <= LONGEST


def test_every_file_has_a_name_that_says_something() -> None:
    assert [place(path) for path in MODULES if {*path.parts, path.stem} & EMPTY_NAMES] == []


def test_the_serving_install_is_what_serving_imports() -> None:
    project = tomllib.loads((ROOT / "pyproject.toml").read_text("utf-8"))["project"]
    wanted = {re.split(r"[>=<]", each)[0].replace("-", "_") for each in project["dependencies"]}
    serving = [path for path in MODULES if path.relative_to(ROOT).parts[0] != "indexer"]
    imported = {name for path in serving for name in imports(path)} - sys.stdlib_module_names - set(OURS)
    names = {"faiss": "faiss_cpu", "pydantic_core": "pydantic"}
    # httptools is uvicorn's choice where it is there: a third less time for what is no search.
    assert {names.get(name, name) for name in imported} | {"httptools"} == wanted


SERVE = """
import sys
from pathlib import Path
import api.server
from papersearch.index import Index
from papersearch.query import Query
answer = Index.open(Path(sys.argv[1])).search(Query("congestion control"))
heavy = {"torch", "transformers", "sentence_transformers", "nncf", "indexer", "tqdm", "openvino"}
print(answer.hits[0].paper.id, sorted(heavy & set(sys.modules)))
"""


def test_serving_loads_nothing_that_only_indexing_needs(tiny_index_folder: Path) -> None:
    command = [sys.executable, "-c", SERVE, str(tiny_index_folder)]
    served = subprocess.run(command, cwd=ROOT, capture_output=True, text=True, check=True)
    assert served.stdout == "congestion []\n"
