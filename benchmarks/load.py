"""A client that loads an HTTP service: python -m benchmarks.load ADDRESS --clients 8 --seconds 5 < QUERIES

A process of its own, so that client and service do not share Python's lock; they do share the cores. Each
client keeps one connection. Without --rate a client asks again as soon as it is answered, for so many
seconds. With --rate every query has its appointed time, and waiting for a client counts as time that the
service took.
Every query of standard input, a line each, is asked at most once; prints JSON.
"""

import argparse
import json
import socket
import sys
import threading
import time
from dataclasses import asdict, dataclass, field
from urllib.parse import quote, urlsplit

PATIENCE = 30.0


@dataclass(slots=True)
class Loaded:
    """What came of a load: seconds of each good answer, the bad ones, and the seconds from first to last."""

    seconds: list[float] = field(default_factory=list)
    errors: int = 0
    wall: float = 0.0

    def add(self, other: "Loaded") -> None:
        """Take another run of the same load into this one."""
        self.seconds += other.seconds
        self.errors += other.errors
        self.wall += other.wall

    @property
    def rate(self) -> float:
        """Good answers a second."""
        return len(self.seconds) / self.wall if self.wall else 0.0


class Connection:
    """One kept HTTP/1.1 connection; one that broke is opened again for the next request."""

    def __init__(self, host: str, port: int) -> None:
        self._address = (host, port)
        self._socket: socket.socket | None = None

    def get(self, target: str) -> bool:
        """Whether this target was answered with 200 and a whole body."""
        try:
            if self._socket is None:
                self._socket = socket.create_connection(self._address, PATIENCE)
                self._socket.setsockopt(socket.IPPROTO_TCP, socket.TCP_NODELAY, 1)
            self._socket.sendall(f"GET {target} HTTP/1.1\r\nHost: {self._address[0]}\r\n\r\n".encode())
            return self._answer(self._socket) == 200
        except (OSError, ValueError):
            self.close()
            return False

    def close(self) -> None:
        """Close the connection, if one is open."""
        if self._socket is not None:
            self._socket.close()
            self._socket = None

    @staticmethod
    def _answer(connection: socket.socket) -> int:
        received = b""
        while b"\r\n\r\n" not in received:
            received += _some(connection)
        head, _, body = received.partition(b"\r\n\r\n")
        lines = head.lower().split(b"\r\n")
        length = next(int(line.split(b":")[1]) for line in lines if line.startswith(b"content-length"))
        left = length - len(body)
        while left > 0:
            left -= len(_some(connection))
        return int(lines[0].split()[1])


def _some(connection: socket.socket) -> bytes:
    received = connection.recv(1 << 18)
    if not received:
        raise ConnectionError("the service closed the connection before its answer was whole")
    return received


def load(address: str, queries: list[str], clients: int, seconds: float, rate: float | None = None) -> Loaded:
    """Ask `queries` of an address that ends where the query begins, until none is left or the time is over;
    at appointed times: all of them, however long that takes.
    """
    parts = urlsplit(address)
    prefix = f"{parts.path}?{parts.query}"
    result, lock, asked = Loaded(), threading.Lock(), iter(enumerate(queries))
    begin = time.perf_counter()

    def client() -> None:
        connection = Connection(parts.hostname or "127.0.0.1", parts.port or 80)
        while rate is not None or time.perf_counter() - begin < seconds:
            with lock:
                number, query = next(asked, (0, None))
            if query is None:
                break
            started = time.perf_counter()
            if rate is not None:
                started = begin + number / rate
                time.sleep(max(0.0, started - time.perf_counter()))
            good = connection.get(prefix + quote(query))
            took = time.perf_counter() - started
            with lock:
                if good:
                    result.seconds.append(took)
                else:
                    result.errors += 1
        connection.close()

    threads = [threading.Thread(target=client) for _ in range(clients)]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    result.wall = time.perf_counter() - begin
    return result


def main() -> None:
    """Load a service as the command line says."""
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawTextHelpFormatter)
    parser.add_argument("address", help="such as http://127.0.0.1:8000/v1/search?q=")
    parser.add_argument("--clients", type=int, default=1)
    parser.add_argument("--seconds", type=float, default=5.0)
    parser.add_argument("--rate", type=float, help="requests a second at appointed times")
    asked = parser.parse_args()
    queries = sys.stdin.read().splitlines()
    print(json.dumps(asdict(load(asked.address, queries, asked.clients, asked.seconds, asked.rate))))


if __name__ == "__main__":
    main()
