"""Reading our own source: where names come from, and taking definitions out of their modules."""

from __future__ import annotations

import ast
import builtins
import importlib.util
import re
from collections.abc import Iterable, Iterator
from functools import cache
from pathlib import Path
from textwrap import dedent
from typing import NamedTuple

from kdstudio.errors import KDStudioError
from kdstudio.runs.script.layout import joined

Definition = ast.FunctionDef | ast.ClassDef | ast.Assign | ast.AnnAssign
ROLE = re.compile(r":(?:func|class|mod|meth):`~?(?:[\w.]+\.)?(\w+)`")
"""A cross-reference of our documentation, which a script by itself has no use for."""

TYPING_NOTE = re.compile(r"  # (?:type: ignore|noqa).*")
"""What our own checks are told."""


class Import(NamedTuple):
    """``from MODULE import NAME``, or ``import MODULE`` where there is no name."""

    module: str
    name: str = ""


class Edit(NamedTuple):
    """Bytes of a module's source, from ``start`` to ``end``, and what comes in their place."""

    start: int
    end: int
    text: str


class ModuleSource:
    """One module, parsed: its definitions and its imports, wherever in it they stand."""

    def __init__(self, module: str) -> None:
        """Raises KDStudioError for a module without source."""
        try:
            found = importlib.util.find_spec(module)
            self.text = Path(str(found.origin if found else None)).read_bytes()
            self.tree = ast.parse(self.text)
        except (OSError, SyntaxError, ValueError, ImportError) as error:
            raise KDStudioError(f"the source of '{module}' cannot be read ({error})") from error
        self.name = module
        self._lines = [0]
        for line in self.text.splitlines(keepends=True):
            self._lines.append(self._lines[-1] + len(line))
        self.definitions = {
            name: node for node in self.tree.body if isinstance(node, Definition) for name in _defined(node)
        }
        self.imports = {
            bound: origin
            for node in ast.walk(self.tree)
            for bound, origin in (_imported(node) if isinstance(node, ast.Import | ast.ImportFrom) else ())
        }

    def span(self, node: ast.expr | ast.stmt) -> tuple[int, int]:
        """First byte of ``node``, and the one behind its last."""
        assert node.end_lineno is not None
        assert node.end_col_offset is not None
        start = self._lines[node.lineno - 1] + node.col_offset
        return start, self._lines[node.end_lineno - 1] + node.end_col_offset

    def lines(self, node: ast.expr | ast.stmt) -> tuple[int, int]:
        """First byte of the line where ``node`` begins, decorators included, and the one behind its last."""
        decorators = getattr(node, "decorator_list", [])
        assert node.end_lineno is not None
        return self._lines[min([node, *decorators], key=lambda n: n.lineno).lineno - 1], self._lines[
            node.end_lineno
        ]

    def edited(self, start: int, end: int, edits: Iterable[Edit]) -> str:
        """Return the source from ``start`` to ``end`` with ``edits`` made, dedented."""
        parts, place = [], start
        for edit in sorted(e for e in edits if start <= e.start and e.end <= end):
            parts += [self.text[place : edit.start], edit.text.encode()]
            place = edit.end
        text = b"".join([*parts, self.text[place:end]]).decode()
        plain = TYPING_NOTE.sub("", ROLE.sub(r"``\1``", dedent(text)))
        return joined(plain.replace("KDStudioError", "ValueError").strip("\n"))

    def without_imports(self, node: ast.AST) -> Iterator[Edit]:
        """Yield what takes the imports out of a function, with the empty lines behind them."""
        for inner in ast.walk(node):
            if isinstance(inner, ast.Import | ast.ImportFrom):
                start, end = self.lines(inner)
                while self.text[end : end + 1] == b"\n":
                    end += 1
                yield Edit(start, end, "")


@cache
def source_of(module: str) -> ModuleSource:
    """Parse ``module``, once."""
    return ModuleSource(module)


def is_module(name: str) -> bool:
    """Tell whether there is a module of that full name."""
    try:
        return importlib.util.find_spec(name) is not None
    except (ImportError, ValueError):
        return False


def is_built_in(name: str) -> bool:
    """Tell whether every script knows ``name``."""
    return hasattr(builtins, name) or name in ("__doc__", "__file__", "__name__")


def bound_names(node: ast.AST) -> set[str]:
    """Names that ``node`` binds anywhere within itself: arguments, targets, functions in functions."""
    found = {inner.arg for inner in ast.walk(node) if isinstance(inner, ast.arg)}
    names = (inner for inner in ast.walk(node) if isinstance(inner, ast.Name))
    found |= {name.id for name in names if isinstance(name.ctx, ast.Store)}
    inside = (inner for inner in ast.walk(node) if inner is not node)
    found |= {inner.name for inner in inside if isinstance(inner, ast.FunctionDef | ast.ClassDef)}
    return found | {
        inner.name for inner in ast.walk(node) if isinstance(inner, ast.ExceptHandler) and inner.name
    }


def docstring_of(node: ast.FunctionDef | ast.ClassDef) -> ast.Expr | None:
    """Return the statement that is the docstring, if there is one."""
    first = node.body[0]
    is_text = isinstance(first, ast.Expr) and isinstance(first.value, ast.Constant)
    return first if isinstance(first, ast.Expr) and is_text else None


def _defined(node: Definition) -> Iterator[str]:
    if isinstance(node, ast.FunctionDef | ast.ClassDef):
        yield node.name
    elif isinstance(node, ast.Assign):
        yield from (target.id for target in node.targets if isinstance(target, ast.Name))
    elif isinstance(node, ast.AnnAssign) and isinstance(node.target, ast.Name):
        yield node.target.id


def _imported(node: ast.Import | ast.ImportFrom) -> Iterator[tuple[str, Import]]:
    for alias in node.names:
        if isinstance(node, ast.Import):
            yield alias.asname or alias.name.partition(".")[0], Import(alias.name)
        else:
            yield alias.asname or alias.name, Import(node.module or "", alias.name)
