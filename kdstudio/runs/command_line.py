"""The command that runs an experiment as it stands in a form or in a run folder."""

from __future__ import annotations

from collections.abc import Mapping
from shlex import quote
from typing import Any

from kdstudio.declaration import TAGS
from kdstudio.runs.presets import preset_names, write_values, written

CROSSED = ("seeds", "sweep")
"""Fields with options of their own on the command line."""


def run_command(source: str, origin: Mapping[str, Any], wanted: Mapping[str, Any]) -> str:
    """Return the command line that runs ``wanted``, told by what differs from ``origin``.

    ``origin`` is what the preset or file ``source`` holds; both are plain values, nothing left to defaults.
    """
    before, after = ({k: v for k, v in raw.items() if k not in CROSSED} for raw in (origin, wanted))
    changes = [f"--set {_setting(path, value)}" for path, value in differences(before, after)]
    for name in CROSSED:
        if wanted[name] != origin[name]:
            changes += _crossing(name, wanted[name])
    return " ".join(["kdstudio run", source if source in preset_names() else quote(source), *changes])


def differences(before: Any, after: Any, path: str = "") -> list[tuple[str, Any]]:  # noqa: ANN401
    """Settings that turn ``before`` into ``after``, in an order in which they can be given."""
    if not isinstance(after, dict):
        return [] if before == after else [(path, after)]
    before = before if isinstance(before, dict) else {}
    for tag in TAGS:
        if path and tag in after and before.get(tag) != after[tag]:
            rest = {key: value for key, value in after.items() if key != tag}
            return [(f"{path}.{tag}", after[tag]), *differences({}, rest, path)]
    if before.keys() - after.keys():  # a setting can add and change, but not take out
        return [(path, after)]
    found = []
    for key, value in after.items():
        found += differences(before.get(key), value, f"{path}.{key}" if path else key)
    return found


def _crossing(name: str, value: Any) -> list[str]:  # noqa: ANN401
    """Options of seeds or a sweep, which have a name of their own; an empty sweep takes out the file's."""
    if name == "seeds":
        return [f"--seeds {quote(str(value))}"]
    fields = [f"{path}={write_values(values, ',')}" for path, values in value.items()]
    return [f"--sweep {quote(field)}" for field in fields] or [f"--set {_setting(name, value)}"]


def _setting(path: str, value: Any) -> str:  # noqa: ANN401
    """``path=value`` for a shell; nothing after the sign stands for no value."""
    value = "" if value is None else value
    return quote(f"{path}={value if isinstance(value, str) else written(value)}")
