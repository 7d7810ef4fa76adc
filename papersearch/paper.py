"""A paper: the record that every part of Papersearch passes around."""

import hashlib
import json
from collections.abc import Mapping
from dataclasses import asdict, dataclass, field
from typing import Any


@dataclass(frozen=True, slots=True)
class Session:
    """One appearance of a paper on a programme; times are kept as the programme prints them."""

    type: str
    start: str | None = None
    end: str | None = None


@dataclass(frozen=True, slots=True)
class Paper:
    """A title, an abstract and what is known about them. `extra` holds what the source gave beside."""

    id: str
    title: str
    abstract: str
    authors: tuple[str, ...] = ()
    year: int | None = None
    venue: str | None = None
    url: str | None = None
    keywords: tuple[str, ...] = ()
    sessions: tuple[Session, ...] = ()
    extra: Mapping[str, Any] = field(default_factory=dict)

    @property
    def text(self) -> str:
        """What is embedded: the title, a full stop, the abstract. BM25 reads the keywords too."""
        return ". ".join(part for part in (self.title.rstrip(". "), self.abstract) if part)

    @property
    def text_hash(self) -> str:
        """SHA-256 of title and abstract, in hex: two papers with the same hash have the same vectors."""
        parts = f"{self.title.rstrip('. ')}\n{self.abstract}"
        return hashlib.sha256(parts.encode("utf-8", "surrogatepass")).hexdigest()

    def to_dict(self) -> dict[str, Any]:
        """The paper as JSON-ready data, in the native field names."""
        return {
            **asdict(self),
            "authors": list(self.authors),
            "keywords": list(self.keywords),
            "sessions": [asdict(session) for session in self.sessions],
            "extra": dict(self.extra),
        }

    def to_json(self) -> str:
        """The paper as one line of the native JSON Lines format."""
        return json.dumps(self.to_dict(), ensure_ascii=False)

    @classmethod
    def from_json(cls, line: str) -> "Paper":
        """Read back what `to_json` wrote. Not for strangers' files: indexer.records reads those."""
        data = json.loads(line)
        for name in ("authors", "keywords"):
            data[name] = tuple(data[name])
        data["sessions"] = tuple(Session(**session) for session in data["sessions"])
        return cls(**data)
