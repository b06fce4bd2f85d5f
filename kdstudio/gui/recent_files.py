"""The experiment files that were opened or saved last."""

from __future__ import annotations

import os
from pathlib import Path

from PySide6.QtCore import QSettings

KEY = "recent_files"
MOST = 8


def recent_files() -> list[str]:
    """Paths of those that are still there, the latest first."""
    kept = QSettings().value(KEY, [])
    names = [kept] if isinstance(kept, str) else list(kept or [])
    return [name for name in map(str, names) if Path(name).is_file()]


def remember_file(path: Path) -> None:
    """Put ``path`` first."""
    name = os.path.realpath(path)
    others = [other for other in recent_files() if other != name]
    QSettings().setValue(KEY, [name, *others][:MOST])
