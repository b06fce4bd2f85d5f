"""Any architecture, computing as with 8-bit integers (Jacob et al. 2018)."""

from __future__ import annotations

from collections.abc import Sequence
from typing import TYPE_CHECKING, Annotated, ClassVar, Literal, Self

from kdstudio.declaration import option
from kdstudio.errors import KDStudioError
from kdstudio.models.declaration import ImageShape, ModelSpec, models
from kdstudio.models.lenet import LeNet

if TYPE_CHECKING:
    from torch import nn

    AnyModel = ModelSpec
else:
    AnyModel = Annotated[ModelSpec, models]


@models.register
class Int8(ModelSpec):
    """int8: another architecture that answers as its 8-bit integers will, and learns so (Jacob 2018).

    Weights and what flows between the layers are rounded, in floating point; sent to a file for other
    runtimes they are integers. Its layers have the names, taps and weights of the architecture itself.
    """

    paper: ClassVar[str] = (
        "Quantization and Training of Neural Networks for Efficient Integer-Arithmetic-Only Inference, "
        "Jacob et al. 2018"
    )

    rounds: ClassVar[bool] = True

    name: Literal["int8"] = "int8"
    bits: int = option(
        8,
        "Bits of a weight",
        "Weights are rounded to so many bits; what flows between the layers always to 8. Fewer make no file "
        "smaller: they show where rounding begins to hurt.",
        unit="bits",
        ge=2,
        le=8,
    )
    of: AnyModel = option(LeNet(), "Of", "The architecture whose convolutions and linear layers are rounded.")

    @classmethod
    def variants(cls) -> Sequence[Self]:
        """Return none: there are as many as there are architectures."""
        return []

    @classmethod
    def smallest(cls) -> Self:
        """Return the smallest of its default."""
        return cls(of=LeNet.smallest())

    def taps(self) -> dict[str, str]:
        """Those of the architecture, rounded."""
        return self.of.taps()

    def blocks(self) -> tuple[str, ...]:
        """Those of the architecture."""
        return self.of.blocks()

    def middle(self) -> str:
        """That of the architecture."""
        return self.of.middle()

    def preactivations(self) -> dict[str, str]:
        """Those of the architecture."""
        return self.of.preactivations()

    def classifier(self) -> str:
        """That of the architecture; its output is not rounded."""
        return self.of.classifier()

    def code(self) -> str:
        """Name the architecture, if that runs code of the user's."""
        return self.of.code()

    def build(self, image: ImageShape, classes: int) -> nn.Module:
        """Build the architecture, follow one empty image through it, and round; raises what it raises."""
        import torch

        from kdstudio.models.modules.layout import build
        from kdstudio.models.modules.quantised import quantise

        if isinstance(self.of, Int8):
            raise KDStudioError(f"'{self.of.summary()}' is rounded already; name the architecture inside it")
        module = build(self.of, image, classes)
        training = module.training
        with torch.no_grad():
            quantise(module.eval(), torch.zeros(1, *image[:3]), self.bits)
        return module.train(training)

    def summary(self) -> str:
        """``int8 resnet-20``, with fewer bits ``int8 w4 resnet-20``."""
        bits = "" if self.bits == 8 else f"w{self.bits} "
        return f"{self.name} {bits}{self.of.summary()}"
