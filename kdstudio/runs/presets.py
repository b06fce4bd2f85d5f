"""Experiments as TOML: presets that ship, files of the user, and settings given by path."""

from __future__ import annotations

import json
import os
import re
from collections.abc import Iterable, Iterator, Sequence
from contextlib import suppress
from functools import cache
from importlib.util import find_spec
from pathlib import Path
from typing import Any, NamedTuple

import tomli_w
from pydantic import ValidationError

from kdstudio.declaration import Declaration, with_value
from kdstudio.engine.experiment import REGISTRIES, Experiment
from kdstudio.errors import KDStudioError
from kdstudio.given import MISSING, given_path, why_no_file
from kdstudio.packages import OURS, installed_version, offered, owner
from kdstudio.problems import problems
from kdstudio.runs.files import write_file
from kdstudio.runs.former import modernised, preset_of_now
from kdstudio.runs.reading import read_toml
from kdstudio.shipped import shipped

DEFAULT_PRESET = "digits-hinton"
OUTER_COMMA = re.compile(r",(?![^\[]*\])")
"""A comma that is not within brackets."""
PRESETS = "kdstudio.presets"
"""Group of the entry points by which other packages add presets: each names a package or module."""

LARGEST = 10**7
"""Bytes of an experiment's file; the largest that ship have a few thousand."""

GROUPS = {
    "digits": "Small digits: seconds, offline",
    "mnist": "MNIST: minutes",
    "folder": "A folder of images",
    "cifar": "CIFAR: for a GPU",
    "other": "Others",
}
"""What a preset's name holds, with the heading of such presets; the lightest first."""


def preset_group(name: str) -> str:
    """Key of the group that the preset called ``name`` belongs to."""
    return next((group for group in GROUPS if group in name), "other")


class Preset(NamedTuple):
    """One preset's file, and the package that it came with."""

    file: Path
    package: str


class Gallery(NamedTuple):
    """The presets by name, ours and those of other packages, and what was left out, and why."""

    presets: dict[str, Preset]
    failures: dict[str, str]


@cache
def gallery() -> Gallery:
    """Look for presets; ours come first where two have one name. No code of the packages is run."""
    found = Gallery({file.stem: Preset(file, OURS) for file in shipped("presets").glob("*.toml")}, {})
    for point in offered(PRESETS):
        try:
            files = [file for folder in _folders(point.module) for file in folder.glob("*.toml")]
        except (ImportError, ValueError) as error:
            found.failures[f"{point.value} (package {owner(point)})"] = str(error)
            continue
        for file in sorted(filter(Path.is_file, files)):
            try:
                if file.stem in found.presets:
                    raise KDStudioError(f"there is a preset '{file.stem}' already")
                validate(_parsed(_read_file(file), file.stem), file.stem)
            except KDStudioError as error:
                found.failures[f"{file} (package {owner(point)})"] = str(error)
            else:
                found.presets[file.stem] = Preset(file, owner(point))
    return found


def _folders(module: str) -> list[Path]:
    """Folders of a package, or the one that a module lies in, found without importing anything."""
    top, *inside = module.split(".")
    spec = find_spec(top)
    if spec is None:
        raise ModuleNotFoundError(f"No module named '{top}'")
    if spec.submodule_search_locations is None:
        return [Path(str(spec.origin)).parent]
    paths = [Path(folder, *inside) for folder in spec.submodule_search_locations]
    found = [path if path.is_dir() else path.parent for path in paths if _is_module(path)]
    if not found:
        raise ModuleNotFoundError(f"No module named '{module}'")
    return found


def _is_module(path: Path) -> bool:
    return path.is_dir() or path.with_suffix(".py").is_file()


def preset_names() -> list[str]:
    """Names of the presets: group by group, the default first."""
    groups = list(GROUPS)
    return sorted(gallery().presets, key=lambda n: (n != DEFAULT_PRESET, groups.index(preset_group(n)), n))


def read_raw(source: str) -> dict[str, Any]:
    """Read a preset by name, or an experiment file by path, unvalidated.

    Raises KDStudioError when there is none or it is not TOML.
    """
    path = given_path(source)
    preset = gallery().presets.get(source) or gallery().presets.get(preset_of_now(source))
    if preset is not None:
        text = _read_file(preset.file)
    elif path.suffix == ".toml" or os.path.isfile(path):
        text = _read_file(path)
    else:
        raise KDStudioError(
            f"no preset '{source}'; there are {', '.join(preset_names())} (or name a .toml file)"
        )
    return _parsed(text, source)


def _parsed(text: str, source: str) -> dict[str, Any]:
    try:
        return read_toml(text)
    except ValueError as error:
        raise KDStudioError(f"'{source}' is not valid TOML: {error}") from error


def _read_file(path: Path) -> str:
    why = why_no_file(path)
    if why == MISSING:
        raise KDStudioError(f"no file '{path}'; presets are {', '.join(preset_names())}")
    try:
        if not why and (size := path.stat().st_size) > LARGEST:
            why = f"it has {size:,} bytes, more than {LARGEST:,}"
        if not why:
            return path.read_text("utf-8")
    except (OSError, UnicodeDecodeError) as error:
        raise KDStudioError(f"'{path}' cannot be read as TOML: {error}") from error
    raise KDStudioError(f"'{path}' cannot be read as TOML: {why}; name a preset or a .toml file")


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
        return read_toml(f"value = {text}")["value"]
    except ValueError:
        return text


