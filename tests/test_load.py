"""The client that loads a service, against a small real one."""

import threading
import time
from collections.abc import Iterator
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer

import pytest

from benchmarks.load import Loaded, load


class Small(ThreadingHTTPServer):
    """Answers after `delay` seconds; 500 to the query "bad", half an answer to "half"."""

    daemon_threads = True
    delay = 0.0

    def __init__(self) -> None:
        super().__init__(("127.0.0.1", 0), Handler)
        self.targets: list[str] = []
        self.connections: set[object] = set()


class Handler(BaseHTTPRequestHandler):
    protocol_version = "HTTP/1.1"

    def do_GET(self) -> None:
        assert isinstance(self.server, Small)
        self.server.targets.append(self.path)
        self.server.connections.add(self.client_address)
        time.sleep(self.server.delay)
        self.send_response(500 if self.path.endswith("bad") else 200)
        self.send_header("Content-Length", "400000")
        self.end_headers()
        if self.path.endswith("half"):
            self.close_connection = True
        else:
            self.wfile.write(b"x" * 400_000)

    def log_message(self, format: str, *arguments: object) -> None:  # noqa: A002
        pass


@pytest.fixture
def small() -> Iterator[Small]:
    with Small() as server:
        thread = threading.Thread(target=server.serve_forever)
        thread.start()
        yield server
        server.shutdown()
        thread.join()


def address(server: Small) -> str:
    return f"http://127.0.0.1:{server.server_port}/search?q="


def test_every_query_is_asked_once_over_as_many_connections_as_clients(small: Small) -> None:
    result = load(address(small), ["a b", "é", "c", "d", "e"], clients=2, seconds=30)
    asked = sorted(["/search?q=a%20b", "/search?q=%C3%A9", "/search?q=c", "/search?q=d", "/search?q=e"])
    assert sorted(small.targets) == asked
    assert (len(result.seconds), result.errors) == (5, 0)
    assert len(small.connections) <= 2


def test_what_is_not_a_whole_good_answer_is_an_error_and_the_next_is_asked(small: Small) -> None:
    result = load(address(small), ["bad", "half", "good"], clients=1, seconds=30)
    assert (len(result.seconds), result.errors) == (1, 2)


def test_a_service_that_is_not_there_is_errors() -> None:
    assert load("http://127.0.0.1:9/?q=", ["a", "b"], clients=1, seconds=30).errors == 2


def test_a_late_start_counts_as_time_taken(small: Small) -> None:
    small.delay = 0.1
    result = load(address(small), ["a", "b", "c"], clients=1, seconds=30, rate=1000)
    # All were due at once: the third waited for two others.
    assert [took >= 0.1 * place for place, took in enumerate(sorted(result.seconds), 1)] == [True] * 3


def test_two_runs_make_one() -> None:
    result = Loaded([0.1], 0, 1.0)
    result.add(Loaded([0.2, 0.3], 1, 0.5))
    assert result == Loaded([0.1, 0.2, 0.3], 1, 1.5)
    assert (result.rate, Loaded().rate) == (2.0, 0.0)
