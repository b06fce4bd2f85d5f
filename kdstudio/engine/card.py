"""What is kept beside a network's weights: enough to build it again and to feed it."""

from __future__ import annotations

from typing import TYPE_CHECKING

from kdstudio.declaration import Declaration
from kdstudio.engine.composition import Composition
from kdstudio.engine.experiment import AnyModel
from kdstudio.engine.identity import Identity
from kdstudio.models.declaration import ImageShape, ModelSpec

if TYPE_CHECKING:
    from torch import nn

FORMAT = "kdstudio-network-2"


class NetworkCard(Declaration):
    """How to rebuild a network and how to feed it: an architecture, or a composition of several."""

    format: str = FORMAT
    network: str
    """Its name in the run."""
    identity: Identity
    model: AnyModel | None = None
    composition: Composition | None = None
    image: tuple[int, int, int]
    """Channels, height and width."""
    class_names: tuple[str, ...]
    """What its outputs stand for, in order."""
    mean: tuple[float, ...]
    """Subtracted from pixels in 0 to 1, channel by channel."""
    std: tuple[float, ...]
    """The difference is divided by it."""
    epoch: int = 0

    @property
    def image_shape(self) -> ImageShape:
        """Shape and normalisation of an image."""
        return ImageShape(*self.image, self.mean, self.std)

    @property
    def runs_code(self) -> str:
        """Name what runs code of the user's when the network is built; empty if nothing does."""
        return ", ".join(code for model in self._models if (code := model.code()))

    @property
    def rounds(self) -> bool:
        """Whether some part of it rounds as integers do."""
        return any(model.rounds for model in self._models)

    @property
    def _models(self) -> list[ModelSpec]:
        trunks = self.composition.networks.values() if self.composition else ()
        return [self.model] if self.model else [trunk.model for trunk in trunks]

    def build(self) -> nn.Module:
        """Make the module; its first weights are drawn apart from torch's global generator."""
        from kdstudio.models.modules.drawing import OwnGenerator
        from kdstudio.models.modules.layout import build

        with OwnGenerator(0):
            if self.composition:
                return self.composition.build(self.image_shape)
            assert self.model is not None
            return build(self.model, self.image_shape, len(self.class_names))

    def summary(self) -> str:
        """The architecture in a few characters."""
        described = self.composition or self.model
        assert described is not None
        return described.summary()
