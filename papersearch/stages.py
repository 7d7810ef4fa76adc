"""Where the time of an answer goes."""

import time


class Stages:
    """Seconds spent in each stage of one answer."""

    def __init__(self) -> None:
        self.seconds: dict[str, float] = {}
        self._last = time.perf_counter()

    def done(self, stage: str) -> None:
        """Count the time since the last call as this stage's."""
        now = time.perf_counter()
        self.seconds[stage] = self.seconds.get(stage, 0.0) + now - self._last
        self._last = now
