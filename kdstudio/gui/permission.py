"""Asking before code of the user's own files is run."""

from __future__ import annotations

from collections.abc import Iterable
from typing import TYPE_CHECKING, Protocol

from PySide6.QtWidgets import QMessageBox, QWidget

from kdstudio.gui.dialogs import ask

if TYPE_CHECKING:
    from kdstudio.engine.experiment import Experiment


class GoOn(Protocol):
    """What is done once nothing stands against it."""

    def __call__(self, *, allow_code: bool) -> None:
        """Do it; with ``allow_code`` the user's files may be run."""


def once_allowed(parent: QWidget, experiments: Iterable[Experiment], go_on: GoOn) -> None:
    """Call ``go_on``, where ``experiments`` run code of the user's only once that is allowed."""
    from kdstudio.engine.trials import code_run_by

    code = " and ".join(dict.fromkeys(filter(None, map(code_run_by, experiments))))
    if not code:
        go_on(allow_code=False)
        return
    ask(
        parent,
        "This experiment runs code",
        f"Run the code in {code}?",
        "It can do anything that you can. Allow it only if you know where it is from.",
        {"Run this code": lambda: go_on(allow_code=True), "Cancel": None},
        QMessageBox.Icon.Warning,
    )
