"""Networks, fed by the batch of images, whose taps can be read; heads, fed by what was read."""

from __future__ import annotations

from collections.abc import Collection, Mapping
from typing import Any, Self

from torch import Tensor, nn
from torch.func import functional_call

from kdstudio.data.feed import Batch
from kdstudio.engine.composition import LOGITS
from kdstudio.models.heads.declaration import HeadSpec
from kdstudio.models.modules.tapping import run_with_taps


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

    def answer(self, *inputs: Any, learning: bool = True) -> Any:  # noqa: ANN401
        """Apply the part to ``inputs``; unless it is ``learning``, its buffers stay as they are.

        In train mode batch norm still normalises by the batch, but no running statistics move.
        """
        if learning or not self.training:
            return self(*inputs)
        copies = {name: buffer.clone() for name, buffer in self.named_buffers()}
        return functional_call(self, copies, inputs)

    def parameter_count(self) -> int:
        """Count all weights, frozen ones included."""
        return sum(parameter.numel() for parameter in self.parameters())


class Network(Part):
    """A module with named taps, fed by the images."""

    def __init__(self, name: str, module: nn.Module, taps: Mapping[str, str], architecture: str = "") -> None:
        """``taps`` maps tap names to paths of submodules of ``module``."""
        super().__init__(name, module, architecture)
        self.taps = dict(taps)

    @property
    def logits(self) -> str:
        """Address of its logits."""
        return f"{self.name}.{LOGITS}"

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
        weights: dict[str, Tensor] = {}
        if any(name not in self.outputs for name in wanted):
            weights = {path: weight for path, weight in self.module.named_parameters() if path in wanted}
        taps = {name: self.taps.get(name, name) for name in wanted if name != LOGITS and name not in weights}
        logits, captured = run_with_taps(self.module, batch.images, taps, self.name)
        values = {**weights, **captured, LOGITS: logits}
        return {name: values[name] for name in wanted}


class Head(Part):
    """A module fed by addresses (``student.block2``, another head, ``labels``) instead of the images."""

    def __init__(
        self,
        name: str,
        module: nn.Module,
        *inputs: str,
        architecture: str = "",
        spec: HeadSpec | None = None,
    ) -> None:
        """``module`` takes the values at ``inputs``, in that order; its output's address is ``name``.

        ``spec`` tells how to build it again, where it is part of a network that is kept.
        """
        super().__init__(name, module, architecture)
        self.inputs = inputs
        self.spec = spec

    def forward(self, *values: Tensor) -> Tensor:
        """Apply the module."""
        output: Tensor = self.module(*values)
        return output
