"""What an environment for serving takes on the disk, ours and the baseline's."""

import subprocess
import tempfile
import venv
from collections.abc import Sequence
from pathlib import Path

ROOT = Path(__file__).parent.parent
SERVING = {"ours": [str(ROOT)], "tutorial": ["sentence-transformers", "faiss-cpu", "fastapi", "uvicorn"]}


def installed_size(requirements: Sequence[str]) -> float | None:
    """MB in site-packages of a fresh virtual environment, without pip's own; None where pip fails."""
    with tempfile.TemporaryDirectory() as temporary:
        folder = Path(temporary)
        venv.create(folder, with_pip=True)
        empty = size(folder)
        pip = [str(folder / "bin" / "pip"), "install", "-qq", "--disable-pip-version-check"]
        run = subprocess.run([*pip, "-c", str(ROOT / "constraints.txt"), *requirements])
        return None if run.returncode else (size(folder) - empty) / 1e6


def size(folder: Path) -> int:
    """Bytes that the files in a folder have, byte code left out: it comes with the first run."""
    files = (path for path in folder.rglob("*") if path.suffix != ".pyc")
    return sum(path.stat().st_size for path in files if path.is_file() and not path.is_symlink())
