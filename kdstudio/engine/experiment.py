"""Everything a run needs, as pydantic models: what presets, forms and run folders hold."""

from __future__ import annotations

import re
from typing import Annotated, Any, Literal

from pydantic import Field, ValidationError, ValidationInfo, field_validator

from kdstudio.data.declaration import ClassName, DatasetSpec, datasets
from kdstudio.declaration import Declaration, OptionalInteger, Registry, option
from kdstudio.engine.claim import Claim
from kdstudio.engine.identity import Coordinate
from kdstudio.engine.matching.declaration import matching_terms
from kdstudio.engine.optimization import optimizers, schedules
from kdstudio.engine.quantities.declaration import quantities
from kdstudio.engine.strategy import Strategy, strategies
from kdstudio.engine.sweep import MOST_TRIALS, Sweep, crossed, sweep_views
from kdstudio.engine.training import TrainingSpec
from kdstudio.engine.views import View, told_apart
from kdstudio.engine.weighting import weightings
from kdstudio.models.declaration import ModelSpec, models
from kdstudio.models.heads.declaration import heads
from kdstudio.problems import problems

AnyModel = Annotated[ModelSpec, models]
AnyDataset = Annotated[DatasetSpec, datasets]
AnyStrategy = Annotated[Strategy, strategies]

REGISTRIES: tuple[Registry[Any], ...] = (
    strategies,
    matching_terms,
    models,
    heads,
    datasets,
    optimizers,
    schedules,
    weightings,
    quantities,
)
"""Everything that can be chosen by name, and that other packages can add to."""

DEVICE = re.compile(r"auto|cpu|mps|cuda(:\d+)?")


class Published(Declaration):
    """One figure from a paper."""

    what: str = option(..., "What", "The quantity, with its setting.")
    value: str = option(..., "Value", "As published, with its unit.")
    network: str = option(
        "",
        "Network",
        "The run's network that measures the same, by its name without the seed; none if empty.",
    )
    figure: Literal["accuracy", "errors"] = option("accuracy", "Figure", "Of its test images.")
    where: dict[str, str] = option(
        {}, "Where", "Settings by dotted path that a run must have for its figure to be comparable."
    )


class About(Declaration):
    """Where an experiment comes from and what it shows."""

    title: str = option(..., "Title", "What the gallery calls it.")
    source: str = option("", "Source", "Paper, authors and year.")
    shows: str = option("", "Shows", "What to look for.")
    published: tuple[Published, ...] = option((), "Published", "The paper's figures.")
    expected: str = option("", "Expected time", "Measured, with the machine.")
    changed: str = option("", "Changed", "How it differs from the paper, and why.")


class DataSpec(Declaration):
    """The images, which of them are used, and the share of them kept for validation."""

    source: AnyDataset = option(..., "Data set", "Where the images come from.")
    validation: float = option(
        0.1,
        "Validation share",
        "Share of the training images, from every class alike, kept out of training; "
        "all choices are made on it, never on the test set.",
        gt=0,
        lt=1,
        term="validation",
    )
    classes: tuple[ClassName, ...] = option(
        (), "Only classes", "Numbers or names of the classes to train on; none given means all."
    )
    renumber: bool = option(
        False,
        "Renumber",
        "Make the chosen classes a data set of their own: networks have outputs for them alone, "
        "and only they are tested. Otherwise the other classes stay as outputs and in the test.",
        advanced=True,
    )
    seed: OptionalInteger = option(
        None,
        "Data seed",
        "Of the split, of the fraction and of wrong labels, which are the same for every seed. Empty: the "
        "experiment's seed.",
        empty="the seed",
        ge=0,
        le=2**31 - 1,
        advanced=True,
        term="seed",
    )
    fraction: float = option(
        1.0,
        "Fraction",
        "Share of the training images that is used, of every class alike.",
        gt=0,
        le=1,
        advanced=True,
    )
    label_noise: float = option(
        0.0,
        "Label noise",
        "Share of the training labels, of every class alike, that are made wrong.",
        ge=0,
        le=1,
        advanced=True,
    )

    @field_validator("classes")
    @classmethod
    def _can_be_told_apart(cls, classes: tuple[ClassName, ...]) -> tuple[ClassName, ...]:
        if len(classes) == 1:
            raise ValueError("one class alone cannot be told from others; name two or more, or none for all")
        if twice := [name for name in classes if classes.count(name) > 1]:
            raise ValueError(f"class {twice[0]!r} is given twice; name each class once")
        return classes


