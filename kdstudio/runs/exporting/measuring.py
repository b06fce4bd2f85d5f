"""In a process of its own: opens one exported file with its runtime, answers, and is timed."""

from __future__ import annotations

import json
import os
import sys
import time
import warnings
from pathlib import Path
from statistics import quantiles
from typing import IO, TYPE_CHECKING, Any, NamedTuple

from kdstudio.runs.exporting.child import complain, own_output, read_array, say, shape_of

if TYPE_CHECKING:
    import numpy as np

    from kdstudio.runs.formats.declaration import Answer

WARM_UP = 5
REPEATS = 25
"""Of one round."""
LONGEST = 1.0
"""Seconds that a round may take, once it has been repeated a few times."""
FEWEST = 5


class Timing(NamedTuple):
    """Seconds for one batch."""

    median: float
    percentile_95: float
    repeats: int


def main() -> None:
    """Read a task from standard input, then orders, until there are no more."""
    answers = own_output()
    warnings.simplefilter("ignore")
    try:
        serve(json.loads(sys.stdin.buffer.readline()), sys.stdin.buffer, answers)
    except BaseException as error:
        complain(error)
    answers.flush()
    os._exit(0)


def serve(task: dict[str, Any], orders: IO[bytes], answers: IO[bytes]) -> None:
    """Open ``task["path"]`` and obey: ``answer`` a batch that follows, ``time`` a batch of zeros."""
    import numpy as np

    from kdstudio.runs.formats.declaration import formats

    file_format = formats[task["format"]["name"]].model_validate(task["format"])
    answer = file_format.open(Path(task["path"]), task["threads"], allow_code=task["allow_code"])
    say(answers, {"opened": True})
    while line := orders.readline():
        order = json.loads(line)
        if order["do"] == "answer":
            found = np.ascontiguousarray(answer(read_array(orders, order)), dtype=np.float32)
            say(answers, shape_of(found))
            answers.write(found.tobytes())
            answers.flush()
        else:
            say(answers, time_round(answer, np.zeros(order["shape"], order["dtype"])))


def time_round(answer: Answer, images: np.ndarray) -> list[float]:
    """Return the seconds of some answers to ``images``, after a warm-up."""
    for _ in range(WARM_UP):
        answer(images)
    seconds: list[float] = []
    while len(seconds) < FEWEST or (len(seconds) < REPEATS and sum(seconds) < LONGEST):
        began = time.perf_counter()
        answer(images)
        seconds.append(time.perf_counter() - began)
    return seconds


def timing(seconds: list[float]) -> Timing:
    """Sum up all rounds."""
    percentiles = quantiles(seconds, n=20)
    return Timing(percentiles[9], percentiles[18], len(seconds))


if __name__ == "__main__":
    main()
