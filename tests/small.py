"""Small experiments, batches, networks and runs that the tests share."""

from collections import OrderedDict
from collections.abc import Callable, Iterator
from functools import cache
from itertools import islice
from pathlib import Path
from typing import Any, ClassVar, Literal

import torch
from torch import Tensor, nn

from kdstudio.data.declaration import ImageData
from kdstudio.data.feed import Batch
from kdstudio.data.sources.digits import Digits
from kdstudio.engine.checkpoint import Checkpoint
from kdstudio.engine.context import RunContext
from kdstudio.engine.events import Event, Scores, StageDone
from kdstudio.engine.experiment import Experiment
from kdstudio.engine.network import Network
from kdstudio.engine.stage import Stage
from kdstudio.engine.strategy import Strategy, strategies
from kdstudio.engine.trainer import Trainer
from kdstudio.runs.beginning import begin_run
from kdstudio.runs.folder import RunFolder
from kdstudio.runs.presets import override, validate
from kdstudio.runs.session import new_session
from kdstudio.runs.weights import load_tensors

CPU = torch.device("cpu")
States = dict[str, dict[str, Tensor]]


def small_experiment(*settings: str, strategy: str = "hinton") -> Experiment:
    """Two epochs of five steps for each stage, on the digits; ``settings`` as of ``--set``."""
    network = {
        "model": {"name": "mlp", "widths": [8], "dropout": 0.2},
        "training": {"epochs": 2, "batch_size": 256, "optimizer": {"name": "sgd"}},
    }
    raw: dict[str, Any] = {
        "name": "small",
        "data": {"source": {"name": "digits"}, "validation": 0.2},
        "strategy": {"name": strategy},
        "networks": dict.fromkeys(strategies[strategy]().roles(), network),  # type: ignore[attr-defined]
        "compute": {"device": "cpu", "threads": 1, "reuse": False},
    }
    return validate(override(raw, settings), "small")


def create_run(runs: Path, experiment: Experiment, name: str = "") -> RunFolder:
    """A run that was begun, and that nobody runs."""
    made, lock = begin_run(runs, experiment, name)
    lock.release()
    return made


class Given(Strategy):
    """A strategy whose plan is the function it is given; it is in no registry."""

    name: Literal["given"] = "given"
    make: Callable[[RunContext], Iterator[Stage]]

    describes: ClassVar = ("student",)

    def plan(self, run: RunContext) -> Iterator[Stage]:
        yield from self.make(run)


def planned(make: Callable[[RunContext], Iterator[Stage]], *settings: str) -> Experiment:
    """Experiment whose stages come from ``make``."""
    return small_experiment(*settings, strategy="supervised").model_copy(
        update={"strategy": Given(make=make)}
    )


@cache
def digits() -> ImageData:
    return Digits().load(lambda _what, _fraction: None)


def refuse_weights(source: object, class_names: object) -> dict[str, Tensor]:
    raise AssertionError(f"nobody should load {source}")


def small_context(experiment: Experiment) -> RunContext:
    return RunContext(experiment, digits(), CPU, refuse_weights)


def train(experiment: Experiment) -> tuple[list[Event], States]:
    """All events of a run, and the last weights of everything trained."""
    return follow(Trainer(small_context(experiment)))


def follow(trainer: Trainer) -> tuple[list[Event], States]:
    """Run to the end."""
    events, states = [], {}
    for event in trainer.events():
        events.append(event)
        if isinstance(event, StageDone):
            states |= kept(trainer, event)
    return events, states


def kept(trainer: Trainer, event: StageDone) -> States:
    """What a run folder keeps of a stage: complete networks by name, parts by stage and name."""
    networks = {delivery.card.network: delivery.last for delivery in trainer.delivered}
    return networks | {f"{event.stage}/{name}": state for name, state in trainer.parts.items()}


def resumed(experiment: Experiment, checkpoint: Checkpoint, finished: States) -> Trainer:
    return Trainer(
        small_context(experiment),
        checkpoint,
        lambda stage, name: finished.get(f"{stage}/{name}") or finished[name],
    )


