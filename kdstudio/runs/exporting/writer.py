"""The process that writes files, seen from outside."""

from __future__ import annotations

from typing import Any

from kdstudio.declaration import ProgressCallback
from kdstudio.runs.exporting.child import Child, ChildError


class Writer:
    """A process that writes files; where one brings it down, another takes its place."""

    def __init__(self) -> None:
        """Started by the first file."""
        self._child: Child | None = None

    def __enter__(self) -> None:
        """Use it in a ``with`` block."""

    def __exit__(self, *_raised: object) -> None:
        """End the process."""
        if self._child is not None:
            self._child.close()
            self._child = None

    def write(self, task: dict[str, Any], progress: ProgressCallback, what: str) -> None:
        """Do one task of ``writing.py``. Raises ChildError with the reason where that cannot be."""
        if self._child is None:
            self._child = Child()
            self._child.start("kdstudio.runs.exporting.writing", {})
        try:
            self._child.tell(task)
            refused = self._child.hear_while(progress, what)["refused"]
        except ChildError:
            self.__exit__()
            raise
        if refused:
            raise ChildError(refused)
