"""Any classification network of torchvision, with its published weights or without."""

from __future__ import annotations

from collections.abc import Sequence
from functools import cache
from typing import TYPE_CHECKING, Any, ClassVar, Literal, Self

from kdstudio.declaration import option
from kdstudio.errors import KDStudioError
from kdstudio.models.declaration import ImageShape, ModelSpec, models

if TYPE_CHECKING:
    from torch import nn

NO_WEIGHTS = "none"
AUXILIARY = {"googlenet", "inception_v3"}
"""Networks whose side classifiers would be further outputs in training."""


@models.register
class TorchVision(ModelSpec):
    """A network of torchvision by its name, such as resnet18; its last layer is made new."""

    library: ClassVar[str] = "torchvision"

    name: Literal["torchvision"] = "torchvision"
    architecture: str = option(
        "resnet18", "Architecture", "torchvision's name of it: resnet50, vit_b_16, …", pattern=r"^\w+$"
    )
    weights: str = option(
        NO_WEIGHTS,
        "First weights",
        "none: random; DEFAULT or a name such as IMAGENET1K_V1: published ones, downloaded once. With "
        "these, images are normalised and resized as in their training.",
        pattern=r"^\w+$",
    )
    size: int = option(
        0,
        "Size",
        "Images are resized to it before the first layer. 0: as they are, or, with published weights, "
        "as these want it.",
        unit="pixels",
        ge=0,
        le=1024,
    )

    @classmethod
    def variants(cls) -> Sequence[Self]:
        """Return every network that torchvision classifies with."""
        return [cls(architecture=name) for name in _names()]

    @classmethod
    def smallest(cls) -> Self:
        """Return a small one."""
        return cls(architecture="squeezenet1_1")

    def taps(self) -> dict[str, str]:
        """Children of the network, under their names: the last of each size of map, and vectors.

        Raises KDStudioError when there is no such architecture.
        """
        return {name: f"network.{path}" for name, path in _taps(self.architecture).items()}

    def classifier(self) -> str:
        """Path of the last layer, which is made new."""
        return f"network.{_classifier(self.architecture)}"

    def build(self, image: ImageShape, classes: int) -> nn.Module:
        """``input`` prepares the images, ``network`` is torchvision's.

        Raises KDStudioError for an unknown name, weights that cannot be had, or images that the network
        cannot take. On torch's meta device no weights are loaded.
        """
        from kdstudio.models.modules.foreign import behind, check_fits, with_classes
        from kdstudio.models.modules.images import ImageInput
        from kdstudio.models.modules.weightless import on_meta

        weights = _weights(self.architecture, self.weights)
        size, mean, std = self.preparation()

        def made(weights: Any) -> nn.Module:  # noqa: ANN401
            network = with_classes(_network(self.architecture, weights, size or image.height), classes)
            return behind(ImageInput(image, size, mean, std), network)

        network = made(None if on_meta() else weights)
        what = f"torchvision's '{self.architecture}'"
        check_fits(network, lambda: made(None), image, what, _natural_size(self.architecture))
        return network

    def preparation(self) -> tuple[int, tuple[float, ...], tuple[float, ...]]:
        """Size that images get before the first layer (0: their own), and their pixels' mean and deviation.

        Without published weights they have no mean and deviation of the network's.
        """
        weights = _weights(self.architecture, self.weights)
        own = weights.transforms() if weights else None
        if own is None:
            return self.size, (), ()
        return self.size or own.crop_size[0], tuple(own.mean), tuple(own.std)

    def summary(self) -> str:
        """``torchvision resnet18`` or ``torchvision resnet18 DEFAULT``."""
        return f"torchvision {self.architecture}" + ("" if self.weights == NO_WEIGHTS else f" {self.weights}")


def _names() -> list[str]:
    from torchvision import models as zoo

    names: list[str] = zoo.list_models(module=zoo)
    return names


@cache
def _classifier(architecture: str) -> str:
    from kdstudio.models.modules.foreign import last_layer
    from kdstudio.models.modules.weightless import weightless

    size = _natural_size(architecture)
    return last_layer(weightless(lambda: _network(architecture, None, size)))[0]


@cache
def _taps(architecture: str) -> dict[str, str]:
    from kdstudio.models.modules.foreign import default_taps

    size = _natural_size(architecture)
    return default_taps(lambda: _network(architecture, None, size), ImageShape(3, size, size))


def _natural_size(architecture: str) -> int:
    """Smallest height of images that published weights were trained for."""
    published = type(_weights(architecture, "DEFAULT"))
    size: int = min(weights.transforms().crop_size[0] for weights in published)
    return size


def _weights(architecture: str, name: str) -> Any:  # noqa: ANN401
    """Find torchvision's entry for the weights, or None; KDStudioError when there is none of that name."""
    from torchvision.models import get_model_weights

    from kdstudio.models.modules.foreign import unknown

    known = _names()
    if architecture not in known:
        raise unknown("torchvision", architecture, known)
    if name == NO_WEIGHTS:
        return None
    published = get_model_weights(architecture)
    if name not in published.__members__:
        names = ", ".join((NO_WEIGHTS, *published.__members__))
        raise KDStudioError(f"torchvision's '{architecture}' has no weights '{name}'; there are {names}")
    return published[name]


def _network(architecture: str, weights: Any, size: int) -> nn.Module:  # noqa: ANN401
    """Make it; KDStudioError when the weights cannot be downloaded."""
    from torchvision.models import get_model

    options = making_options(architecture, weights, size)
    try:
        network: nn.Module = get_model(architecture, weights=weights, progress=False, **options)
    except OSError as error:
        raise KDStudioError(
            f"the weights {weights.name} of torchvision's '{architecture}' cannot be downloaded ({error}); "
            "connect to the network once, or choose weights 'none'"
        ) from error
    return network


def making_options(architecture: str, weights: object, size: int) -> dict[str, Any]:
    """Return what torchvision is told of a network beside its name and ``weights`` (None: random ones)."""
    options: dict[str, Any] = {"aux_logits": False} if architecture in AUXILIARY else {}
    if weights is None and architecture in AUXILIARY:
        options["init_weights"] = True
    if weights is None and architecture.startswith("vit_"):
        options["image_size"] = size
    return options
