"""The functions that make a script's networks, each of its architecture's own source."""

from __future__ import annotations

from kdstudio.errors import KDStudioError
from kdstudio.models.declaration import ImageShape, ModelSpec
from kdstudio.models.torchvision import NO_WEIGHTS, TorchVision, making_options
from kdstudio.runs.script.definitions import Definitions
from kdstudio.runs.script.layout import Call, Expression, Keyword, render
from kdstudio.runs.script.methods import define_method
from kdstudio.runs.script.source import Import
from kdstudio.runs.script.values import Values

FOREIGN = "kdstudio.models.modules.foreign"


class Makers:
    """Defines, for each role, a function that makes its network."""

    def __init__(self, definitions: Definitions, values: Values, image: ImageShape) -> None:
        """Networks take images of the shape ``image``."""
        self._definitions = definitions
        self._values = values
        self._image = image

    def name(self, role: str, model: ModelSpec, parameters: int) -> str:
        """Define the function; returns its name. Raises KDStudioError where it needs another package."""
        with self._definitions.section("networks"):
            made = self._torchvision(model) if isinstance(model, TorchVision) else self._own(model)
            self._definitions.imported(Import("torch", "nn"), "nn")
            return self._definitions.add(
                f"make_{role}",
                "\n".join(
                    [
                        "def {name}(classes: int = CLASSES) -> nn.Module:",
                        f'    """{role.capitalize()}: {model.summary()}, {parameters:,} weights."""',
                        render(made, 4, "return "),
                    ]
                ),
            )

    def _own(self, model: ModelSpec) -> Expression:
        if model.library or model.runs_code:
            needed = f"the package '{model.library}'" if model.library else "your own code"
            raise KDStudioError(
                f"its '{model.summary()}' is made by {needed}, and a script has torch and torchvision alone"
            )
        called, options = define_method(self._definitions, type(model), "build", model.name)
        chosen = (Keyword(name, self._values.expression(getattr(model, name))) for name in options)
        return Call(called, ("IMAGE", "classes", *chosen))

    def _torchvision(self, model: TorchVision) -> Expression:
        """Write torchvision's network behind what prepares the images for it, its last layer made new."""
        behind, with_classes = (self._definitions.use(FOREIGN, n) for n in ("behind", "with_classes"))
        prepare = self._definitions.use("kdstudio.models.modules.images", "ImageInput")
        self._definitions.imported(Import("torchvision.models", "get_model"), "get_model")
        size, mean, std = model.preparation()
        weights = None if model.weights == NO_WEIGHTS else model.weights
        options = making_options(model.architecture, weights, size or self._image.height)
        bound = (Keyword(name, self._values.expression(value)) for name, value in options.items())
        named = (f'"{model.architecture}"', Keyword("weights", self._values.expression(weights)))
        made = Call("get_model", (*named, *bound))
        normalised = tuple(self._values.expression(values) for values in (mean, std)) if mean else ()
        images = Call(prepare, ("IMAGE", str(size), *normalised))
        return Call(behind, (images, Call(with_classes, (made, "classes"))))
