"""What the documents for users must mention: every route, every command, every option and variable."""

import re
from functools import cache

import pytest
import typer.main
from starlette.testclient import TestClient

import cli
from tests.service import ROOT

COMMANDS = typer.main.get_group(cli.app).commands
OPTIONS = [
    (name, option, parameter.envvar)
    for name, command in COMMANDS.items()
    for parameter in command.params
    for option in parameter.opts
    if option.startswith("--") and option != "--help"
]


@cache
def document(*names: str) -> str:
    """The text of documents; a parameter of a path is {} whatever its name."""
    return re.sub(r"\{[a-z_]*\}", "{}", "\n".join((ROOT / name).read_text("utf-8") for name in names))


def test_every_route_of_the_openapi_document_is_in_docs_api(client: TestClient) -> None:
    paths = client.get("/openapi.json").json()["paths"]
    named = {f"{method.upper()} {path}" for path, methods in paths.items() for method in methods}
    assert len(named) >= 8
    missing = {
        route
        for route in named
        if not re.search(
            re.escape(re.sub(r"\{[a-z_]*\}", "{}", route)) + r"(?![\w/{])", document("docs/API.md")
        )
    }
    assert missing == set()


def test_every_parameter_and_field_of_a_request_is_in_docs_api(client: TestClient) -> None:
    openapi = client.get("/openapi.json").json()
    names = {
        parameter["name"]
        for methods in openapi["paths"].values()
        for operation in methods.values()
        for parameter in operation.get("parameters", [])
        if parameter["in"] == "query"
    }
    names |= set(openapi["components"]["schemas"]["RelatedRequest"]["properties"])
    assert {"q", "limit", "year_from", "like", "unlike"} <= names
    assert {name for name in names if not re.search(rf"\b{name}\b", document("docs/API.md"))} == set()


@pytest.mark.parametrize("name", sorted(COMMANDS))
def test_every_command_is_in_the_documents(name: str) -> None:
    assert f"papersearch {name}" in document("README.md", "docs/OPERATIONS.md")


@pytest.mark.parametrize(
    ("name", "option", "variable"), OPTIONS, ids=[f"{each[0]} {each[1]}" for each in OPTIONS]
)
def test_every_option_is_in_the_documents(name: str, option: str, variable: str) -> None:
    assert re.search(rf"{option}(?![\w-])", document("README.md", "docs/OPERATIONS.md"))


@pytest.mark.parametrize(
    ("name", "option", "variable"), OPTIONS, ids=[f"{each[0]} {each[1]}" for each in OPTIONS]
)
def test_every_option_has_an_environment_variable_of_its_name(name: str, option: str, variable: str) -> None:
    assert variable == "PAPERSEARCH_" + option.removeprefix("--").replace("-", "_").upper()
