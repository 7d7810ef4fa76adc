"""Measured figures: percentiles, ratios, one table."""

from collections.abc import Callable, Mapping, Sequence
from dataclasses import asdict, dataclass
from typing import Any

import numpy as np

OURS = "ours"
BASELINES = {"tutorial": "the tutorial's", "passive": "the tutorial's, OMP passive"}
Systems = Mapping[str, Sequence[float]]


@dataclass(frozen=True, slots=True)
class Figure:
    """What was measured of each system, by its name: one value, or several (such as percentiles)."""

    name: str
    values: Systems
    more_is_better: bool = False

    @property
    def ratios(self) -> list[float] | None:
        """How many times better ours is than the better baseline; None without one, or without ours."""
        ours = self.values.get(OURS)
        others = [values for name, values in self.values.items() if name != OURS]
        if not ours or not others:
            return None
        if self.more_is_better:
            pairs = zip(ours, map(max, zip(*others, strict=True)), strict=True)
            return [mine / max(theirs, 1e-9) for mine, theirs in pairs]
        pairs = zip(ours, map(min, zip(*others, strict=True)), strict=True)
        return [theirs / max(mine, 1e-9) for mine, theirs in pairs]

    def to_dict(self) -> dict[str, Any]:
        """The figure as JSON-ready data."""
        return {**asdict(self), "ratios": self.ratios}


def percentiles(seconds: Sequence[float], wanted: Sequence[int] = (50, 95, 99)) -> list[float]:
    """These percentiles of seconds, in milliseconds, each a value that was measured."""
    if not seconds:
        return [float("inf") for _ in wanted]
    found = np.percentile(np.asarray(seconds) * 1000, wanted, method="inverted_cdf")
    return [float(value) for value in found]


def table(title: str, figures: Sequence[Figure], quality: Mapping[str, float]) -> str:
    """Figures as a Markdown table, ratios first; each column says the nDCG@10 that goes with its figures."""
    said = {name: f" (nDCG@10 {quality[name]:.1f})" if name in quality else "" for name in (OURS, "tutorial")}
    heads = [f"ours{said[OURS]}", *(head + said["tutorial"] for head in BASELINES.values())]
    lines = [f"| {title} | times better | " + " | ".join(heads) + " |", "|---" * (len(heads) + 2) + "|"]
    for figure in figures:
        cells = [figure.ratios, *(figure.values.get(name) for name in (OURS, *BASELINES))]
        lines.append(f"| {figure.name} | " + " | ".join(map(_cell, cells)) + " |")
    return "\n".join(lines)


def _cell(values: Sequence[float] | None) -> str:
    return "" if values is None else " / ".join(f"{v:.0f}" if v >= 100 else f"{v:.3g}" for v in values)


def highest_rate(holds: Callable[[float], bool], start: float, steps: int = 3) -> float:
    """The highest rate that holds, from below and within 2 ** (1 / 2**steps); 0 where not even 1 does."""
    held, failed = 0.0, float("inf")
    rate = max(1.0, start)
    while (failed == float("inf") or not held) and rate >= 1:
        if holds(rate):
            held = rate
            rate *= 2
        else:
            failed = rate
            rate /= 2
    for _ in range(steps if held else 0):
        middle = (held * failed) ** 0.5
        held, failed = (middle, failed) if holds(middle) else (held, middle)
    return held
