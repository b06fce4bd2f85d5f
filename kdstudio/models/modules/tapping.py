"""Reading what a module gives inside, while it runs."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from typing import NamedTuple

from torch import Tensor, nn
from torch.utils.hooks import RemovableHandle

from kdstudio.errors import KDStudioError
from kdstudio.models.modules.maxout import Maxout
from kdstudio.packages import where_written

INPUT = "@input"
"""Behind a path: what the module there is fed with, instead of what it gives."""

RECTIFIERS = (nn.ReLU, nn.ReLU6)
ACTIVATIONS = (
    *(*RECTIFIERS, Maxout, nn.LeakyReLU, nn.PReLU, nn.ELU, nn.GELU, nn.SiLU, nn.Hardswish),
    *(nn.Sigmoid, nn.Tanh, nn.Softplus),
)
POOLINGS = (nn.MaxPool2d, nn.AvgPool2d, nn.AdaptiveMaxPool2d, nn.AdaptiveAvgPool2d, nn.Flatten)
NORMS = (nn.BatchNorm1d, nn.BatchNorm2d)


def run_with_taps(
    module: nn.Module, images: Tensor, taps: Mapping[str, str], what: str
) -> tuple[Tensor, dict[str, Tensor]]:
    """Run ``module`` on ``images``; return its output, and what the submodules at ``taps`` gave, by name.

    ``taps`` maps names to paths, or to paths with ``@input`` behind. Of a layer that runs twice the last run
    counts. All is handed out contiguous, whatever the layout of the network's convolutions: who reads it may
    use ``.view``. Hooks live for this one run. Raises KDStudioError, which names ``what``, for a layer that
    gives (or is fed with) no tensor, and for a module that gives none.
    """
    captured: dict[str, Tensor] = {}

    def capture(name: str, fed: bool) -> Callable[[nn.Module, tuple[object, ...], object], None]:
        def hook(_module: nn.Module, inputs: tuple[object, ...], output: object) -> None:
            value = inputs[0] if fed else output
            if not isinstance(value, Tensor):
                kind = type(value).__name__
                raise KDStudioError(f"'{what}.{name}' gives a {kind}; read a layer that gives a tensor")
            captured[name] = value.contiguous()

        return hook

    handles: list[RemovableHandle] = []
    try:
        for name, path in taps.items():
            hook = capture(name, path.endswith(INPUT))
            handles.append(module.get_submodule(path.removesuffix(INPUT)).register_forward_hook(hook))
        output: object = module(images)
    finally:
        for handle in handles:
            handle.remove()
    if not isinstance(output, Tensor):
        kind = "nothing" if output is None else f"a {type(output).__name__}"
        raise KDStudioError(
            f"'{what}' gives {kind}{where_written(type(module).forward)}; its forward must return one "
            "tensor, the logits"
        )
    return output.contiguous(), captured


def preactivation(module: nn.Module, images: Tensor, path: str) -> str:
    """Path of what the ReLU at the end of ``path`` is fed with, found by following ``images`` once.

    Where no ReLU ends it, but a batch norm and a ReLU read it, as in pre-activated networks, the batch norm.
    ``path`` itself where neither is so: a linear output, or what is fed to a ReLU already. A ReLU that is a
    function call and no module is not seen.
    """
    ran = _last_calls(module, images)
    if path not in ran:
        return path
    value = ran[path].output
    rectifiers = {name: call for name, call in ran.items() if isinstance(call.module, RECTIFIERS)}
    for name, rectifier in rectifiers.items():
        if rectifier.output is value:
            given = (other for other, call in ran.items() if call.gives(rectifier.input))
            return next(given, name + INPUT)
    read_by = [name for name, call in ran.items() if isinstance(call.module, NORMS) and call.input is value]
    rectified = {id(rectifier.input) for rectifier in rectifiers.values()}
    return next((name for name in read_by if id(ran[name].output) in rectified), path)


def activation(module: nn.Module, images: Tensor, path: str) -> nn.Module | None:
    """The activation that gives what ``path`` gives, pooled or not; None for a linear output.

    Found by following ``images`` once; an activation that is a function call and no module is not seen.
    """
    ran = _last_calls(module, images)
    value = ran[path].output if path in ran else None
    for call in reversed(ran.values()):
        if call.output is value and isinstance(call.module, ACTIVATIONS):
            return call.module
        if call.output is value and isinstance(call.module, POOLINGS):
            value = call.input
    return None


class Call(NamedTuple):
    """One run of a module."""

    path: str
    module: nn.Module
    input: object
    output: object
    version: int

    def gives(self, value: object) -> bool:
        """Tell whether ``value`` is its output, to which nothing has been added in place since."""
        return self.output is value and isinstance(value, Tensor) and value._version == self.version


def _last_calls(module: nn.Module, images: Tensor) -> dict[str, Call]:
    """Run ``module`` on ``images``; the last call of each of its modules by path, inner ones first."""
    return {call.path: call for call in all_calls(module, images)}


def all_calls(module: nn.Module, images: Tensor) -> list[Call]:
    """Run ``module`` on ``images``; every run of its parts in order, a part of two paths under both."""
    calls: list[Call] = []

    def watch(path: str) -> Callable[[nn.Module, tuple[object, ...], object], None]:
        def hook(part: nn.Module, inputs: tuple[object, ...], output: object) -> None:
            version = output._version if isinstance(output, Tensor) else 0
            calls.append(Call(path, part, inputs[0] if inputs else None, output, version))

        return hook

    parts = module.named_modules(remove_duplicate=False)
    handles = [part.register_forward_hook(watch(path)) for path, part in parts if path]
    try:
        module(images)
    finally:
        for handle in handles:
            handle.remove()
    return calls
