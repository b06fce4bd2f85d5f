"""Frozen records of what happened in a run, in the order in which the loop yields them."""

from __future__ import annotations

from typing import Annotated, Literal

from pydantic import Field, TypeAdapter

from kdstudio.engine.bounds import Count, FileName, Finite, Name, Positive, Seconds, Share, Some, Text
from kdstudio.engine.identity import SEED, Bounded, Coordinate, Identity, Record, spoken_coordinates
from kdstudio.engine.judgement import Judgement
from kdstudio.engine.views import Comparison, View

Confusion = tuple[tuple[Count, ...], ...]
"""Images counted by row = true class, column = class answered."""


class Scores(Record):
    """How one network answers one part of the data, in single numbers."""

    count: Count
    """Images scored."""
    accuracy: Share
    """Share of right answers, 0 to 1."""
    errors: Count
    """Wrong answers."""
    loss: Finite
    """Mean cross-entropy to the labels, in nats."""
    calibration_error: Positive
    """Expected calibration error, 15 bins of equal width (Guo et al. 2017, eq. 5), 0 to 1."""


class EpochScores(Record):
    """A network's scores after one epoch."""

    epoch: Count
    """Counted from 1; 0 for a network that was loaded, not trained."""
    validation: Scores
    test: Scores
    seen: Scores | None = None
    """On the validation images of the classes that it learned from; None where these are all."""

    @property
    def selection(self) -> Scores:
        """Scores that choices are made by: no label of a class that was left out counts."""
        return self.seen or self.validation


class Shifted(Record):
    """A network's scores with the biases of some classes shifted; the last epoch's weights."""

    biases: dict[Count, Finite]
    """What is added to the logit of each class, by its number; fitted without labels."""
    validation: Scores
    test: Scores
    unseen_accuracy: Share | None = None
    """Share of right answers among the test images of the classes never seen, shifted."""


class NetworkResult(Identity):
    """One row of the run's results: a network, what it costs, how it answers."""

    architecture: Name
    parameters: Count
    multiply_adds: Count | None = None
    """Of one image; None where they cannot be counted."""
    classes: tuple[Count, ...] = ()
    """Numbers of the classes that its scores are of, in order; none means all."""
    unseen: tuple[Count, ...] = ()
    """Numbers of the classes that were left out of its training images."""
    last_epoch: EpochScores
    best_epoch: EpochScores
    """The epoch with the highest validation accuracy (then the lowest validation loss), on the classes that
    it learned from."""
    unseen_accuracy: Share | None = None
    """Share of right answers among the test images of the classes never seen."""
    shifted: Shifted | None = None
    """Where classes were left out, and a shift could be fitted."""

    @property
    def validation(self) -> Scores:
        """Scores on the validation images after the last epoch."""
        return self.last_epoch.validation

    @property
    def test(self) -> Scores:
        """Scores on the test images after the last epoch."""
        return self.last_epoch.test

    @property
    def selection(self) -> Scores:
        """Scores after the last epoch that choices between networks are made by."""
        return self.last_epoch.selection


class StageSummary(Record):
    """What a stage will do, known before it starts."""

    name: Name
    coordinates: dict[Name, Bounded] = {}
    """What tells it from the same stage of other trials; it stands at the end of its name too."""
    epochs: Some
    steps_per_epoch: Some
    batch_size: Some
    terms: tuple[Name, ...]
    updates: tuple[tuple[Name, ...], ...] = ()
    """The terms again, by the update that they share: one forward, backward and step."""
    trained: tuple[Name, ...]
    frozen: tuple[Name, ...]
    parameters: dict[Name, Count]
    """Weights of every network in the stage, by its name."""
    scored: dict[FileName, Identity] = {}
    """What is scored in it, by name."""
    heads: dict[Name, Text] = {}
    """What each head is, with its size."""
    left_out: tuple[Count, ...] = ()
    """Numbers of the classes that are not in its training images."""
    classes: tuple[Count, ...] = ()
    """Numbers of the only classes that it sees, in training and in scores; none means all."""
    renumbered: bool = False
    """Whether its scores count these classes from 0, in that order."""
    flops_per_step: Positive
    """Estimated floating-point operations of one training step."""
    depthwise: bool = False
    """Whether something in it convolves each channel alone."""

    @property
    def own_name(self) -> str:
        """Its name in the strategy's plan, whatever trial it is of."""
        return self._without(self.coordinates)

    @property
    def plain_name(self) -> str:
        """Its name without the seed, which it shares with the stages that differ in the seed alone."""
        return self._without({SEED: self.coordinates[SEED]} if SEED in self.coordinates else {})

    def _without(self, coordinates: dict[str, Coordinate]) -> str:
        return self.name.removesuffix("".join(f" {words}" for words in spoken_coordinates(coordinates)))

    @property
    def steps(self) -> int:
        """Training steps of the whole stage."""
        return self.epochs * self.steps_per_epoch


class Preparing(Record):
    """Something long goes on before or between the steps."""

    kind: Literal["preparing"] = "preparing"
    what: Text
    fraction: Finite


class RunStarted(Record):
    """The plan has been dry-run and training begins."""

    kind: Literal["run-started"] = "run-started"
    host: Name = ""
    """The machine; unknown of former runs."""
    device: Name
    threads: Count
    precision: Name
    class_names: tuple[Name, ...]
    training_images: Count
    validation_images: Count
    test_images: Count
    stages: tuple[StageSummary, ...]
    views: tuple[View, ...] = ()
    """Tables and figures of the results, as the strategy declares them."""
    comparison: Comparison = Comparison()


