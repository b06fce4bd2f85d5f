"""What a run will see and build, before it is run: images, classes, networks and their costs."""

from __future__ import annotations

from dataclasses import dataclass
from pathlib import Path
from typing import TYPE_CHECKING, NamedTuple

from kdstudio.declaration import ProgressCallback
from kdstudio.engine.experiment import Experiment
from kdstudio.engine.strangers import blaming_strangers
from kdstudio.engine.trials import code_run_by, first_setting, trials_of
from kdstudio.errors import KDStudioError, speaking_of
from kdstudio.models.complexity import Complexity, complexity
from kdstudio.models.declaration import ImageShape, ModelSpec
from kdstudio.runs.folder import default_runs_folder
from kdstudio.runs.planned_stages import MOST_FOLLOWED, PlannedStage, at_most, counted, runs_that_trained
from kdstudio.runs.references import check_weights, resolved
from kdstudio.runs.reuse import KeptStages
from kdstudio.runs.weights import check_code

if TYPE_CHECKING:
    import numpy as np

    from kdstudio.data.declaration import ImageData
    from kdstudio.data.feed import Feed
    from kdstudio.engine.context import RunContext
    from kdstudio.engine.run_plan import RunPlan

SAMPLES = 12
PAGE = 48
"""Samples on a page of :meth:`Previewer.samples`."""


@dataclass(frozen=True)
class NetworkPreview:
    """One network: its cost, its first training images, how many of each class it learns from."""

    architecture: str
    cost: Complexity
    taps: tuple[str, ...]
    counts: tuple[int, ...]
    samples: np.ndarray
    """uint8 ``(n, H, W, C)``, augmented as in the first epoch."""


@dataclass(frozen=True)
class Preview:
    """An experiment, looked at; images and networks are those of its first setting."""

    class_names: tuple[str, ...]
    image: tuple[int, int, int]
    validation_images: int
    test_images: int
    networks: dict[str, NetworkPreview]
    trials: int
    """How many settings and seeds are crossed."""
    stages: tuple[PlannedStage, ...]
    """What will be trained, in turn, with the heads that are added."""
    is_counted: bool
    """Whether every trial's plan was followed; if not, stages are trained so many times at most."""
    notes: tuple[str, ...]

    def spoken_stages(self) -> str:
        """``13 stages``, or how many at most."""
        count = sum(stage.times for stage in self.stages)
        said = f"{count:,} stage{'s' * (count != 1)}"
        return said if self.is_counted else f"at most {said}; what trials have in common is trained once"

    def spoken_times(self, stage: PlannedStage) -> str:
        """``3 times``, ``once``, or how many times at most, none for one trial; and what is not trained."""
        times = f"{stage.times:,} times" if self.is_counted else f"up to {stage.times:,} times"
        times = "once" if stage.times == 1 else times
        return ", ".join(filter(None, ["" if self.trials == 1 else times, stage.spoken_taken()]))


class SampleWish(NamedTuple):
    """Which training images are wanted, and how."""

    role: str
    """Whose training images."""
    page: int = 0
    draw: int = 0
    """Number of the epoch whose views they are shown in."""
    plain: bool = False
    """As they are, not augmented."""


class SamplePage(NamedTuple):
    """A page of training images."""

    pixels: np.ndarray
    """uint8 ``(n, H, W, C)``."""
    classes: tuple[str, ...]
    first: int
    total: int
    views: int
    """How many different views each image has."""


