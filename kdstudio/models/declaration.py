"""What every architecture declares, and the registry of them."""

from __future__ import annotations

from collections.abc import Sequence
from importlib.util import find_spec
from typing import TYPE_CHECKING, ClassVar, NamedTuple, Self

from kdstudio.declaration import Declaration, Registry

if TYPE_CHECKING:
    from torch import nn


class ImageShape(NamedTuple):
    """One image as a network sees it: its shape, and how its pixels in 0 to 1 were normalised."""

    channels: int
    height: int
    width: int
    mean: tuple[float, ...] = ()
    std: tuple[float, ...] = ()


class LibraryNetwork(NamedTuple):
    """A network as its library makes it again from a folder in Hugging Face's layout."""

    architecture: str
    """The library's name of it."""
    path: str
    """Module path of the library's own network within ours."""
    image: ImageShape
    """What is fed to that."""


class ModelSpec(Declaration):
    """An architecture and its options; subclasses are registered under their ``name``."""

    paper: ClassVar[str] = ""
    """Where the architecture was published."""
    runs_code: ClassVar[bool] = False
    """Whether building it runs code of the user's, which needs the user's leave."""
    library: ClassVar[str] = ""
    """Package that makes its networks, where that is another one."""
    rounds: ClassVar[bool] = False
    """Whether it rounds as integers do: a last digit elsewhere may then make a whole step."""
    channels_last: ClassVar[bool] = False
    """Whether it gains by convolutions with channels last, and its code takes no features for contiguous."""

    name: str

    @classmethod
    def needed(cls) -> tuple[str, ...]:
        """Return the package that makes it, where that is not installed, and what else it needs."""
        missing = cls.library and find_spec(cls.library) is None
        return (*cls.needs, f"the package {cls.library}") if missing else cls.needs

    @classmethod
    def variants(cls) -> Sequence[Self]:
        """Return the forms under which it is known, for people to choose from."""
        return [cls()]  # type: ignore[call-arg]  # subclasses have a default name

    @classmethod
    def smallest(cls) -> Self:
        """Return a form that is trained in an instant, for trials."""
        return cls()  # type: ignore[call-arg]

    def taps(self) -> dict[str, str]:
        """Tap names in the order of the forward pass, each with its module path."""
        raise NotImplementedError

    def blocks(self) -> tuple[str, ...]:
        """Taps that terms compare block by block, in order; by default all but ``pool``."""
        return tuple(tap for tap in self.taps() if tap != "pool")

    def middle(self) -> str:
        """Tap where a hint is read; empty, the default, means the block in the middle."""
        return ""

    def preactivations(self) -> dict[str, str]:
        """Taps, each with the module path of what the ReLU behind its features is fed with.

        What is left out, by default all, is found by following one image: see
        :func:`kdstudio.models.modules.tapping.preactivation`. A tap without a ReLU stands for itself.
        """
        return {}

    def classifier(self) -> str:
        """Module path of the layer that gives the logits; empty where that cannot be told."""
        return "classifier"

    def in_library(self, image: ImageShape) -> LibraryNetwork | None:
        """Return how its ``library`` loads it from a folder; None, the default, where that cannot."""
        return None

    def build(self, image: ImageShape, classes: int) -> nn.Module:
        """Make the module, randomly initialised: ``(B, C, H, W)`` in, ``(B, classes)`` out."""
        raise NotImplementedError

    def code(self) -> str:
        """Name what runs code of the user's when it is built; empty if nothing does."""
        return self.summary() if self.runs_code else ""

    def summary(self) -> str:
        """Return the architecture in a few characters, for tables and curve names."""
        return self.name


models = Registry[ModelSpec]("model", "kdstudio.models", "kdstudio.models")
