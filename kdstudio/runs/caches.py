"""What is kept between runs to save time: answers of frozen networks, and decoded images."""

from __future__ import annotations

import os
from collections.abc import Iterator, Mapping, Sequence
from contextlib import suppress
from dataclasses import dataclass, field
from datetime import datetime
from math import inf
from pathlib import Path
from typing import Literal

from kdstudio.data.cache import decoded_folder
from kdstudio.data.folders import cache_folder
from kdstudio.errors import KDStudioError
from kdstudio.given import reason
from kdstudio.runs.answer_store import read_about

MIB, GIB = 2**20, 2**30
USUAL_LIMIT = 4.0
"""GiB that the answers may take on disk, unless ``KDSTUDIO_CACHE_GIB`` tells otherwise."""
SHOWN_NAME = 8
"""Characters of a name that people see; any beginning that only one thing has will do."""

Kind = Literal["answers", "decoded images"]


@dataclass(frozen=True)
class Cached:
    """One file, which can be deleted at any time: it is made again when it is needed."""

    kind: Kind
    file: Path
    size: int
    """In bytes."""
    used: datetime
    """When a run has used it last."""
    about: Mapping[str, str] = field(default_factory=dict)
    """Of answers: ``network``, ``architecture``, ``output``, ``data``, ``precision``, ``blocks``, …."""

    @property
    def name(self) -> str:
        """Name of the file, without its ending."""
        return self.file.stem

    @property
    def what(self) -> str:
        """Say in a line what it holds."""
        if self.kind == "decoded images":
            return "images of a folder"
        if not self.about:
            return "damaged, of no use"
        return f"{self.about['output']} of {self.about['network']} ({self.about['architecture']})"


def answers_folder() -> Path:
    """Folder of the tables of answers."""
    return cache_folder() / "answers"


def answers_limit() -> int:
    """Bytes that the answers may take on disk; KDStudioError where that is no number."""
    wanted = os.environ.get("KDSTUDIO_CACHE_GIB", "")
    try:
        limit = float(wanted) if wanted else USUAL_LIMIT
    except ValueError:
        limit = -1.0
    if not 0 <= limit < inf:
        raise KDStudioError(
            f"KDSTUDIO_CACHE_GIB is '{wanted}'; give the GiB that remembered answers may take, 0 for none"
        )
    return int(limit * GIB)


def cached() -> list[Cached]:
    """Find everything that is kept, the latest used first."""
    return sorted(_found(), key=lambda each: each.used, reverse=True)


def _found() -> Iterator[Cached]:
    kinds: dict[Kind, Iterator[Path]] = {
        "answers": answers_folder().glob("*.sqlite"),
        "decoded images": decoded_folder().glob("*.safetensors"),
    }
    for kind, files in kinds.items():
        for file in files:
            with suppress(FileNotFoundError):  # a run has just made room
                stat = file.stat()
                about = _about(file) if kind == "answers" else {}
                yield Cached(kind, file, stat.st_size, datetime.fromtimestamp(stat.st_mtime), about)


def _about(file: Path) -> dict[str, str]:
    """Return what a table says of itself; nothing where it is damaged."""
    try:
        return read_about(file)
    except KDStudioError:
        return {}


def clear(names: Sequence[str] = ()) -> list[Cached]:
    """Delete what begins with one of ``names``, everything if none is given; returns what was deleted.

    Raises KDStudioError for a name that nothing or more than one thing has, or a file that stays.
    """
    found = cached()
    chosen = [_named(name, found) for name in names] if names else found
    for each in dict.fromkeys(each.file for each in chosen):
        try:
            each.unlink(missing_ok=True)
        except OSError as error:
            raise KDStudioError(f"{each} cannot be deleted: {reason(error)}") from error
    return chosen


def spoken_deletion(deleted: Sequence[Cached]) -> str:
    """Say what has been deleted."""
    if not deleted:
        return "nothing to delete"
    files = "1 file" if len(deleted) == 1 else f"{len(deleted)} files"
    return f"{files} deleted, {sum(each.size for each in deleted) / MIB:,.1f} MiB"


def _named(name: str, found: Sequence[Cached]) -> Cached:
    named = [each for each in found if each.name.startswith(name)]
    if len(named) != 1:
        known = ", ".join(each.name[:SHOWN_NAME] for each in found) or "nothing"
        how_many = "several things have" if named else "nothing has"
        raise KDStudioError(f"{how_many} a name that begins with '{name}'; there is {known}")
    return named[0]
