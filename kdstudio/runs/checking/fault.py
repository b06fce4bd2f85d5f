"""Something that is wrong with a file of a run."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass
from functools import partial
from pathlib import Path

from kdstudio.runs.files import set_aside, write_atomically


@dataclass(frozen=True)
class Fault:
    """What is wrong, and what can be done about it."""

    file: str
    """Its path within the run's folder."""
    reason: str
    remedy: str = ""
    """What becomes of it when it is mended; where nothing can, what follows, or what people can do."""
    mend: Callable[[], None] | None = None
    """Does what is safe: nothing is lost by it that could be read."""

    @property
    def text(self) -> str:
        """All of it, in a line."""
        remedy = f"{'can be ' if self.mend else ''}{self.remedy}"
        return f"{self.file}: {self.reason}{'; ' if remedy else ''}{remedy}"


def put_aside(file: Path, within: Path, reason: str, without: str) -> Fault:
    """Return the fault of a file that cannot be read, and that a run can do without.

    ``without`` says what is missing then.
    """
    remedy = f"put aside under the name '{file.name}.damaged', {without}"
    return Fault(file.relative_to(within).as_posix(), reason, remedy, partial(set_aside, file))


def written_anew(file: Path, content: str) -> None:
    """Write a file whose place may be taken by a folder."""
    if file.is_dir():
        set_aside(file)
    write_atomically(file, content)
