"""The one training loop: a generator of events. It knows stages, and no strategy."""

from __future__ import annotations

import math
import time
from collections.abc import Callable, Collection, Generator, Iterator, Mapping
from contextlib import closing
from dataclasses import replace

import torch
from torch import Tensor

from kdstudio.data.feed import Feed
from kdstudio.data.seeding import derived_seed
from kdstudio.engine.answers import Answers, AnswerStore
from kdstudio.engine.checkpoint import Checkpoint, Progress
from kdstudio.engine.circumstances import circumstances, images_digest, stage_key
from kdstudio.engine.content import digest
from kdstudio.engine.context import RunContext
from kdstudio.engine.delivery import Delivery, SharedWeights, deliveries
from kdstudio.engine.dry_run import try_out
from kdstudio.engine.evaluation import Evaluated, evaluate
from kdstudio.engine.events import (
    EpochDone,
    Event,
    Preparing,
    RunDone,
    RunNotice,
    RunStarted,
    RunWarning,
    StageDone,
    StageStarted,
    StageTaken,
    StepDone,
)
from kdstudio.engine.experiment import Experiment
from kdstudio.engine.remembered import RememberedNetwork, remembered
from kdstudio.engine.run_plan import Names, in_the_run, run_plan
from kdstudio.engine.scoring import score
from kdstudio.engine.stage import Stage
from kdstudio.engine.stage_run import StageRun, States, copied_state
from kdstudio.engine.strangers import blaming_strangers
from kdstudio.engine.trained import Ending, Trained, TrainedStages
from kdstudio.engine.warnings import (
    Doubts,
    answers,
    at_chance,
    diverging,
    loss_not_falling,
    repeated_test_images,
    small_validation,
)
from kdstudio.errors import FieldPath, KDStudioError, speaking_of
from kdstudio.machine import host
from kdstudio.models.modules.drawing import seed_draws

REPORTS_PER_EPOCH = 40
"""Steps are reported so often in an epoch, and …"""
REPORTS_PER_STAGE = 100
"""… so often in a stage, at most, unless that would be silent for long."""
MEASUREMENTS_PER_EPOCH = 4
"""How often each term's gradient is measured by itself, but no oftener than in one step of …"""
LEAST_BETWEEN_MEASUREMENTS = 25
"""… so many: a measurement costs as much as a step."""
LONGEST_SILENCE = 0.25
"""Seconds after which a step is reported out of turn."""

StateLoader = Callable[[int, str], dict[str, Tensor]]
"""Reads the weights of a network or head of this run, by the stage that has trained it and its name."""


