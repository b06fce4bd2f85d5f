"""The lecture as a course: its claims in order, the preset that shows each here, and what runs have shown."""

from __future__ import annotations

import tomllib
from collections.abc import Collection, Iterable, Iterator, Mapping, Sequence
from contextlib import suppress
from dataclasses import dataclass
from functools import cached_property
from itertools import pairwise
from pathlib import Path
from typing import Self

from pydantic import ValidationError, field_validator

from kdstudio.declaration import Declaration, option
from kdstudio.engine.claim import Claim
from kdstudio.engine.experiment import Experiment
from kdstudio.engine.judgement import Judgement
from kdstudio.errors import KDStudioError
from kdstudio.problems import problems
from kdstudio.runs.claims import judged_run
from kdstudio.runs.figures import MISSING
from kdstudio.runs.finding_words import difference_of, expected
from kdstudio.runs.folder import RunFolder, recorded_runs, run_folders
from kdstudio.runs.preparing import Tell
from kdstudio.runs.preset_facts import essence
from kdstudio.runs.presets import load_experiment, plain
from kdstudio.runs.result_tables import ResultTable
from kdstudio.runs.session import Session, new_session, resumed_session
from kdstudio.runs.state import spoken_duration
from kdstudio.runs.summary import Status, Summary
from kdstudio.shipped import shipped

TAKEN: tuple[Status, ...] = ("finished", "running", "paused", "stopped", "interrupted")
"""States of a run that the lecture takes, or goes on with, instead of beginning it anew; the best first."""


class Variant(Declaration):
    """One way to show a claim."""

    name: str = option(..., "Preset", "The experiment; it makes the claim.")
    minutes: float = option(..., "Minutes", "Of the whole run, measured on 2 CPU cores.", gt=0)

    @cached_property
    def experiment(self) -> Experiment:
        """The preset; KDStudioError where there is none, or it makes no claim."""
        found = load_experiment(self.name)
        if found.claim is None:
            raise KDStudioError(f"the preset '{self.name}' makes no claim; add a table [claim] to it")
        return found

    @cached_property
    def essence(self) -> Mapping[str, object]:
        """What runs of it are known by."""
        return essence(plain(self.experiment))


class Lesson(Declaration):
    """One claim of the course."""

    number: int = option(..., "Number", "Of the claim in the lecture.", ge=1)
    title: str = option(..., "Title", "What the slide says.")
    presets: tuple[Variant, ...] = option(
        ..., "Presets", "From the richest data to the smallest; the first whose data are here is run."
    )

    @field_validator("presets")
    @classmethod
    def _some(cls, presets: tuple[Variant, ...]) -> tuple[Variant, ...]:
        if not presets:
            raise ValueError("a claim needs a preset that shows it")
        return presets

    def possible(self) -> tuple[Variant, ...]:
        """Return the variants whose data are here; the last of all where none are, which will say so."""
        here = tuple(each for each in self.presets if not each.experiment.data.source.lacks())
        return here or self.presets[-1:]


class Course(Declaration):
    """The claims in the order of the slides."""

    claims: tuple[Lesson, ...] = option(..., "Claims", "In the order of the slides.")

    def chosen(self, numbers: Collection[int]) -> Self:
        """Return the course of these claims alone, or of all for none; KDStudioError for an unknown one."""
        there = [lesson.number for lesson in self.claims]
        if unknown := [number for number in numbers if number not in there]:
            raise KDStudioError(
                f"the lecture has no claim {unknown[0]}; there are {', '.join(map(str, there))}"
            )
        kept = [lesson for lesson in self.claims if lesson.number in numbers or not numbers]
        return self.model_copy(update={"claims": tuple(kept)})


@dataclass(frozen=True)
class Step:
    """A claim of the course, with the preset that shows it."""

    lesson: Lesson
    variant: Variant

    @property
    def experiment(self) -> Experiment:
        """What is run."""
        return self.variant.experiment

    @property
    def claim(self) -> Claim:
        """What it is to show."""
        claim = self.experiment.claim
        assert claim is not None  # as the variant has found
        return claim

    @property
    def others(self) -> tuple[Step, ...]:
        """The same claim, with each of its other presets."""
        return tuple(Step(self.lesson, each) for each in self.lesson.presets if each != self.variant)


@dataclass(frozen=True)
class Shown:
    """What became of a step."""

    step: Step
    run: RunFolder | None = None
    """None where it could not be run."""
    summary: Summary | None = None
    judgement: Judgement | None = None
    """None where the run did not come to its end."""
    fault: str = ""
    """Why there is none."""


