"""What a build came to, in words."""

from pathlib import Path

from indexer.build import Built


def summary(built: Built, folder: Path) -> str:
    """A few lines for whoever built the index in `folder`: what is in it, and what was left out and why."""
    collected, embedded, card = built.collected, built.embedded, built.manifest.encoder
    lines = [
        f"Indexed {_count(collected.papers, 'paper')} in {built.seconds:.1f} s into {folder} "
        f"({card.model}, {card.precision}; "
        f"{embedded.done - embedded.reused} embedded, {embedded.reused} reused)."
    ]
    if built.manifest.reranker:
        lines.append(f"The first hits of a query are read again by {built.manifest.reranker.model}.")
    if collected.merged:
        lines.append(f"Merged {_count(collected.merged, 'further appearance')} of the same papers into them.")
    if embedded.truncated:
        lines.append(
            f"Embedded only the beginning of {_count(embedded.truncated, 'very long paper')}; "
            "all their words are searched."
        )
    if collected.rejects:
        reasons = "; ".join(f"{count} × {reason}" for reason, count in collected.reasons.most_common(5))
        lines.append(f"Left out {_count(collected.rejects, 'entry')} ({reasons}); the list: {built.report}")
    return "\n".join(lines)


def _count(number: int, what: str) -> str:
    plural = what.removesuffix("y") + "ies" if what.endswith("y") else what + "s"
    return f"{number:,} {what if number == 1 else plural}"
