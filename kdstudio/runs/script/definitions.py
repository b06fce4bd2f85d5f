"""What a script defines: functions, classes and constants taken out of our source with all that they need."""

from __future__ import annotations

import ast
import re
import sys
from collections.abc import Callable, Collection, Iterator, Mapping
from contextlib import contextmanager
from itertools import chain, count

from kdstudio.errors import KDStudioError
from kdstudio.runs.script.imports import import_statements
from kdstudio.runs.script.source import (
    Definition,
    Edit,
    Import,
    ModuleSource,
    bound_names,
    is_built_in,
    is_module,
    source_of,
)

Key = tuple[str, str]
"""Module and name; of what was written for this script alone, an empty module."""

IMPORTED = {*sys.stdlib_module_names, "torch", "torchvision", "numpy", "PIL"}
"""What a script may import; of all else it takes the source along, or is refused."""
SAME_IN_A_SCRIPT = {("kdstudio.errors", "KDStudioError"): "ValueError"}


def identifier(text: str) -> str:
    """``student T4 seed-1`` as a name in code: ``student_T4_seed_1``."""
    if text.isidentifier():
        return text
    named = "".join(sign if f"_{sign}".isidentifier() else " " for sign in text)  # ² is no sign of a name
    made = re.sub(r"\W+", "_", named).strip("_")
    return f"_{made}" if made[:1].isdigit() or not made else made


class Definitions:
    """The definitions of one script by section; a name means the same in all of it."""

    def __init__(self, *sections: str) -> None:
        """``sections`` in the order in which they will stand."""
        self._sections = sections
        self._section = sections[0]
        self._names: dict[Key, str] = {}
        self._where: dict[Key, str] = {}
        self._texts: dict[Key, str] = {}
        self._needs: dict[Key, list[Key]] = {}
        self._open: list[Key] = []
        self._taken: set[str] = set()
        self._imports: dict[str, Import] = {}

    @contextmanager
    def section(self, name: str) -> Iterator[None]:
        """Put what is defined meanwhile into the section ``name``, where it is not in an earlier one."""
        before, self._section = self._section, name
        try:
            yield
        finally:
            self._section = before

    def unused(self, *wishes: str) -> str:
        """Take the first of the ``wishes`` that nothing is called yet, or else the last one, numbered."""
        last = identifier(wishes[-1])
        names = chain(map(identifier, wishes), (f"{last}_{n}" for n in count(2)))
        name = next(n for n in names if n not in self._taken and not is_built_in(n))
        self._taken.add(name)
        return name

    def defined(self, key: Key, wish: str, make: Callable[[str], str]) -> str:
        """Define ``key``, unless it is, by the text that ``make`` makes for its name; returns the name."""
        if key not in self._names:
            self._names[key] = self.unused(wish)
            self._needs[key] = []
            self._open.append(key)
            text = make(self._names[key])
            self._open.pop()
            self._texts[key], self._where[key] = text, self._section
        if self._open:
            self._needs[self._open[-1]].append(key)
        self._move(key, self._section)
        return self._names[key]

    def add(self, wish: str, text: str) -> str:
        """Define what was written for this script; ``{name}`` in ``text`` is what it is called.

        The same text is defined once.
        """
        return self.defined(("", text), wish, lambda called: text.replace("{name}", called))

    def use(self, module: str, name: str) -> str:
        """Define ``name`` of ``module`` with everything that it needs; returns what it is called here.

        Raises KDStudioError for what has no source, or needs a package that a script may not import.
        """
        key, source = (module, name), source_of(module)
        if key in SAME_IN_A_SCRIPT:
            return SAME_IN_A_SCRIPT[key]
        if name not in source.definitions:
            if name not in source.imports:
                raise KDStudioError(f"'{module}' defines no '{name}' that a script could take along")
            return self.name_in(source, name)
        return self.defined(key, name, lambda called: self._copied(source, source.definitions[name], called))

    def name_in(self, source: ModuleSource, name: str) -> str:
        """Return what ``name``, as the module ``source`` means it, is called here."""
        if name in source.definitions:
            return self.use(source.name, name)
        if name in source.imports:
            origin = source.imports[name]
            root = origin.module.partition(".")[0]
            if root in IMPORTED:
                return self.imported(origin, name)
            if root in ("kdstudio", source.name.partition(".")[0]):
                return self.use(origin.module, origin.name)
            raise KDStudioError(f"'{source.name}' needs the package '{root}', and a script has torch alone")
        if not is_built_in(name):
            raise KDStudioError(f"nothing tells what '{name}' is in '{source.name}'")
        return name

    def imported(self, origin: Import, bound: str) -> str:
        """Import ``origin`` under the name ``bound``, or another where that is taken; returns the name."""
        known = (name for name, other in self._imports.items() if other == origin)
        called = next(known, None) or (self.unused(bound) if bound in self._taken else bound)
        self._imports[called] = origin
        self._taken.add(called)
        return called

    def edits(self, source: ModuleSource, node: ast.AST, own: Collection[str]) -> list[Edit]:
        """Return what gives the names in ``node`` their meaning here; those that it binds are its own."""
        found, local = [], bound_names(node) | {*own}
        read = [inner for inner in ast.walk(node) if isinstance(inner, ast.Attribute)]
        within = {id(inner.value): inner for inner in read if isinstance(inner.value, ast.Name)}
        for inner in ast.walk(node):
            if not isinstance(inner, ast.Name) or inner.id in local or not isinstance(inner.ctx, ast.Load):
                continue
            module = _submodule(source, inner.id)
            whole: ast.expr = within[id(inner)] if module and id(inner) in within else inner
            attribute = whole.attr if isinstance(whole, ast.Attribute) else ""
            called = self.use(module, attribute) if module else self.name_in(source, inner.id)
            found.append(Edit(*source.span(whole), called))
        return [*found, *source.without_imports(node)]

    def _copied(self, source: ModuleSource, node: Definition, called: str) -> str:
        edits = self.edits(source, node, ())
        start, end = source.lines(node)
        if isinstance(node, ast.FunctionDef | ast.ClassDef):
            at = source.span(node)[0] + len("def " if isinstance(node, ast.FunctionDef) else "class ")
            edits.append(Edit(at, at + len(node.name.encode()), called))
        else:
            target = node.targets[0] if isinstance(node, ast.Assign) else node.target
            edits.append(Edit(*source.span(target), called))
            following = source.tree.body[source.tree.body.index(node) + 1 :][:1]
            if following and isinstance(following[0], ast.Expr):
                end = source.lines(following[0])[1]
        return source.edited(start, end, edits)

    def _move(self, key: Key, section: str) -> None:
        if key in self._where and self._rank(self._where[key]) > self._rank(section):
            self._where[key] = section
            for needed in self._needs.get(key, ()):
                self._move(needed, section)

    def _rank(self, section: str) -> int:
        return self._sections.index(section)

    def texts(self) -> Mapping[str, list[str]]:
        """Return the definitions of each section, each behind what it needs."""
        found: dict[str, list[str]] = {section: [] for section in self._sections}
        for key, text in self._texts.items():
            found[self._where[key]].append(text)
        return found

    def header(self) -> str:
        """Return the import statements."""
        return import_statements(self._imports)


def _submodule(source: ModuleSource, name: str) -> str:
    """Full name of the module of ours that ``name`` stands for; empty where it stands for another thing."""
    origin = source.imports.get(name)
    if origin is None or origin.module.partition(".")[0] in IMPORTED:
        return ""
    full = f"{origin.module}.{origin.name}"
    return full if is_module(full) else ""