def lecture(file: Path | None = None) -> Course:
    """Read the course of the package, or another one; KDStudioError names what is wrong with it."""
    path = file or shipped("resources") / "lecture.toml"
    try:
        raw = tomllib.loads(path.read_text("utf-8"))
        return Course.model_validate(raw)
    except (OSError, ValueError) as error:
        told = problems(error, raw, Course) if isinstance(error, ValidationError) else [error]
        raise KDStudioError(f"'{path}' is no course: {'; '.join(map(str, told))}") from error


def steps(course: Course, minutes: float | None = None) -> list[Step]:
    """Choose a preset for each claim: the richest data with which all take no longer than ``minutes``.

    As long as they take longer, the claim that saves most by it is shown by its next shorter preset. Where
    all are at their shortest they may still take longer, see :func:`minutes_of`.
    """
    possible = [list(lesson.possible()) for lesson in course.claims]

    def saving(variants: Sequence[Variant]) -> float:
        return max((a.minutes - b.minutes for a, b in pairwise(variants[:2])), default=0.0)

    while minutes is not None and sum(variants[0].minutes for variants in possible) > minutes:
        longest = max(possible, key=saving, default=[])
        if saving(longest) <= 0:
            break
        del longest[0]
    return [Step(lesson, variants[0]) for lesson, variants in zip(course.claims, possible, strict=True)]


def minutes_of(chosen: Iterable[Step]) -> float:
    """How long steps take together, if nothing of them has been run."""
    return sum(step.variant.minutes for step in chosen)


def run_of(experiment: Experiment, runs: Path) -> RunFolder | None:
    """Find the newest run of an experiment: a finished one, else one that was begun; None without any."""
    return run_among(essence(plain(experiment)), _readable(run_folders(runs)))


def recording_of(experiment: Experiment) -> RunFolder | None:
    """Find the run of an experiment that came with the package; None where none has."""
    return run_among(essence(plain(experiment)), _readable(recorded_runs()))


def run_among(wanted: Mapping[str, object], found: Iterable[tuple[RunFolder, Summary]]) -> RunFolder | None:
    """Find it by its experiment's essence among runs that have been read, the newest first."""
    by_status: dict[Status, RunFolder] = {}
    for folder, summary in found:
        if essence(summary.experiment) == wanted:
            by_status.setdefault(summary.status, folder)
    return next((by_status[status] for status in TAKEN if status in by_status), None)


def _readable(folders: Iterable[RunFolder]) -> Iterator[tuple[RunFolder, Summary]]:
    for folder in folders:
        with suppress(KDStudioError):  # damaged
            yield folder, folder.summary()


def session_of(step: Step, runs: Path, tell: Tell, *, allow_code: bool = False) -> Session:
    """Begin a step's run, or go on with one that was left; KDStudioError where that is not possible.

    ``allow_code`` lets networks be built by the user's own Python files, here as below.
    """
    if left := run_of(step.experiment, runs):
        return resumed_session(left, tell, allow_code=allow_code)
    return new_session(step.experiment, runs, tell=tell, allow_code=allow_code)


def shown_by(step: Step, run: RunFolder, *, allow_code: bool = False) -> Shown:
    """Say what a run shows of a step's claim, as the preset makes it now."""
    summary = run.summary()
    if summary.status != "finished":
        return Shown(step, run, summary, fault=summary.error or f"the run is {summary.status}")
    kept = summary.claim if run.experiment().claim == step.claim else None
    return Shown(step, run, summary, kept or judged_run(step.claim, run, allow_code=allow_code))


def record_of(shown: Shown) -> dict[str, object]:
    """Say all of it for other programs."""
    judgement = shown.judgement
    return {
        "claim": shown.step.lesson.number,
        "title": shown.step.lesson.title,
        "preset": shown.step.variant.name,
        "run": shown.run.name if shown.run else None,
        "seconds": shown.summary.seconds if shown.summary else None,
        "verdict": judgement.verdict if judgement else "no statement",
        "fault": shown.fault,
        "judgement": judgement.model_dump(mode="json") if judgement else None,
    }


def course_table(found: Iterable[Shown]) -> ResultTable:
    """Lay out what came of the claims: what was measured, the published figure, the verdict, the time."""
    head = ("", "claim", "measured", "difference (95 %)", "published", "verdict", "time")
    return ResultTable("The lecture", head, tuple(map(_row, found)), figures=1)


def _row(shown: Shown) -> tuple[str, ...]:
    """One claim; of several findings the one that decided."""
    lesson, judgement = shown.step.lesson, shown.judgement
    time = spoken_duration(shown.summary.seconds) if shown.summary else MISSING
    if judgement is None:
        return (str(lesson.number), lesson.title, shown.fault, MISSING, "", "no statement", time)
    finding = judgement.deciding
    return (
        str(lesson.number),
        lesson.title,
        f"{finding.quantity} of {expected(finding)}",
        difference_of(finding),
        judgement.published,
        ": ".join(filter(None, (judgement.verdict, finding.reason))),
        time,
    )
