"""A run on the terminal: progress bars with losses, accuracy, speed and time left."""

from __future__ import annotations

import time
from collections.abc import Callable
from contextlib import closing, nullcontext, suppress

from rich.console import Console, Group
from rich.live import Live
from rich.progress import BarColumn, Progress, SpinnerColumn, TaskID, TextColumn
from rich.text import Text

from kdstudio.cli.interruption import Interruption
from kdstudio.engine.events import (
    EpochDone,
    Event,
    Preparing,
    RunNotice,
    RunStarted,
    RunWarning,
    StageDone,
    StageStarted,
    StageTaken,
    StepDone,
)
from kdstudio.runs.folder import RunFolder
from kdstudio.runs.groups import gathered
from kdstudio.runs.log import RunFollower
from kdstudio.runs.preparing import Tell
from kdstudio.runs.session import Session, Unwanted
from kdstudio.runs.state import RunState, spoken_duration

LOOK_SECONDS = 0.2
WARNING_STYLE = "yellow"


def console(*, stderr: bool = True, quiet: bool = False) -> Console:
    """Terminal output; a width that fits the tables where there is no terminal to ask."""
    made = Console(stderr=stderr, quiet=quiet, highlight=False)
    return made if made.is_terminal else Console(stderr=stderr, quiet=quiet, highlight=False, width=120)


def show_run(prepare: Callable[[Tell], Session], interrupted: Interruption, *, quiet: bool) -> Session:
    """Prepare a session and run it to its end, or until it is ``interrupted``.

    Raises Unwanted where that comes before there is a run.
    """
    display = Display(console(quiet=quiet), interrupted)

    def tell(event: Preparing) -> None:
        display.prepare(event)
        if interrupted:
            raise Unwanted

    with display.live():
        session = prepare(tell)
        follower = RunFollower(session.folder)
        with closing(session.events(stopping=lambda: bool(interrupted))) as events:
            for _event in events:
                display.show(follower.poll(), follower.state)
    return session


def watch_run(folder: RunFolder) -> RunState:
    """Follow a run that another process has, to its end, or until Ctrl+C, which leaves it alone."""
    display, follower = Display(console()), RunFollower(folder)
    with suppress(KeyboardInterrupt), display.live():
        while True:
            display.show(follower.poll(), follower.state)
            if not folder.is_running():
                break
            time.sleep(LOOK_SECONDS)
    display.show(follower.poll(), follower.state)
    return follower.state


class Display:
    """Two bars, the run's and the stage's, a line of figures below, and one for every stage that is done."""

    def __init__(self, output: Console, interrupted: Interruption | None = None) -> None:
        """Bars and figures are shown live; lines that stay go to ``output``.

        With ``interrupted``, the bars tell once that has come.
        """
        columns = (
            SpinnerColumn(),
            TextColumn("{task.description}"),
            BarColumn(bar_width=24),
            TextColumn("{task.percentage:>3.0f} %"),
            TextColumn("{task.fields[beside]}"),
        )
        self.figures = Text(no_wrap=True, overflow="ellipsis")
        self._bars = Progress(*columns, console=output)
        self._console = output
        self._interrupted = Interruption() if interrupted is None else interrupted
        self._run = self._bars.add_task("preparing", total=1.0, beside="")
        self._stage: TaskID | None = None
        self._accuracy = ""

    def live(self) -> Live | nullcontext[None]:
        """Show the bars while something runs, where there is a terminal."""
        self._interrupted.is_shown = self._console.is_interactive and not self._console.quiet
        if not self._console.is_interactive:
            return nullcontext()
        shown = Group(self._bars, self.figures, self._interrupted)
        return Live(shown, console=self._console, transient=True, refresh_per_second=8)

    def prepare(self, event: Preparing) -> None:
        """Tell what is being prepared before there is a run."""
        self._bars.update(self._run, description=event.what, completed=event.fraction)

    def show(self, events: list[Event], state: RunState) -> None:
        """Follow ``events``, which ``state`` has taken in."""
        for event in events:
            self._follow(event, state)
        stage = f"stage {state.stage + 1}/{len(state.stages)}  " if state.stages else ""
        held = "held  " if state.status == "paused" else ""
        self._bars.update(
            self._run,
            description="run" if state.stages else state.doing,
            completed=state.fraction,
            beside=f"{stage}{held}{spoken_duration(state.seconds_left())} left" if state.stages else "",
        )

    def _follow(self, event: Event, state: RunState) -> None:
        match event:
            case RunStarted():
                self._console.print(
                    f"{event.training_images:,} training, {event.validation_images:,} validation, "
                    f"{event.test_images:,} test images; {event.device}, "
                    f"{event.threads} threads, {event.precision}"
                )
            case StageStarted():
                if self._stage is not None:
                    self._bars.remove_task(self._stage)
                self._accuracy = ""
                self._stage = self._bars.add_task(event.summary.name, total=event.summary.steps, beside="")
            case StageTaken():
                stage, took = state.stages[event.stage].name, spoken_duration(event.seconds)
                told = f"{stage}: taken over from run '{event.run}', which trained it in {took}"
                self._console.print(told, markup=False)
            case StepDone():
                self._show_step(event, state)
            case EpochDone():
                groups = gathered(state.learning.values())
                self._accuracy = "  ".join(
                    f"{g.network.name} {g.text('validation.accuracy')}" for g in groups
                )
            case RunWarning():
                self._console.print(f"warning: {event.text}", style=WARNING_STYLE, markup=False)
            case RunNotice():
                self._console.print(f"note: {event.message}", markup=False)
            case StageDone():
                for group in gathered(event.networks.values()):
                    accuracy, errors = group.text("accuracy"), group.text("errors")
                    name = group.network.name if group.rows[1:] else group.rows[0].name
                    self._console.print(f"{name}: {accuracy} of the test images right, {errors} errors")

    def _show_step(self, event: StepDone, state: RunState) -> None:
        losses = "  ".join(f"{name} {value:.4f}" for name, value in event.losses.items())
        self.figures.plain = f"  {losses}  {self._accuracy}"
        if self._stage is not None:
            epochs = state.stages[event.stage].epochs
            beside = f"epoch {event.epoch}/{epochs}  {event.images_per_second:,.0f} images/s"
            self._bars.update(self._stage, completed=event.step, beside=beside)
