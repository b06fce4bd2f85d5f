"""A run on the terminal: progress bars with losses, accuracy, speed and time left."""

from __future__ import annotations

import time
from collections.abc import Callable
from contextlib import closing, nullcontext

from rich.console import Console, Group
from rich.live import Live
from rich.progress import BarColumn, Progress, SpinnerColumn, TaskID, TextColumn
from rich.text import Text

from kdstudio.engine.events import EpochDone, Event, RunStarted, StageDone, StageStarted, StepDone
from kdstudio.runs.progress import RunProgress, spoken_duration
from kdstudio.runs.session import Session, Tell
from kdstudio.runs.sweep import over_seeds


def console(*, stderr: bool = True, quiet: bool = False) -> Console:
    """Terminal output; a width that fits the tables where there is no terminal to ask."""
    made = Console(stderr=stderr, quiet=quiet, highlight=False)
    return made if made.is_terminal else Console(stderr=stderr, quiet=quiet, highlight=False, width=120)


def show_run(prepare: Callable[[Tell], Session], interrupted: list[bool], *, quiet: bool) -> Session:
    """Prepare a session and run it to its end, or until ``interrupted`` is no longer empty."""
    output = console(quiet=quiet)
    columns = (
        SpinnerColumn(),
        TextColumn("{task.description}"),
        BarColumn(bar_width=24),
        TextColumn("{task.percentage:>3.0f} %"),
        TextColumn("{task.fields[told]}"),
    )
    bars = Progress(*columns, console=output)
    display = Display(bars, output)
    live = Live(Group(bars, display.figures), console=output, transient=True, refresh_per_second=8)
    with live if output.is_interactive else nullcontext():
        session = prepare(display.show)
        with closing(session.events()) as events:
            for event in events:
                display.show(event)
                if interrupted:
                    break
    return session


class Display:
    """Two bars, the run's and the stage's, a line of figures below, and one for every stage that is done."""

    def __init__(self, bars: Progress, console: Console) -> None:
        """``bars`` and ``figures`` are shown live; lines that stay go to ``console``."""
        self.figures = Text(no_wrap=True, overflow="ellipsis")
        self._bars = bars
        self._console = console
        self._run = bars.add_task("preparing", total=1.0, told="")
        self._stage: TaskID | None = None
        self._progress = RunProgress()
        self._began = time.monotonic()
        self._accuracy = ""

    def show(self, event: Event) -> None:
        """Follow one event."""
        self._progress = progress = self._progress.after(event)
        match event:
            case RunStarted():
                self._began = time.monotonic()
                self._console.print(
                    f"{event.training_images:,} training, {event.validation_images:,} validation, "
                    f"{event.test_images:,} test images; {event.device}, "
                    f"{event.threads} threads, {event.precision}"
                )
            case StageStarted():
                if self._stage is not None:
                    self._bars.remove_task(self._stage)
                self._accuracy = ""
                self._stage = self._bars.add_task(event.outline.name, total=event.outline.steps, told="")
            case StepDone():
                self._show_step(event)
            case EpochDone():
                accuracies = {name: scores.accuracy for name, scores in event.validation.items()}
                varied = progress.stages[event.stage].varied
                shown = [f"{name} {share:.2%}" for name, share in accuracies.items() if name not in varied]
                shown += [f"{s} {spread.mean:.2%}" for s, spread in over_seeds(accuracies, varied).items()]
                self._accuracy = "  ".join(shown)
            case StageDone():
                for name, result in event.networks.items():
                    if result.varied:
                        continue
                    test = result.last_epoch.test
                    self._console.print(
                        f"{name}: {test.accuracy:.2%} of the test images right, {test.errors} errors"
                    )
        left = progress.seconds_left(time.monotonic() - self._began)
        stage = f"stage {progress.stage + 1}/{len(progress.stages)}  " if progress.stages else ""
        self._bars.update(
            self._run,
            description="run" if progress.stages else progress.doing,
            completed=progress.fraction,
            told=f"{stage}{spoken_duration(left)} left" if progress.stages else "",
        )

    def _show_step(self, event: StepDone) -> None:
        assert self._stage is not None
        losses = "  ".join(f"{name} {value:.4f}" for name, value in event.losses.items())
        epochs = self._progress.stages[event.stage].epochs
        told = f"epoch {event.epoch}/{epochs}  {event.images_per_second:,.0f} images/s"
        self.figures.plain = f"  {losses}  {self._accuracy}"
        self._bars.update(self._stage, completed=event.step, told=told)
