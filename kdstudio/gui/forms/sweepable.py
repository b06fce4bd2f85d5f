"""The fields of an experiment, read off the declarations, and which of them can be swept."""

from __future__ import annotations

from collections.abc import Iterator
from typing import Any, Literal, NamedTuple, get_args, get_origin

from pydantic.fields import FieldInfo

from kdstudio.declaration import TAGS, Declaration, alternatives, tag_of
from kdstudio.engine.experiment import Experiment
from kdstudio.engine.sweep import SWEPT, can_be_swept
from kdstudio.gui.forms.editors import hint_for
from kdstudio.gui.forms.written import format_number, parse_number
from kdstudio.runs.presets import write_values

Trail = tuple[str, ...]
UNLISTED = ("about", "claim", "sweep")
"""What is said of a preset, and what has a form of its own."""


class ListedField(NamedTuple):
    """A field of an experiment, as lists show it."""

    path: str
    title: str
    place: str
    """Where it is: ``Strategy``, ``Student · Training · Optimiser``."""
    field: FieldInfo
    now: Any
    """Its value in the form."""
    choices: dict[str, Any]
    """What can be chosen, by what people read; empty where anything can be typed."""

    @property
    def is_list(self) -> bool:
        """Tell whether each of its values is a list."""
        return get_origin(self.field.annotation) is tuple

    @property
    def spoken_now(self) -> str:
        """Its value as people read it."""
        names = [name for name, value in self.choices.items() if value == self.now]
        if names or self.now is None:
            return "".join(names)
        return write_values([self.now]) if isinstance(self.now, list) else format_number(self.now)

    def first_values(self) -> list[Any]:
        """Return its value alone, to begin with; none where it has none."""
        if isinstance(self.now, float):
            return [parse_number(format_number(self.now))]  # 4 rather than 4.0: names are read by people
        return [] if self.now is None else [self.now]

    def matches(self, words: str) -> bool:
        """Tell whether every one of ``words`` is in what it is called or in its help."""
        return _has(f"{self.place} {self.title} {self.path} {self.field.description}", words)

    def is_called(self, words: str) -> bool:
        """Tell whether every one of ``words`` is in its place or title."""
        return _has(f"{self.place} {self.title}", words)


def sweepable(raw: dict[str, Any]) -> Iterator[ListedField]:
    """Yield the fields of ``raw``, an experiment as plain values, that can be swept."""
    for part in SWEPT:
        found = _within((part,), Experiment.model_fields[part], raw.get(part), ())
        yield from (field for field in found if can_be_swept(field.path))


def listed(raw: dict[str, Any]) -> Iterator[ListedField]:
    """Yield the fields of ``raw``, an experiment as plain values, that the form shows."""
    for part, field in Experiment.model_fields.items():
        if part not in UNLISTED and not hint_for(field, "hidden"):
            yield from _within((part,), field, raw.get(part), ())


def _within(path: Trail, field: FieldInfo, value: Any, place: Trail) -> Iterator[ListedField]:  # noqa: ANN401
    members = alternatives(field.annotation, field.metadata)
    if get_origin(field.annotation) is dict:
        for key, entry in (value or {}).items():
            yield from _fields((*path, key), _chosen(members, entry), entry, (*place, _heading(key)))
        return
    inside = (*place, field.title or path[-1])
    if len(members) > 1:
        tag, _ = tag_of(members[0])
        names = {name: name for name in (tag_of(member)[1] for member in members)}
        now = value.get(tag) if isinstance(value, dict) else None
        yield from _leaf((*path, tag), field, now, place, names)
    if members:
        yield from _fields(path, _chosen(members, value), value, inside)
    else:
        yield from _leaf(path, field, value, place, _choices(field))


def _fields(path: Trail, declaration: type[Declaration], value: Any, place: Trail) -> Iterator[ListedField]:  # noqa: ANN401
    for name, field in declaration.model_fields.items():
        if name not in TAGS and not hint_for(field, "hidden"):
            inner = value.get(name) if isinstance(value, dict) else None
            yield from _within((*path, name), field, inner, place)


def _leaf(
    path: Trail,
    field: FieldInfo,
    now: Any,  # noqa: ANN401
    place: Trail,
    choices: dict[str, Any],
) -> Iterator[ListedField]:
    title = field.title or path[-1]
    yield ListedField(".".join(path), title, " · ".join(place) or title, field, now, choices)


def _has(text: str, words: str) -> bool:
    return all(word in text.lower() for word in words.lower().split())


def _heading(key: str) -> str:
    return key[:1].upper() + key[1:]


def _chosen(members: list[type[Declaration]], value: Any) -> type[Declaration]:  # noqa: ANN401
    """Return the one of ``members`` that ``value`` is of."""
    name = {tag: value.get(tag) for tag in TAGS} if isinstance(value, dict) else {}
    return next(
        (member for member in members if name.get(tag_of(member)[0]) == tag_of(member)[1]), members[0]
    )


def _choices(field: FieldInfo) -> dict[str, Any]:
    if field.annotation is bool:
        return {"off": False, "on": True}
    if get_origin(field.annotation) is Literal:
        return {str(choice): choice for choice in get_args(field.annotation)}
    return {}
