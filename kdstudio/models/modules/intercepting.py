"""Calls of torch's functions, in one thread, that go another way for a while."""

from __future__ import annotations

from collections.abc import Callable, Iterable, Mapping
from typing import Any

from torch.overrides import TorchFunctionMode


class Intercepting(TorchFunctionMode):
    """Within it, in this thread alone, every call of a function of torch's goes through :meth:`call`."""

    def __torch_function__(
        self,
        function: Callable[..., Any],
        types: Iterable[type],
        args: tuple[Any, ...] = (),
        kwargs: Mapping[str, Any] | None = None,
    ) -> Any:  # noqa: ANN401
        """Hand the call on."""
        return self.call(function, args, dict(kwargs or {}))

    def call(self, function: Callable[..., Any], args: tuple[Any, ...], options: dict[str, Any]) -> Any:  # noqa: ANN401
        """Return what the call comes to; ``options`` may be changed."""
        raise NotImplementedError
