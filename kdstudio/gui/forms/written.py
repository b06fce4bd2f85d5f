"""Values as text, as people read and type them in a form."""

from __future__ import annotations

from typing import Any

from kdstudio.declaration import TAGS


def names_in(text: str) -> list[str]:
    """Read names between commas."""
    return [name for name in map(str.strip, text.split(",")) if name]


def spoken_text(value: object) -> str:
    """Text of a value; nothing for none."""
    return "" if value is None else str(value)


def spoken_names(value: object) -> str:
    """Names with commas between them; nothing for none."""
    return ", ".join(map(str, value)) if isinstance(value, list | tuple) else spoken_text(value)


def format_numbers(value: object) -> str:
    """Numbers with commas between them; nothing for none."""
    return ", ".join(map(format_number, value)) if isinstance(value, list | tuple) else ""


def format_number(value: object) -> str:
    """Shortest text that reads back as ``value``."""
    if isinstance(value, float):
        return f"{value:.10g}"
    return "" if value is None else str(value)


def parse_number(text: str) -> Any:  # noqa: ANN401
    """Read a number; anything else stays text, which the declaration will refuse."""
    for kind in (int, float):
        try:
            return kind(text.strip())
        except ValueError:
            continue
    return text


def parse_numbers(text: str) -> list[Any]:
    """Read numbers between commas or spaces."""
    return [parse_number(part) for part in text.replace(",", " ").split()]


def spoken(value: object) -> str:
    """Any value in words, for a sentence: ``on``, ``0.5``, ``300, 300``; ``nothing`` for none."""
    if isinstance(value, bool):
        return "on" if value else "off"
    if isinstance(value, list | tuple):
        return ", ".join(map(spoken, value)) or "nothing"
    if isinstance(value, dict):
        tags = [str(value[tag]) for tag in TAGS if tag in value]
        return tags[0] if tags else "others"
    return format_number(value) or "nothing"