FINGERPRINT: str = option(
    "",
    "Fingerprint",
    "SHA-256 of the weights file; a run notes it, so that it never goes on with other weights.",
    pattern=r"^([0-9a-f]{64})?$",
    hidden=True,
)


class TrainHere(Declaration):
    """Random weights, trained in this run."""

    origin: Literal["training"] = "training"


class FromFile(Declaration):
    """Loaded from an exported network (safetensors)."""

    origin: Literal["file"] = "file"
    path: str = option(
        ...,
        "File",
        "Weights for the same architecture: .safetensors, or a PyTorch state dict (.pt, .pth), which is "
        "read without running anything in it.",
        path="*.safetensors *.pt *.pth",
        min_length=1,
    )
    sha256: str = FINGERPRINT


class FromRun(Declaration):
    """Loaded from a network of an earlier run."""

    origin: Literal["run"] = "run"
    run: str = option(..., "Run", "Name or folder of the run.", min_length=1)
    network: str = option("teacher", "Network", "Which network of that run.", min_length=1)
    sha256: str = FINGERPRINT


AnyWeights = Annotated[TrainHere | FromFile | FromRun, Field(discriminator="origin")]


class NetworkSpec(Declaration):
    """One network of the run: its architecture, where its weights come from, how it learns."""

    model: AnyModel = option(..., "Architecture", "The network's family and its options.")
    weights: AnyWeights = option(
        TrainHere(),
        "Weights",
        "Random and then trained, or loaded. A loaded teacher is not trained again; a loaded "
        "student starts from there.",
    )
    training: TrainingSpec = option(TrainingSpec(), "Training", "Used when the network learns.")


class ComputeSpec(Declaration):
    """What the run computes on."""

    device: str = option("auto", "Device", "auto, cpu, cuda, cuda:1, … or mps.")
    threads: int = option(
        0,
        "CPU threads",
        "0 chooses by the size of a step: one for small networks, else all cores.",
        ge=0,
        le=1024,
    )
    precision: Literal["float32", "bfloat16", "auto"] = option(
        "auto",
        "Precision",
        "Of forward passes in training; losses and scores are float32. auto: bfloat16 where the processor or "
        "GPU computes in it and a step is large enough to gain by it (on a CPU not with depthwise "
        "convolutions), else float32; a run notes which.",
    )
    batch_norm: Literal["synchronised", "own"] = option(
        "synchronised",
        "Batch norm",
        "Where several processes share a batch: mean and variance over all of it, as one process has them, "
        "or over each process's own share, which is quicker and another result.",
        advanced=True,
    )
    reuse: bool = option(
        True,
        "Reuse",
        "Take over what an earlier run has trained already, bit for bit the same: a stage with the same "
        "losses, recipe, images, seed and first weights, by the same code on the same kind of machine. Off, "
        "everything is trained, as whoever measures time wants it.",
    )
    checkpoint_every: float = option(
        60.0,
        "Checkpoint every",
        "Work that may be lost where the run is killed: within a stage, a checkpoint is kept after so long, "
        "but never so often that it takes more than 2 % of the time. It changes no result.",
        unit="s",
        ge=0,
        le=86_400,
        advanced=True,
    )

    @field_validator("device")
    @classmethod
    def _known_device(cls, device: str) -> str:
        if not DEVICE.fullmatch(device):
            raise ValueError(f"no device '{device}'; there are auto, cpu, cuda, cuda:N, mps")
        return device


