"""`papersearch serve` as a process: start, first answer, new generations, the end, reasons not to start."""

import json
import re
import shutil
import signal
import socket
import subprocess
from collections.abc import Callable, Iterator
from pathlib import Path
from threading import Event, Thread

import httpx2
import pytest

from api import server
from papersearch import manifest as manifests
from papersearch.paper import Paper
from tests.conftest import PAPERS
from tests.service import PATIENCE, command, process, stopped, until

Serving = tuple["subprocess.Popen[str]", str]


@pytest.fixture(scope="module")
def serving(tiny_index_folder: Path) -> Iterator[Serving]:
    """The service over the tiny index, for tests that leave it running."""
    with process("--index", tiny_index_folder) as serving:
        yield serving


@pytest.fixture
def own_index(tiny_index_folder: Path, tmp_path: Path) -> Path:
    """A copy of the tiny index that a test may damage."""
    return Path(shutil.copytree(tiny_index_folder, tmp_path / "index"))


def ready(address: str) -> bool:
    """Whether the service says that it can answer."""
    try:
        return httpx2.get(f"{address}/health/ready").status_code == 200
    except httpx2.TransportError:
        return False


def serves(address: str) -> str:
    """The generation that is served."""
    return str(httpx2.get(f"{address}/health/ready").json()["generation"])


def refused(address: str) -> bool:
    """Whether nobody listens there any more."""
    host, _, port = address.removeprefix("http://").partition(":")
    try:
        socket.create_connection((host, int(port))).close()
    except (ConnectionRefusedError, ConnectionResetError):
        return True
    return False


def workers(pid: int) -> dict[int, str]:
    """The processes that a process has started and that can encode, with what they have loaded."""
    children = Path(f"/proc/{pid}/task/{pid}/children").read_text().split()
    maps = {int(child): Path(f"/proc/{child}/maps").read_text() for child in children}
    return {child: loaded for child, loaded in maps.items() if "onnxruntime" in loaded}


# Start


def test_it_says_where_it_is_and_the_first_answer_is_there_at_once(serving: Serving) -> None:
    _, address = serving
    answer = httpx2.get(f"{address}/v1/search?q=congestion control")
    assert answer.status_code == 200
    assert answer.json()["hits"][0]["paper"]["id"] == "congestion"
    assert httpx2.get(f"{address}/health/ready").json()["papers"] == 6


def test_no_torch_is_in_the_serving_process(serving: Serving) -> None:
    maps = Path(f"/proc/{serving[0].pid}/maps").read_text()
    assert "onnxruntime" in maps  # what encodes in its place
    assert "libtorch" not in maps
    assert "/torch/" not in maps
    assert "openvino" not in maps


def test_all_threads_take_memory_from_one_heap(monkeypatch: pytest.MonkeyPatch) -> None:
    told: list[tuple[int, int]] = []

    class Library:
        def mallopt(self, what: int, value: int) -> None:
            told.append((what, value))

    monkeypatch.setattr("ctypes.CDLL", lambda name: Library())
    server._share_one_heap()
    assert told == [(-8, 1)]
    monkeypatch.setattr("ctypes.CDLL", lambda name: object())  # a library that knows nothing of it
    server._share_one_heap()


def test_addresses_arrive_as_they_were_sent(serving: Serving) -> None:
    _, address = serving
    assert httpx2.get(f"{address}/v1/papers/joins/2019").json()["id"] == "joins/2019"
    assert httpx2.get(f"{address}/v1/papers/joins%2F2019").json()["id"] == "joins/2019"
    detail = httpx2.get(f"{address}/v1/papers/100%2541%00%ED%A0%80").json()["detail"]
    assert detail == f"no paper has the id {'100%41' + chr(0) + 3 * chr(0xFFFD)!r} in this index"


def test_requests_of_many_clients_at_once_are_all_answered(serving: Serving) -> None:
    _, address = serving
    statuses: list[int] = []

    def ask(number: int) -> None:
        with httpx2.Client(base_url=address, timeout=PATIENCE) as client:
            statuses.extend(
                client.get(f"/v1/search?q=learning {number} {each}").status_code for each in range(5)
            )

    threads = [Thread(target=ask, args=(number,)) for number in range(16)]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join(PATIENCE)
    assert statuses == [200] * 80


