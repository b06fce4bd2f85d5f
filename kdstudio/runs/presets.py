"""Experiments as TOML: presets that ship, files of the user, and settings given by path."""

from __future__ import annotations

import tomllib
from collections.abc import Iterable
from contextlib import suppress
from pathlib import Path
from typing import Any

import tomli_w
from pydantic import ValidationError

from kdstudio.declaration import TAGS
from kdstudio.engine.experiment import Experiment
from kdstudio.errors import KDStudioError
from kdstudio.problems import problems
from kdstudio.runs.files import write_atomically
from kdstudio.shipped import shipped

DEFAULT_PRESET = "digits-hinton"

GROUPS = {
    "digits": "Small digits: seconds, offline",
    "mnist": "MNIST: minutes",
    "folder": "A folder of images",
    "cifar": "CIFAR: for a GPU",
}
"""What a preset's name holds, with the heading of such presets; the lightest first."""


def preset_group(name: str) -> str:
    """Key of the group that the preset called ``name`` belongs to."""
    return next((group for group in GROUPS if group in name), "folder")


def preset_names() -> list[str]:
    """Names of the presets that ship: group by group, the default first."""
    names = [file.stem for file in shipped("presets").glob("*.toml")]
    groups = list(GROUPS)
    return sorted(names, key=lambda n: (n != DEFAULT_PRESET, groups.index(preset_group(n)), n))


def read_raw(source: str) -> dict[str, Any]:
    """Read a preset by name, or an experiment file by path, unvalidated.

    Raises KDStudioError when there is none or it is not TOML.
    """
    path = Path(source).expanduser()
    if source in preset_names():
        text = (shipped("presets") / f"{source}.toml").read_text("utf-8")
    elif path.suffix == ".toml" or path.is_file():
        text = _read_file(path)
    else:
        raise KDStudioError(
            f"no preset '{source}'; there are {', '.join(preset_names())} (or name a .toml file)"
        )
    try:
        return tomllib.loads(text)
    except tomllib.TOMLDecodeError as error:
        raise KDStudioError(f"'{source}' is not valid TOML: {error}") from error


def _read_file(path: Path) -> str:
    try:
        return path.read_text("utf-8")
    except FileNotFoundError as error:
        raise KDStudioError(f"no file '{path}'; presets are {', '.join(preset_names())}") from error
    except (OSError, UnicodeDecodeError) as error:
        raise KDStudioError(f"'{path}' cannot be read as TOML: {error}") from error


def override(raw: dict[str, Any], settings: Iterable[str]) -> dict[str, Any]:
    """Return ``raw`` with each ``path=value`` set; values are TOML, or else plain text."""
    for setting in settings:
        path, sign, text = setting.partition("=")
        if not sign or not path:
            raise KDStudioError(f"--set {setting}: write path=value, for instance strategy.temperature=8")
        raw = with_value(raw, path.strip().split("."), _parse(text.strip()))
    return raw


def _parse(text: str) -> Any:  # noqa: ANN401
    try:
        return tomllib.loads(f"value = {text}")["value"]
    except tomllib.TOMLDecodeError:
        return text


def with_value(raw: dict[str, Any], path: list[str], value: Any) -> dict[str, Any]:  # noqa: ANN401
    """Return a copy of ``raw`` in which ``path`` holds ``value``."""
    key, rest = path[0], path[1:]
    if not rest:
        return {**raw, key: value}
    inner = raw.get(key)
    inner = inner if isinstance(inner, dict) else {}
    if len(rest) == 1 and rest[0] in TAGS and inner.get(rest[0]) != value:
        return {**raw, key: {rest[0]: value}}
    return {**raw, key: with_value(inner, rest, value)}


def validate(raw: dict[str, Any], source: str) -> Experiment:
    """Check an experiment; KDStudioError lists every problem with its path."""
    try:
        return Experiment.model_validate(raw)
    except ValidationError as error:
        found = [str(problem) for problem in problems(error, raw, Experiment)]
        raise KDStudioError(f"'{source}' cannot be run: " + "; ".join(found)) from error


def load_experiment(source: str, settings: Iterable[str] = ()) -> Experiment:
    """Load and check the preset or file ``source`` with ``settings`` applied."""
    raw = read_raw(source)
    with suppress(ValidationError):  # perhaps a setting mends it
        raw = plain(Experiment.model_validate(raw))  # so that a setting finds what is left to defaults
    return validate(override(raw, settings), source)


def plain(experiment: Experiment) -> dict[str, Any]:
    """Return an experiment as plain values, with nothing left to defaults."""
    values: dict[str, Any] = experiment.model_dump(mode="json", exclude_none=True)
    return values


def to_toml(experiment: Experiment) -> str:
    """Write an experiment out in full; reading it back gives an equal one."""
    return tomli_w.dumps(plain(experiment))


def save_experiment(experiment: Experiment, path: Path) -> None:
    """Write ``experiment`` to ``path``, atomically; KDStudioError if that is not possible."""
    try:
        write_atomically(path, to_toml(experiment))
    except OSError as error:
        raise KDStudioError(f"'{path}' cannot be written: {error.strerror or error}") from error
