"""Images counted by true class and class answered, kept beside the log: the latest of each network."""

from __future__ import annotations

from typing import Literal, Self

from pydantic import model_validator

from kdstudio.engine.events import Confusion
from kdstudio.engine.identity import Record
from kdstudio.runs.folder import LARGEST_SUMMARY, RunFolder
from kdstudio.runs.former_runs import former_confusion
from kdstudio.runs.reading import MEGABYTE, read_json

LARGEST = 64 * MEGABYTE
"""Bytes: 3,000 classes take that, and no plot shows them."""


class CountedPart(Record):
    """Which part of the data was counted, and the counts by row = true class, column = answer."""

    part: Literal["validation", "test"]
    confusion: Confusion

    @model_validator(mode="after")
    def _is_square(self) -> Self:
        if not self.confusion or any(len(row) != len(self.confusion) for row in self.confusion):
            raise ValueError("there are not as many answers as classes")
        return self


def read_confusion(folder: RunFolder, network: str) -> CountedPart | None:
    """Read what ``network`` answered last: on validation while it learns, on the test images afterwards.

    None where nothing has been counted yet, or the counts are damaged.
    """
    try:
        raw = _read(folder, network)
        return CountedPart.model_validate(raw) if raw else None
    except (OSError, ValueError):
        return None


def _read(folder: RunFolder, network: str) -> object:
    try:
        return read_json(folder.confusion_file(network), LARGEST)
    except FileNotFoundError:
        return former_confusion(read_json(folder.summary_file, LARGEST_SUMMARY), network)