def test_what_is_no_http_is_refused_and_the_service_goes_on(serving: Serving) -> None:
    _, address = serving
    port = int(address.rpartition(":")[2])
    with socket.create_connection(("127.0.0.1", port), PATIENCE) as client:
        client.sendall(b"\x16\x03\x01 this is no HTTP\r\n\r\n")
        assert client.recv(100).startswith(b"HTTP/1.1 400 ")
    with socket.create_connection(("127.0.0.1", port), PATIENCE) as client:
        client.sendall(b"GET /v1/search?q=x HTTP/1.1\r\n")  # and leaves in the middle
    assert httpx2.get(f"{address}/health/ready").status_code == 200


def test_the_path_of_a_proxy_is_in_the_address_and_the_links(tiny_index_folder: Path) -> None:
    with process("--index", tiny_index_folder, "--root-path", "lab/") as (_, address):
        assert address.endswith("/lab")
        bare = address.removesuffix("/lab")  # where the proxy asks, having taken its path off
        assert 'action="/lab/"' in httpx2.get(f"{bare}/").text
        assert httpx2.get(f"{bare}/static/style.css").status_code == 200
        assert httpx2.get(f"{bare}/v1/search?q=learning").status_code == 200


def test_answers_are_not_held_back_for_the_clients_acknowledgement() -> None:
    with server._bind("127.0.0.1", 0) as listener:
        assert listener.proto == socket.IPPROTO_TCP
        with socket.create_connection(listener.getsockname()), listener.accept()[0] as accepted:
            assert accepted.proto == socket.IPPROTO_TCP  # what asyncio looks at to set TCP_NODELAY


# The end


@pytest.mark.parametrize("number", [signal.SIGTERM, signal.SIGINT])
def test_a_request_under_way_is_finished_before_it_stops(
    tiny_index_folder: Path, number: signal.Signals
) -> None:
    body = json.dumps({"like": ["passes"], "limit": 1}).encode()
    with process("--index", tiny_index_folder) as (running, address):
        port = int(address.rpartition(":")[2])
        with socket.create_connection(("127.0.0.1", port), PATIENCE) as client:
            client.sendall(
                b"POST /v1/related HTTP/1.1\r\nHost: x\r\nContent-Type: application/json\r\n"
                b"Expect: 100-continue\r\nContent-Length: %d\r\n\r\n" % len(body)
            )
            assert client.recv(100).startswith(b"HTTP/1.1 100 ")  # the request is under way
            running.send_signal(number)
            until(lambda: refused(address), "no new connection is taken")
            assert running.poll() is None
            client.sendall(body)
            answer = b""
            while part := client.recv(65_536):
                answer += part
        assert answer.startswith(b"HTTP/1.1 200 ")
        assert [hit["paper"]["id"] for hit in json.loads(answer.partition(b"\r\n\r\n")[2])["hits"]] != [
            "passes"
        ]
        assert running.wait(PATIENCE) == 0
        assert running.stderr is not None
        assert "Traceback" not in running.stderr.read()


# New generations


def test_new_generations_are_served_with_no_request_lost(make_index: Callable[..., Path]) -> None:
    folder = make_index()
    answers: list[tuple[int, int]] = []
    enough = Event()

    with process("--index", folder) as (running, address):

        def hammer() -> None:
            with httpx2.Client(base_url=address, timeout=PATIENCE) as client:
                while not enough.is_set():
                    response = client.get("/v1/search?q=compiler passes")
                    answers.append((response.status_code, response.json().get("total", 0)))

        threads = [Thread(target=hammer) for _ in range(2)]
        for thread in threads:
            thread.start()
        try:
            papers = list(PAPERS)
            for number, how in enumerate(("signal", "manifest", "signal")):
                papers.append(
                    Paper(f"new-{number}", f"Theory of audio proof {number}", "A compiler of speech.")
                )
                make_index(papers, update=number > 0)
                if how == "signal":
                    running.send_signal(signal.SIGHUP)
                until(lambda: serves(address) == manifests.read(folder).generation, f"the switch by {how}")
                found = httpx2.get(f"{address}/v1/search?q=Theory of audio proof {number}&limit=1").json()
                assert [hit["paper"]["id"] for hit in found["hits"]] == [f"new-{number}"]
        finally:
            enough.set()
            for thread in threads:
                thread.join(PATIENCE)
        assert {status for status, _ in answers} == {200}
        totals = [total for _, total in answers]
        assert set(totals) <= {6, 7, 8, 9}
        assert {6, 9} <= set(totals)
        assert stopped(running) == 0


