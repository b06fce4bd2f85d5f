"""Reading what a module gives inside, while it runs."""

from __future__ import annotations

from collections.abc import Callable, Mapping

from torch import Tensor, nn
from torch.utils.hooks import RemovableHandle

from kdstudio.errors import KDStudioError


def run_with_taps(
    module: nn.Module, images: Tensor, taps: Mapping[str, str], what: str
) -> tuple[Tensor, dict[str, Tensor]]:
    """Run ``module`` on ``images``; return its output, and what the submodules at ``taps`` gave, by name.

    ``taps`` maps names to paths. Hooks live for this one run. Raises KDStudioError, which names ``what``,
    for a layer that gives no tensor.
    """
    captured: dict[str, Tensor] = {}

    def capture(name: str) -> Callable[[nn.Module, object, object], None]:
        def hook(_module: nn.Module, _inputs: object, output: object) -> None:
            if not isinstance(output, Tensor):
                kind = type(output).__name__
                raise KDStudioError(f"'{what}.{name}' gives a {kind}; read a layer that gives a tensor")
            captured[name] = output

        return hook

    handles: list[RemovableHandle] = []
    try:
        for name, path in taps.items():
            handles.append(module.get_submodule(path).register_forward_hook(capture(name)))
        output: Tensor = module(images)
    finally:
        for handle in handles:
            handle.remove()
    return output, captured
