"""Digests of what things are: equal ones of two trials' stages are trained once."""

from __future__ import annotations

import hashlib
import json
from collections.abc import Mapping, Sequence
from functools import partial
from types import FunctionType, MethodType
from typing import Any
from uuid import uuid4

from pydantic import BaseModel

PLAIN = (bool, int, float, str, type(None))


def digest(*parts: object) -> str:
    """Digest plain values, declarations, functions and what these hold; of anything else, like no other.

    A function is known by its code and by what it has bound: a partial's arguments, a closure's values. So
    digests are those of one process.
    """
    try:
        text = json.dumps([_described(part) for part in parts], sort_keys=True)
    except (_UnknownError, RecursionError):
        return uuid4().hex
    return hashlib.blake2b(text.encode(), digest_size=16).hexdigest()


class _UnknownError(Exception):
    """Nobody can tell what this is."""


def _described(value: Any) -> Any:  # noqa: ANN401
    if isinstance(value, PLAIN):
        return value
    if isinstance(value, BaseModel):
        fields = {name: getattr(value, name) for name in type(value).model_fields}
        return [_place(type(value)), _described(fields)]
    if isinstance(value, Mapping):
        return {str(key): _described(inner) for key, inner in value.items()}
    if isinstance(value, Sequence):
        return [_described(inner) for inner in value]
    if isinstance(value, partial):
        return [_described(value.func), _described(value.args), _described(value.keywords)]
    if isinstance(value, MethodType):
        return [_described(value.__func__), _described(value.__self__)]
    if isinstance(value, FunctionType):
        bound = [cell.cell_contents for cell in value.__closure__ or ()]
        return [id(value.__code__), *map(_described, (bound, value.__defaults__, value.__kwdefaults__))]
    if isinstance(value, type):
        return _place(value)
    raise _UnknownError


def _place(value: type) -> str:
    return f"{value.__module__}.{value.__qualname__}"
