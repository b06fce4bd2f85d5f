"""Pydantic's validation errors in plain words, each with the dotted path that a user typed."""

import difflib
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from types import MappingProxyType
from typing import Any, get_origin

from pydantic import ValidationError

from kdstudio.declaration import TAGS, Declaration, alternatives, tag_of
from kdstudio.packages import installed_version

Location = Sequence[str | int]
Path = tuple[str | int, ...]


@dataclass(frozen=True)
class Problem:
    """One thing wrong with one field."""

    path: Path
    message: str

    def __str__(self) -> str:
        """``strategy.temperature: must be greater than 0, not -1``."""
        dotted = ".".join(str(part) for part in self.path)
        return f"{dotted}: {self.message}" if dotted else self.message


class Refusal(Problem):
    """Why an experiment without mistakes would not run: the message says all, the path is to blame."""

    def __str__(self) -> str:
        """The message."""
        return self.message


def problems(
    error: ValidationError,
    raw: object,
    model: type[Declaration],
    packages: Mapping[str, str] = MappingProxyType({}),
) -> list[Problem]:
    """Translate every error of a failed ``model.model_validate(raw)``.

    Paths are those of ``raw``: pydantic's discriminator tags (``weights.file.path``) are left out, because
    nobody types them. ``packages`` says where entries that may be missing here come from.
    """
    found = []
    for entry in error.errors(include_url=False):
        path = _path(raw, entry["loc"])
        if entry["type"] == "extra_forbidden":
            message = _unknown_field(str(path[-1]), _fields_at(model, raw, path[:-1]))
        elif entry["type"] == "no_entry":
            message = _missing_package(entry["ctx"], packages) or entry["msg"]
        else:
            message = _message(entry)
        found.append(Problem(path, message))
    return found


def _path(raw: object, location: Location) -> Path:
    """Location without the tags that pydantic adds inside unions."""
    path: list[str | int] = []
    here = raw
    for part in location:
        if isinstance(here, dict) and part not in here and part in map(here.get, TAGS):
            continue
        path.append(part)
        here = _inside(here, part)
    return tuple(path)


def _inside(here: Any, part: str | int) -> Any:  # noqa: ANN401
    try:
        return here[part]
    except (KeyError, IndexError, TypeError):
        return None


def _message(entry: Any) -> str:  # noqa: ANN401
    kind, context, value = entry["type"], entry.get("ctx", {}), entry["input"]
    if kind == "union_tag_invalid":
        return f"no '{context['tag']}'; there are {_unquote(context['expected_tags'])}"
    if kind == "union_tag_not_found":
        return f"say which one: {_unquote(context['discriminator'])} = …"
    if kind == "missing":
        return "is required"
    if kind == "string_too_short" and not value:
        return "must not be empty"
    if kind == "value_error":
        return str(context["error"])
    if kind == "literal_error":
        return f"must be {_unquote(context['expected'])}, not {value!r}"
    text: str = entry["msg"]
    if kind == "no_choice":
        return text
    for prefix, verb in (("Input should ", "must "), ("Value should ", "must "), ("String should ", "must ")):
        if text.startswith(prefix):
            text = verb + text.removeprefix(prefix)
    text = text.partition(", unable to ")[0]
    return text if isinstance(value, dict | list) else f"{text}, not {value!r}"


def _unquote(text: str) -> str:
    return text.replace("'", "")


def _missing_package(entry: Mapping[str, str], packages: Mapping[str, str]) -> str:
    """Say which package an unknown name comes from, if that is known."""
    package = str(packages.get(f"{entry['kind']}.{entry['name']}", ""))
    if not package:
        return ""
    name, _, version = package.partition(" ")
    comes = f"{entry['kind']} '{entry['name']}' comes from the package '{package}', which"
    if not version:
        return f"{entry['kind']} '{entry['name']}' comes from the module '{package}'; import that first"
    if here := installed_version(name):
        return f"{comes} is here as {here} but does not offer it; 'kdstudio list' tells why"
    return f"{comes} is not installed; pip install {name}"


def _unknown_field(name: str, known: Sequence[str]) -> str:
    close = difflib.get_close_matches(name, known, n=1)
    if close:
        return f"no such field; did you mean '{close[0]}'?"
    return "no such field" + (f"; there are {', '.join(known)}" if known else "")


def _fields_at(model: type[Declaration], raw: object, path: Path) -> tuple[str, ...]:
    """Names of the fields that the declaration at ``path`` has; ``model`` is that of ``raw``."""
    if not path:
        return tuple(model.model_fields)
    field, here = model.model_fields.get(str(path[0])), _inside(raw, path[0])
    if field is None:
        return ()
    rest = path[1:]
    if get_origin(field.annotation) in (dict, tuple):
        here, rest = _inside(here, rest[0]), rest[1:]
    members = alternatives(field.annotation, field.metadata)
    chosen = [member for member in members if len(members) == 1 or _is_chosen(member, here)]
    return _fields_at(chosen[0], here, rest) if chosen else ()


def _is_chosen(member: type[Declaration], here: object) -> bool:
    tag, name = tag_of(member)
    return _inside(here, tag) in (name, *member.formerly)
