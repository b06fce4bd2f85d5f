"""What every tool declares that runs can be logged to, and the registry of them."""

from __future__ import annotations

from collections.abc import Iterable
from typing import ClassVar, Protocol

from kdstudio.declaration import Declaration, Registry
from kdstudio.packages import check_installed
from kdstudio.runs.logs.logged_run import LoggedRun, Point


class RunLog(Protocol):
    """One run as a tool has it."""

    @property
    def place(self) -> str:
        """Where it is, for people."""

    def add(self, points: Iterable[Point]) -> None:
        """Append points that have come since; KDStudioError where that cannot be."""


class LogTool(Declaration):
    """Another program for looking at runs, and where its logs are: its fields are a command's options."""

    title: ClassVar[str]
    """What people call it."""
    extra: ClassVar[str]
    """The extra of kdstudio that brings what it needs."""
    packages: ClassVar[tuple[str, ...]]
    """Modules that must be there."""

    name: str

    def write(self, run: LoggedRun) -> RunLog:
        """Write all that is known of ``run``; what was written of it before is replaced, never doubled.

        KDStudioError where the place cannot be written or reached.
        """
        raise NotImplementedError

    def check_installed(self) -> None:
        """Raise KDStudioError where a package is missing."""
        check_installed(self.title, self.packages, self.extra)


log_tools = Registry[LogTool]("tool for logs", "kdstudio.runs.logs")
