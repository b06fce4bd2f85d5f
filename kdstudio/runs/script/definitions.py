"""What a script defines: functions, classes and constants taken out of our source with all that they need."""

from __future__ import annotations

import ast
import re
import sys
from collections.abc import Collection, Iterator, Mapping
from contextlib import contextmanager
from itertools import chain, count

from kdstudio.errors import KDStudioError
from kdstudio.runs.script.source import (
    Definition,
    Edit,
    Import,
    ModuleSource,
    bound_names,
    docstring_of,
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
    made = re.sub(r"\W+", "_", text).strip("_")
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

    def add(self, wish: str, text: str) -> str:
        """Define what was written for this script; ``{name}`` in ``text`` is what it is called.

        The same text is defined once.
        """
        key = ("", text)
        if key not in self._names:
            self._names[key] = self.unused(wish)
            self._define(key, text.replace("{name}", self._names[key]))
        return self._found(key)

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
        if key not in self._names:
            self._names[key] = self.unused(name)
            with self._defining(key):
                text = self._copied(source, source.definitions[name], self._names[key])
            self._define(key, text)
        return self._found(key)

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
        """Return what gives the names in ``node`` their meaning here; those that it binds itself are its own."""
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

    def method(self, kind: type, name: str, called: str) -> tuple[str, list[str]]:
        """Define a method of a declaration as a function, whose last arguments are the options that it uses.

        Returns what it is called here, and these options.
        """
        owner = next(cls for cls in kind.__mro__ if name in vars(cls))
        source, key = source_of(owner.__module__), (f"{kind.__module__}.{kind.__qualname__}", name)
        whole = source.definitions[owner.__name__]
        node = next(n for n in ast.walk(whole) if isinstance(n, ast.FunctionDef) and n.name == name)
        options, calls = self._options(kind, node)
        if key not in self._names:
            self._names[key] = self.unused(called)
            with self._defining(key):
                text = self._as_function(source, kind, node, self._names[key], calls)
            self._define(key, text)
        return self._found(key), options

    def _options(self, kind: type, node: ast.FunctionDef) -> tuple[list[str], list[ast.Call]]:
        """Return the options that a method uses, directly or through others, and its calls of these."""
        known = getattr(kind, "model_fields", {})
        reads = [n for n in ast.walk(node) if isinstance(n, ast.Attribute) and _is_self(n.value)]
        calls = [n for n in ast.walk(node) if isinstance(n, ast.Call) and n.func in reads]
        options = [n.attr for n in reads if n.attr in known]
        for call in calls:
            assert isinstance(call.func, ast.Attribute)
            options += self.method(kind, call.func.attr, f"{kind.__name__}_{call.func.attr.strip('_')}".lower())[1]
        methods = [call.func for call in calls]
        if others := [n.attr for n in reads if n.attr not in known and n not in methods]:
            raise KDStudioError(f"'{kind.__name__}.{node.name}' reads self.{others[0]}, which is no option")
        return [option for option in known if option in options], calls

    def _as_function(
        self, source: ModuleSource, kind: type, node: ast.FunctionDef, called: str, calls: list[ast.Call]
    ) -> str:
        options, _ = self._options(kind, node)
        clash = bound_names(node)
        names = {option: f"{option}_" if option in clash else option for option in options}
        edits = self.edits(source, node, ["self"])
        for inner in ast.walk(node):
            if isinstance(inner, ast.Attribute) and _is_self(inner.value) and inner.attr in names:
                edits.append(Edit(*source.span(inner), names[inner.attr]))
        for call in calls:
            edits += self._call_of_function(source, kind, call)
        typed = [f"{names[option]}: {_type_name(kind, option)}" for option in options]
        return _function(
            called,
            _arguments(node.args, typed),
            ast.unparse(node.returns) if node.returns else "None",
            _first_line(kind, node),
            _body(source, node, edits),
        )

    def _call_of_function(self, source: ModuleSource, kind: type, call: ast.Call) -> Iterator[Edit]:
        """Hand the options that a method needs to the function that it has become."""
        assert isinstance(call.func, ast.Attribute)
        called, options = self.method(kind, call.func.attr, call.func.attr)
        _start, end = source.span(call)
        handed = ", ".join(f"{option}={option}" for option in options)
        comma = ", " if handed and (call.args or call.keywords) else ""
        yield Edit(*source.span(call.func), called)
        yield Edit(end - 1, end - 1, comma + handed)

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

    @contextmanager
    def _defining(self, key: Key) -> Iterator[None]:
        self._open.append(key)
        self._needs[key] = []
        try:
            yield
        finally:
            self._open.pop()

    def _define(self, key: Key, text: str) -> None:
        self._texts[key] = text
        self._where[key] = self._section

    def _found(self, key: Key) -> str:
        """Note who needs it, and let it and all that it needs stand early enough."""
        if self._open:
            self._needs[self._open[-1]].append(key)
        self._move(key, self._section)
        return self._names[key]

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
        statements = [_statement(origin, bound) for bound, origin in self._imports.items()]
        plain = sorted({s for s in statements if s.startswith("import")})
        names: dict[str, set[str]] = {}
        for statement in (s for s in statements if s.startswith("from")):
            module, _, name = statement.removeprefix("from ").partition(" import ")
            names.setdefault(module, set()).add(name)
        groups: dict[bool, list[str]] = {True: [], False: []}
        for statement in plain:
            groups[_is_standard(statement)].append(statement)
        for module, several in sorted(names.items()):
            groups[_is_standard(f"from {module}")].append(f"from {module} import {', '.join(sorted(several))}")
        return "\n\n".join("\n".join(group) for group in groups.values() if group)


def _submodule(source: ModuleSource, name: str) -> str:
    """Full name of the module of ours that ``name`` stands for in ``source``; empty where it is another thing."""
    origin = source.imports.get(name)
    if origin is None or origin.module.partition(".")[0] in IMPORTED:
        return ""
    full = f"{origin.module}.{origin.name}"
    return full if is_module(full) else ""


def _is_self(node: ast.expr) -> bool:
    return isinstance(node, ast.Name) and node.id == "self"


def _arguments(declared: ast.arguments, further: list[str]) -> list[str]:
    """Arguments of a method without self, and ``further`` ones that are given by name."""
    named = [*map(ast.unparse, declared.kwonlyargs), *further]
    found = [*map(ast.unparse, declared.args[1:]), *(["*", *named] if named else [])]
    return [*found, *([f"**{ast.unparse(declared.kwarg)}"] if declared.kwarg else [])]


def _type_name(kind: type, option: str) -> str:
    """Type of an option's value, as far as a reader needs it."""
    annotation = getattr(kind, "model_fields")[option].annotation  # noqa: B009
    if isinstance(annotation, type):
        return annotation.__name__
    values = getattr(annotation, "__args__", ())
    is_tuple = getattr(annotation, "__origin__", None) is tuple
    return "tuple" if is_tuple else type(values[0]).__name__ if values else "object"


def _first_line(kind: type, node: ast.FunctionDef) -> str:
    """What the function says of itself: what the class says, where it is what the class is for."""
    own = ast.get_docstring(node) or ""
    text = (kind.__doc__ or own) if node.name == "build" else own
    return text.strip().partition("\n")[0]


def _body(source: ModuleSource, node: ast.FunctionDef, edits: list[Edit]) -> str:
    statements = [n for n in node.body if n is not docstring_of(node)]
    kept = [n for n in statements if not isinstance(n, ast.Import | ast.ImportFrom)]
    return source.edited(source.lines(kept[0])[0], source.lines(kept[-1])[1], edits)


def _function(called: str, arguments: list[str], returns: str, docstring: str, body: str) -> str:
    from textwrap import indent

    from kdstudio.runs.script.layout import Call, render

    head = render(Call(called, tuple(arguments)), before="def ", after=f" -> {returns}:")
    gap = [""] if body.startswith(("def ", "class ")) else []
    return "\n".join([head, f'    """{docstring}"""', *gap, indent(body, "    ")])


def _statement(origin: Import, bound: str) -> str:
    if origin.name:
        renamed = f" as {bound}" if bound != origin.name else ""
        return f"from {origin.module} import {origin.name}{renamed}"
    renamed = f" as {bound}" if bound != origin.module.partition(".")[0] else ""
    return f"import {origin.module}{renamed}"


def _is_standard(statement: str) -> bool:
    return statement.split()[1].partition(".")[0] in sys.stdlib_module_names
