"""Pydantic's validation errors in plain words, each with the dotted path that a user typed."""

import difflib
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import Any, get_args, get_origin

from pydantic import BaseModel, ValidationError

Location = Sequence[str | int]


@dataclass(frozen=True)
class Problem:
    """One thing wrong with one field."""

    path: tuple[str | int, ...]
    message: str

    def __str__(self) -> str:
        """``strategy.temperature: must be greater than 0, not -1``."""
        dotted = ".".join(str(part) for part in self.path)
        return f"{dotted}: {self.message}" if dotted else self.message


def problems(error: ValidationError, raw: object, model: type[BaseModel]) -> list[Problem]:
    """Translate every error of a failed ``model.model_validate(raw)``.

    Paths are those of ``raw``: pydantic's discriminator tags (``strategy.hinton.alpha``) are
    left out, because nobody types them.
    """
    return [
        Problem(_path(raw, entry["loc"]), _message(entry, model)) for entry in error.errors(include_url=False)
    ]


def _path(raw: object, location: Location) -> tuple[str | int, ...]:
    """Location without the tags that pydantic adds inside unions."""
    path: list[str | int] = []
    here = raw
    for part in location:
        if isinstance(here, dict) and part not in here and part in _tags(here):
            continue
        path.append(part)
        try:
            here = here[part]  # type: ignore[index]
        except (KeyError, IndexError, TypeError):
            here = None
    return tuple(path)


def _tags(here: Mapping[str, Any]) -> set[Any]:
    return {value for value in (here.get("name"), here.get("origin")) if isinstance(value, str)}


def _message(entry: Any, model: type[BaseModel]) -> str:  # noqa: ANN401
    kind, context, value = entry["type"], entry.get("ctx", {}), entry["input"]
    if kind == "extra_forbidden":
        return _unknown_field(str(entry["loc"][-1]), _fields_at(model, entry["loc"][:-1]))
    if kind == "union_tag_invalid":
        return f"no '{context['tag']}'; there are {_unquote(context['expected_tags'])}"
    if kind == "union_tag_not_found":
        return f"say which one: {_unquote(context['discriminator'])} = …"
    if kind == "missing":
        return "is required"
    if kind == "value_error":
        return str(context["error"])
    if kind == "literal_error":
        return f"must be {_unquote(context['expected'])}, not {value!r}"
    text: str = entry["msg"]
    for prefix, verb in (("Input should ", "must "), ("Value should ", "must "), ("String should ", "must ")):
        if text.startswith(prefix):
            text = verb + text.removeprefix(prefix)
    text = text.partition(", unable to ")[0]
    return text if isinstance(value, dict | list) else f"{text}, not {value!r}"


def _unquote(text: str) -> str:
    return text.replace("'", "")


def _unknown_field(name: str, known: Sequence[str]) -> str:
    close = difflib.get_close_matches(name, known, n=1)
    if close:
        return f"no such field; did you mean '{close[0]}'?"
    return "no such field" + (f"; there are {', '.join(known)}" if known else "")


def _fields_at(annotation: Any, location: Location) -> tuple[str, ...]:  # noqa: ANN401
    """Names of the fields that the declaration at ``location`` has."""
    if isinstance(annotation, type) and issubclass(annotation, BaseModel):
        if not location:
            return tuple(annotation.model_fields)
        field = annotation.model_fields.get(str(location[0]))
        return _fields_at(field.annotation, location[1:]) if field else ()
    arguments = get_args(annotation)
    members = [a for a in arguments if isinstance(a, type) and issubclass(a, BaseModel)]
    if get_origin(annotation) is dict:
        return _fields_at(arguments[1], location[1:])
    for member in members:
        if location and location[0] in _tags({k: f.default for k, f in member.model_fields.items()}):
            return _fields_at(member, location[1:])
    return _fields_at(members[0], location) if len(members) == 1 else ()
