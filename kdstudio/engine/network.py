"""Networks, fed by the batch of images, whose taps can be read; heads, fed by what was read."""

from __future__ import annotations

from collections.abc import Collection, Mapping
from typing import Self

from torch import Tensor, nn
from torch.utils.hooks import RemovableHandle

from kdstudio.data.feed import Batch
from kdstudio.errors import KDStudioError

LOGITS = "logits"


class Part(nn.Module):
    """What a stage is made of; trainable, or frozen: then without gradient and in eval mode for ever."""

    def __init__(self, name: str, module: nn.Module, architecture: str) -> None:
        """``architecture`` says in a few characters what ``module`` is."""
        super().__init__()
        self.name = name
        self.architecture = architecture
        self.module = module
        self.frozen = False

    def freeze(self) -> Self:
        """Take the part out of training; its weights and buffers never change again."""
        self.frozen = True
        self.requires_grad_(False)
        return self.eval()

    def train(self, mode: bool = True) -> Self:
        """Switch mode, as torch does; a frozen part stays in eval mode."""
        return super().train(mode and not self.frozen)

    def parameter_count(self) -> int:
        """Count all weights, frozen ones included."""
        return sum(parameter.numel() for parameter in self.parameters())


class Network(Part):
    """A module with named taps, fed by the images."""

    def __init__(self, name: str, module: nn.Module, taps: Mapping[str, str], architecture: str = "") -> None:
        """``taps`` maps tap names to paths of submodules of ``module``."""
        super().__init__(name, module, architecture)
        self.taps = dict(taps)
        self.varied: dict[str, float | str] = {}
        """In what it differs from its siblings, where a plan trains many of one role."""

    @property
    def outputs(self) -> tuple[str, ...]:
        """What can be read from it by a name of its own: its taps and its logits."""
        return (*self.taps, LOGITS)

    def has(self, output: str) -> bool:
        """Tell whether ``output`` is a tap, the logits, or the path of a submodule or a weight."""
        paths = {path for path, _ in (*self.module.named_modules(), *self.module.named_parameters())}
        return output in self.outputs or (output != "" and output in paths)

    def preactivation(self, tap: str) -> str:
        """Path of what the ReLU at the end of ``tap`` is fed with; ``tap`` itself where none ends it."""
        path = self.taps.get(tap, tap)
        module = self.module.get_submodule(path)
        if isinstance(module, nn.ReLU) and "." in path:
            path = path.rpartition(".")[0]
            module = self.module.get_submodule(path)
        while isinstance(module, nn.Sequential) and len(module):
            names = [name for name, child in module.named_children() if not isinstance(child, nn.Dropout)]
            last = names[-1]
            if isinstance(module.get_submodule(last), nn.ReLU):
                return f"{path}.{names[-2]}" if len(names) > 1 else tap
            path, module = f"{path}.{last}", module.get_submodule(last)
        return tap

    def forward(self, batch: Batch, wanted: Collection[str]) -> dict[str, Tensor]:
        """Return the ``wanted`` outputs by name: taps as their modules give them, logits ``(B, K)``.

        The path of any submodule serves as a tap too; the path of a weight gives that weight.
        """
        captured: dict[str, Tensor] = {}
        if any(name not in self.outputs for name in wanted):
            captured = {path: weight for path, weight in self.module.named_parameters() if path in wanted}

        def capture(tap: str) -> None:
            def hook(_module: nn.Module, _inputs: object, output: object) -> None:
                if not isinstance(output, Tensor):
                    kind = type(output).__name__
                    raise KDStudioError(
                        f"'{self.name}.{tap}' gives a {kind}; read a layer that gives a tensor"
                    )
                captured[tap] = output

            source = self.module.get_submodule(self.taps.get(tap, tap))
            handles.append(source.register_forward_hook(hook))

        handles: list[RemovableHandle] = []
        try:
            for tap in wanted:
                if tap != LOGITS and tap not in captured:
                    capture(tap)
            captured[LOGITS] = self.module(batch.images)
        finally:
            for handle in handles:
                handle.remove()
        return {name: captured[name] for name in wanted}


class Head(Part):
    """A module fed by addresses (``student.block2``, another head, ``labels``) instead of the images."""

    def __init__(self, name: str, module: nn.Module, *of: str, architecture: str = "") -> None:
        """``module`` takes the values at ``of``, in that order; its output's address is ``name``."""
        super().__init__(name, module, architecture)
        self.of = of

    def forward(self, *values: Tensor) -> Tensor:
        """Apply the module."""
        output: Tensor = self.module(*values)
        return output
