"""Bounds of what events, summaries and cards hold: their files may come from strangers."""

from __future__ import annotations

import re
from datetime import datetime
from typing import Annotated

from pydantic import AfterValidator, Field

LARGEST = 2**53
"""The last integer up to which all are exact in floating point; nothing that is counted here comes near."""
LONGEST_NAME, LONGEST_TEXT = 1_000, 100_000
"""Characters: more than a file system takes, and more than anybody reads."""
ENDLESS = 1e10
"""Seconds: three centuries."""
FIRST, LAST = 1970, 2999
"""Years: clocks begin with the one, and calendars know the other."""
NO_FILE_NAME = re.compile(r"[/\\\x00-\x1f\x7f]|^\.{0,2}$")

Count = Annotated[int, Field(ge=0, le=LARGEST)]
"""How many there are of something, or its number."""
Some = Annotated[int, Field(ge=1, le=LARGEST)]
"""A count that others are divided by."""
LARGEST_FIGURE = 1e100
"""Single precision ends at 3e38; sums, squares and powers of ten next to this are still numbers."""


def _not_tiny(figure: float) -> float:
    return figure if abs(figure) >= 1 / LARGEST_FIGURE else 0.0


Finite = Annotated[
    float, Field(ge=-LARGEST_FIGURE, le=LARGEST_FIGURE, allow_inf_nan=False), AfterValidator(_not_tiny)
]
"""A number that can be drawn, also along a logarithm, and compared; what is tinier than any is 0."""
Share = Annotated[float, Field(ge=0, le=1, allow_inf_nan=False)]
Positive = Annotated[float, Field(ge=0, le=LARGEST_FIGURE, allow_inf_nan=False), AfterValidator(_not_tiny)]
"""The same, not below 0."""
Seconds = Annotated[float, Field(ge=0, le=ENDLESS, allow_inf_nan=False)]
Name = Annotated[str, Field(max_length=LONGEST_NAME)]


def _file_name(name: str) -> str:
    if NO_FILE_NAME.search(name):
        raise ValueError("it cannot be the name of a file")
    return name


FileName = Annotated[Name, AfterValidator(_file_name)]
"""What a file is called after, so that it leads out of no folder."""


def _cut(most: int) -> AfterValidator:
    return AfterValidator(lambda text: text if len(text) <= most else f"{text[: most - 1]}…")


Text = Annotated[str, _cut(LONGEST_TEXT)]
"""What people read; what is longer than anybody reads is cut."""
Line = Annotated[str, _cut(LONGEST_NAME)]
"""The same in a line."""


def _date(text: str) -> str:
    if not FIRST <= datetime.fromisoformat(text).year <= LAST:
        raise ValueError(f"the year lies beyond {FIRST} to {LAST}")
    return text


Date = Annotated[str, AfterValidator(_date)]
"""Date and time, ISO 8601, with a zone or without."""
