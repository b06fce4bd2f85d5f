"""ShuffleNet (Zhang et al. 2018) for small images."""

from __future__ import annotations

from typing import TYPE_CHECKING, ClassVar, Literal

from kdstudio.declaration import option
from kdstudio.models.declaration import ImageShape, ModelSpec, models

if TYPE_CHECKING:
    from torch import nn

CHANNELS = {1: 144, 2: 200, 3: 240}
"""Channels of the first stage, by the number of groups; each further stage has twice as many."""
UNITS = (4, 8, 4)
STEM = 24


@models.register
class ShuffleNetV1(ModelSpec):
    """ShuffleNet: 1×1 convolutions within groups of channels, and shuffles between groups (2017)."""

    paper: ClassVar[str] = (
        "ShuffleNet: An Extremely Efficient Convolutional Neural Network for Mobile Devices, "
        "Zhang et al. 2017"
    )
    channels_last: ClassVar[bool] = True

    name: Literal["shufflenet-v1"] = "shufflenet-v1"
    groups: Literal[1, 2, 3] = option(
        3, "Groups", "Groups of channels of the 1×1 convolutions. The distillation tables have 3."
    )

    def taps(self) -> dict[str, str]:
        """``block1`` ``(B, c, H/2, W/2)`` to ``block3`` ``(B, 4c, H/8, W/8)`` after ReLU, then ``pool``."""
        return {name: name for name in ("block1", "block2", "block3", "pool")}

    def build(self, image: ImageShape, classes: int) -> nn.Module:
        """Build as the distillation tables do: the first layer is a 1×1 convolution at full size."""
        from torch import nn

        from kdstudio.models.modules.assembly import classification, conv_norm_relu
        from kdstudio.models.modules.shuffle import shuffle_unit

        inputs = STEM
        parts: dict[str, nn.Module] = {"stem": conv_norm_relu(image.channels, inputs, 1)}
        for stage, count in enumerate(UNITS):
            units, outputs = [], CHANNELS[self.groups] * 2**stage
            for number in range(count):
                first_groups = 1 if inputs == STEM else self.groups
                units.append(shuffle_unit(inputs, outputs, self.groups, first_groups, halve=number == 0))
                inputs = outputs
            parts[f"block{stage + 1}"] = nn.Sequential(*units)
        return classification(parts, inputs, classes)

    def summary(self) -> str:
        """``shufflenet-v1 g3``."""
        return f"shufflenet-v1 g{self.groups}"
