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
        """How many times better ours is than the better baseline; None where that cannot be said."""
        ours = self.values.get(OURS)
        others = [values for name, values in self.values.items() if name != OURS]
        if not ours or not others or not all(others):
            return None
        better = max if self.more_is_better else min
        pairs = list(zip(ours, map(better, zip(*others, strict=True)), strict=True))
        if not self.more_is_better:
            pairs = [(theirs, mine) for mine, theirs in pairs]
        return [above / below for above, below in pairs] if all(below for _, below in pairs) else None

    def to_dict(self) -> dict[str, Any]:
        """The figure as JSON-ready data."""
        return {**asdict(self), "ratios": self.ratios}


def percentiles(seconds: Sequence[float], wanted: Sequence[int] = (50, 95, 99)) -> list[float]:
    """These percentiles of seconds, in milliseconds, each a value that was measured; none of nothing."""
    if not seconds:
        return []
    found = np.percentile(np.asarray(seconds) * 1000, wanted, method="inverted_cdf")
    return [float(value) for value in found]


def table(sections: Mapping[str, Sequence[Figure]], quality: Mapping[str, float]) -> str:
    """All figures as one Markdown table, ratios first; each column says the nDCG@10 that goes with it."""
    said = {name: f" (nDCG@10 {value:.1f})" for name, value in quality.items()}
    theirs = said.get("tutorial", "")
    heads = ["", "times better", OURS + said.get(OURS, ""), *(head + theirs for head in BASELINES.values())]
    lines = [f"| {' | '.join(heads)} |".replace("|  |", "| |"), "|---" * len(heads) + "|"]
    for section, figures in sections.items():
        lines.append(f"| **{section}** " + "| " * (len(heads) - 1) + "|")
        lines += map(row, figures)
    return "\n".join(lines)


def row(figure: Figure) -> str:
    """A figure as a line of the table."""
    cells = [figure.ratios, *(figure.values.get(name) for name in (OURS, *BASELINES))]
    return f"| {figure.name} | " + " | ".join(map(_cell, cells)) + " |"


def _cell(values: Sequence[float] | None) -> str:
    return "" if not values else " / ".join(f"{v:.0f}" if v >= 100 else f"{v:.3g}" for v in values)


def highest_rate(holds: Callable[[float], bool], start: float, steps: int = 3) -> float:
    """The highest rate that holds, within 2 ** (1 / 2**steps) of it; 0 where an eighth of `start` fails."""
    held, failed = 0.0, float("inf")
    rate = start
    while (failed == float("inf") or not held) and rate >= start / 8:
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
