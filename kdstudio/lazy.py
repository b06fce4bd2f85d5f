"""Modules that are loaded when one of their functions is first called: forms need not wait for torch."""

from __future__ import annotations

from collections.abc import Callable
from functools import partial
from importlib import import_module
from typing import Any


class LazyModule:
    """Stands for a module whose functions and classes are called, not looked at."""

    def __init__(self, name: str) -> None:
        """``name`` is the module's full one."""
        self._name = name

    def __getattr__(self, function: str) -> Callable[..., Any]:
        """Return what calls the ``function`` of the module."""
        if function.startswith("__"):
            raise AttributeError(function)

        call = partial(_call, self._name, function)
        call.__name__ = function  # type: ignore[attr-defined]
        return call

    @staticmethod
    def loaded(function: Callable[..., Any]) -> Callable[..., Any]:
        """Return the function that what was read off such a module stands for; any other as it is."""
        if isinstance(function, partial) and function.func is _call:
            found: Callable[..., Any] = getattr(import_module(function.args[0]), function.args[1])
            return found
        return function


def _call(module: str, function: str, *values: Any, **options: Any) -> Any:  # noqa: ANN401
    return getattr(import_module(module), function)(*values, **options)
