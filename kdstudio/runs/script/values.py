"""Values and functions as expressions: what a loss or a head has bound, written down."""

from __future__ import annotations

import ast
from collections.abc import Callable
from functools import partial
from types import FunctionType
from typing import Any

from torch import Tensor, nn

from kdstudio.errors import KDStudioError
from kdstudio.lazy import LazyModule
from kdstudio.runs.script.definitions import Definitions
from kdstudio.runs.script.layout import Call, Expression, Keyword, render
from kdstudio.runs.script.modules import module_expression
from kdstudio.runs.script.source import Edit, Import, docstring_of, source_of

MOST_NUMBERS = 1000
"""That are written out: as many as there are classes in the largest of the usual data sets."""
PLAIN = (bool, int, float, str, type(None))


class Values:
    """Writes values as expressions; the functions in them are defined in the script."""

    def __init__(self, definitions: Definitions, labels: Tensor) -> None:
        """What the expressions name is defined there; ``labels`` are those of the images to learn from."""
        self._definitions = definitions
        self._labels = labels

    def expression(self, value: Any) -> Expression:  # noqa: ANN401
        """Write ``value``; KDStudioError for what cannot be written down."""
        if isinstance(value, PLAIN):
            return repr(value).replace("'", '"') if isinstance(value, str) else repr(value)
        if isinstance(value, tuple) and hasattr(value, "_fields"):
            return Call(self._named(type(value)), tuple(map(self.expression, value)))
        if isinstance(value, tuple):
            entries = tuple(map(self.expression, value))
            return f"({entries[0]},)" if len(entries) == 1 else Call("", entries)
        if isinstance(value, list):
            return Call("", tuple(map(self.expression, value)), "[]")
        if isinstance(value, nn.Module):
            return module_expression(value, self._definitions, self.expression)
        if isinstance(value, Tensor):
            return self._tensor(value)
        if callable(value):
            return self.function(value, getattr(value, "__name__", "function"))
        raise KDStudioError(f"a {type(value).__name__} cannot be written down in a script")

    def _tensor(self, value: Tensor) -> Expression:
        """Write the labels as what they are, and numbers of classes as a list."""
        if value.equal(self._labels):
            return "data.train.labels"
        if value.ndim == 1 and not value.is_floating_point() and len(value) <= MOST_NUMBERS:
            return self.expression(value.tolist())
        raise KDStudioError("it holds a tensor of a run, and a script has none of these")

    def function(self, function: Callable[..., Any], wish: str) -> Expression:
        """Write a function as a value; with ``wish`` as its name where it has none of its own."""
        called = self.call(function, wish)
        if not called.arguments:
            return called.function
        self._definitions.imported(Import("functools", "partial"), "partial")
        return Call("partial", (called.function, *called.arguments))

    def call(self, function: Callable[..., Any], wish: str, *values: Expression) -> Call:
        """Write the call of ``function`` with ``values`` behind what it has bound by place."""
        function = LazyModule.loaded(function)
        if isinstance(function, partial):
            inner = self.call(function.func, wish)
            bound = tuple(Keyword(k, self.expression(v)) for k, v in function.keywords.items())
            places = tuple(map(self.expression, function.args))
            return Call(inner.function, (*inner.arguments, *places, *values, *bound))
        if isinstance(function, FunctionType) and is_closure(function):
            return Call(self._closure(function, wish), values)
        if isinstance(function, FunctionType | type):
            return Call(self._named(function), values)
        raise KDStudioError(f"a {type(function).__name__} cannot be written down in a script")

    def _named(self, function: FunctionType | type) -> str:
        if function.__module__.startswith("torch.nn.modules"):
            self._definitions.imported(Import("torch", "nn"), "nn")
            return f"nn.{function.__name__}"
        return self._definitions.use(function.__module__, function.__name__)

    def _closure(self, function: FunctionType, wish: str) -> str:
        """Define a function within another one by itself, with what it has bound at its top."""
        source = source_of(function.__module__)
        line = function.__code__.co_firstlineno
        found = [n for n in ast.walk(source.tree) if isinstance(n, ast.FunctionDef) and n.lineno == line]
        if not found:
            raise KDStudioError(f"'{wish}' is a nameless function of '{source.name}'; give it a name there")
        [node] = found
        cells = [cell.cell_contents for cell in function.__closure__ or ()]
        bound = dict(zip(function.__code__.co_freevars, cells, strict=True))
        constants = {name: v for name, v in bound.items() if name != "self" and name not in source.imports}
        edits = self._definitions.edits(source, node, bound.keys() - source.imports.keys())
        for read in (n for n in ast.walk(node) if isinstance(n, ast.Attribute)):
            if isinstance(read.value, ast.Name) and read.value.id == "self":
                option = self.expression(getattr(bound["self"], read.attr))
                edits.append(Edit(*source.span(read), str(option)))
        written = {name: self.expression(value) for name, value in constants.items()}
        lines = [render(value, 4, f"{name} = ") for name, value in written.items() if value != name]
        kept = [statement for statement in node.body if statement is not docstring_of(node)]
        body = source.edited(source.lines(kept[0])[0], source.lines(kept[-1])[1], edits)
        head = f"def {{name}}({ast.unparse(node.args)}) -> {ast.unparse(node.returns or ast.Constant(None))}:"
        documented = f'    """{wish.capitalize()}."""'
        inside = [f"    {text}" if text else "" for text in body.splitlines()]
        return self._definitions.add(wish, "\n".join([head, documented, *lines, *inside]))


def is_closure(function: Callable[..., Any]) -> bool:
    """Tell whether a function was made within another one, however much of it is bound."""
    loaded = LazyModule.loaded(function)
    if isinstance(loaded, partial):
        return is_closure(loaded.func)
    return isinstance(loaded, FunctionType) and "<" in loaded.__qualname__
