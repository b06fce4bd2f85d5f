"""The one training loop: a generator of events. It knows stages, and no strategy."""

from __future__ import annotations

import math
import time
from collections.abc import Callable, Generator, Iterator
from dataclasses import replace

import torch
from torch import Tensor

from kdstudio.data.feed import Feed
from kdstudio.data.seeding import derived_seed
from kdstudio.engine.bias import shifted_scores
from kdstudio.engine.checkpoint import Checkpoint, Progress
from kdstudio.engine.context import RunContext
from kdstudio.engine.device import choose_threads
from kdstudio.engine.dry_run import dry_run, outline
from kdstudio.engine.events import (
    EpochDone,
    EpochScores,
    Event,
    NetworkResult,
    Preparing,
    RunDone,
    RunStarted,
    StageDone,
    StageStarted,
    StepDone,
)
from kdstudio.engine.logit_cache import CachedNetwork, cacheable, fill
from kdstudio.engine.network import LOGITS
from kdstudio.engine.scoring import score
from kdstudio.engine.stage import Stage
from kdstudio.engine.stage_run import StageRun, States, copied_state
from kdstudio.errors import KDStudioError

REPORTS_PER_EPOCH = 40
MEASUREMENTS_PER_EPOCH = 4
"""How often each term's gradient is measured by itself."""
LONGEST_SILENCE = 0.25
"""Seconds after which a step is reported out of update."""

StateLoader = Callable[[str], dict[str, Tensor]]
"""Reads the weights of a finished network or head of this run, by its name."""