def kept_on_the_way(experiment: Experiment) -> tuple[list[tuple[Event, Checkpoint, States]], States]:
    """Run to the end and keep a checkpoint at every event, with all weights that were kept by then.

    Also returns the last weights of everything trained.
    """
    trainer, found, finished = Trainer(small_context(experiment)), [], {}
    for event in trainer.events():
        if isinstance(event, StageDone):
            finished = finished | kept(trainer, event)
        found.append((event, trainer.checkpoint(), finished))
    return found, finished


def interrupted(experiment: Experiment, stop: Callable[[int, Event], bool]) -> tuple[list[Event], States]:
    """Leave a run at the event (and its number) where ``stop`` says so, and resume it.

    Returns the events since, and the last weights of everything trained before or since.
    """
    trainer, finished = Trainer(small_context(experiment)), {}
    running = trainer.events()
    for number, event in enumerate(running):
        if isinstance(event, StageDone):
            finished |= kept(trainer, event)
        if stop(number, event):
            break
    checkpoint = trainer.checkpoint()
    running.close()
    events, states = follow(resumed(experiment, checkpoint, finished))
    return events, finished | states


def run_in(runs: Path, experiment: Experiment, name: str = "run") -> RunFolder:
    """Run to the end; returns the run's folder."""
    session = new_session(experiment, runs, name)
    for _event in session.events():
        pass
    return session.folder


def interrupt_in(runs: Path, name: str) -> RunFolder:
    """Leave a run before its end, as a process does that is killed; returns the run's folder."""
    session = new_session(small_experiment(), runs, name)
    events = session.events()
    summary = [(event, session.folder.summary_file.read_bytes()) for event in islice(events, 3)][-1][1]
    events.close()
    session.folder.summary_file.write_bytes(summary)
    return session.folder


def weights_in(folder: RunFolder) -> States:
    """Every weights file of the run, best epochs included."""
    return {file.name: load_tensors(file) for file in (folder.path / "networks").glob("*.safetensors")}


def same_states(one: States, other: States) -> bool:
    """Tell whether both hold the same tensors, bit for bit."""
    return one.keys() == other.keys() and all(same_state(one[name], other[name]) for name in one)


def same_state(one: dict[str, Tensor], other: dict[str, Tensor]) -> bool:
    return one.keys() == other.keys() and all(torch.equal(one[key], other[key]) for key in one)


def perceptron(name: str, width: int = 3, seed: int = 0) -> Network:
    """8×8 images in, one tap ``block1`` ``(B, width)``, ten logits out."""
    with torch.random.fork_rng(devices=[]):
        torch.manual_seed(seed)
        block = nn.Sequential(OrderedDict(linear=nn.Linear(64, width), relu=nn.ReLU()))
        layers = OrderedDict(flatten=nn.Flatten(), block1=block, classifier=nn.Linear(width, 10))
        return Network(name, nn.Sequential(layers), {"block1": "block1.relu"}, "perceptron")


def with_batch_norm(name: str, seed: int = 0) -> Network:
    """8×8 images in, batch norm after the first layer, ten logits out."""
    with torch.random.fork_rng(devices=[]):
        torch.manual_seed(seed)
        layers = (nn.Flatten(), nn.Linear(64, 8), nn.BatchNorm1d(8), nn.ReLU(), nn.Linear(8, 10))
        return Network(name, nn.Sequential(*layers), {}, "with batch norm")


def random_batch(count: int = 6, seed: int = 0) -> Batch:
    generator = torch.Generator().manual_seed(seed)
    images = torch.randn(count, 1, 8, 8, generator=generator)
    labels = torch.randint(10, (count,), generator=generator)
    return Batch(images, labels, torch.arange(count), torch.zeros(count, dtype=torch.long))


def some_scores(accuracy: float = 0.5, loss: float = 1.0) -> Scores:
    """Scores of which only accuracy and loss matter."""
    return Scores(
        count=10,
        accuracy=accuracy,
        errors=round(10 * (1 - accuracy)),
        loss=loss,
        calibration_error=0.0,
    )