# Reasons not to start


def fails(*arguments: object) -> str:
    """The one line that a command which cannot do what it is asked leaves on standard error."""
    ended = command(*arguments)
    out, err = ended.communicate(timeout=PATIENCE)
    assert out == ""
    assert ended.returncode == 1
    assert err.startswith("papersearch: ")
    assert err.count("\n") == 1, err
    return err


def test_a_port_in_use_is_one_line(serving: Serving, tiny_index_folder: Path) -> None:
    port = serving[1].rpartition(":")[2]
    line = fails("serve", "--index", tiny_index_folder, "--port", port)
    assert f"cannot listen on 127.0.0.1:{port}" in line
    assert "choose another with --host or --port" in line


@pytest.mark.parametrize(
    ("host", "port"),
    [("127.0.0.1", 99_999), ("127.0.0.1", -1), ("no.such.host.invalid", 0), ("192.0.2.1", 0)],
)
def test_an_address_that_cannot_be_listened_on_is_an_error(host: str, port: int) -> None:
    with pytest.raises(server.CannotServe, match=f"cannot listen on {host}:{port}"):
        server._bind(host, port)


def test_an_origin_is_taken_as_browsers_send_it() -> None:
    given = ["https://Lab.example/", "http://[::1]:8000", "*", "null"]
    assert list(map(server._origin, given)) == ["https://lab.example", "http://[::1]:8000", "*", "null"]


@pytest.mark.parametrize("origin", ["lab.example", "https://", "https://lab.example/papers", ""])
def test_what_is_no_origin_is_refused(origin: str) -> None:
    with pytest.raises(server.CannotServe, match="is no site"):
        server._origin(origin)


def test_an_index_of_a_newer_version_is_one_line_that_says_so(own_index: Path) -> None:
    path = own_index / "manifest.json"
    newer = {**json.loads(path.read_text("utf-8")), "format": 99, "something": "new"}
    path.write_text(json.dumps(newer), "utf-8")
    line = fails("serve", "--index", own_index, "--port", 0)
    assert f"{path}: format 99, this program reads format 3" in line


def test_a_damaged_encoder_of_the_right_size_is_one_line(own_index: Path) -> None:
    encoder = manifests.read(own_index).folder(own_index) / manifests.ENCODER
    whole = (encoder / "model.onnx").read_bytes()
    (encoder / "model.onnx").write_bytes(whole[:100] + b"#" * 100 + whole[200:])
    assert f"{encoder}: no usable encoder (" in fails("serve", "--index", own_index, "--port", 0)


# Workers


def test_two_workers_serve_without_torch_and_stop_cleanly(tiny_index_folder: Path) -> None:
    environment = {
        "PAPERSEARCH_INDEX": str(tiny_index_folder),
        "PAPERSEARCH_WORKERS": "2",
        "PAPERSEARCH_CORS_ORIGIN": "https://lab.example https://other.example",
    }
    with process(**environment) as (running, address):
        until(lambda: ready(address), "ready")
        asked = [httpx2.get(f"{address}/v1/search?q=congestion control") for _ in range(10)]
        answered = [each for each in asked if each.status_code == 200]
        assert answered  # the other worker may still be loading
        assert {each.json()["hits"][0]["paper"]["id"] for each in answered} == {"congestion"}
        assert {each.status_code for each in asked} <= {200, 503}
        live = httpx2.get(f"{address}/health/live", headers={"Origin": "https://other.example"})
        assert live.headers["access-control-allow-origin"] == "https://other.example"
        until(lambda: len(workers(running.pid)) == 2, "two workers")
        serving = workers(running.pid)
        assert not any("libtorch" in loaded for loaded in serving.values())
        assert stopped(running) == 0
        assert refused(address)
        assert not any(Path(f"/proc/{child}").exists() for child in serving)
        assert running.stdout is not None
        costs = re.findall(r"Worker (\d+) serves 6 papers and has (\d+) MB of memory", running.stdout.read())
        assert {int(worker) for worker, _ in costs} == set(serving)
        assert all(10 < int(megabytes) < 1000 for _, megabytes in costs)
