"""The plan of a whole run: the stages of all trials, each once, and what everything is called in the run.

Within its trial a network has the name that the strategy knows. In the run, which has it once for each
trial, the trial's coordinates stand behind that, but for those that make no difference to it: a teacher
that all trials share is called ``teacher``, a baseline under a sweep of temperatures ``baseline seed-1``.
"""

from __future__ import annotations

from collections.abc import Callable, Iterator, Mapping, Sequence
from dataclasses import dataclass, field

from kdstudio.engine.claim import check_claim
from kdstudio.engine.content import digest
from kdstudio.engine.context import RunContext
from kdstudio.engine.dry_run import follow
from kdstudio.engine.evaluation import Evaluated
from kdstudio.engine.events import StageSummary
from kdstudio.engine.experiment import Experiment
from kdstudio.engine.identity import Coordinate, Identity, spoken_coordinates
from kdstudio.engine.stage import Stage
from kdstudio.errors import KDStudioError

Coordinates = dict[str, Coordinate]


@dataclass(frozen=True)
class Names:
    """What a trial's networks and heads are called in the run."""

    identities: Mapping[str, Identity]
    """Of what can be scored, by its name in the trial."""
    coordinates: Mapping[str, Coordinates]
    """Those of the trial that make a difference, by name."""

    def __call__(self, name: str) -> str:
        """Return the name in the run."""
        if name in self.identities:
            return self.identity(name).name
        return _at(name, self.coordinates.get(name, {}))

    def identity(self, name: str) -> Identity:
        """Return what it is in the run."""
        return self.identities[name].at(self.coordinates.get(name, {}))


def in_the_run(found: Evaluated, names: Names) -> Evaluated:
    """Return a network's row with the coordinates that it has in the run."""
    name = found.result.name
    if name not in names.identities:
        return found
    coordinates = names.identity(name).coordinates
    return found._replace(result=found.result.model_copy(update={"coordinates": coordinates}))


@dataclass(frozen=True)
class TrialPlan:
    """One trial of a run."""

    numbers: tuple[int, ...]
    """Of its stages, among those of the run."""
    names: Names


@dataclass(frozen=True)
class RunPlan:
    """What a run will do."""

    stages: tuple[StageSummary, ...]
    trials: tuple[TrialPlan, ...]
    notes: tuple[str, ...] = ()
    """What people should know before it is trained, and changes no result."""

    def first_with(self, stage: int) -> TrialPlan:
        """Return the trial that trains the stage; others take what it has trained."""
        return next(trial for trial in self.trials if stage in trial.numbers)


@dataclass
class _Followed:
    """A trial's plan, followed once."""

    coordinates: Coordinates
    identities: dict[str, Identity] = field(default_factory=dict)
    stages: list[StageSummary] = field(default_factory=list)
    digests: list[str] = field(default_factory=list)
    histories: dict[str, list[str]] = field(default_factory=dict)
    """Digests of every name's weights, after each stage that it is in."""


def run_plan(context: RunContext, tell: Callable[[str], None] = lambda _what: None) -> RunPlan:
    """Follow every trial's plan without training; stages of equal content are one stage.

    ``tell`` hears of every stage. Raises KDStudioError where one cannot be trained.
    """
    followed = [_follow(coordinates, trial, tell) for coordinates, trial in context.trials()]
    numbers: dict[str, int] = {}
    for trial in followed:
        for key in trial.digests:
            numbers.setdefault(key, len(numbers))
    names = [*map(Names, (trial.identities for trial in followed), _telling(followed))]
    sharing: dict[str, list[Coordinates]] = {}
    for trial in followed:
        for key in trial.digests:
            sharing.setdefault(key, []).append(trial.coordinates)
    stages: dict[str, StageSummary] = {}
    for trial, called in zip(followed, names, strict=True):
        for key, summary in zip(trial.digests, trial.stages, strict=True):
            if key not in stages:
                stages[key] = _renamed(summary, called, _common(sharing[key]))
    trials = tuple(
        TrialPlan(tuple(numbers[key] for key in trial.digests), called)
        for trial, called in zip(followed, names, strict=True)
    )
    return RunPlan(tuple(stages.values()), trials, tuple(_notes(context.experiment, [*stages.values()])))


