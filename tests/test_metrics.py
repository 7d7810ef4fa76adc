"""What the service counts."""

from dataclasses import replace
from pathlib import Path

from api.metrics import CONTENT_TYPE, Metrics
from papersearch import manifest as manifests


def lines(metrics: Metrics) -> list[str]:
    return metrics.text().decode().splitlines()


def test_two_applications_never_count_for_each_other() -> None:
    one, other = Metrics(), Metrics()
    one.requests.labels("GET", "/v1/search", "200").inc()
    counted = 'papersearch_requests_total{method="GET",route="/v1/search",status="200"} 1.0'
    assert counted in lines(one)
    assert not any(line.startswith("papersearch_requests_total{") for line in lines(other))


def test_each_stage_of_an_answer_has_its_own_sum() -> None:
    metrics = Metrics()
    metrics.stages({"encode": 0.003, "words": 0.25})
    metrics.stages({"encode": 0.003})
    found = lines(metrics)
    assert 'papersearch_stage_seconds_count{stage="encode"} 2.0' in found
    assert 'papersearch_stage_seconds_sum{stage="encode"} 0.006' in found
    assert 'papersearch_stage_seconds_bucket{le="0.002",stage="encode"} 0.0' in found
    assert 'papersearch_stage_seconds_bucket{le="0.004",stage="encode"} 2.0' in found
    assert 'papersearch_stage_seconds_count{stage="words"} 1.0' in found


def test_the_generation_served_is_the_last_one_noted(tiny_index_folder: Path) -> None:
    metrics = Metrics()
    manifest = manifests.read(tiny_index_folder)
    metrics.serves(replace(manifest, generation="old", papers=1))
    metrics.serves(manifest)
    found = lines(metrics)
    assert "papersearch_index_papers 6.0" in found
    size = sum(manifest.files.values())
    assert [float(line.split()[1]) for line in found if line.startswith("papersearch_index_bytes ")] == [size]
    assert [line for line in found if line.startswith("papersearch_index_info{")] == [
        f'papersearch_index_info{{generation="{manifest.generation}",model="tiny"}} 1.0'
    ]


def test_the_content_type_is_the_text_formats() -> None:
    assert CONTENT_TYPE == "text/plain; version=0.0.4; charset=utf-8"
