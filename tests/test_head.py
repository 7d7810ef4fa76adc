"""HEAD on the service's routes."""

import pytest
from fastapi.testclient import TestClient


@pytest.mark.parametrize(
    "path", ["/", "/health/live", "/health/ready", "/v1/search?q=tree", "/static/style.css"]
)
def test_head_is_get_without_its_body(client: TestClient, path: str) -> None:
    asked, given = client.head(path), client.get(path)
    assert asked.status_code == given.status_code == 200
    assert asked.content == b""
    assert asked.headers["content-type"] == given.headers["content-type"]


def test_where_there_is_no_get_there_is_no_head(client: TestClient) -> None:
    assert client.head("/v1/related").status_code == 405
    assert client.head("/nowhere").status_code == 404
