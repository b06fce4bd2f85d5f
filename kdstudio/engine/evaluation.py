"""What is scored once a stage is trained: every network last and best, and what evaluators add."""

from __future__ import annotations

from collections.abc import Collection
from typing import NamedTuple

from kdstudio.data.feed import Feed
from kdstudio.engine.bias import classes_of, fitted_biases, with_biases
from kdstudio.engine.confusion import accuracy_on
from kdstudio.engine.context import RunContext
from kdstudio.engine.events import Confusion, EpochScores, NetworkResult, Shifted
from kdstudio.engine.identity import Identity
from kdstudio.engine.scoring import predictions, score, scores
from kdstudio.engine.stage import Stage
from kdstudio.engine.stage_run import StageRun
from kdstudio.errors import KDStudioError
from kdstudio.models.complexity import count
from kdstudio.processes import Processes


class Evaluated(NamedTuple):
    """One network's row, and its confusions after the last epoch."""

    result: NetworkResult
    tested: Confusion
    validated: Confusion


def evaluate(run: StageRun, name: str, context: RunContext, seen: Collection[int] = ()) -> Evaluated:
    """Score what the stage scores as ``name`` on validation and test: last and best if it has learned here.

    ``seen`` are the classes that it has learned from, none meaning all.
    """
    stage = run.stage
    parts = context.data.evaluation_feeds(stage.classes, stage.renumber)
    learned = name in run.scored
    together = context.processes
    last, tested, validated = _scores_at(stage, name, run.epoch if learned else 0, *parts, seen, together)
    best = last
    unseen = tuple(context.data.class_numbers(stage.training_spec.leave_out)) if learned else ()
    shifted = shifted_scores(stage, name, context, unseen) if unseen else None
    if learned:
        state = run.use_best(name)
        best = _scores_at(stage, name, run.best[name].epoch, *parts, seen, together)[0]
        run.use(name, state)
    entry = context.scorable.get(name)
    behind = stage.behind(stage.scored[name]).values()
    identity = entry.identity if entry else Identity(role=name, kind=name)
    architectures = (part.architecture for part in behind if part.architecture)
    parameters, multiply_adds = _cost(context, name)
    result = NetworkResult(
        **identity.model_dump(),
        architecture=" + ".join(dict.fromkeys(architectures)),
        parameters=parameters or sum(part.parameter_count() for part in behind),
        multiply_adds=multiply_adds,
        classes=stage.classes if stage.renumber else (),
        unseen=unseen,
        last_epoch=last,
        best_epoch=best,
        unseen_accuracy=accuracy_on(tested, unseen) if unseen else None,
        shifted=shifted,
    )
    return Evaluated(result, tested, validated)


def _scores_at(
    stage: Stage,
    name: str,
    epoch: int,
    validation: Feed,
    test: Feed,
    seen: Collection[int],
    processes: Processes,
) -> tuple[EpochScores, Confusion, Confusion]:
    """Score what the stage scores as ``name`` as it is after ``epoch``; with both confusions, test first."""
    one = {name: stage.scored[name]}
    tested = score(stage, one, test, (), processes)[name]
    validated = score(stage, one, validation, seen, processes)[name]
    found = EpochScores(epoch=epoch, validation=validated.scores, test=tested.scores, seen=validated.seen)
    return found, tested.confusion, validated.confusion


def _cost(context: RunContext, name: str) -> tuple[int | None, int | None]:
    """Weights and multiply-adds of a network or composition; None where they cannot be counted."""
    module = context.module_of(name) if name in context.scorable else None
    if module is None:
        return None, None
    training = {part: part.training for part in module.modules()}
    try:
        found = count(module, context.data.image[:3], context.device)
    except RuntimeError:  # a layer that counts nothing, and the run is not lost for it
        return sum(parameter.numel() for parameter in module.parameters()), None
    finally:
        for part, mode in training.items():
            part.training = mode
    return found.parameters, found.multiply_adds


def shifted_scores(stage: Stage, name: str, context: RunContext, unseen: tuple[int, ...]) -> Shifted | None:
    """Fit what the stage scores as ``name`` on the validation images, unlabelled; score it afterwards.

    None where no shift can be fitted: a run is not lost for it.
    """
    data, one = context.data, {name: stage.scored[name]}
    shares = data.class_shares()
    validation, tested = (
        predictions(stage, one, feed, context.processes)[name] for feed in (data.validation, data.test)
    )
    try:
        biases = fitted_biases(validation, shares, classes_of("fewer", unseen, shares))
    except KDStudioError:
        return None
    test = scores(with_biases(tested, biases), data.test.part.labels)
    return Shifted(
        biases=biases,
        validation=scores(with_biases(validation, biases), data.validation.part.labels).scores,
        test=test.scores,
        unseen_accuracy=accuracy_on(test.confusion, unseen),
    )
