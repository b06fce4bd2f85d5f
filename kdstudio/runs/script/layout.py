"""Expressions as text that keeps within the line: on one line, or each argument on its own."""

from __future__ import annotations

import re
from dataclasses import dataclass
from textwrap import wrap
from typing import Protocol, Union

WIDTH = 110


@dataclass(frozen=True)
class Call:
    """A function's name, or nothing, with its arguments in brackets."""

    function: str
    arguments: tuple[Expression, ...] = ()
    brackets: str = "()"

    def __str__(self) -> str:
        """All on one line."""
        return f"{self.function}{self.brackets[0]}{', '.join(map(str, self.arguments))}{self.brackets[1]}"


@dataclass(frozen=True)
class Keyword:
    """``name=value``; with another sign an entry of a dictionary."""

    name: str
    value: Expression
    sign: str = "="

    def __str__(self) -> str:
        """All on one line."""
        return f"{self.name}{self.sign}{self.value}"


@dataclass(frozen=True)
class Sum:
    """Terms with a plus between them."""

    terms: tuple[Expression, ...]

    def __str__(self) -> str:
        """All on one line."""
        return " + ".join(map(str, self.terms))


class Name(Protocol):
    """What is called somehow, perhaps not yet."""

    def __str__(self) -> str:
        """What it is called."""


Expression = Union[str, Call, Keyword, Sum, Name]  # noqa: UP007  # Call is not there yet when it is read


def render(value: Expression, indent: int = 0, before: str = "", after: str = "") -> str:
    """Write ``before``, the ``value`` and ``after``, indented; broken up where the line is too short."""
    pad = " " * indent
    line = f"{pad}{before}{value}{after}"
    if len(line) <= WIDTH or not isinstance(value, Call | Keyword | Sum):
        return line
    if isinstance(value, Keyword):
        return render(value.value, indent, f"{before}{value.name}{value.sign}", after)
    if isinstance(value, Sum):
        signs = ("", *("+ " for _ in value.terms[1:]))
        lines = [render(term, indent + 4, sign) for sign, term in zip(signs, value.terms, strict=True)]
        return "\n".join([f"{pad}{before}(", *lines, f"{pad}){after}"])
    opening, closing = value.brackets[0], value.brackets[1]
    lines = [render(argument, indent + 4, after=",") for argument in value.arguments]
    return "\n".join([f"{pad}{before}{value.function}{opening}", *lines, f"{pad}{closing}{after}"])


def inside(value: Expression, depth: int, before: str = "", after: str = "") -> str:
    """Write it so that it keeps within the line once it stands at ``depth``, and does not stand there yet."""
    return "\n".join(line[depth:] for line in render(value, depth, before, after).splitlines())


def comment(text: str, depth: int = 0) -> str:
    """Write ``text`` as a comment that will stand at ``depth``, wrapped between words."""
    lines = wrap(text, WIDTH - depth - 2, break_long_words=False, break_on_hyphens=False)
    return "\n".join(f"# {line}" for line in lines)


def joined(text: str) -> str:
    """Put what stands in brackets on one line again, where it fits and ends in no comma."""
    start = 0
    while found := re.search(r"[(\[{]\n", text[start:]):
        opening = start + found.start()
        closing = _closing(text, opening)
        inner = text[opening + 1 : closing]
        before = text[text.rfind("\n", 0, opening) + 1 : opening + 1]
        after = text[closing:].partition("\n")[0]
        line = " ".join(part.strip() for part in inner.splitlines() if part.strip())
        fits = len(before) + len(line) + len(after) <= WIDTH
        if fits and not line.endswith(",") and "#" not in inner and '"""' not in inner:
            text = f"{text[: opening + 1]}{_tight(line)}{text[closing:]}"
        start = opening + 1
    return text


def _closing(text: str, opening: int) -> int:
    """Place of the bracket that closes the one at ``opening``; strings hold no single brackets."""
    depth = 0
    for place, sign in enumerate(text[opening:], opening):
        depth += (sign in "([{") - (sign in ")]}")
        if not depth:
            return place
    return len(text)


def _tight(line: str) -> str:
    """Take out the spaces that joining has left within brackets."""
    return re.sub(r" ([)\]}])", r"\1", re.sub(r"([(\[{]) ", r"\1", line))