class Previewer:
    """Makes previews; the data loaded last are kept for the next one."""

    def __init__(self, runs: Path | None = None) -> None:
        """Weights of other runs are looked for in ``runs``; None means the user's folder."""
        self._runs = runs or default_runs_folder()
        self._source = self._images = ""
        self._data: ImageData | None = None

    def preview(
        self, experiment: Experiment, progress: ProgressCallback, *, allow_code: bool = False
    ) -> Preview:
        """Look at ``experiment``; raises KDStudioError when it cannot be run."""
        import torch

        from kdstudio.engine.context import RunContext
        from kdstudio.engine.device import resolve_device

        check_code(code_run_by(experiment), allow_code=allow_code)
        with speaking_of("compute", "device"):
            trains_on = resolve_device(experiment.compute.device)
        loaded, device = self._load(experiment, progress), torch.device("cpu")
        first = RunContext(first_setting(experiment), loaded, device)
        check_weights(first.experiment, self._runs, first.data.image, first.data.class_names)
        trials = len(trials_of(experiment))
        is_counted = trials <= MOST_FOLLOWED
        networks = {role: _network(first, role) for role in first.experiment.networks}
        context = RunContext(resolved(experiment, self._runs), loaded, device)

        def tell(what: str) -> None:
            progress(what, 0.0)

        def trained_by(plan: RunPlan) -> list[str]:
            return runs_that_trained(plan, context, trains_on, self._images, KeptStages(self._runs))

        stages, notes = counted(context, tell, trained_by) if is_counted else at_most(context, tell)
        return Preview(
            class_names=first.data.class_names,
            image=first.data.image[:3],
            validation_images=len(first.data.validation),
            test_images=len(first.data.test),
            networks=networks,
            trials=trials,
            stages=tuple(stages),
            is_counted=is_counted,
            notes=(*first.data.notes, *notes),
        )

    def samples(self, experiment: Experiment, wish: SampleWish, progress: ProgressCallback) -> SamplePage:
        """Return a page of the training images of ``experiment``'s first setting, as wished for."""
        import torch

        from kdstudio.engine.context import RunContext

        first = RunContext(first_setting(experiment), self._load(experiment, progress), torch.device("cpu"))
        feed = first.data.training_feed(first.experiment.networks[wish.role].training)
        start = wish.page * PAGE
        batch = feed.looked_at(start, PAGE, None if wish.plain else wish.draw)
        names = first.data.class_names
        return SamplePage(
            pixels=feed.pixels(batch.images).permute(0, 2, 3, 1).cpu().numpy(),
            classes=tuple(names[label] for label in batch.labels.tolist()),
            first=start,
            total=len(feed),
            views=1 if wish.plain else feed.views,
        )

    def _load(self, experiment: Experiment, progress: ProgressCallback) -> ImageData:
        from kdstudio.engine.circumstances import images_digest

        source = experiment.data.source.model_dump_json()
        if self._data is None or source != self._source:
            with speaking_of("data", "source"):
                self._data, self._source = experiment.data.source.load(progress), source
                self._images = images_digest(self._data)
        return self._data


def _network(context: RunContext, role: str) -> NetworkPreview:
    import torch

    spec = context.experiment.networks[role]
    with speaking_of("networks", role, "training", "leave_out"):
        feed = context.data.training_feed(spec.training)
    with speaking_of("networks", role, "model"):
        work = cost(spec.model, context.data.image, context.data.classes)
    with speaking_of("networks", role, "training", "augmentation", "jitter"):
        samples = _samples(feed)
    counts = torch.bincount(feed.part.labels.cpu(), minlength=context.data.classes)
    return NetworkPreview(
        architecture=spec.model.summary(),
        cost=work,
        taps=tuple(spec.model.taps()),
        counts=tuple(counts.tolist()),
        samples=samples,
    )


def cost(model: ModelSpec, image: ImageShape, classes: int) -> Complexity:
    """Count the network's weights and work; KDStudioError where it cannot be built for such images."""
    try:
        with blaming_strangers(f"'{model.summary()}', asked about a blank image"):
            return complexity(model, image, classes)
    except (RuntimeError, ValueError, ZeroDivisionError) as error:
        raise KDStudioError(
            f"'{model.summary()}' cannot be built for images of {'×'.join(map(str, image[:3]))}: {error}"
        ) from error


def _samples(feed: Feed) -> np.ndarray:
    """Return the first images of the first epoch as they are shown to the network."""
    batch = next(feed.shuffled(0))
    pixels = feed.pixels(batch.images[:SAMPLES])
    found: np.ndarray = pixels.permute(0, 2, 3, 1).cpu().numpy()
    return found