class Trainer:
    """Runs an experiment's plan; whoever iterates :meth:`events` sets the pace.

    Closing the generator ends the run. While it is suspended at a training event,
    :meth:`checkpoint` tells where it stands.
    """

    def __init__(
        self,
        context: RunContext,
        resume: Checkpoint | None = None,
        finished: StateLoader | None = None,
    ) -> None:
        """Dry-runs the plan; ``resume`` and ``finished`` come from an interrupted run of it.

        Raises KDStudioError when the experiment cannot be run.
        """
        self.context = context
        self.experiment = context.experiment
        self._resume = resume or Checkpoint()
        self._finished = finished
        self._stage = self._resume.progress.stage
        self._run: StageRun | None = None
        self._away = 0.0
        self._began = time.monotonic()
        self._told: set[str] = set()
        """Names of the networks whose results have been told."""
        self.trained: dict[str, dict[str, Tensor]] = {}
        """Last weights of what the stage just done has trained, by network or head, and of networks
        that came with weights."""
        self.best: dict[str, States] = {}
        """Their weights after the best epoch, by what was scored, then by network or head."""
        self.outlines = dry_run(context)

    def seconds(self) -> float:
        """Time spent in the run, the time between two events not counted."""
        return time.monotonic() - self._began - self._away

    def checkpoint(self) -> Checkpoint:
        """Where the run stands; between two events of it."""
        run = self._run
        if run is None:
            waiting = self._stage == self._resume.progress.stage  # the stage to go on with has not begun
            resume = self._resume if waiting else Checkpoint(Progress(stage=self._stage))
            progress = resume.progress.model_copy(update={"seconds": self.seconds()})
            return replace(resume, progress=progress)
        progress = Progress(
            stage=self._stage, epoch=run.epoch, step=run.step, seconds=self.seconds(), best=run.best
        )
        return Checkpoint(progress, run.tensors())

    def events(self) -> Generator[Event]:
        """Train each stage of the plan and tell what happens."""
        self._began = time.monotonic() - self._resume.progress.seconds
        running = self._events()
        try:
            for event in running:
                left = time.monotonic()
                yield event
                self._away += time.monotonic() - left
        finally:
            running.close()

    def _events(self) -> Generator[Event]:
        context, spec = self.context, self.experiment.compute
        threads = choose_threads(spec.threads, max(o.flops_per_step for o in self.outlines))
        torch.set_num_threads(threads)
        yield RunStarted(
            device=str(context.device),
            threads=threads,
            precision=spec.precision,
            class_names=context.data.class_names,
            training_images=context.training_images,
            validation_images=len(context.validation),
            test_images=len(context.test),
            stages=self.outlines,
        )
        for number, stage in enumerate(self.experiment.strategy.plan(context)):
            if number < self._resume.progress.stage:
                self._take_finished(stage)
            else:
                yield from self._train(number, stage)
        yield RunDone(seconds=self.seconds())

    def _take_finished(self, stage: Stage) -> None:
        """Load what the interrupted run has trained already."""
        assert self._finished is not None
        outline(stage, self.context)
        self._told.update(stage.scored)
        for update in range(len(stage.updates)):
            for name, learner in stage.learners(update).items():
                learner.module.load_state_dict(self._finished(name))

    def _train(self, number: int, stage: Stage) -> Iterator[Event]:
        context = self.context
        stage.to(context.device)
        description = outline(stage, context)
        feed = context.training_feed(stage.training_spec, stage.classes, stage.renumber)
        validation, test = context.evaluation_feeds(stage.classes, stage.renumber)
        run = StageRun(stage, context.device, self.experiment.compute.precision)
        if number == self._resume.progress.stage and self._resume.tensors:
            run.restore(self._resume)
        self._stage, self._run = number, run
        yield StageStarted(stage=number, outline=description)
        own = dict(stage.networks)
        yield from self._cache_frozen(stage, feed)
        while run.epoch < stage.training_spec.epochs:
            yield from self._train_epoch(number, run, feed, validation)
        stage.networks.update(own)  # type: ignore[attr-defined]
        results = self._final_results(run, validation, test)
        self._told.update(results)
        loaded = {name: own[name].module for name in results if name in own}
        self.trained = {name: copied_state(module) for name, module in (loaded | run.learners).items()}
        self.best = run.best_states
        self._stage, self._run = number + 1, None
        yield StageDone(stage=number, seconds=self.seconds(), networks=results)

    def _cache_frozen(self, stage: Stage, feed: Feed) -> Iterator[Event]:
        """Put tables of logits in the place of frozen networks where that saves work."""
        for network in cacheable(stage, feed, self.context.classes):
            views = feed.augmentation.views
            outputs = self.context.shape(network, LOGITS)
            table = torch.empty(len(feed) * views, *outputs, device=self.context.device)
            for fraction in fill(network, feed, table):
                yield Preparing(what=f"predictions of the {network.name}", fraction=fraction)
            stage.networks[network.name] = CachedNetwork(network, table, views)  # type: ignore[index]

    def _train_epoch(self, number: int, run: StageRun, feed: Feed, validation: Feed) -> Iterator[Event]:
        stage, seed, epoch = run.stage, self.experiment.seed, run.epoch
        weights, interval = run.weights(), max(1, feed.steps // REPORTS_PER_EPOCH)
        began, reported, images, reported_step = self.seconds(), self.seconds(), 0, run.step
        seen = {name: float(total) for name, total in run.losses.items()}
        rate, measured = run.learning_rate(feed.steps), math.ceil(feed.steps / MEASUREMENTS_PER_EPOCH)
        stage.train()
        for batch in feed.shuffled(epoch, start=run.step):
            torch.manual_seed(derived_seed(seed, "step", epoch, run.step))
            rate = run.learning_rate(feed.steps)
            run.take_step(batch, rate, weights, measure=run.step % measured == 0)
            images += len(batch)
            now = self.seconds()
            if run.step % interval and run.step < feed.steps and now - reported < LONGEST_SILENCE:
                continue
            sums = self._read_losses(run)
            count = run.step - reported_step
            yield StepDone(
                stage=number,
                epoch=epoch + 1,
                step=epoch * feed.steps + run.step,
                losses={name: (sums[name] - seen[name]) / count for name in sums},
                weights=weights,
                learning_rate=rate,
                images_per_second=images / max(now - began, 1e-9),
            )
            seen, reported, reported_step = sums, self.seconds(), run.step
        speed = images / max(self.seconds() - began, 1e-9)
        losses = {name: total / feed.steps for name, total in seen.items()}
        measurements = math.ceil(feed.steps / measured)
        norms = {name: float(total) / measurements for name, total in run.gradient_norms.items()}
        scores = score(stage, run.scored, validation)
        run.end_epoch(scores)
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
            validation=scores,
        )

    def _read_losses(self, run: StageRun) -> dict[str, float]:
        """Read the sums off the device; a run whose loss is no number has failed."""
        names = list(run.losses)
        sums = dict(zip(names, torch.stack(list(run.losses.values())).tolist(), strict=True))
        for name, total in sums.items():
            if not math.isfinite(total):
                raise KDStudioError(
                    f"the {name} of stage '{run.stage.name}' is {total} in epoch {run.epoch + 1}; "
                    "lower the learning rate, warm up, or limit the weights"
                )
        return sums

    def _final_results(self, run: StageRun, *parts: Feed) -> dict[str, NetworkResult]:
        """Score on validation and test ``parts``: networks in training last and best, others once."""
        stage, results = run.stage, {}
        for name, address in stage.scored.items():
            behind = stage.behind(address).values()
            unseen: tuple[int, ...] = ()
            if name in run.scored:
                unseen = tuple(self.context.class_numbers(stage.training_spec.leave_out))
                last = scores_at(stage, name, run.epoch, *parts)
                state = run.use_best(name)
                best = scores_at(stage, name, run.best[name].epoch, *parts)
                run.use(name, state)
            elif name not in self._told:
                last = best = scores_at(stage, name, 0, *parts)
            else:
                continue
            built = self.context.built.get(name)
            results[name] = NetworkResult(
                parameters=built.parameters if built else sum(part.parameter_count() for part in behind),
                architecture=" + ".join(dict.fromkeys(p.architecture for p in behind if p.architecture)),
                classes=stage.classes if stage.renumber else (),
                varied=stage.networks[name].varied if name in stage.networks else {},
                last_epoch=last,
                best_epoch=best,
                unseen=unseen,
                shifted=shifted_scores(stage, name, self.context, unseen) if unseen else None,
            )
        return results


def scores_at(stage: Stage, name: str, epoch: int, validation: Feed, test: Feed) -> EpochScores:
    """Score what the stage scores as ``name`` as it is after ``epoch``."""
    one = {name: stage.scored[name]}
    return EpochScores(
        epoch=epoch, validation=score(stage, one, validation)[name], test=score(stage, one, test)[name]
    )
