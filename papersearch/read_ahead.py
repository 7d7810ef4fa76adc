"""Bring files into memory that nobody needs yet, before a query waits for the disk.

After a start, or where an index was copied, what is read for the first time comes from disk: of a hundred
queries the 95th takes twice as long then, the 99th five times as long (benchmarks/README.md).
"""

import os
from collections.abc import Iterable
from pathlib import Path

SHARE = 0.25
"""How much of the memory that could be had may be filled; of a larger index queries bring what they need."""
STEP = 128 * 1024
"""Bytes: of what is asked for at once the system reads no more."""
_LIMIT = Path("/sys/fs/cgroup/memory.max")


def read_ahead(paths: Iterable[Path]) -> None:
    """Tell the system that these files will be read; it brings them in by itself, and takes them out again
    where memory is wanted. Nothing happens where it cannot be told, or where there is too little memory.
    """
    sizes = {path: path.stat().st_size for path in paths if path.is_file()}
    if sum(sizes.values()) > SHARE * available() or not hasattr(os, "posix_fadvise"):
        return
    for path, size in sizes.items():
        descriptor = os.open(path, os.O_RDONLY)
        try:
            for start in range(0, size, STEP):
                os.posix_fadvise(descriptor, start, STEP, os.POSIX_FADV_WILLNEED)
        finally:
            os.close(descriptor)


def available() -> int:
    """Bytes of memory that could be had, as far as the system or a container's limit tells; else 0."""
    try:
        lines = Path("/proc/meminfo").read_text("ascii").splitlines()
        (found,) = (1024 * int(line.split()[1]) for line in lines if line.startswith("MemAvailable:"))
        limit = _LIMIT.read_text("ascii").strip() if _LIMIT.exists() else "max"
        return found if limit == "max" else min(found, int(limit))
    except (OSError, ValueError):
        return 0
