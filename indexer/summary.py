"""What a build came to, in words."""

from pathlib import Path

from indexer.build import Built
from papersearch.manifest import SearchCard


def summary(built: Built, folder: Path) -> str:
    """A few lines for whoever built the index in `folder`: what is in it, and what was left out and why."""
    collected, embedded, card = built.collected, built.embedded, built.manifest.encoder
    lines = [
        f"Indexed {_count(collected.papers, 'paper')} in {built.seconds:.1f} s into {folder} "
        f"({card.model}, {card.precision}; "
        f"{embedded.done - embedded.reused} embedded, {embedded.reused} reused)."
    ]
    if built.anew:
        lines.append(f"Nothing could be taken over from the index before: {built.anew}.")
    if built.manifest.reranker:
        lines.append(f"The first hits of a query are read again by {built.manifest.reranker.model}.")
    if built.manifest.search.kind != "exact":
        lines.append(_search(built.manifest.search))
    if collected.merged:
        lines.append(f"Merged {_count(collected.merged, 'further appearance')} of the same papers into them.")
    if embedded.truncated:
        lines.append(
            f"Embedded only the beginning of {_count(embedded.truncated, 'very long paper')}; "
            "all their words are searched."
        )
    if collected.garbled:
        lines.append(
            f"{_count(collected.garbled, 'entry')} with characters that could not be read (\ufffd): "
            "save the file as UTF-8 and index it again."
        )
    if collected.rejects:
        reasons = "; ".join(f"{count} × {reason}" for reason, count in collected.reasons.most_common(5))
        lines.append(f"Left out {_count(collected.rejects, 'entry')} ({reasons}); the list: {built.report}")
    return "\n".join(lines)


def _search(card: SearchCard) -> str:
    looked = f"the {card.sifted:,} nearest by their signs"
    if card.clusters:
        looked += f" in {card.probes:,} of {card.clusters:,} clusters"
    return (
        f"Search is approximate: it finds {100 * card.recall_at_10:.1f} % of the ten nearest papers "
        f"({100 * card.recall_at_100:.1f} % of the hundred nearest; it looks at {looked}). "
        "With a filter it is exact."
    )


def _count(number: int, what: str) -> str:
    plural = what.removesuffix("y") + "ies" if what.endswith("y") else what + "s"
    return f"{number:,} {what if number == 1 else plural}"