def validate(raw: dict[str, Any], source: str) -> Experiment:
    """Check an experiment; KDStudioError lists every problem with its path.

    Names of earlier versions are read. The table ``packages`` says which package to install where an
    entry is missing.
    """
    said = raw.get("packages")
    packages = said if isinstance(said, dict) else {}
    raw = {key: value for key, value in modernised(raw).items() if key != "packages"}
    try:
        return Experiment.model_validate(raw)
    except ValidationError as error:
        found = [str(problem) for problem in problems(error, raw, Experiment, packages)]
        raise KDStudioError(f"'{source}' cannot be run: " + "; ".join(found)) from error


def swept(raw: dict[str, Any], sweep: Iterable[str]) -> dict[str, Any]:
    """Return ``raw`` with a sweep of each ``path=value,value,…``; values are TOML, or else plain text."""
    fields: dict[str, Any] = {}
    for setting in sweep:
        path, sign, text = setting.partition("=")
        if not sign or not path:
            raise KDStudioError(
                f"--sweep {setting}: write path=value,value, for instance strategy.temperature=1,4,20"
            )
        fields[path.strip()] = read_values(text)
    return {**raw, "sweep": fields} if fields else raw


def read_values(text: str) -> list[Any]:
    """Read values between commas: ``1, 4, 20``, ``kl, ce``, ``[300, 300], [800]``; TOML or plain text.

    What is nested beyond reason is plain text, which no field takes.
    """
    try:
        return _read_values(text)
    except RecursionError:
        return [text]


def _read_values(text: str) -> list[Any]:
    values = _parse(f"[{text}]")
    if isinstance(values, list):
        return values
    return [_read_value(part) for part in map(str.strip, OUTER_COMMA.split(text)) if part]


def _read_value(text: str) -> Any:  # noqa: ANN401
    if text.startswith("[") and text.endswith("]"):
        return _read_values(text[1:-1])
    try:
        return float(text) if text.startswith(".") else _parse(text)
    except ValueError:
        return text


def write_values(values: Sequence[Any], between: str = ", ") -> str:
    """Write values down so that ``read_values`` gives them back, text without quotes where it can."""
    plainly = between.join(map(_plainly, values))
    return plainly if read_values(plainly) == list(values) else between.join(map(written, values))


def _plainly(value: Any) -> str:  # noqa: ANN401
    if isinstance(value, list | tuple):
        return f"[{write_values(value)}]"
    return value if isinstance(value, str) else written(value)


def written(value: Any) -> str:  # noqa: ANN401
    """Write a value down as TOML on one line: JSON with another sign between keys and values."""
    return json.dumps(value, separators=(", ", " = "), ensure_ascii=False)


def load_experiment(
    source: str, settings: Iterable[str] = (), seeds: int | None = None, sweep: Iterable[str] = ()
) -> Experiment:
    """Load and check the preset or file ``source`` with ``settings``, ``seeds`` and a ``sweep`` applied."""
    raw = read_raw(source)
    with suppress(KDStudioError):  # perhaps a setting mends it
        raw = plain(validate(raw, source))  # so that a setting finds what is left to defaults
    raw = swept(override(raw, settings), sweep)
    return validate(raw if seeds is None else {**raw, "seeds": seeds}, source)


def read_experiment(text: str, source: str) -> Experiment:
    """Read what :func:`to_toml` has written; ``source`` is what people call it."""
    return validate(_parsed(text, source), source)


def plain(experiment: Experiment) -> dict[str, Any]:
    """Return an experiment as plain values, with nothing left to defaults."""
    values: dict[str, Any] = experiment.model_dump(mode="json", exclude_none=True)
    return values


def to_toml(experiment: Experiment) -> str:
    """Write an experiment out in full; reading it back gives an equal one."""
    packages = foreign_packages(experiment)
    return tomli_w.dumps(plain(experiment) | ({"packages": packages} if packages else {}))


def foreign_packages(experiment: Experiment) -> dict[str, str]:
    """Packages that the experiment needs besides ours: ``strategy.assistants``, ``kd-assistants 0.1``."""
    entries = {
        entry: (f"{registry.kind}.{name}", registry.package_of(name))
        for registry in REGISTRIES
        for name, entry in registry.items()
    }
    used = (entries.get(type(part), ("", OURS)) for part in _parts(experiment))
    return {key: f"{name} {installed_version(name)}".strip() for key, name in used if name != OURS}


def _parts(value: object) -> Iterator[Declaration]:
    """Yield every declaration within ``value``."""
    if isinstance(value, Declaration):
        yield value
        value = tuple(getattr(value, name) for name in type(value).model_fields)
    if isinstance(value, dict):
        value = tuple(value.values())
    if isinstance(value, tuple):
        for part in value:
            yield from _parts(part)


def save_experiment(experiment: Experiment, path: Path) -> None:
    """Write ``experiment`` to ``path``, atomically; KDStudioError if that is not possible."""
    write_file(path, to_toml(experiment), replace=True)