class Experiment(Declaration):
    """A whole run, described."""

    name: str = option(
        "experiment",
        "Name",
        "Letters, digits, dots and dashes; run folders are named after it.",
        pattern=r"^[A-Za-z0-9][A-Za-z0-9._-]*$",
        max_length=80,
    )
    about: About | None = option(None, "About", "Source and figures of a preset.")
    claim: Claim | None = option(None, "Claim", "What it is to show, and how that is measured.")
    seed: int = option(0, "Seed", "Same seed, same run.", ge=0, le=2**31 - 1, term="seed")
    seeds: int = option(
        1,
        "Number of seeds",
        "How many times everything that is compared is trained: with the seed, the next one, and so on. "
        "Their spread is the error bar; from one seed nothing follows.",
        ge=1,
        le=1000,
        term="seed",
    )
    teacher_for_each_seed: bool = option(
        False,
        "A teacher for each seed",
        "Train the teachers anew for each seed too. Otherwise those of the first seed teach all, and the "
        "spread is that of what learns from them.",
    )
    data: DataSpec = option(..., "Data", "The images.")
    strategy: AnyStrategy = option(..., "Strategy", "How the student learns.")
    networks: dict[str, NetworkSpec] = option(..., "Networks", "One for each role of the strategy.")
    compute: ComputeSpec = option(ComputeSpec(), "Compute", "Device, threads, precision, reuse, checkpoints.")
    sweep: Sweep = option(
        {},
        "Sweep",
        "Fields, by their paths, and the values that each is tried with; several fields are crossed. What a "
        "field does not change is trained once.",
    )

    @property
    def views(self) -> tuple[View, ...]:
        """Tables and figures of the results: the strategy's, and those of what is swept."""
        own = self.strategy.views
        return (*own, *sweep_views(self.sweep, told_apart(own)))

    @field_validator("networks")
    @classmethod
    def _one_network_for_each_role(
        cls, networks: dict[str, NetworkSpec], info: ValidationInfo
    ) -> dict[str, NetworkSpec]:
        strategy: Strategy | None = info.data.get("strategy")
        if strategy is None:
            return networks
        roles = strategy.roles()
        if missing := [role for role in roles if role not in networks]:
            raise ValueError(f"strategy '{strategy.name}' also needs a {' and a '.join(missing)}")
        if unknown := [role for role in networks if role not in roles]:
            raise ValueError(f"strategy '{strategy.name}' has no '{unknown[0]}'; it has {', '.join(roles)}")
        return {role: networks[role] for role in roles}

    @field_validator("sweep")
    @classmethod
    def _every_setting_can_be_run(cls, sweep: Sweep, info: ValidationInfo) -> Sweep:
        if not sweep or len(info.data) < len(cls.model_fields) - 1:  # without a sweep there is more to mend
            return sweep
        values = cls.model_construct(**info.data).model_dump(mode="json", exclude_none=True)
        tried = list(crossed(values, sweep))
        if (count := len(tried) * info.data["seeds"]) > MOST_TRIALS:
            raise ValueError(
                f"{count:,} trials, {len(tried)} settings with each seed; there may be {MOST_TRIALS:,}"
            )
        known: dict[tuple[object, ...], Declaration] = {}
        for coordinates, setting in tried:
            try:
                cls._checked(coordinates, setting, known)
            except ValidationError as error:
                raise ValueError(str(problems(error, setting, cls)[0])) from error
        return sweep

    @classmethod
    def _checked(
        cls,
        coordinates: dict[str, Coordinate],
        setting: dict[str, Any],
        known: dict[tuple[object, ...], Declaration],
    ) -> None:
        """Check one setting; parts of it that are ``known`` from others are not checked again."""
        keys = {part: _swept_within(coordinates, part) for part in ("data", "strategy", "compute")}
        roles = {role: _swept_within(coordinates, f"networks.{role}") for role in setting["networks"]}
        networks = {role: known.get(key, setting["networks"][role]) for role, key in roles.items()}
        parts = {part: known.get(key, setting[part]) for part, key in keys.items()}
        checked = cls.model_validate({**setting, **parts, "networks": networks})
        known |= {key: getattr(checked, part) for part, key in keys.items()}
        known |= {key: checked.networks[role] for role, key in roles.items()}


def _swept_within(coordinates: dict[str, Coordinate], part: str) -> tuple[object, ...]:
    """Name ``part`` of a setting by what is swept in it."""
    within = (value for path, value in coordinates.items() if path.startswith(f"{part}."))
    return (part, *within)