class Trainer:
    """Runs an experiment's plan; whoever iterates :meth:`events` sets the pace.

    Closing the generator ends the run. While it is suspended at an event, :meth:`checkpoint` tells where it
    stands: whole updates have been taken of every step that is counted. While networks are scored, or asked
    for their predictions, it stands where it stood before that.
    """

    def __init__(
        self,
        context: RunContext,
        resume: Checkpoint | None = None,
        finished: StateLoader | None = None,
        tell: Callable[[str], None] = lambda _what: None,
        store: AnswerStore | None = None,
        elsewhere: TrainedStages | None = None,
    ) -> None:
        """Dry-runs the plan; ``resume`` and ``finished`` come from an interrupted run of it.

        ``tell`` hears what is being tried; ``store`` keeps answers of frozen networks for other runs, and
        what such have trained ``elsewhere`` is taken over.

        Raises KDStudioError when the experiment cannot be run.
        """
        self.context = context
        """Of the whole run; every trial has its own."""
        self.processes = context.processes
        self.experiment = context.experiment
        self._resume = resume or Checkpoint()
        self._finished = finished
        self._answers = Answers(store, self.experiment.data.source.summary())
        self._stage = self._resume.progress.stage
        self._run: StageRun | None = None
        self._away = 0.0
        self._left: float | None = None
        """Since when an event has been in the hands of whoever iterates."""
        self._began = time.monotonic()
        self._reported: set[str] = set()
        """Names of the networks whose results have been reported."""
        self._doubts = Doubts(self._resume.progress.warnings)
        self.delivered: tuple[Delivery, ...] = ()
        """The networks that the stage just done has made, or has been the first to show."""
        self.parts: dict[str, dict[str, Tensor]] = {}
        """Weights that a resumed run needs of that stage, beside those of the networks delivered."""
        self.best_parts: dict[str, States] = {}
        """Those after the best epoch, by the network that was best then, which another run needs."""
        self.ending: Ending | None = None
        """How its training has ended."""
        self._elsewhere = elsewhere
        self.plan = run_plan(context, tell)
        self.summaries = self.plan.stages
        self._shared = SharedWeights(self.plan)
        images = images_digest(context.data.loaded)
        here = circumstances(self.experiment, context.device, self.summaries, images, self.processes)
        self._threads, self._precision = here.threads, here.precision
        begun = self._resume.progress
        goes_on_here = begun.is_beginning or begun.circumstances == here.digest
        self._circumstances = here.digest if goes_on_here else digest(object())

    def settled(self) -> Experiment:
        """Return the experiment with the precision that was chosen: a resumed run goes on in it anywhere."""
        compute = self.experiment.compute.model_copy(update={"precision": self._precision})
        return self.experiment.model_copy(update={"compute": compute})

    def seconds(self) -> float:
        """Time spent in the run, the time between two events not counted."""
        now = time.monotonic() if self._left is None else self._left
        return now - self._began - self._away

    def checkpoint(self) -> Checkpoint:
        """Where the run stands; between two events of it."""
        run = self._run
        if run is None:
            waiting = self._stage == self._resume.progress.stage  # the stage to go on with has not begun
            resume = self._resume if waiting else Checkpoint(Progress(stage=self._stage))
            told = {
                "seconds": self.seconds(),
                "warnings": tuple(self._doubts.told),
                "circumstances": self._circumstances,
            }
            return replace(resume, progress=resume.progress.model_copy(update=told))
        progress = Progress(
            stage=self._stage,
            epoch=run.epoch,
            step=run.step,
            seconds=self.seconds(),
            best=run.best,
            first_losses=run.first_losses,
            last_losses=run.last_losses,
            warnings=tuple(self._doubts.told),
            circumstances=self._circumstances,
        )
        return Checkpoint(progress, run.tensors())

    def events(self) -> Generator[Event]:
        """Train each stage of the plan and tell what happens."""
        self._began = time.monotonic() - self._resume.progress.seconds
        running = self._events()
        with closing(running), blaming_strangers():
            for event in running:
                self._left = time.monotonic()
                yield event
                self._away += time.monotonic() - self._left
                self._left = None

    def _events(self) -> Generator[Event]:
        context, strategy = self.context, self.experiment.strategy
        data = context.data
        torch.set_num_threads(self._threads)
        yield RunStarted(
            host=host(),
            device=str(context.device),
            threads=self._threads,
            precision=self._precision,
            class_names=data.class_names,
            training_images=data.training_images,
            validation_images=len(data.validation),
            test_images=len(data.test),
            stages=self.summaries,
            views=self.experiment.views,
            comparison=strategy.comparison,
        )
        if self.processes.count > 1:
            yield RunNotice(
                message=f"Trained by {self.processes.count} processes, each with a share of every batch."
            )
        if self._resume.progress.is_beginning:
            yield from (RunNotice(message=note) for note in self.plan.notes)
            yield from self._doubts.new(repeated_test_images(data.repeated_test_images(), len(data.test)))
        for trial, (_coordinates, own) in zip(self.plan.trials, context.trials(), strict=True):
            for number, stage in zip(trial.numbers, own.plan(), strict=True):
                stage.title, stage.called = self.summaries[number].name, trial.names
                if number < self._resume.progress.stage or number in self._shared:
                    self._take_finished(number, stage, own)
                else:
                    yield from self._train(number, stage, own, trial.names)
        yield RunDone(seconds=self.seconds())

    def _take_finished(self, number: int, stage: Stage, context: RunContext) -> None:
        """Load what the interrupted run, or another trial, has trained already."""
        try_out(stage, context)
        called = self.plan.first_with(number).names
        self._reported.update(map(called, stage.scored))
        learners = {
            n: part for update in range(len(stage.updates)) for n, part in stage.learners(update).items()
        }
        changing, states = learners | stage.changes, self._shared.of(number)
        if states is None:
            assert self._finished is not None
            states = {name: self._finished(number, called(name)) for name in changing}
        for name, part in changing.items():
            part.module.load_state_dict(states[name])
        self._doubts.note(stage, changing)
        self._shared.keep(number, states)

    def _train(self, number: int, stage: Stage, context: RunContext, called: Names) -> Iterator[Event]:
        stage.to(context.device)
        try_out(stage, context)
        feed = context.feed(stage)
        validation, _test = context.data.evaluation_feeds(stage.classes, stage.renumber)
        seen = context.data.seen(feed, validation)
        run = StageRun(stage, context.device, self._precision, self.processes)
        if number == self._resume.progress.stage and self._resume.tensors:
            run.restore(self._resume)
        self._stage, self._run = number, run
        yield StageStarted(stage=number, summary=self.summaries[number])
        self._doubts.note(stage, run.changing)
        evaluated: dict[str, Evaluated] = {}
        if run.scored:
            yield from self._doubts.new(small_validation(validation.count_of(seen)))
        for name in stage.scored:  # before it teaches
            if name in run.scored or called(name) in self._reported:
                continue
            yield Preparing(what=f"scores of the {called(name)}", fraction=0.0)
            evaluated[name] = in_the_run(evaluate(run, name, context), called)
            yield from self._doubts_of(number, run, name, evaluated[name])
        if not run.epoch and not run.step:
            yield from self._take_trained(number, run)
        own = dict(stage.networks)
        for network in remembered(run, feed, self._answers, self.processes):
            stage.networks[network.name] = network  # type: ignore[index]
        while run.epoch < stage.training_spec.epochs:
            yield from self._doubts.new(diverging(run))
            yield from self._train_epoch(number, run, feed, validation, seen)
        stage.networks.update(own)  # type: ignore[attr-defined]
        evaluated |= {name: in_the_run(evaluate(run, name, context, seen), called) for name in run.scored}
        evaluated = {name: evaluated[name] for name in stage.scored if name in evaluated}
        yield from self._doubts.new(loss_not_falling(run))
        for name in run.scored:
            yield from self._doubts_of(number, run, name, evaluated[name], seen)
        self._reported.update(map(called, evaluated))
        self._keep(number, run, context, evaluated)
        self._stage, self._run = number + 1, None
        yield StageDone(
            stage=number,
            seconds=self.seconds(),
            networks={called(name): found.result for name, found in evaluated.items()},
            circumstances=self._circumstances,
            confusions={called(name): found.tested for name, found in evaluated.items()},
        )

    def _key(self, number: int) -> str:
        """Tell what the stage's training depends on."""
        return stage_key(self._circumstances, self.plan.digests[number])

    def _take_trained(self, number: int, run: StageRun) -> Iterator[Event]:
        """Let the stage stand at its end where another run has trained it."""
        if self._elsewhere is None:
            return
        trained = self._elsewhere.find(self._key(number))
        for message in self._elsewhere.complaints():
            yield RunNotice(message=message)
        if trained:
            events = tuple(self._retold(number, run, trained))
            run.take_over(trained)
            yield StageTaken(stage=number, run=trained.run, seconds=trained.seconds, events=events)

    def _retold(
        self, number: int, run: StageRun, trained: Trained
    ) -> Iterator[StepDone | EpochDone | RunWarning]:
        """Count the epochs as if they were trained, and tell what would be told of them."""
        now = {"stage": number, "seconds": self.seconds()}
        for event in trained.events:
            if isinstance(event, EpochDone):
                validation = {run.stage.called(name): found for name, found in event.validation.items()}
                yield event.model_copy(update={**now, "validation": validation})
                run.end_epoch(event.losses, {})
                if run.epoch < run.stage.training_spec.epochs:
                    yield from self._doubts.new(diverging(run))
            else:
                yield event.model_copy(update=now)

    def _ask(self, run: StageRun) -> Iterator[Event]:
        """Have the answers of remembered networks to the epoch's images ready."""
        for network in (n for n in run.stage.networks.values() if isinstance(n, RememberedNetwork)):
            for fraction in network.fill(run.epoch):
                yield Preparing(
                    what=f"predictions of the {run.stage.called(network.name)}", fraction=fraction
                )
        for message in self.processes.agreed(self._answers.complaints()):
            yield RunNotice(message=message)

    def _doubts_of(
        self, number: int, run: StageRun, name: str, found: Evaluated, seen: Collection[int] = ()
    ) -> Iterator[Event]:
        """Tell where a network is at chance, or where what has taught it was."""
        stage, data = run.stage, self.context.data
        names = [data.class_names[c] for c in found.result.classes or range(data.classes)]
        teaches = any(stage.called(name) in summary.frozen for summary in self.summaries[number:])
        own = answers(found.validated, seen)
        yield from self._doubts.new(at_chance(stage.title, found.result, own, names, teaches=teaches))
        yield from self._doubts.new(self._doubts.taught(stage, name))

    def _keep(
        self, number: int, run: StageRun, context: RunContext, evaluated: Mapping[str, Evaluated]
    ) -> None:
        """Take copies of what the stage has made."""
        stage, called = run.stage, run.stage.called
        results = {name: found.result for name, found in evaluated.items()}
        self.delivered = deliveries(run, context, results)
        whole = {delivery.card.network for delivery in self.delivered if delivery.card.model}
        later = {name for summary in self.summaries[number + 1 :] for name in summary.trained}
        states = {name: copied_state(module) for name, module in run.changing.items()}
        self.parts = {
            called(name): state
            for name, state in states.items()
            if called(name) in later or called(name) not in whole
        }
        self.best_parts = {
            called(scored): {called(name): state for name, state in best.items()}
            for scored, best in run.best_states.items()
            if run.best[scored].epoch != run.epoch
            and (called(scored) in later or called(scored) not in whole)
        }
        names = {name: called(name) for name in (*run.changing, *stage.scored)}
        self.ending = Ending(key=self._key(number), names=names, changed=tuple(run.changing), best=run.best)
        self._shared.keep(number, states)

    def _train_epoch(
        self, number: int, run: StageRun, feed: Feed, validation: Feed, seen: Collection[int]
    ) -> Iterator[Event]:
        stage, epoch, called = run.stage, run.epoch, run.stage.called
        epochs, weights = stage.training_spec.epochs, run.weights()
        interval = max(1, feed.steps // REPORTS_PER_EPOCH, epochs * feed.steps // REPORTS_PER_STAGE)
        began = self.seconds()
        yield from self._ask(run)
        asked = reported = self.seconds()
        images, reported_step, due = 0, run.step, run.step + 1
        sums = before = {name: float(total) for name, total in run.losses.items()}
        rate = run.learning_rate(feed.steps)
        measured = max(math.ceil(feed.steps / MEASUREMENTS_PER_EPOCH), LEAST_BETWEEN_MEASUREMENTS)
        stage.train()
        for batch in feed.shuffled(epoch, start=run.step, among=self.processes):
            seed_draws(derived_seed(stage.seed, "step", epoch, run.step), self.context.device)
            rate = run.learning_rate(feed.steps)
            run.take_step(batch, rate, weights, measure=run.step % measured == 0)
            images += len(batch)
            now = self.seconds()
            is_silent = now - reported < LONGEST_SILENCE if self.processes.count == 1 else run.step < due
            if run.step % interval and run.step < feed.steps and is_silent:
                continue
            sums = self._read_losses(run)
            count = feed.images_in(run.step) - feed.images_in(reported_step)
            yield StepDone(
                stage=number,
                epoch=epoch + 1,
                step=epoch * feed.steps + run.step,
                losses={name: (sums[name] - before[name]) / count for name in sums},
                weights=weights,
                learning_rate=rate,
                images_per_second=images / max(now - asked, 1e-9),
                seconds=self.seconds(),
            )
            if self.processes.count > 1:  # whose clocks differ
                steps_in_time = LONGEST_SILENCE * (run.step - reported_step) / max(now - reported, 1e-9)
                due = run.step + self.processes.agreed(max(round(steps_in_time), 1))
            before, reported, reported_step = sums, self.seconds(), run.step
        speed = images / max(self.seconds() - began, 1e-9)
        losses = {name: total / feed.images_in(feed.steps) for name, total in sums.items()}
        measurements = math.ceil(feed.steps / measured)
        means = {name: float(total) / measurements for name, total in run.gradient_norms.items()}
        norms = {name: mean for name, mean in means.items() if math.isfinite(mean)}
        run.synchronise()
        if stage.after_epoch:
            stage.after_epoch(run.epoch + 1)
        with speaking_of(*self._rate_field()):
            scored = score(stage, run.scored, validation, seen, self.processes)
        run.end_epoch(losses, {name: found.selection for name, found in scored.items()})
        yield EpochDone(
            stage=number,
            epoch=run.epoch,
            step=run.epoch * feed.steps,
            losses=losses,
            weights=weights,
            gradient_norms=norms,
            learning_rate=rate,
            images_per_second=speed,
            seconds=self.seconds(),
            validation={called(name): found.scores for name, found in scored.items()},
            confusions={called(name): found.confusion for name, found in scored.items()},
        )

    def _read_losses(self, run: StageRun) -> dict[str, float]:
        """Read the sums off the device; a run whose loss is no number has failed."""
        names = list(run.losses)
        read = self.processes.agreed(torch.stack(list(run.losses.values())).tolist())
        sums = dict(zip(names, read, strict=True))
        for name, total in sums.items():
            if not math.isfinite(total):
                with speaking_of(*self._rate_field()):
                    raise KDStudioError(
                        f"the {name} of stage '{run.stage.title}' is {total} in epoch {run.epoch + 1}; "
                        "lower the learning rate, warm up, or limit the weights"
                    )
        return sums

    def _rate_field(self) -> FieldPath:
        """Path of the learning rate of what learns now."""
        stage = self.summaries[self._stage]
        roles = [stage.scored[name].role for name in stage.trained if name in stage.scored]
        return ("networks", *roles[:1], "training", "optimizer", "learning_rate") if roles else ()
