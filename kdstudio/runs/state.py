"""What a run's events amount to: the one fold, for the window, the terminal and the summary on disk."""

from __future__ import annotations

from dataclasses import dataclass, field
from itertools import accumulate

from kdstudio.engine.events import (
    ClaimJudged,
    EpochDone,
    Event,
    NetworkResult,
    Preparing,
    RunDone,
    RunFailed,
    RunNotice,
    RunPaused,
    RunResumed,
    RunStarted,
    RunStopped,
    RunWarning,
    StageDone,
    StageStarted,
    StageSummary,
    StageTaken,
    StepDone,
)
from kdstudio.engine.identity import Identity
from kdstudio.engine.judgement import Judgement
from kdstudio.engine.views import Comparison, View
from kdstudio.errors import FieldPath
from kdstudio.runs.curves import LossKey, RunCurves, Series
from kdstudio.runs.figures import LiveResult, Row
from kdstudio.runs.summary import Status, Summary, notes_of_taken

STEP_OVERHEAD = 1e7
"""Operations that would take as long as what every step costs besides its arithmetic."""
OVER = ("finished", "stopped", "failed")


@dataclass
class RunState:
    """A run between its start and its end."""

    status: Status = "running"
    error: str = ""
    details: str = ""
    blamed: FieldPath = ()
    """Path of the experiment's field that the error speaks of."""
    doing: str = "preparing"
    """The stage's name, or what is being prepared."""
    started: RunStarted | None = None
    stage: int = 0
    epoch: int = 0
    seconds: float = 0.0
    """Time spent in the run, pauses not counted."""
    fraction: float = 0.0
    """Share of the whole run's work that is done, 0 to 1."""
    images_per_second: float = 0.0
    networks: dict[str, NetworkResult] = field(default_factory=dict)
    """Rows of the networks that have learned to the end, or came with weights."""
    learning: dict[str, LiveResult] = field(default_factory=dict)
    """Rows of those that still learn, with their latest validation scores alone."""
    curves: RunCurves = field(default_factory=RunCurves)
    warnings: list[RunWarning] = field(default_factory=list)
    """What makes the results doubtful, in the order in which it was told."""
    notices: list[str] = field(default_factory=list)
    """What people should know and changes no result."""
    claim: Judgement | None = None
    """What the run shows of its claim; None before its end, or where it makes none."""
    taken: dict[str, StageTaken] = field(default_factory=dict)
    """Stages that another run has trained, by their names."""
    _began: tuple[float, float] = (0.0, 0.0)
    """Fraction and seconds when the run was started or resumed last, or had a stage that it did not train."""
    _work: tuple[float, ...] = ()
    """Of all stages before each one, and of all."""

    @property
    def is_over(self) -> bool:
        """Tell whether nothing more will happen, unless it is resumed."""
        return self.status in OVER

    @property
    def stages(self) -> tuple[StageSummary, ...]:
        """What the run will do, and has done."""
        return self.started.stages if self.started else ()

    @property
    def current_stage(self) -> StageSummary | None:
        """The stage that runs."""
        return self.stages[self.stage] if self.stage < len(self.stages) else None

    @property
    def place(self) -> str:
        """``stage 2 of 7: student  ·  epoch 3 of 20``; empty where no stage runs."""
        stage = self.current_stage
        if stage is None:
            return ""
        doing = self.doing if self.doing == stage.name else f"{stage.name}, {self.doing}"
        epoch = f"epoch {self.epoch} of {stage.epochs}"
        return f"stage {self.stage + 1} of {len(self.stages)}: {doing}  ·  {epoch}"

    @property
    def class_names(self) -> tuple[str, ...]:
        """Names of the data's classes."""
        return self.started.class_names if self.started else ()

    @property
    def views(self) -> tuple[View, ...]:
        """Tables and figures that the strategy declares."""
        return self.started.views if self.started else ()

    @property
    def comparison(self) -> Comparison:
        """What is held against what."""
        return self.started.comparison if self.started else Comparison()

    @property
    def identities(self) -> dict[str, Identity]:
        """Every network that the plan will score, by name, in order."""
        return {name: identity for stage in self.stages for name, identity in stage.scored.items()}

    @property
    def left_out(self) -> set[int]:
        """Numbers of the classes that a stage so far has left out of its training images."""
        return {number for stage in self.stages[: self.stage + 1] for number in stage.left_out}

    def classes_of(self, network: str) -> tuple[int, ...]:
        """Numbers of the classes that a network's scores are of, in their order."""
        done = self.networks.get(network)
        stage = next((s for s in reversed(self.stages) if network in s.scored), None)
        chosen = done.classes if done else stage.classes if stage and stage.renumbered else ()
        return chosen or tuple(range(len(self.class_names)))

    @property
    def notes(self) -> list[str]:
        """What people should know and changes no result."""
        return [*notes_of_taken({stage: taken.run for stage, taken in self.taken.items()}), *self.notices]

    @property
    def rows(self) -> dict[str, Row]:
        """The table of results so far, those that still learn included."""
        return self.networks | self.learning

    def add(self, event: Event) -> None:
        """Take ``event`` in."""
        match event:
            case Preparing():
                self.doing = event.what
            case RunStarted():
                self.started, self.status, self.error, self.details = event, "running", "", ""
                self.blamed = ()
                self._began = (self.fraction, self.seconds)
                self._work = (0.0, *accumulate(map(_work, event.stages)))
            case StageStarted():
                self._start_stage(event)
            case StageTaken():
                self.taken[self.stages[event.stage].name] = event
            case StepDone():
                self._take_steps(event)
            case EpochDone():
                self._end_epoch(event)
            case RunWarning():
                self.warnings.append(event)
            case RunNotice():
                self.notices.append(event.message)
            case StageDone():
                self.networks |= event.networks
                self.learning = {}
                self.seconds, self.fraction = event.seconds, self._share(event.stage + 1, 0)
                if self.stages[event.stage].name in self.taken:
                    self._began = (self.fraction, self.seconds)
            case ClaimJudged():
                self.claim = event.judgement
            case RunPaused():
                self.status = "paused"
            case RunResumed():
                self.status = "running"
            case RunDone():
                self.status, self.seconds, self.fraction, self.doing = "finished", event.seconds, 1.0, "done"
            case RunStopped():
                self.status, self.seconds = "stopped", event.seconds
            case RunFailed():
                self.status, self.error, self.details = "failed", event.message, event.details
                self.blamed = event.field

    def _start_stage(self, event: StageStarted) -> None:
        """Make the stage's curves, empty at first, so that every legend is complete.

        A stage may also go on after an interruption; then what has been done of it stays done.
        """
        if event.stage != self.stage:
            self.stage, self.epoch = event.stage, 0
        self.doing = event.summary.name
        self.fraction = max(self.fraction, self._share(event.stage, 0))
        for term in event.summary.terms:
            self.curves.losses.setdefault(LossKey(event.summary.name, term), Series())

    def _take_steps(self, event: StepDone) -> None:
        stage, curves = self.stages[event.stage], self.curves
        self._move_on(event)
        epoch = event.step / stage.steps_per_epoch
        for term, value in event.losses.items():
            key = LossKey(stage.name, term)
            curves.losses.setdefault(key, Series()).add(epoch, value)
            curves.weighted.setdefault(key, Series()).add(epoch, event.weights.get(term, 1.0) * value)
        curves.learning_rate.setdefault(stage.name, Series()).add(epoch, event.learning_rate)

    def _end_epoch(self, event: EpochDone) -> None:
        stage, curves = self.stages[event.stage], self.curves
        self._move_on(event)
        curves.speed.setdefault(stage.name, Series()).add(event.epoch, event.images_per_second)
        for update in stage.updates:
            norms = {term: event.gradient_norms[term] for term in update if term in event.gradient_norms}
            total = sum(norms.values())
            for term, norm in norms.items():
                share = norm / total if total else 0.0
                curves.shares.setdefault(LossKey(stage.name, term), Series()).add(event.epoch, share)
        for name, scores in event.validation.items():
            curves.accuracy.setdefault(name, Series()).add(event.epoch, scores.accuracy)
            own = stage.scored.get(name) or Identity(role=name, kind=name)
            self.learning[name] = LiveResult(
                role=own.role, kind=own.kind, coordinates=own.coordinates, validation=scores
            )

    def _move_on(self, event: StepDone | EpochDone) -> None:
        self.epoch, self.seconds = event.epoch, event.seconds
        self.fraction = self._share(event.stage, event.step)
        self.images_per_second = event.images_per_second
        self.doing = self.stages[event.stage].name

    def seconds_left(self) -> float | None:
        """Time to the end if the rest goes as what has been done since the start; None while unknown."""
        fraction, seconds = self._began
        done, taken = self.fraction - fraction, self.seconds - seconds
        if done < 0.005 or taken < 1:
            return None
        return taken * (1 - self.fraction) / done

    def _share(self, stage: int, step: int) -> float:
        done = self._work[stage]
        if stage < len(self.stages):
            summary = self.stages[stage]
            done += _work(summary) * step / summary.steps
        return done / self._work[-1]

    def summarised(self, before: Summary) -> Summary:
        """Return the page on disk; what no event tells is as ``before``."""
        stage = self.current_stage
        return before.model_copy(
            update={
                "status": self.status,
                "error": self.error,
                "seconds": self.seconds,
                "host": self.started.host if self.started else before.host,
                "device": self.started.device if self.started else before.device,
                "class_names": self.class_names,
                "stage": stage.name if stage else before.stage,
                "epoch": self.epoch,
                "networks": dict(self.networks),
                "planned": self.identities or before.planned,
                "views": self.views,
                "comparison": self.comparison,
                "warnings": tuple(self.warnings),
                "claim": self.claim,
                "taken": {stage: taken.run for stage, taken in self.taken.items()},
            }
        )


def _work(summary: StageSummary) -> float:
    return summary.steps * (summary.flops_per_step + STEP_OVERHEAD)


def spoken_time(summary: Summary) -> str:
    """``42 s``; ``42 s, 3 taken`` where so many stages are other runs', which takes no time."""
    taken = f", {len(summary.taken)} taken" if summary.taken else ""
    return spoken_duration(summary.seconds) + taken


def spoken_epochs(count: int) -> str:
    """``1 epoch``, ``40 epochs``."""
    return f"{count} epoch{'s' if count != 1 else ''}"


def spoken_duration(seconds: float | None) -> str:
    """``42 s``, ``3 min 05 s``, ``2 h 10 min``, or ``…`` while unknown."""
    if seconds is None:
        return "…"
    whole = round(seconds)
    if whole < 60:
        return f"{whole} s"
    if whole < 3600:
        return f"{whole // 60} min {whole % 60:02d} s"
    return f"{whole // 3600} h {whole % 3600 // 60:02d} min"
