"""Teachers and students of FitNets (Romero et al. 2015): maxout networks, thin and deep or wide."""

from __future__ import annotations

from collections.abc import Sequence
from typing import TYPE_CHECKING, ClassVar, Literal, NamedTuple, Self

from kdstudio.declaration import option
from kdstudio.models.declaration import ImageShape, ModelSpec, models

if TYPE_CHECKING:
    from torch import nn

WHOLE = -1
"""Pooling over the whole map."""


class Layer(NamedTuple):
    """A maxout convolution of two pieces, and the max-pooling behind it (at stride 2; 1 is none)."""

    channels: int
    kernel: int = 3
    padding: int = 1
    pool: int = 1

    def convolved(self, side: int) -> int:
        """Height or width of the map before the pooling, of ``side`` before the convolution."""
        return side + 2 * self.padding - self.kernel + 1

    def side(self, side: int) -> int:
        """Height or width that is left of ``side``; below 1 where the image is too small."""
        side = self.convolved(side)
        if self.pool == WHOLE:
            return min(side, 1)
        return side if self.pool == 1 else -((self.pool - side) // 2) + 1 if side >= self.pool else 0


def thin(*blocks: tuple[int, ...]) -> tuple[Layer, ...]:
    """3×3 layers, by block; the last of a block is pooled by two, the last of all over the whole map."""
    layers = []
    for number, channels in enumerate(blocks, start=1):
        pool = WHOLE if number == len(blocks) else 2
        layers += [*(Layer(c) for c in channels[:-1]), Layer(channels[-1], pool=pool)]
    return tuple(layers)


LAYERS = {
    "fitnet-1": thin((16, 16, 16), (32, 32, 32), (48, 48, 64)),
    "fitnet-2": thin((16, 32, 32), (48, 64, 80), (96, 96, 128)),
    "fitnet-3": thin((32, 48, 64, 64), (80, 80, 80, 80), (128, 128, 128)),
    "fitnet-4": thin((32, 32, 32, 48, 48), (80,) * 6, (128,) * 6),
    "cifar-teacher": (Layer(96, 8, 4, 4), Layer(192, 8, 3, 4), Layer(192, 5, 3, 2)),
    "mnist-teacher": (Layer(48, 8, 0, 4), Layer(48, 8, 3, 4), Layer(24, 5, 3, 2)),
    "mnist-student": (
        *(Layer(16, 5, 0), Layer(16, 3, 0, 4), Layer(16, 5, 3), Layer(16, 3, 0, 4)),
        *(Layer(12, 3, 3), Layer(12, 3, 0, 2)),
    ),
}
HINTS = {
    "fitnet-1": "layer6",
    "fitnet-2": "layer6",
    "fitnet-3": "layer8",
    "fitnet-4": "layer11",
    "cifar-teacher": "layer2",
    "mnist-teacher": "layer2",
    "mnist-student": "layer4",
}
"""Hint layers of the teachers, guided layers of the students."""
HIDDEN = 500
"""Maxout units before the classes, in the networks for CIFAR."""


@models.register
class FitNet(ModelSpec):
    """FitNets: thin, deep maxout students and their wide teachers for MNIST and CIFAR (Romero 2015)."""

    paper: ClassVar[str] = "FitNets: Hints for Thin Deep Nets, Romero et al. 2015"

    name: Literal["fitnet"] = "fitnet"
    variant: Literal[
        "fitnet-1",
        "fitnet-2",
        "fitnet-3",
        "fitnet-4",
        "cifar-teacher",
        "mnist-student",
        "mnist-teacher",
    ] = option(
        "fitnet-1",
        "Variant",
        "The paper's hints: teacher's layer2 for mnist-student's layer4, for layer6 of fitnet-1 and 2, "
        "layer8 of fitnet-3, layer11 of fitnet-4.",
    )
    dropout: float = option(
        0.0, "Dropout", "Share of the inputs of each layer but the first dropped in training.", ge=0, lt=1
    )

    @classmethod
    def variants(cls) -> Sequence[Self]:
        """Return the paper's networks."""
        return [cls(variant=v) for v in LAYERS]

    def taps(self) -> dict[str, str]:
        """``layer1``, …: each convolution after maxout and pooling, ``(B, C, H', W')``; then ``pool``."""
        return {name: name for name in (*self._layer_names(), "pool")}

    def _layer_names(self) -> tuple[str, ...]:
        return tuple(f"layer{i}" for i in range(1, len(LAYERS[self.variant]) + 1))

    def middle(self) -> str:
        """The paper's hint or guided layer."""
        return HINTS[self.variant]

    def classifier(self) -> str:
        """Behind the dropout."""
        return "classifier.linear"

    def build(self, image: ImageShape, classes: int) -> nn.Module:
        """Build for images that the poolings leave something of (else ValueError)."""
        from torch import nn

        from kdstudio.models.modules.assembly import chain
        from kdstudio.models.modules.maxout import MaxoutConvolution, MaxoutLinear

        def dropping(**parts: nn.Module) -> nn.Sequential:
            return chain(**({"dropout": nn.Dropout(self.dropout)} if self.dropout else {}), **parts)

        inputs, height, width = image[:3]
        made_for = "28×28" if self.variant.startswith("mnist") else "32×32"
        parts: dict[str, nn.Module] = {}
        for name, layer in zip(self._layer_names(), LAYERS[self.variant], strict=True):
            whole = layer.convolved(height), layer.convolved(width)
            height, width = layer.side(height), layer.side(width)
            if min(height, width) < 1:
                raise ValueError(f"nothing is left of them at {name}; it was made for {made_for}")
            maxout = MaxoutConvolution(inputs, layer.channels, layer.kernel, layer.padding)
            pool = {} if layer.pool == 1 else {"pool": _pooling(layer.pool, whole)}
            parts[name] = (dropping if parts else chain)(maxout=maxout, **pool)
            inputs = layer.channels
        features = inputs * height * width
        if self.variant.startswith("mnist"):
            parts["pool"] = nn.Flatten()
        else:
            parts["pool"] = dropping(flatten=nn.Flatten(), hidden=MaxoutLinear(features, HIDDEN))
            features = HIDDEN
        return chain(**parts, classifier=dropping(linear=nn.Linear(features, classes)))

    def summary(self) -> str:
        """``fitnet-1``, ``fitnet cifar-teacher``."""
        return self.variant if self.variant.startswith("fitnet") else f"fitnet {self.variant}"


def _pooling(kernel: int, whole: tuple[int, int]) -> nn.Module:
    from torch import nn

    if kernel == WHOLE:
        return nn.MaxPool2d(whole)  # the adaptive one is no operation of ExecuTorch
    return nn.MaxPool2d(kernel, stride=2, ceil_mode=True)
