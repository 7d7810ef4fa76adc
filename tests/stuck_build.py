"""A build that stops for ever at one call, so that a test may kill it there.

python -m tests.stuck_build SOURCE INDEX CALL
"""

import signal
import sys
from pathlib import Path

import pytest

from indexer.build import build
from indexer.progress import Progress
from tests import tiny


def stop(*_: object, **__: object) -> None:
    """Say that the call was reached, and wait to be killed."""
    sys.stdout.write("there\n")
    sys.stdout.flush()
    signal.pause()


if __name__ == "__main__":
    source, index, call = sys.argv[1:]
    with tiny.in_place_of_models(), pytest.MonkeyPatch.context() as patch:
        patch.setattr(call, stop)
        build([Path(source)], Path(index), model_name="tiny", progress=Progress(quiet=True))
