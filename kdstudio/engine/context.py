"""The context of a run: its data on its device, its networks, its seeds."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from dataclasses import replace
from typing import NamedTuple

import torch
from torch import Tensor, nn

from kdstudio.data.declaration import ImageData, LabelledImages
from kdstudio.data.feed import Batch, Feed
from kdstudio.data.seeding import derived_seed
from kdstudio.data.selection import (
    class_numbers,
    of_classes,
    only_classes,
    part_of_classes,
    stratified_share,
    subset,
    with_label_noise,
)
from kdstudio.data.split import stratified_split
from kdstudio.engine.experiment import Experiment, FromFile, FromRun, TrainHere
from kdstudio.engine.network import Head, Network
from kdstudio.engine.training import TrainingSpec
from kdstudio.errors import KDStudioError
from kdstudio.models.declaration import ImageShape, ModelSpec
from kdstudio.models.exits import Exit, cut

EVALUATION_BATCH = 1000

WeightsLoader = Callable[[FromFile | FromRun, tuple[str, ...]], dict[str, Tensor]]
"""Reads the weights that an experiment names, for the classes of its data; given by who knows files."""


class Built(NamedTuple):
    """What a network of the run is, enough to build it again."""

    role: str
    class_names: tuple[str, ...]
    """What its outputs stand for, in order."""
    exit: Exit | None = None
    """Where it is a part of another network, that ends early."""
    parameters: int = 0


class RunContext:
    """Builds networks and feeds for the plan of one run."""

    def __init__(
        self,
        experiment: Experiment,
        data: ImageData,
        device: torch.device,
        load_weights: WeightsLoader | None = None,
    ) -> None:
        """``data`` as loaded, on the CPU; the parts are moved to ``device`` once.

        Without ``load_weights`` every network keeps its random weights: enough to look at a plan.
        """
        spec = experiment.data
        if spec.classes and spec.renumber:
            data = only_classes(data, spec.classes)
        self.experiment = experiment
        self.data = data
        self.device = device
        self._load_weights = load_weights
        self.built: dict[str, Built] = {}
        """Every network built so far, by its name."""
        training, validation = stratified_split(data.train.labels, spec.validation, experiment.seed)
        self._training_part = self._resident(self._selected(subset(data.train, training)))
        self.validation = self._evaluation_feed(self._resident(subset(data.train, validation)), data)
        self.test = self._evaluation_feed(self._resident(data.test), data)

    def _selected(self, part: LabelledImages) -> LabelledImages:
        """Keep what the experiment wants of the training images, with the labels that it wants."""
        spec, seed = self.experiment.data, self.experiment.seed
        if spec.classes and not spec.renumber:
            part = subset(part, of_classes(part.labels, self.class_numbers(spec.classes), keep=True))
        if spec.fraction < 1:
            part = subset(part, stratified_share(part.labels, spec.fraction, seed, "fraction"))
        return LabelledImages(
            part.images, with_label_noise(part.labels, spec.label_noise, self.classes, seed)
        )

    def class_numbers(self, wanted: Sequence[int | str]) -> list[int]:
        """Numbers of the classes that an experiment names; KDStudioError for an unknown one."""
        return class_numbers(wanted, self.data.class_names)

    def _resident(self, part: LabelledImages) -> LabelledImages:
        """Move what lies in memory to the training device."""
        images = part.images.to(self.device) if isinstance(part.images, Tensor) else part.images
        return LabelledImages(images, part.labels.to(self.device))

    def _evaluation_feed(self, part: LabelledImages, data: ImageData) -> Feed:
        return Feed(part, data, batch_size=EVALUATION_BATCH)

    @property
    def classes(self) -> int:
        """Number of classes."""
        return len(self.data.class_names)

    @property
    def image(self) -> ImageShape:
        """Shape of an image, and its normalisation."""
        channels, height, width = self.data.train.images.shape[1:]
        return ImageShape(channels, height, width, self.data.mean, self.data.std)

    @property
    def training_images(self) -> int:
        """Number of images to learn from."""
        return len(self._training_part)

    def class_shares(self) -> Tensor:
        """Share of each class, ``(K,)``, among the images to learn from, whoever leaves some out."""
        counts = torch.bincount(self._training_part.labels, minlength=self.classes)
        return counts / counts.sum()

    def recipe(self, role: str) -> TrainingSpec:
        """How the network in ``role`` learns."""
        return self.experiment.networks[role].training

    def is_loaded(self, role: str) -> bool:
        """Tell whether the network in ``role`` comes with weights."""
        return not isinstance(self.experiment.networks[role].weights, TrainHere)

    def network(
        self, role: str, name: str | None = None, seed: int = 0, classes: Sequence[int] = ()
    ) -> Network:
        """Build the network described for ``role``, called ``name`` (default: the role).

        Initial weights depend on the run's seed, the role and ``seed`` alone: a baseline built
        for the student's role starts from the student's weights. With outputs for some ``classes``
        alone, it starts from the weights of the network with all outputs, wherever shapes agree.
        """
        spec = self.experiment.networks[role]
        weights_seed = derived_seed(self.experiment.seed, "weights", role, seed)
        module = self._module(spec.model, self.classes, weights_seed)
        if self._load_weights and not isinstance(spec.weights, TrainHere):
            load_state(module, self._load_weights(spec.weights, self.data.class_names), role)
        if classes:
            whole = module.state_dict()
            module = self._module(spec.model, len(classes), weights_seed)
            own = module.state_dict()
            same = {key: value for key, value in whole.items() if value.shape == own[key].shape}
            module.load_state_dict(own | same)
        network = Network(name or role, module, spec.model.taps(), spec.model.summary())
        names = tuple(self.data.class_names[number] for number in classes or range(self.classes))
        self.built[network.name] = Built(role, names, parameters=network.parameter_count())
        return network.to(self.device)

    def _module(self, model: ModelSpec, classes: int, seed: int) -> nn.Module:
        with torch.random.fork_rng(devices=[]):
            torch.manual_seed(seed)
            try:
                return model.build(self.image, classes)
            except (RuntimeError, ValueError, ZeroDivisionError) as error:
                raise KDStudioError(
                    f"'{model.summary()}' cannot be built for images of "
                    f"{'×'.join(map(str, self.image[:3]))}: {error}"
                ) from error

    def cut(self, name: str, network: Network, early: Exit, heads: Sequence[Head]) -> None:
        """Note that what is scored as ``name`` is ``network`` up to a tap, and then ``heads``.

        It is saved and exported as a network of its own. Raises KDStudioError where the network cannot
        be cut there.
        """
        role, names, *_ = self.built[network.name]
        trunk = cut(network.module, network.taps[early.tap], network.architecture)
        parameters = sum(p.numel() for part in (trunk, *heads) for p in part.parameters())
        self.built[name] = Built(role, names, early, parameters)

    @torch.no_grad()
    def shape(self, network: Network, output: str) -> tuple[int, ...]:
        """Shape of ``output`` (a tap, a path, ``logits``) for one image: ``(C, H, W)`` or ``(C,)``."""
        images = torch.zeros(2, *self.image[:3], device=self.device)
        none = torch.zeros(2, dtype=torch.long, device=self.device)
        training = network.training
        value: Tensor = network.eval()(Batch(images, none, none, none), (output,))[output]
        network.train(training)
        return tuple(value.shape[1:])

    def head(self, name: str, make: Callable[[], nn.Module], *of: str, architecture: str = "") -> Head:
        """Make the head ``name`` on the addresses ``of``.

        Its initial weights depend on the run's seed and its name alone.
        """
        with torch.random.fork_rng(devices=[]):
            torch.manual_seed(derived_seed(self.experiment.seed, "weights", name))
            head = Head(name, make(), *of, architecture=architecture)
        return head.to(self.device)

    def training_feed(
        self, training: TrainingSpec, classes: Sequence[int] = (), renumber: bool = False
    ) -> Feed:
        """Return the training images as ``training`` wants them, those of ``classes`` alone if given.

        With ``renumber`` these count from 0 in the order given.
        """
        part = self._training_part
        if training.leave_out:
            left_out = self.class_numbers(training.leave_out)
            if classes:
                raise KDStudioError(
                    f"training.leave_out and the strategy's classes both choose what the network sees; "
                    f"empty leave_out ({', '.join(self.data.class_names[n] for n in left_out)})"
                )
            part = subset(part, of_classes(part.labels, left_out, keep=False))
            if not len(part):
                raise KDStudioError("every class is left out; shorten training.leave_out")
        part, data = self._of_classes(part, classes, renumber)
        if not len(part):
            names = ", ".join(self.data.class_names[number] for number in classes)
            raise KDStudioError(f"no training image is of {names}; add them to data.classes")
        default = self.experiment.data.source.default_augmentation
        return Feed(
            part,
            data,
            batch_size=training.batch_size,
            seed=self.experiment.seed,
            augmentation=default if training.default_augmentation else training.augmentation,
            mixing=training.mixing,
        )

    def evaluation_feeds(self, classes: Sequence[int] = (), renumber: bool = False) -> tuple[Feed, Feed]:
        """Return the validation and the test images, those of ``classes`` alone if given.

        With ``renumber`` these count from 0 in the order given.
        """
        if not classes:
            return self.validation, self.test
        parts = (self.validation.part, self.test.part)
        validation, test = (
            self._evaluation_feed(*self._of_classes(part, classes, renumber)) for part in parts
        )
        return validation, test

    def _of_classes(
        self, part: LabelledImages, classes: Sequence[int], renumber: bool
    ) -> tuple[LabelledImages, ImageData]:
        """Return what is of ``classes`` (none: all), and the data set that its labels belong to."""
        if not classes:
            return part, self.data
        chosen = part_of_classes(part, classes, renumber=renumber)
        if not renumber:
            return chosen, self.data
        return chosen, replace(self.data, class_names=tuple(self.data.class_names[n] for n in classes))


def load_state(module: nn.Module, state: dict[str, Tensor], what: str) -> None:
    """Load ``state`` into ``module``; KDStudioError says what does not fit."""
    own = module.state_dict()
    missing, unexpected = own.keys() - state.keys(), state.keys() - own.keys()
    shapes = [
        f"{key} is {tuple(state[key].shape)} in the file, {tuple(own[key].shape)} in the network"
        for key in own.keys() & state.keys()
        if own[key].shape != state[key].shape
    ]
    faults = [f"{len(missing)} missing ({sorted(missing)[0]} …)"] if missing else []
    faults += [f"{len(unexpected)} unknown ({sorted(unexpected)[0]} …)"] if unexpected else []
    faults += sorted(shapes)[:3]
    if faults:
        raise KDStudioError(
            f"the weights given for the {what} do not fit its architecture: {'; '.join(faults)}; "
            "choose the architecture they were trained with"
        )
    module.load_state_dict(state)
