"""Networks, fed by the batch of images, whose taps can be read; heads, fed by what was read."""

from __future__ import annotations

from collections.abc import Collection, Mapping, Sequence
from contextlib import nullcontext
from typing import Any, Self

from torch import Tensor, nn
from torch.func import functional_call

from kdstudio.data.feed import Batch
from kdstudio.engine.composition import LOGITS
from kdstudio.errors import KDStudioError
from kdstudio.models.declaration import ModelSpec
from kdstudio.models.heads.declaration import HeadSpec
from kdstudio.models.modules.in_shares import InShares
from kdstudio.models.modules.tapping import INPUT, run_with_taps
from kdstudio.processes import Share


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

    def __init__(
        self,
        name: str,
        module: nn.Module,
        taps: Mapping[str, str],
        architecture: str = "",
        *,
        blocks: Sequence[str] = (),
        middle: str = "",
        preactivations: Mapping[str, str] | None = None,
    ) -> None:
        """``taps`` maps tap names to paths of submodules of ``module``.

        ``blocks`` (none given means all taps), ``middle`` (empty means the block in the middle) and
        ``preactivations`` are as a model declares them.
        """
        super().__init__(name, module, architecture)
        self.taps = dict(taps)
        self.blocks = tuple(blocks) or tuple(taps)
        self.middle = middle or next(iter(self.blocks[len(self.blocks) // 2 :]), "")
        self.preactivations = dict(preactivations or {})

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
        path = output.removesuffix(INPUT)
        return output in self.outputs or (path != "" and path in paths)

    def forward(self, batch: Batch, wanted: Collection[str]) -> dict[str, Tensor]:
        """Return the ``wanted`` outputs by name: taps as their modules give them, logits ``(B, K)``.

        The path of any submodule serves as a tap too, with ``@input`` behind it for what the submodule is fed
        with; the path of a weight gives that weight. Of a batch in shares it computes the images that are
        here, and returns what all processes give.
        """
        weights: dict[str, Tensor] = {}
        if any(name not in self.outputs for name in wanted):
            own = self.module.named_parameters()
            weights = {path: weight.contiguous() for path, weight in own if path in wanted}
        taps = {name: self.taps.get(name, name) for name in wanted if name != LOGITS and name not in weights}
        with InShares(batch.share) if batch.share and self.training else nullcontext():
            logits, captured = run_with_taps(self.module, batch.images, taps, self.name)
        values = {**weights, **captured, LOGITS: logits}
        if batch.share is None:
            return {name: values[name] for name in wanted}
        return {
            name: batch.share.processes.counted_once(values[name])
            if name in weights
            else self._whole(name, values[name], batch.share)
            for name in sorted(wanted)  # in every process in the same order
        }

    def _whole(self, output: str, value: Tensor, share: Share) -> Tensor:
        """Return the rows of all processes; KDStudioError where ``value`` has no row for each image."""
        if value.ndim and len(value) == share.shown_size:
            return share.whole(value)
        raise KDStudioError(
            f"'{self.name}.{output}' gives {tuple(value.shape)} for {share.shown_size} images; processes can "
            "only share what has a row for each image: read another output, or run in one process"
        )


def network_of(name: str, module: nn.Module, model: ModelSpec) -> Network:
    """Make a network of what ``model`` has built, with its taps as ``model`` declares them."""
    return Network(
        name,
        module,
        model.taps(),
        model.summary(),
        blocks=model.blocks(),
        middle=model.middle(),
        preactivations=model.preactivations(),
    )


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
