"""How far a run is and how long it will still take, from its events alone."""

from __future__ import annotations

from dataclasses import dataclass, replace

from kdstudio.engine.events import (
    EpochDone,
    Event,
    Preparing,
    RunDone,
    RunStarted,
    StageDone,
    StageStarted,
    StageSummary,
    StepDone,
)

STEP_OVERHEAD = 1e7
"""Operations that would take as long as what every step costs besides its arithmetic."""


@dataclass(frozen=True)
class RunProgress:
    """A run's place between its start and its end."""

    stages: tuple[StageSummary, ...] = ()
    stage: int = 0
    epoch: int = 0
    fraction: float = 0.0
    """Share of the whole run's work that is done, 0 to 1."""
    began: float = 0.0
    """What was done already when the run was resumed."""
    images_per_second: float = 0.0
    doing: str = "preparing"
    """The stage's name, or what is being prepared."""
    device: str = ""

    @property
    def outline(self) -> StageSummary | None:
        """The stage that runs."""
        return self.stages[self.stage] if self.stage < len(self.stages) else None

    def after(self, event: Event) -> RunProgress:
        """Return the progress once ``event`` has happened."""
        match event:
            case Preparing():
                return replace(self, doing=event.what)
            case RunStarted():
                return RunProgress(stages=event.stages, device=event.device, began=self.fraction)
            case StageStarted():
                share = self._share(event.stage, 0)
                return replace(self, stage=event.stage, epoch=0, doing=event.outline.name, fraction=share)
            case StepDone() | EpochDone():
                return replace(
                    self,
                    epoch=event.epoch,
                    fraction=self._share(event.stage, event.step),
                    images_per_second=event.images_per_second,
                    doing=self.stages[event.stage].name,
                )
            case StageDone():
                return replace(self, fraction=self._share(event.stage + 1, 0))
            case RunDone():
                return replace(self, fraction=1.0, doing="done")
        return self

    def seconds_left(self, seconds: float) -> float | None:
        """Time to the end if the rest goes as the ``seconds`` since the start; None while unknown."""
        done = self.fraction - self.began
        if done < 0.005 or seconds < 1:
            return None
        return seconds * (1 - self.fraction) / done

    def _share(self, stage: int, step: int) -> float:
        done = sum(_work(outline) for outline in self.stages[:stage])
        if stage < len(self.stages):
            outline = self.stages[stage]
            done += _work(outline) * step / outline.steps
        return done / sum(_work(outline) for outline in self.stages)


def _work(outline: StageSummary) -> float:
    return outline.steps * (outline.flops_per_step + STEP_OVERHEAD)


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