class StageStarted(Record):
    """A stage begins, or goes on after an interruption."""

    kind: Literal["stage-started"] = "stage-started"
    stage: Count
    summary: StageSummary


class StepDone(Record):
    """Some steps have been taken."""

    kind: Literal["step-done"] = "step-done"
    stage: Count
    epoch: Count
    step: Count
    """Steps of this stage done, counted from its first epoch."""
    losses: dict[Name, Finite]
    """Unweighted mean of each term over the images since the last of these events."""
    weights: dict[Name, Finite] = {}
    """Weight of each term in this epoch."""
    learning_rate: Finite
    images_per_second: Positive
    seconds: Seconds = 0.0
    """Time spent in the run so far, pauses not counted."""


class EpochDone(Record):
    """An epoch is over and the networks in training have been scored."""

    kind: Literal["epoch-done"] = "epoch-done"
    stage: Count
    epoch: Count
    """Counted from 1."""
    step: Count
    losses: dict[Name, Finite]
    """Unweighted mean of each term over the epoch's images: a short last batch counts for what it holds."""
    weights: dict[Name, Finite]
    """Weight of each term in this epoch."""
    gradient_norms: dict[Name, Finite] = {}
    """Length of the weighted term's gradient to the network's weights, where terms share a update;
    mean of up to four batches of the epoch."""
    learning_rate: Finite
    images_per_second: Positive
    """In the whole epoch, what frozen networks were asked before its first step included."""
    seconds: Seconds
    """Time spent in the run so far, pauses not counted."""
    validation: dict[FileName, Scores]
    """On the validation images of all classes, also those that were left out."""
    confusions: dict[FileName, Confusion] = Field(default={}, exclude=True)
    """Of the validation images, by network; kept in a file beside, see ``Confusions``."""


WarningCode = Literal[
    "small-validation",
    "repeated-test-images",
    "teacher-at-chance",
    "network-at-chance",
    "taught-at-chance",
    "loss-not-falling",
    "loss-diverging",
]
"""What a run can be warned of; see ``warnings.py``."""


class RunWarning(Record):
    """Something that makes a result doubtful; the run goes on. Each is told once, also by a resumed run."""

    kind: Literal["warning"] = "warning"
    code: WarningCode
    stage: Name = ""
    """Name of the stage; empty where the whole run is meant."""
    network: Text = ""
    """Name of the network, or of several, with commas; empty where none is meant."""
    title: Text
    """What is the matter, in a few words, without a full stop."""
    message: Text
    """A sentence or two, with figures."""
    remedy: Text
    """What to do."""

    @property
    def about(self) -> tuple[str, str, str]:
        """What it is told of once."""
        return self.code, self.stage, self.network

    @property
    def text(self) -> str:
        """All of it, in one line."""
        return f"{self.title}. {self.message} {self.remedy}"


class RunNotice(Record):
    """Something that people should know and that changes no result."""

    kind: Literal["notice"] = "notice"
    message: Text
    """What is the matter, why, and what to do."""


class StageTaken(Record):
    """The stage that has just begun is trained already: another run has done that, in the same way.

    What it told of its steps and epochs follows in the log; only the times are this run's.
    """

    kind: Literal["stage-taken"] = "stage-taken"
    stage: Count
    run: Name
    """Name of the run that has trained it."""
    seconds: Seconds
    """What that took there."""
    events: tuple[StepDone | EpochDone | RunWarning, ...] = Field(default=(), exclude=True)
    """Lines of the log that follow this one."""


class StageDone(Record):
    """A stage is trained; its networks have been scored on the test set."""

    kind: Literal["stage-done"] = "stage-done"
    stage: Count
    seconds: Seconds
    networks: dict[FileName, NetworkResult]
    circumstances: Name = ""
    """As a checkpoint here has them (``Progress.circumstances``); empty of former runs."""
    confusions: dict[FileName, Confusion] = Field(default={}, exclude=True)
    """Of the test images, after the last epoch, by network."""


class CheckpointSaved(Record):
    """All that the log tells up to here is in a checkpoint: the run can go on from this line."""

    kind: Literal["checkpoint-saved"] = "checkpoint-saved"
    sha256: Name
    """Of its file, which is known by that."""
    seconds: Seconds
    """Time spent in the run until then, pauses not counted."""


class ClaimJudged(Record):
    """Every stage is done, and what the experiment's claim speaks of has been measured."""

    kind: Literal["claim-judged"] = "claim-judged"
    judgement: Judgement


class RunDone(Record):
    """Every stage is done."""

    kind: Literal["run-done"] = "run-done"
    seconds: Seconds


class RunPaused(Record):
    """Somebody holds the run; nothing is computed."""

    kind: Literal["run-paused"] = "run-paused"
    seconds: Seconds


class RunResumed(Record):
    """A held run goes on."""

    kind: Literal["run-resumed"] = "run-resumed"
    seconds: Seconds


class RunStopped(Record):
    """Somebody stopped the run; it can be resumed."""

    kind: Literal["run-stopped"] = "run-stopped"
    seconds: Seconds


class RunFailed(Record):
    """The run ended by an error."""

    kind: Literal["run-failed"] = "run-failed"
    message: Text
    details: Text
    field: tuple[str, ...] = ()
    """Path of the experiment's field that is to blame, where one is known."""


Event = (
    Preparing
    | RunStarted
    | StageStarted
    | StageTaken
    | StepDone
    | EpochDone
    | RunWarning
    | RunNotice
    | StageDone
    | CheckpointSaved
    | ClaimJudged
    | RunPaused
    | RunResumed
    | RunDone
    | RunStopped
    | RunFailed
)

event_adapter: TypeAdapter[Event] = TypeAdapter(Annotated[Event, Field(discriminator="kind")])
