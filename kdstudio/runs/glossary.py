"""The terms of the field and the signs of its formulas, explained once: for forms, help and documentation."""

from __future__ import annotations

import tomllib
from functools import cache

from pydantic import Field

from kdstudio.declaration import Declaration
from kdstudio.errors import KDStudioError
from kdstudio.runs.formulas.notation import symbols
from kdstudio.shipped import shipped

FILE = "glossary.toml"


class Term(Declaration):
    """What a term of the field means."""

    title: str = Field(min_length=1)
    """What people call it, with its sign: ``Temperature T``."""
    also: tuple[str, ...] = ()
    """Further words and signs under which it is looked for."""
    says: str = Field(min_length=1)
    """Two sentences."""
    formula: str = ""
    """In the notation of ``formulas/notation.py``; empty where there is none."""
    source: str = Field(min_length=1)
    """Paper and section, or where else the word comes from."""

    def has(self, words: str) -> bool:
        """Tell whether every one of ``words`` stands in it, whatever their case."""
        text = " ".join((self.title, *self.also, self.says, self.formula, self.source)).lower()
        return all(word in text for word in words.lower().split())

    def is_called(self, words: str) -> bool:
        """Tell whether ``words`` are, or begin, what it is called."""
        return any(name.lower().startswith(words.lower().strip()) for name in (self.title, *self.also))


class Glossary(Declaration):
    """All that is explained."""

    signs: dict[str, str]
    """By sign, as it stands in a formula."""
    terms: dict[str, Term]
    """By the name that fields declare."""

    def found(self, words: str) -> list[str]:
        """Names of the terms in which all ``words`` stand; what is called so comes first."""
        matching = [name for name, term in self.terms.items() if term.has(words)]
        return sorted(matching, key=lambda name: not self.terms[name].is_called(words))


@cache
def glossary() -> Glossary:
    """Read what ships; KDStudioError where the file is damaged."""
    path = shipped("resources") / FILE
    try:
        return Glossary.model_validate(tomllib.loads(path.read_text("utf-8")))
    except (OSError, ValueError) as error:  # pydantic's and tomllib's errors are ValueErrors
        raise KDStudioError(f"{path} cannot be read: {error}; install KD Studio anew") from error


def explained(formula: str) -> list[str]:
    """Say what the known signs of a formula, or of a piece of one, mean: ``z_s: the student's logits``."""
    signs = glossary().signs
    return [f"{sign}: {signs[sign]}" for sign in symbols(formula) if sign in signs]
