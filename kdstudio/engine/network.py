"""Networks: modules fed by the batch of images, whose taps can be read."""

from __future__ import annotations

from collections.abc import Collection, Mapping

from torch import Tensor, nn

from kdstudio.data.feed import Batch
from kdstudio.errors import KDStudioError

LOGITS = "logits"


class Network(nn.Module):
    """A module with named taps; trainable, or frozen: then without gradient and in eval mode for ever."""

    def __init__(self, name: str, module: nn.Module, taps: Mapping[str, str], architecture: str = "") -> None:
        """``taps`` maps tap names to paths of submodules of ``module``."""
        super().__init__()
        self.name = name
        self.architecture = architecture
        self.module = module
        self.taps = dict(taps)
        self.frozen = False

    def freeze(self) -> Network:
        """Take the network out of training; its weights and buffers never change again."""
        self.frozen = True
        self.requires_grad_(False)
        return self.eval()

    def train(self, mode: bool = True) -> Network:
        """Switch mode, as torch does; a frozen network stays in eval mode."""
        super().train(mode and not self.frozen)
        return self

    @property
    def outputs(self) -> tuple[str, ...]:
        """What can be read from it by a name of its own: its taps and its logits."""
        return (*self.taps, LOGITS)

    def has(self, output: str) -> bool:
        """Tell whether ``output`` is a tap, the logits, or the path of a submodule."""
        paths = (path for path, _ in self.module.named_modules())
        return output in self.outputs or (output != "" and output in paths)

    def forward(self, batch: Batch, wanted: Collection[str]) -> dict[str, Tensor]:
        """Return the ``wanted`` outputs by name: taps as their modules give them, logits ``(B, K)``.

        The path of any submodule serves as a tap too.
        """
        captured: dict[str, Tensor] = {}

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

        handles: list[object] = []
        try:
            for tap in wanted:
                if tap != LOGITS:
                    capture(tap)
            captured[LOGITS] = self.module(batch.images)
        finally:
            for handle in handles:
                handle.remove()  # type: ignore[attr-defined]
        return {name: captured[name] for name in wanted}

    def parameter_count(self) -> int:
        """Count all weights, frozen ones included."""
        return sum(parameter.numel() for parameter in self.parameters())


class Head(nn.Module):
    """A trainable module fed by an address (``student.block2``) instead of the images."""

    def __init__(self, name: str, module: nn.Module, of: str) -> None:
        """Its output's address is ``name``."""
        super().__init__()
        self.name = name
        self.module = module
        self.of = of

    def forward(self, value: Tensor) -> Tensor:
        """Apply the module."""
        output: Tensor = self.module(value)
        return output
