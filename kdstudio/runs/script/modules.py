"""A module of torch's or ours as the expression that makes one like it."""

from __future__ import annotations

import inspect
from collections.abc import Callable
from typing import Any

from torch import nn

from kdstudio.errors import KDStudioError
from kdstudio.runs.script.definitions import Definitions
from kdstudio.runs.script.layout import Call, Expression, Keyword
from kdstudio.runs.script.source import Import

WHERE = ("device", "dtype")
"""Arguments of torch's layers that say where they lie, not what they are."""
ACROSS = ("kernel_size", "stride", "padding", "output_padding", "dilation", "output_size", "size")
"""Arguments of which one number may stand for height and width."""
SEVERAL = (inspect.Parameter.VAR_POSITIONAL, inspect.Parameter.VAR_KEYWORD)
"""``*args`` and ``**kwargs``: of a layer without a constructor of its own."""
Write = Callable[[Any], Expression]


def module_expression(module: nn.Module, definitions: Definitions, write: Write) -> Expression:
    """Write what makes a module of the same structure; ``write`` writes other values.

    Torch's layers and ours keep the arguments that they were made with under the same names. Raises
    KDStudioError for a layer that does not.
    """
    if type(module) is nn.Sequential:
        return _chain(module, definitions, write)
    return Call(_kind(type(module), definitions), tuple(_arguments(module, write)))


def _chain(module: nn.Sequential, definitions: Definitions, write: Write) -> Expression:
    children = {name: write(child) for name, child in module.named_children()}
    if all(name.isidentifier() for name in children):
        chain = definitions.use("kdstudio.models.modules.assembly", "chain")
        return Call(chain, tuple(Keyword(name, value) for name, value in children.items()))
    return Call(_kind(nn.Sequential, definitions), tuple(children.values()))


def _kind(kind: type, definitions: Definitions) -> str:
    if kind.__module__.startswith("torch.nn"):
        return f"{definitions.imported(Import('torch', 'nn'), 'nn')}.{kind.__name__}"
    return definitions.use(kind.__module__, kind.__name__)


def _arguments(module: nn.Module, write: Write) -> list[Expression]:
    found: list[Expression] = []
    for name, parameter in inspect.signature(type(module)).parameters.items():
        if name in WHERE or parameter.kind in SEVERAL:
            continue
        value = _value(module, name)
        if name in ACROSS:
            value = _plain(value)
        if parameter.default is inspect.Parameter.empty:
            found.append(write(value))
        elif value != parameter.default:
            found.append(Keyword(name, write(value)))
    return found


def _value(module: nn.Module, name: str) -> Any:  # noqa: ANN401
    if name == "bias":
        return getattr(module, name, None) is not None
    try:
        return getattr(module, name)
    except AttributeError as error:
        kind = type(module).__name__
        raise KDStudioError(f"a {kind} does not tell with which {name} it was made") from error


def _plain(value: Any) -> Any:  # noqa: ANN401
    """``3`` for ``(3, 3)``, as people write it."""
    is_pair = isinstance(value, tuple) and len(value) == 2 and value[0] == value[1]
    return value[0] if is_pair and type(value) is tuple else value
