"""A script as a file, with what has to lie beside it; nothing is replaced unasked."""

from __future__ import annotations

from collections.abc import Iterable
from contextlib import suppress
from pathlib import Path
from typing import TYPE_CHECKING

from kdstudio.engine.experiment import Experiment
from kdstudio.runs.files import check_place, write_file
from kdstudio.runs.finding import find_run
from kdstudio.runs.presets import gallery, load_experiment, override, plain, validate

if TYPE_CHECKING:
    from kdstudio.runs.script.writing import Script


def experiment_of(which: str, runs: Path, settings: Iterable[str]) -> tuple[str, Experiment]:
    """Return the experiment of a preset, a TOML file or a run, with ``settings`` applied, and its name.

    Raises KDStudioError where there is none of the three.
    """
    if which in gallery().presets or which.endswith(".toml"):
        experiment = load_experiment(which, settings)
        return experiment.name, experiment
    folder = find_run(which, runs)
    return folder.name, validate(override(plain(folder.experiment()), settings), folder.name)


def script_of(experiment: Experiment, file: str) -> Script:
    """Load the images, which tell the networks' shapes, and write the script."""
    from kdstudio.runs.script.writing import write_script

    return write_script(experiment, experiment.data.source.load(lambda _what, _fraction: None), file)


def save_script(script: Script, path: Path, *, replace: bool = False) -> None:
    """Write the script to ``path``, and beside it the files that it needs, the script last.

    Raises KDStudioError where a file is there already, unless it may be replaced or has the same content.
    """
    contents = {path.parent / file.name: file.read_bytes() for file in script.files}
    contents[path] = script.text.encode()
    for file, content in contents.items():
        check_place(file, replace=replace or _holds(file, content))
    for file, content in contents.items():
        write_file(file, content, replace=True)


def _holds(file: Path, content: bytes) -> bool:
    with suppress(OSError):
        return file.stat().st_size == len(content) and file.read_bytes() == content
    return False
