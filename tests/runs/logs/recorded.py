"""A finished run that nobody has to train."""

import shutil
from pathlib import Path

from kdstudio.runs.folder import RunFolder
from kdstudio.shipped import shipped

RECORDED = RunFolder(shipped("resources") / "recorded" / "digits-no-threes")


def copied(runs: Path, name: str = "run") -> RunFolder:
    """Put a copy of it into ``runs``."""
    return RunFolder(Path(shutil.copytree(RECORDED.path, runs / name)))


def cut_after(folder: RunFolder, lines: int) -> list[bytes]:
    """Leave the first lines of the log; returns the others."""
    log = folder.events_file.read_bytes().splitlines(keepends=True)
    folder.events_file.write_bytes(b"".join(log[:lines]))
    return log[lines:]
