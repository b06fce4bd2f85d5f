"""What can be chosen by name, as people read it: from declarations, for lists in window and terminal."""

from __future__ import annotations

from collections.abc import Iterable
from typing import NamedTuple

from kdstudio.declaration import Declaration, tag_of
from kdstudio.packages import OURS, package_of_module


class Choice(NamedTuple):
    """One entry of a list."""

    name: str
    title: str
    line: str
    """One sentence about it."""
    paper: str
    needs: tuple[str, ...]
    package: str
    """The one that it came with; empty for ours."""

    def matches(self, words: str) -> bool:
        """Tell whether every one of ``words`` stands in it."""
        return _has(words, *self[:4], *self.needs, self.package)

    def is_called(self, words: str) -> bool:
        """Tell whether every one of ``words`` stands in its names."""
        return _has(words, self.name, self.title)

    @property
    def origin(self) -> str:
        """Paper, what it needs and package, in one line; empty where there is none of them."""
        needs = f"needs {', '.join(self.needs)}" if self.needs else ""
        package = f"from {self.package}" if self.package else ""
        return " · ".join(filter(None, (self.paper, needs, package)))


def found(choices: Iterable[Choice], words: str) -> list[Choice]:
    """Return those that ``words`` match, the ones that are called so first."""
    fitting = [choice for choice in choices if choice.matches(words)]
    return sorted(fitting, key=lambda choice: not choice.is_called(words))


def _has(words: str, *texts: str) -> bool:
    whole = " ".join(texts).lower()
    return all(word in whole for word in words.lower().split())


def choices_of(declarations: Iterable[type[Declaration]]) -> list[Choice]:
    """Describe declarations, in their order."""
    return [_choice(declaration) for declaration in declarations]


def _choice(declaration: type[Declaration]) -> Choice:
    title, line = declaration.introduction()
    package = package_of_module(declaration.__module__)
    return Choice(
        tag_of(declaration)[1],
        title,
        line,
        getattr(declaration, "paper", ""),
        declaration.needed(),
        "" if package == OURS else package,
    )
