"""Files of entries of several lines, each begun by a line of its own kind: an entry at a time.

What goes wrong with one entry then costs no other, and no more is held than one.
"""

import re
from collections.abc import Iterator
from typing import TextIO

LONGEST = 5_000
"""Lines of an entry that are read; the others are left out."""


def blocks(text: TextIO, begins: re.Pattern[str]) -> Iterator[tuple[int, list[str]]]:
    """The number of each line that begins an entry, and the lines from there up to the next one.

    What stands before the first is left out.
    """
    begun, lines = 0, list[str]()
    for number, line in enumerate(text, 1):
        if begins.match(line):
            if lines:
                yield begun, lines
            begun, lines = number, [line]
        elif lines and len(lines) < LONGEST:
            lines.append(line)
    if lines:
        yield begun, lines
