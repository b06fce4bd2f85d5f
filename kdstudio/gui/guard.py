"""No exception leaves a method by which Qt calls Python: PySide, with Python further up, may crash on it."""

from __future__ import annotations

import sys
from collections.abc import Callable
from functools import wraps
from types import FunctionType
from typing import Any

from PySide6.QtCore import QObject

ONE_WORD = frozenset({"event", "data", "flags", "index", "paint", "parent", "shape"})
"""Methods of Qt that are overridden and whose names have no capital, by which others are told from ours."""


def guard_overrides() -> None:
    """Guard the overrides of every class of QObjects that is defined from now on, by whomever.

    What an override raises goes to ``sys.excepthook``, and the overridden method answers in its place.
    """
    QObject.__init_subclass__ = classmethod(_guard_class)  # type: ignore[assignment]


def _guard_class(made: type[QObject], **options: object) -> None:
    super(QObject, made).__init_subclass__(**options)  # it may be generic
    theirs = [vars(base) for base in made.__mro__ if base.__module__.startswith("PySide6.")]
    mixins = [base for base in made.__mro__ if not issubclass(base, QObject)]
    for ours in (made, *mixins):
        for name, method in [*vars(ours).items()]:
            if _may_be_qts(name, method) and any(name in methods for methods in theirs):
                setattr(ours, name, _guarded(ours, name, method))


def _may_be_qts(name: str, method: object) -> bool:
    is_guarded = hasattr(method, "__wrapped__")
    is_named_so = name in ONE_WORD or not (name.islower() or name.startswith("_"))
    return is_named_so and isinstance(method, FunctionType) and not is_guarded


def _guarded(made: type, name: str, method: Callable[..., Any]) -> Callable[..., Any]:
    @wraps(method)
    def guarded(self: QObject, *arguments: Any, **named: Any) -> Any:  # noqa: ANN401
        try:
            return method(self, *arguments, **named)
        except Exception as error:
            sys.excepthook(type(error), error, error.__traceback__)
        try:
            return getattr(super(made, self), name)(*arguments, **named)
        except (NotImplementedError, RuntimeError):  # it is abstract, or its object has gone
            return None

    return guarded