def _notes(experiment: Experiment, stages: Sequence[StageSummary]) -> Iterator[str]:
    """Say why the claim will not be judged: whoever changes a preset may take away what it speaks of."""
    if experiment.claim is None:
        return
    scored = {name: identity for stage in stages for name, identity in stage.scored.items()}
    try:
        check_claim(experiment.claim, experiment.strategy.comparison, [*scored.values()], stages)
    except KDStudioError as error:
        yield f"This run will not show its claim: {error}."


def _follow(coordinates: Coordinates, context: RunContext, tell: Callable[[str], None]) -> _Followed:
    found = _Followed(coordinates)
    for stage, summary in follow(context, lambda what: tell(_at(what, coordinates))):
        key = _digest(stage, context)
        found.stages.append(summary)
        found.digests.append(key)
        learners = {name for update in range(len(stage.updates)) for name in stage.learners(update)}
        for name in {*learners, *stage.changes}:
            context.contents[name] = digest(key, name)
        for name in (*stage.networks, *stage.heads):
            found.histories.setdefault(name, []).append(context.content_of(name))
        for name in stage.scored.keys() - stage.networks.keys():
            behind = sorted(context.content_of(part) for part in stage.behind(stage.scored[name]))
            found.histories.setdefault(name, []).append(digest(*behind))
    found.identities = {name: entry.identity for name, entry in context.scorable.items()}
    return found


def _digest(stage: Stage, context: RunContext) -> str:
    """Digest everything that the weights depend on that ``stage`` will leave behind."""
    parts = {**stage.networks, **stage.heads}
    return digest(
        [stage.name, stage.seed, stage.classes, stage.renumber, stage.training_spec, context.data.spec],
        [[[t.name, t.loss, t.inputs, t.targets, t.weight] for t in terms] for terms in stage.updates],
        {name: [context.content_of(name), part.frozen] for name, part in parts.items()},
        [stage.scored, stage.after_epoch, [*stage.changes]],
    )


def _telling(followed: Sequence[_Followed]) -> list[dict[str, Coordinates]]:
    """Return, for each trial, those coordinates of every name that all trials in which it is alike share."""
    alike: dict[str, dict[tuple[str, ...], list[Coordinates]]] = {}
    for trial in followed:
        for name, history in trial.histories.items():
            alike.setdefault(name, {}).setdefault(tuple(history), []).append(trial.coordinates)
    common = {name: {key: _common(group) for key, group in groups.items()} for name, groups in alike.items()}
    for name, groups in common.items():
        shared = [*groups.values()]
        unclear = [key for key, coordinates in groups.items() if shared.count(coordinates) > 1]
        groups |= {key: alike[name][key][0] for key in unclear}
    return [{n: common[n][tuple(history)] for n, history in trial.histories.items()} for trial in followed]


def _common(several: Sequence[Coordinates]) -> Coordinates:
    first, *others = several
    return {key: value for key, value in first.items() if all(other[key] == value for other in others)}


def _renamed(summary: StageSummary, called: Names, coordinates: Coordinates) -> StageSummary:
    """Put the run's names in the place of the trial's."""
    scored = {called(name): called.identity(name) for name in summary.scored}
    return summary.model_copy(
        update={
            "name": _at(summary.name, coordinates),
            "coordinates": coordinates,
            "trained": tuple(map(called, summary.trained)),
            "frozen": tuple(map(called, summary.frozen)),
            "parameters": {called(name): count for name, count in summary.parameters.items()},
            "scored": scored,
            "heads": {called(name): what for name, what in summary.heads.items()},
        }
    )


def _at(name: str, coordinates: Coordinates) -> str:
    return " ".join([name, *spoken_coordinates(coordinates)])
