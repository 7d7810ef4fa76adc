"""What the service counts, in the Prometheus text format."""

from collections.abc import Mapping

from prometheus_client import CollectorRegistry, Counter, Gauge, Histogram, Info, generate_latest

from papersearch.manifest import Manifest

CONTENT_TYPE = "text/plain; version=0.0.4; charset=utf-8"
_SECONDS = (0.0005, 0.001, 0.002, 0.004, 0.008, 0.016, 0.032, 0.064, 0.125, 0.25, 0.5, 1, 2, 4)


class Metrics:
    """The counters of one application; each has its own registry, so that two never mix."""

    def __init__(self) -> None:
        registry = self._registry = CollectorRegistry()
        self.requests = Counter(
            "papersearch_requests", "Requests answered.", ("method", "route", "status"), registry=registry
        )
        self.latency = Histogram(
            "papersearch_request_seconds", "Time to answer.", ("route",), buckets=_SECONDS, registry=registry
        )
        self._stages = Histogram(
            "papersearch_stage_seconds",
            "Time in each stage of a search.",
            ("stage",),
            buckets=_SECONDS,
            registry=registry,
        )
        self.cache_hits = Counter(
            "papersearch_cache_hits", "Searches answered from memory, without searching.", registry=registry
        )
        self.reload_failures = Counter(
            "papersearch_reload_failures",
            "Times that a new generation could not be opened.",
            registry=registry,
        )
        self._papers = Gauge("papersearch_index_papers", "Papers in the index.", registry=registry)
        self._bytes = Gauge("papersearch_index_bytes", "Size of the index on disk.", registry=registry)
        self._info = Info("papersearch_index", "The generation that is served.", registry=registry)

    def serves(self, manifest: Manifest) -> None:
        """Note the generation that is served from now on."""
        self._papers.set(manifest.papers)
        self._bytes.set(sum(manifest.files.values()))
        self._info.info({"generation": manifest.generation, "model": manifest.encoder.model})

    def stages(self, seconds: Mapping[str, float]) -> None:
        """Note where the time of one answer went."""
        for stage, duration in seconds.items():
            self._stages.labels(stage).observe(duration)

    def text(self) -> bytes:
        """Everything, for a Prometheus server to read."""
        return generate_latest(self._registry)
