"""Images counted by true class and class answered, kept beside the log: the latest of each network."""

from __future__ import annotations

import json
from typing import NamedTuple

from kdstudio.engine.events import Confusion
from kdstudio.runs.folder import RunFolder
from kdstudio.runs.former_runs import former_confusion


class CountedPart(NamedTuple):
    """Which part of the data was counted, and the counts by row = true class, column = answer."""

    part: str
    confusion: Confusion


def read_confusion(folder: RunFolder, network: str) -> CountedPart | None:
    """Read what ``network`` answered last: on validation while it learns, on the test images afterwards.

    None where nothing has been counted yet.
    """
    try:
        raw = json.loads(folder.confusion_file(network).read_bytes())
    except FileNotFoundError:
        raw = former_confusion(folder.summary_file, network)
    except ValueError:
        return None
    if raw is None:
        return None
    return CountedPart(raw["part"], tuple(map(tuple, raw["confusion"])))
