"""What a build has embedded so far: kept where the build dies, and taken up by the next one.

A build writes vectors and sentences into its generation in the order of papers. Beside them it keeps a list,
a line of JSON for each finished slice, written when the slice is on disk: the hashes of its texts and a check
sum over these and over what was made of them. The next build takes over what it finds under the hash of a
text, with the very encoder that lies there, and nothing from the first line on that does not fit.
"""

import json
import os
import zlib
from collections.abc import Sequence
from dataclasses import asdict, dataclass
from pathlib import Path

import numpy as np

from indexer.model_files import fingerprint
from papersearch import manifest as manifests
from papersearch.codes import Floats
from papersearch.manifest import EncoderCard, sync
from papersearch.sentences import stretch

# Hidden: they are no part of the index, and `manifest.sizes` leaves them out.
VECTORS = ".vectors.npy"
_LIST = ".embedded.jsonl"


class Checkpoint:
    """The list of finished slices in the generation that is being built. `rows` counts their papers."""

    def __init__(self, home: Path, card: EncoderCard, papers: int) -> None:
        """Begin the list. The encoder must be in `home` already; papers: how many the build has."""
        self._home, self.card = home, card
        self.rows = 0
        folder = home / manifests.ENCODER
        for path in (*folder.iterdir(), folder):
            sync(path)
        head = {"format": manifests.FORMAT, "card": asdict(card), "encoder": encoder_sha256(home)}
        self._write({**head, "papers": papers})

    def add(self, hashes: Sequence[str], matrix: Floats, step: float) -> None:
        """Note that the vectors and the sentences of the next papers, with these text hashes, are on disk.

        matrix: all vectors (n, d) of the generation. step: that of the sentences' codes.
        """
        rows = slice(self.rows, self.rows + len(hashes))
        check = _check(self._home, rows, hashes, matrix)
        self._write({"hashes": list(hashes), "step": step, "check": check})
        self.rows = rows.stop

    def remove(self) -> None:
        """Nothing has to be taken up from here: the build is complete."""
        for name in (_LIST, VECTORS):
            (self._home / name).unlink(missing_ok=True)

    def _write(self, line: object) -> None:
        with (self._home / _LIST).open("a", encoding="utf-8") as file:
            file.write(json.dumps(line) + "\n")
            file.flush()
            os.fsync(file.fileno())


@dataclass(frozen=True, slots=True)
class Stopped:
    """A build that was stopped: its generation, its encoder's card and SHA-256, how many papers it had,
    the step of its codes, and the row of each text that it had embedded, by text hash.
    """

    home: Path
    card: EncoderCard
    encoder: str
    papers: int
    step: float
    rows: dict[str, int]
    done: int

    @property
    def matrix(self) -> Floats:
        """Its vectors (n, d), memory-mapped; only the first `done` rows are written."""
        return np.load(self.home / VECTORS, mmap_mode="r")  # type: ignore[no-any-return]


def stopped(home: Path) -> Stopped | None:
    """What a build left in this folder; None if no slice of it is whole, or if it was an older program's.

    Never raises.
    """
    try:
        first, *lines = (home / _LIST).read_text("utf-8").splitlines()
        head = json.loads(first)
        card = EncoderCard(**head["card"])
        if head["format"] != manifests.FORMAT or encoder_sha256(home) != head["encoder"]:
            return None
        matrix = np.load(home / VECTORS, mmap_mode="r")
        rows: dict[str, int] = {}
        done, step = 0, 0.0
        for line in lines:
            try:
                found = json.loads(line)
                hashes = [str(each) for each in found["hashes"]]
                part = slice(done, done + len(hashes))
                if _check(home, part, hashes, matrix) != found["check"]:
                    break
                rows.update({text_hash: row for row, text_hash in enumerate(hashes, done)})
                done, step = part.stop, float(found["step"])
            except (OSError, ValueError, KeyError, TypeError, IndexError):
                break
        return Stopped(home, card, head["encoder"], int(head["papers"]), step, rows, done) if done else None
    except Exception:  # numpy raises nearly anything for a damaged header
        return None


def encoder_sha256(home: Path) -> str:
    """SHA-256 of the encoder of a generation: of two exports of one model no two need give equal vectors."""
    return fingerprint(home / manifests.ENCODER)


def is_left(home: Path) -> bool:
    """Whether a build was stopped in this folder that had embedded something."""
    try:
        return (home / _LIST).read_bytes().count(b"\n") > 1
    except OSError:
        return False


def _check(home: Path, rows: slice, hashes: Sequence[str], matrix: Floats) -> int:
    """A sum over the hashes, vectors and sentences of some rows."""
    check = zlib.crc32(" ".join(hashes).encode())
    check = zlib.crc32(np.ascontiguousarray(matrix[rows]).tobytes(), check)
    return zlib.crc32(stretch(home / manifests.SENTENCES, rows, matrix.shape[1]), check)
