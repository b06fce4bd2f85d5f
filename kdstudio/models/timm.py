"""Any network of timm, where that package is installed."""

from __future__ import annotations

import importlib
from collections.abc import Sequence
from functools import cache
from typing import TYPE_CHECKING, Any, ClassVar, Literal, Self

from kdstudio.declaration import option
from kdstudio.errors import KDStudioError
from kdstudio.models.declaration import ImageShape, LibraryNetwork, ModelSpec, models

if TYPE_CHECKING:
    from torch import nn


@models.register
class Timm(ModelSpec):
    """A network of timm by its name, such as resnet18 (needs the package timm)."""

    library: ClassVar[str] = "timm"

    name: Literal["timm"] = "timm"
    architecture: str = option(
        "resnet18",
        "Architecture",
        "timm's name of it: convnext_tiny, resnet18.a1_in1k, …",
        pattern=r"^\w+(\.\w+)?$",
    )
    pretrained: bool = option(
        False,
        "Published weights",
        "Start from published weights, downloaded once; images are normalised and resized as in their "
        "training.",
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
        """Return none: there are more than a thousand."""
        return []

    def taps(self) -> dict[str, str]:
        """Children of the network, under their names: the last of each size of map, and vectors.

        Raises KDStudioError when timm or the architecture is missing.
        """
        return {name: f"network.{path}" for name, path in _taps(self.architecture).items()}

    def classifier(self) -> str:
        """Path of the layer that timm calls so."""
        return f"network.{_classifier(self.architecture)}"

    def build(self, image: ImageShape, classes: int) -> nn.Module:
        """``input`` prepares the images, ``network`` is timm's.

        Raises KDStudioError when timm, the name or the weights are missing, or the network cannot take
        such images. On torch's meta device no weights are loaded.
        """
        from kdstudio.models.modules.foreign import behind, check_fits
        from kdstudio.models.modules.images import ImageInput
        from kdstudio.models.modules.weightless import on_meta

        def made(pretrained: bool) -> nn.Module:
            network = _network(self.architecture, classes, pretrained)
            own = network.pretrained_cfg
            if not self.pretrained:
                return behind(ImageInput(image, self.size), network)
            size = self.size or own["input_size"][-1]
            return behind(ImageInput(image, size, own["mean"], own["std"]), network)

        network = made(self.pretrained and not on_meta())
        what = f"timm's '{self.architecture}'"
        check_fits(network, lambda: made(False), image, what, _natural_size(self.architecture))
        return network

    def in_library(self, image: ImageShape) -> LibraryNetwork:
        """Describe ``network``, and the images as ``input`` hands them on."""
        own = _known(self.architecture).get_pretrained_cfg(self.architecture)
        mean, std = (own.mean, own.std) if self.pretrained else (image.mean, image.std)
        size = self.size or (own.input_size[-1] if self.pretrained else 0)
        fed = ImageShape(3, size or image.height, size or image.width, _of_colours(mean), _of_colours(std))
        return LibraryNetwork(self.architecture.partition(".")[0], "network", fed)

    def summary(self) -> str:
        """``timm resnet18``."""
        return f"timm {self.architecture}" + (" pretrained" if self.pretrained else "")


def _of_colours(values: Sequence[float]) -> tuple[float, ...]:
    """Repeat what holds for grey."""
    return tuple(values) * 3 if len(values) == 1 else tuple(values)


def _classifier(architecture: str) -> str:
    """Return timm's path of it; the first of several."""
    found = _known(architecture).get_pretrained_cfg(architecture).classifier
    return str(found if isinstance(found, str) else found[0])


@cache
def _taps(architecture: str) -> dict[str, str]:
    from kdstudio.models.modules.foreign import default_taps

    size = _natural_size(architecture)
    return default_taps(lambda: _network(architecture, 10, False), ImageShape(3, size, size))


def _natural_size(architecture: str) -> int:
    """Height of the images that the published weights were trained for."""
    size: int = _known(architecture).get_pretrained_cfg(architecture).input_size[-1]
    return size


def _timm() -> Any:  # noqa: ANN401
    try:
        return importlib.import_module("timm")
    except ImportError as error:
        raise KDStudioError("timm is not installed; 'uv pip install timm' installs it") from error


def _known(architecture: str) -> Any:  # noqa: ANN401
    """Return timm itself; KDStudioError when it does not have the architecture."""
    from kdstudio.models.modules.foreign import unknown

    timm = _timm()
    if not timm.is_model(architecture):
        raise unknown("timm", architecture, timm.list_models())
    return timm


def _network(architecture: str, classes: int, pretrained: bool) -> Any:  # noqa: ANN401
    """Make it; KDStudioError when there is none or its weights cannot be had."""
    timm = _known(architecture)
    try:
        return timm.create_model(architecture, pretrained=pretrained, num_classes=classes)
    except Exception as error:
        if not pretrained:
            raise
        raise KDStudioError(
            f"the weights of timm's '{architecture}' cannot be loaded ({error}); connect to the network "
            "once, or untick published weights"
        ) from error
