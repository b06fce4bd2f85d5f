"""Ranges of what flows through a quantised network, found by showing it training images."""

from __future__ import annotations

import torch

from kdstudio.data.augmentation import Augmentation, Mixing
from kdstudio.engine.content import digest
from kdstudio.engine.context import RunContext
from kdstudio.engine.network import Network
from kdstudio.models.modules.quantised import observing

BATCH = 64
"""Images in a batch, whose smallest and largest numbers are one observation."""


def calibrate(run: RunContext, network: Network, images: int) -> None:
    """Let the roundings of ``network`` follow so many images of those that it learns from; no weight moves.

    They are drawn from the run's seed and shown as they are, without augmentation. A plan that is only looked
    at calibrates nothing.
    """
    as_they_are = {"augmentation": Augmentation(), "default_augmentation": False, "mixing": Mixing()}
    recipe = run.recipe_of(network).model_copy(update={"batch_size": min(BATCH, images), **as_they_are})
    run.contents[network.name] = digest(run.content_of(network.name), images, recipe, run.data.spec)
    if run.is_looked_at:
        return
    feed = run.data.training_feed(recipe, seed=run.experiment.seed)
    network.eval()
    with torch.no_grad(), observing(network.module):
        for step, batch in enumerate(feed.shuffled(0)):
            if step * BATCH >= images:
                break
            network.module(batch.images)
