"""The services over one index: start, memory, latency, the highest rate; ours and the tutorial's in turn."""

from collections.abc import Iterator, Mapping
from contextlib import ExitStack

from benchmarks.corpora import SEED, zipf_mix
from benchmarks.figures import OURS, Figure, highest_rate, percentiles
from benchmarks.load import Loaded
from benchmarks.processes import Service
from benchmarks.speed import ENVIRONMENTS, Corpus

CLIENTS = (1, 8, 32)
MOST_AT_ONCE = 64
"""Clients that stand ready when requests have appointed times."""
MOST_SECONDS = 8.0
"""The longest trial of a rate; shorter where a hundred requests are made sooner."""
LONGEST = 0.05
"""Seconds that the 99th percentile may take at the highest rate."""


def over_http(corpus: Corpus, rounds: int, seconds: float) -> Iterator[Figure]:
    """Start, latency and throughput for numbers of clients, the highest rate, memory."""
    starts: dict[str, list[float]] = {name: [] for name in ENVIRONMENTS}
    for _ in range(rounds - 1):
        for name in ENVIRONMENTS:
            with start(corpus, name) as service:
                starts[name].append(service.started)
    with ExitStack() as stack:
        services = {name: stack.enter_context(start(corpus, name)) for name in ENVIRONMENTS}
        for name, service in services.items():
            starts[name].append(service.started)
        yield Figure("start to first answer, s", {name: [min(each)] for name, each in starts.items()})
        yield memory("the first answer", services)
        for mix in ("distinct", "Zipf"):
            for clients in CLIENTS:
                yield from loaded(corpus, services, mix, clients, rounds, seconds)
            rates = {name: [rate(corpus, each, mix, seconds)] for name, each in services.items()}
            yield Figure(f"HTTP, {mix}: the highest rate with p99 of 50 ms, a second", rates, True)
            yield memory(f"the {mix} load", services)


def start(corpus: Corpus, name: str) -> Service:
    """Start a system as its user would."""
    if name == OURS:
        return Service(["cli", "serve", "--index", corpus.index], "/v1/search?q=", ENVIRONMENTS[name])
    return Service(["benchmarks.tutorial", "serve", corpus.baseline], "/search?q=", ENVIRONMENTS[name])


def loaded(
    corpus: Corpus, services: Mapping[str, Service], mix: str, clients: int, rounds: int, seconds: float
) -> Iterator[Figure]:
    """Latency and throughput where so many clients ask again as soon as they are answered."""
    results = {name: Loaded() for name in services}
    for turn in range(rounds):
        count = int(400 * seconds)
        queries = corpus.take(count) if mix == "distinct" else zipf_mix(corpus.pool, 5 * count, SEED + turn)
        for name, service in services.items():
            results[name].add(service.load(queries, clients, seconds))
    latencies = {name: percentiles(each.seconds) for name, each in results.items()}
    yield Figure(f"HTTP, {mix}, {clients} clients: p50 / p95 / p99 ms", latencies)
    rates = {name: [each.rate] for name, each in results.items()}
    yield Figure(f"HTTP, {mix}, {clients} clients: answers a second", rates, True)
    if any(each.errors for each in results.values()):
        errors = {name: [each.errors] for name, each in results.items()}
        yield Figure(f"HTTP, {mix}, {clients} clients: requests that failed", errors)


def rate(corpus: Corpus, service: Service, mix: str, seconds: float) -> float:
    """The most requests a second, at appointed times, of which 99 in 100 are answered in time.

    A rate is tried twice before it counts as too high: other work on the machine makes single answers late.
    """

    def holds(wanted: float) -> bool:
        count = int(max(wanted * seconds, min(100, wanted * MOST_SECONDS)))
        for _ in range(2):
            queries = corpus.take(count) if mix == "distinct" else zipf_mix(corpus.pool, count, count)
            result = service.load(queries, MOST_AT_ONCE, seconds, wanted)
            if not result.errors and percentiles(result.seconds, [99])[0] <= 1000 * LONGEST:
                return True
        return False

    return highest_rate(holds, start=16)


def memory(moment: str, services: Mapping[str, Service]) -> Figure:
    """What the services hold at this moment."""
    values = {name: [service.memory()] for name, service in services.items()}
    return Figure(f"resident memory after {moment}, MB", values)
