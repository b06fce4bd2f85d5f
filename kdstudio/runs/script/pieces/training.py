"""The training loop: epochs, steps, the best epoch on the validation images."""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence
from copy import deepcopy
from dataclasses import dataclass
from typing import Any, NamedTuple

import torch
from torch import Tensor, nn
from torch.nn import functional
from torch.optim import Optimizer

from kdstudio.data.seeding import derived_seed
from kdstudio.runs.script.pieces.images import DEVICE, Batch, Data, Part, shuffled


@dataclass(frozen=True)
class Recipe:
    """How networks learn."""

    epochs: int
    batch_size: int
    optimizer: Callable[..., Optimizer]
    schedule: Callable[[float, int], float]
    """Share of the highest learning rate at an epoch, a fraction from 0 on, of so many."""
    augment: Sequence[Callable[[Tensor], Tensor]] = ()
    """Random changes of the pixels, one after the other."""
    mix: Callable[[Tensor, Tensor], tuple[Tensor, Tensor]] | None = None
    max_norm: float = 0.0
    """Longest vector of incoming weights of a unit, to which it is scaled back; 0 means no limit."""
    bfloat16: bool = False
    """Whether forward passes are computed in it, where they learn."""


class Update(NamedTuple):
    """One forward and backward pass and one step: the loss of a batch in an epoch, and who learns."""

    loss: Callable[[Batch, int], Tensor]
    learners: Sequence[nn.Module]


class Result(NamedTuple):
    """Wrong answers on the test images, after the last epoch and after the best one on validation."""

    last: int
    best: int
    images: int


def train(
    data: Data,
    recipe: Recipe,
    updates: Sequence[Update],
    scored: Mapping[str, Callable[[Tensor], Tensor]],
    seed: int,
) -> dict[str, Result]:
    """Train to the last epoch; returns the errors of what is ``scored``, images to logits, by its name."""
    learners = nn.ModuleList(dict.fromkeys(module for update in updates for module in update.learners))
    optimizers = [recipe.optimizer(nn.ModuleList(update.learners).parameters()) for update in updates]
    best: dict[str, tuple[float, float]] = {}
    states: dict[str, dict[str, Any]] = {}
    for epoch in range(recipe.epochs):
        learners.train()
        train_epoch(data, recipe, updates, optimizers, epoch, seed)
        learners.eval()
        for name, network in scored.items():
            wrong, loss = errors(network, data, data.validation)
            if name not in best or (-wrong, -loss) > best[name]:
                best[name], states[name] = (-wrong, -loss), deepcopy(learners.state_dict())
    last, results = deepcopy(learners.state_dict()), {}
    for name, network in scored.items():
        wrong, _ = errors(network, data, data.test)
        learners.load_state_dict(states[name])
        results[name] = Result(wrong, errors(network, data, data.test)[0], len(data.test.labels))
        learners.load_state_dict(last)
        print(f"  {name}: {wrong} errors in {len(data.test.labels)} test images", flush=True)
    return results


def train_epoch(
    data: Data,
    recipe: Recipe,
    updates: Sequence[Update],
    optimizers: Sequence[Optimizer],
    epoch: int,
    seed: int,
) -> None:
    """Take each update's step on every batch; the learning rate follows the schedule step by step."""
    steps = list(shuffled(data.train, recipe.batch_size, seed, epoch))
    for step, index in enumerate(steps):
        torch.manual_seed(derived_seed(seed, "step", epoch, step))  # of views and dropout
        batch = prepared(data, recipe, index)
        factor = recipe.schedule(epoch + step / len(steps), recipe.epochs)
        for update, optimizer in zip(updates, optimizers, strict=True):
            for group in optimizer.param_groups:
                group["lr"] = optimizer.defaults["lr"] * factor
            with torch.autocast(DEVICE.type, torch.bfloat16, enabled=recipe.bfloat16):
                loss = update.loss(batch, epoch)
            optimizer.zero_grad()
            loss.backward()  # type: ignore[no-untyped-call]
            optimizer.step()
            if recipe.max_norm:
                limit_norms(update.learners, recipe.max_norm)


def prepared(data: Data, recipe: Recipe, index: Tensor) -> Batch:
    """Change, normalise and mix the images at ``index``."""
    pixels, labels = data.train.images[index], data.train.labels[index]
    for change in recipe.augment:
        pixels = change(pixels)
    images = data.normalised(pixels)
    if recipe.mix:
        images, labels = recipe.mix(images, labels)
    return Batch(images, labels, index)


@torch.no_grad()
def limit_norms(learners: Sequence[nn.Module], longest: float) -> None:
    """Scale back every unit's incoming weights that are longer than that."""
    for weight in nn.ModuleList(learners).parameters():
        if weight.ndim > 1:
            weight.renorm_(2, 0, longest)


@torch.no_grad()
def errors(network: Callable[[Tensor], Tensor], data: Data, part: Part) -> tuple[int, float]:
    """Count the wrong answers on a part, and return the mean cross-entropy."""
    pieces = [network(data.normalised(images)) for images in torch.split(part.images, 1000)]
    logits = torch.cat(pieces)
    loss = functional.cross_entropy(logits, part.labels)
    return int((logits.argmax(1) != part.labels).sum()), float(loss)
