"""Exporting a model in processes of their own: what torch and the calibration take goes back when they end.

python -m indexer.exporting reads what is asked, as JSON, from standard input; the last line that it writes to
standard output is the encoder's card, or a refusal.
"""

import json
import os
import subprocess
import sys
from collections.abc import Sequence
from dataclasses import asdict
from pathlib import Path
from typing import Any

from papersearch.errors import ModelUnusable
from papersearch.manifest import EncoderCard


def exported(name: str, target: Path, texts: Sequence[str], *, int8: bool) -> EncoderCard:
    """Write a model's graph and tokenizer into the new folder `target`, and say what they are.

    texts: a sample of the corpus, to hold the graph against the model and, for int8, to calibrate on.
    Raises ModelUnusable, as `model.export` does, or if the process comes to grief.
    """
    card = _of_process(name, {"name": name, "target": str(target.absolute()), "texts": list(texts[:8])})
    if not int8:
        return card
    # In another process: together the two take 1.8 GB.
    return _of_process(name, {"card": asdict(card), "target": str(target.absolute()), "texts": list(texts)})


def _of_process(name: str, asked: dict[str, Any]) -> EncoderCard:
    done = subprocess.run(  # noqa: S603  (this program itself)
        # -P: files in the folder that somebody indexes from, an api.py or json.py, are not this program's.
        [sys.executable, "-P", "-m", __name__],
        input=json.dumps(asked),
        stdout=subprocess.PIPE,
        encoding="utf-8",
        env={**os.environ, "PYTHONPATH": os.pathsep.join(sys.path)},
        check=False,
    )
    last = (done.stdout.splitlines() or [""])[-1]
    try:
        answer = json.loads(last)
        if "refusal" not in answer:
            return EncoderCard(**answer)
    except (ValueError, TypeError) as error:
        raise ModelUnusable(
            f"{name}: exporting it broke off (status {done.returncode}); is there memory enough?"
        ) from error
    raise ModelUnusable(answer["refusal"])


def _main() -> None:
    from indexer import model
    from indexer.quantise import quantise

    asked = json.load(sys.stdin)
    target, texts = Path(asked["target"]), asked["texts"]
    try:
        if "card" in asked:
            card = quantise(target, EncoderCard(**asked["card"]), texts)
        else:
            card = model.export(asked["name"], target, texts)
        answer = asdict(card)
    except ModelUnusable as error:
        answer = {"refusal": str(error)}
    sys.stdout.write("\n" + json.dumps(answer) + "\n")


if __name__ == "__main__":
    try:
        _main()
    except KeyboardInterrupt:  # Ctrl-C reaches both processes; the other one speaks
        sys.exit(130)
