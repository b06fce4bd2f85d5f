"""What the networks of a finished run answer: their logits over one part of its data."""

from __future__ import annotations

from collections.abc import Callable, Iterator, Mapping, Sequence
from dataclasses import dataclass, field
from typing import TYPE_CHECKING, Literal

from pydantic import ValidationError

from kdstudio.declaration import ProgressCallback
from kdstudio.engine.experiment import DataSpec
from kdstudio.errors import KDStudioError
from kdstudio.problems import problems
from kdstudio.runs.folder import RunFolder
from kdstudio.runs.kept_networks import kept_networks
from kdstudio.runs.reading import stamp_of
from kdstudio.runs.weights import load_network, read_card

if TYPE_CHECKING:
    import numpy as np
    from torch import Tensor

    from kdstudio.data.streaming import StreamedImages
    from kdstudio.engine.context import RunContext
    from kdstudio.engine.run_data import RunData

Part = Literal["validation", "test"]


@dataclass(frozen=True)
class Predictions:
    """Images of one part, in order, with the logits of every network of the run."""

    class_names: tuple[str, ...]
    pixels: Tensor | StreamedImages
    """uint8 ``(N, C, H, W)``, in memory or decoded when they are asked for."""
    labels: Tensor
    """int64 ``(N,)``."""
    logits: Mapping[str, Tensor]
    """float32 ``(N, K)`` by the network's name; the last epoch's weights."""
    outputs: dict[str, tuple[str, ...]] = field(default_factory=dict)
    """Names of the classes that a network's outputs stand for, where these are not all."""

    def of_network(self, network: str) -> Predictions:
        """Return the predictions for the classes that ``network`` tells apart, numbered as its outputs.

        Of networks that tell more apart, the logits of these classes are selected.
        """
        from kdstudio.data.declaration import LabelledImages
        from kdstudio.data.selection import class_numbers, of_classes, part_of_classes

        names = self.outputs.get(network, self.class_names)
        if names == self.class_names:
            return self
        numbers = class_numbers(names, self.class_names)
        index = of_classes(self.labels, numbers, keep=True)
        part = part_of_classes(LabelledImages(self.pixels, self.labels), numbers, renumber=True)
        logits = {
            name: values[index] if name in self.outputs else values[index][:, numbers]
            for name, values in self.logits.items()
        }
        return Predictions(names, part.images, part.labels, logits)

    def of_networks(self, *networks: str) -> Predictions:
        """Return the predictions for the classes that all of ``networks`` tell apart.

        Raises KDStudioError where there are none: two of them tell some apart, and not the same.
        """
        narrow = {name: self.outputs[name] for name in networks if name in self.outputs}
        if len(set(narrow.values())) > 1:
            told = "; ".join(f"'{name}': {', '.join(classes)}" for name, classes in narrow.items())
            raise KDStudioError(f"these networks tell other classes apart: {told}; choose others")
        return self.of_network(next(iter(narrow), networks[0]))

    def picture(self, number: int) -> np.ndarray:
        """Pixels of one image, uint8 ``(H, W, C)``, to be looked at."""
        import torch

        pixels: np.ndarray = self.pixels[torch.tensor([number])][0].permute(1, 2, 0).numpy()
        return pixels


class WhenAsked(Mapping[str, "Tensor"]):
    """Logits by the network's name, computed when they are first asked for: a sweep has dozens."""

    def __init__(self, names: Sequence[str], compute: Callable[[str], Tensor]) -> None:
        """``compute`` gives the logits of one of ``names``."""
        self._names = names
        self._compute = compute
        self._known: dict[str, Tensor] = {}

    def __getitem__(self, name: str) -> Tensor:
        """Raises KeyError for a network that is not there."""
        if name not in self._names:
            raise KeyError(name)
        if name not in self._known:
            self._known[name] = self._compute(name)
        return self._known[name]

    def __iter__(self) -> Iterator[str]:
        """Names, nothing computed."""
        return iter(self._names)

    def __len__(self) -> int:
        """Count the networks."""
        return len(self._names)


def read_predictions(
    folder: RunFolder,
    part: Part = "test",
    progress: ProgressCallback = lambda _what, _fraction: None,
    *,
    allow_code: bool = False,
) -> Predictions:
    """Load the run's data and networks and collect their predictions; seconds for small images.

    Raises KDStudioError when the run has no networks yet, or its data are gone.
    """
    return predictions_on(open_context(folder, progress), folder, part, progress, allow_code=allow_code)


def open_context(folder: RunFolder, progress: ProgressCallback) -> RunContext:
    """Load the run's data, on the CPU.

    Raises KDStudioError when the run has no networks yet, or its data are gone.
    """
    import torch

    from kdstudio.engine.context import RunContext

    kept_networks(folder)
    experiment = folder.experiment()
    return RunContext(experiment, experiment.data.source.load(progress), torch.device("cpu"))


def open_data(folder: RunFolder, progress: ProgressCallback) -> RunData:
    """Load the run's images alone, on the CPU; the package of its strategy need not be installed.

    Raises KDStudioError when the data are gone, or what made them is missing.
    """
    import torch

    from kdstudio.engine.run_data import RunData

    described = folder.summary().experiment
    try:
        spec = DataSpec.model_validate(described["data"])
    except ValidationError as error:
        found = "; ".join(f"data.{problem}" for problem in problems(error, described["data"], DataSpec))
        raise KDStudioError(f"the data of run '{folder.name}' cannot be read here: {found}") from error
    return RunData(spec, described.get("seed", 0), spec.source.load(progress), torch.device("cpu"))


def predictions_on(
    context: RunContext,
    folder: RunFolder,
    part: Part,
    progress: ProgressCallback,
    *,
    allow_code: bool = False,
) -> Predictions:
    """Collect the predictions of the run's networks to one part of the data on ``context``."""
    import torch

    feed = context.data.test if part == "test" else context.data.validation
    names = folder.networks()

    def compute(name: str) -> Tensor:
        progress(f"predictions of the {name}", 0.0)
        module, _card = load_network(folder.network_file(name), allow_code=allow_code)
        with torch.no_grad():
            return torch.cat([module(batch.images).float() for batch in feed.in_order()])

    cards = {name: read_card(folder.network_file(name)) for name in names}
    outputs = {
        n: card.class_names for n, card in cards.items() if card.class_names != context.data.class_names
    }
    part_read = feed.part
    return Predictions(
        context.data.class_names, part_read.images, part_read.labels, WhenAsked(names, compute), outputs
    )


class PredictionsReader:
    """Reads the predictions of runs; those read last are kept, and others of their networks are quick."""

    def __init__(self) -> None:
        """Nothing read yet."""
        self._read: object = None
        self._kept: Predictions | None = None
        self._progress: ProgressCallback = lambda _what, _fraction: None

    def read(
        self,
        folder: RunFolder,
        part: Part = "test",
        progress: ProgressCallback = lambda _what, _fraction: None,
        *,
        allow_code: bool = False,
    ) -> Predictions:
        """Read a run's predictions; ``progress`` is told of those that are computed from now on.

        Raises KDStudioError when the run has no networks yet, or its data are gone.
        """
        self._progress = progress
        stamp = stamp_of(folder.summary_file)
        wanted = (folder, stamp, part)
        if self._kept is None or stamp is None or wanted != self._read:
            self._kept = read_predictions(folder, part, self._tell, allow_code=allow_code)
            self._read = wanted
        return self._kept

    def _tell(self, what: str, fraction: float) -> None:
        self._progress(what, fraction)
