"""Digests of what things are: stages of equal ones are trained once, by whatever trial or run."""

from __future__ import annotations

import hashlib
import json
from collections.abc import Mapping, Sequence
from functools import partial
from types import CodeType, FunctionType, MethodType
from typing import Any
from uuid import uuid4

from pydantic import BaseModel
from torch import nn

PLAIN = (bool, int, float, str, type(None))


def digest(*parts: object) -> str:
    """Digest plain values, declarations, functions, layers without weights, and what these hold.

    Of anything else, a tensor for instance, the digest is like no other.

    A function is known by its module, its code and what it has bound: a partial's arguments, a closure's
    values; what it calls is not looked at. Equal ones have one digest in any process.
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
        held = (bound, value.__defaults__, value.__kwdefaults__)
        return [value.__module__, _code(value.__code__), *map(_described, held)]
    if isinstance(value, nn.Module) and not value.state_dict():
        own = {name: held for name, held in vars(value).items() if name not in vars(nn.Module())}
        return [_place(type(value)), value.training, *map(_described, (own, dict(value.named_children())))]
    if isinstance(value, type):
        return _place(value)
    raise _UnknownError


def _code(code: CodeType) -> list[object]:
    """Describe what the compiler has made; where it stands in a file is left out."""
    constants = [_code(one) if isinstance(one, CodeType) else _constant(one) for one in code.co_consts]
    names = [code.co_names, code.co_varnames, code.co_freevars, code.co_cellvars]
    return [
        code.co_qualname,
        code.co_flags,
        code.co_code.hex(),
        code.co_exceptiontable.hex(),
        names,
        constants,
    ]


def _constant(value: object) -> str:
    return repr(sorted(map(repr, value))) if isinstance(value, frozenset) else repr(value)


def _place(value: type) -> str:
    return f"{value.__module__}.{value.__qualname__}"
