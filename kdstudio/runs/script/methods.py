"""Methods of declarations as plain functions, whose last arguments are the options that they use."""

from __future__ import annotations

import ast
from collections.abc import Iterator
from textwrap import indent

from pydantic import BaseModel

from kdstudio.errors import KDStudioError
from kdstudio.runs.script.definitions import Definitions
from kdstudio.runs.script.layout import Call, render
from kdstudio.runs.script.source import Edit, bound_names, docstring_of, source_of


def define_method(
    definitions: Definitions, kind: type[BaseModel], name: str, wish: str
) -> tuple[str, list[str]]:
    """Define the method ``name`` of ``kind`` as a function, with the methods that it calls.

    Returns what it is called, and the options that it is to be given by name. Raises KDStudioError for a
    method that reads of its declaration what is no option.
    """
    method = _Method(definitions, kind, name)
    key = (f"{kind.__module__}.{kind.__qualname__}", name)
    return definitions.defined(key, wish, method.as_function), method.options


class _Method:
    """A method of a declaration."""

    def __init__(self, definitions: Definitions, kind: type[BaseModel], name: str) -> None:
        owner = next(cls for cls in kind.__mro__ if name in vars(cls))
        self._definitions = definitions
        self._kind = kind
        self._source = source_of(owner.__module__)
        whole = self._source.definitions[owner.__name__]
        functions = (n for n in ast.walk(whole) if isinstance(n, ast.FunctionDef))
        self._node = next(n for n in functions if n.name == name)
        self._reads = [n for n in ast.walk(self._node) if isinstance(n, ast.Attribute) and _is_self(n.value)]
        calls = [n for n in ast.walk(self._node) if isinstance(n, ast.Call)]
        self._calls = {c: f for c in calls for f in self._reads if f is c.func}
        self._called = {function.attr: self._define(function.attr) for function in self._calls.values()}
        self.options = self._options()

    def _define(self, name: str) -> tuple[str, list[str]]:
        """Define another method of the same declaration."""
        wish = f"{self._kind.__name__}_{name.strip('_')}".lower()
        return define_method(self._definitions, self._kind, name, wish)

    def _options(self) -> list[str]:
        """Return the options that it uses, itself or through other methods, as they are declared."""
        known = self._kind.model_fields
        used = {read.attr for read in self._reads if read.attr not in self._called}
        if others := sorted(used - known.keys()):
            where = f"{self._kind.__name__}.{self._node.name}"
            raise KDStudioError(f"'{where}' reads self.{others[0]}, which is no option")
        used |= {option for _, options in self._called.values() for option in options}
        return [option for option in known if option in used]

    def as_function(self, called: str) -> str:
        """Write it as a function, ``called`` so."""
        clash = bound_names(self._node)
        names = {option: f"{option}_" if option in clash else option for option in self.options}
        edits = self._definitions.edits(self._source, self._node, ["self"])
        for read in (read for read in self._reads if read.attr in names):
            edits.append(Edit(*self._source.span(read), names[read.attr]))
        for call, function in self._calls.items():
            edits += self._handing_options(call, function, names)
        typed = [f"{names[option]}: {self._type_name(option)}" for option in self.options]
        head = Call(called, tuple(_arguments(self._node.args, typed)))
        returns = ast.unparse(self._node.returns) if self._node.returns else "None"
        body = self._body(edits)
        gap = [""] if body.startswith(("def ", "class ")) else []
        declared = render(head, before="def ", after=f" -> {returns}:")
        return "\n".join([declared, f'    """{self._first_line()}"""', *gap, indent(body, "    ")])

    def _handing_options(
        self, call: ast.Call, function: ast.Attribute, names: dict[str, str]
    ) -> Iterator[Edit]:
        """Hand the options that a method needs to the function that it has become."""
        called, options = self._called[function.attr]
        _start, end = self._source.span(call)
        handed = ", ".join(f"{option}={names[option]}" for option in options)
        comma = ", " if handed and (call.args or call.keywords) else ""
        yield Edit(*self._source.span(function), called)
        yield Edit(end - 1, end - 1, comma + handed)

    def _type_name(self, option: str) -> str:
        """Type of an option's value, as far as a reader needs it."""
        annotation = self._kind.model_fields[option].annotation
        if isinstance(annotation, type):
            return annotation.__name__
        if getattr(annotation, "__origin__", None) is tuple:
            return "tuple"
        values = getattr(annotation, "__args__", ())
        return type(values[0]).__name__ if values else "object"

    def _first_line(self) -> str:
        """What the function says of itself: what its declaration says, where that is what it is for."""
        own = ast.get_docstring(self._node) or ""
        text = (self._kind.__doc__ or own) if self._node.name == "build" else own
        return text.strip().partition("\n")[0]

    def _body(self, edits: list[Edit]) -> str:
        statements = [n for n in self._node.body if n is not docstring_of(self._node)]
        kept = [n for n in statements if not isinstance(n, ast.Import | ast.ImportFrom)]
        start, end = self._source.lines(kept[0])[0], self._source.lines(kept[-1])[1]
        return self._source.edited(start, end, edits)


def _is_self(node: ast.expr) -> bool:
    return isinstance(node, ast.Name) and node.id == "self"


def _arguments(declared: ast.arguments, further: list[str]) -> list[str]:
    """Arguments of a method without self, and ``further`` ones that are given by name."""
    named = [*map(ast.unparse, declared.kwonlyargs), *further]
    found = [*map(ast.unparse, declared.args[1:]), *(["*", *named] if named else [])]
    return [*found, *([f"**{ast.unparse(declared.kwarg)}"] if declared.kwarg else [])]
