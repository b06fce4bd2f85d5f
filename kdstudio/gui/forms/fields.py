"""What forms read off the declaration of a field."""

from __future__ import annotations

from typing import Any, NamedTuple

from pydantic.fields import FieldInfo

from kdstudio.declaration import Declaration
from kdstudio.gui.forms.editors import hint_for
from kdstudio.gui.html import Html
from kdstudio.runs.glossary import glossary


class FieldHelp(NamedTuple):
    """What F1 tells of a field."""

    text: Html
    term: str
    """Name of its term in the glossary; empty if it has none."""


def default_values(declaration: type[Declaration]) -> dict[str, Any]:
    """Every option at its default; required ones empty, to be filled in."""
    values = {
        name: "" if field.is_required() else field.get_default(call_default_factory=True)
        for name, field in declaration.model_fields.items()
    }
    dumped: dict[str, Any] = declaration.model_construct(**values).model_dump(mode="json")
    return dumped


def default_of(field: FieldInfo) -> Any:  # noqa: ANN401
    """Return the default as a plain value; None where one has to be given."""
    value = None if field.is_required() else field.get_default(call_default_factory=True)
    return _plain(value)


def _plain(value: Any) -> Any:  # noqa: ANN401
    if isinstance(value, Declaration):
        return value.model_dump(mode="json")
    if isinstance(value, dict):
        return {key: _plain(entry) for key, entry in value.items()}
    return [_plain(each) for each in value] if isinstance(value, tuple) else value


def as_it_is(value: Any) -> Any:  # noqa: ANN401
    """Return ``value``: all of it tells whether a field is changed."""
    return value


def help_text(field: FieldInfo) -> str:
    """Field's help with its range."""
    bounds = {"ge": "at least", "gt": "more than", "le": "at most", "lt": "less than"}
    limits = [
        f"{word} {getattr(limit, name):g}"
        for limit in field.metadata
        for name, word in bounds.items()
        if getattr(limit, name, None) is not None
    ]
    return " ".join(filter(None, (field.description, f"({', '.join(limits)})" if limits else "")))


def tip_text(field: FieldInfo) -> str:
    """The same, and what the glossary says about its term."""
    own, term = help_text(field), glossary().terms.get(hint_for(field, "term"))
    return f"{own}\n\n{term.title}: {term.says}\n({term.source})" if term else own
