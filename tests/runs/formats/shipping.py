"""Untrained networks with cards, written as any format and asked in a process that knows the files alone."""

import json
import shutil
from pathlib import Path

import numpy as np
import torch
from torch import nn

from kdstudio.engine.card import NetworkCard
from kdstudio.engine.composition import PlacedHead, composed_of
from kdstudio.engine.identity import Identity
from kdstudio.models.declaration import models
from kdstudio.models.heads.bottleneck import Bottleneck
from kdstudio.models.heads.classifier import Classifier
from kdstudio.models.heads.mean_prediction import MeanPrediction
from kdstudio.models.heads.selection import ClassSelection
from kdstudio.runs.exporting.child import Child
from kdstudio.runs.exporting.writer import Writer
from kdstudio.runs.weights import save_network

COLOUR = ((3, 32, 32), (0.49, 0.48, 0.45), (0.25, 0.24, 0.26))
GREY = ((1, 28, 28), (0.13,), (0.31,))
WRITING, MEASURING = "kdstudio.runs.exporting.writing", "kdstudio.runs.exporting.measuring"


def card_of(described, classes=10, image=COLOUR):
    """A card of a model or a composition."""
    shape, mean, std = image
    kind = "composition" if hasattr(described, "networks") else "model"
    return NetworkCard(
        network="student",
        identity=Identity(role="student", kind="student"),
        image=shape,
        class_names=tuple(f"class {number}" for number in range(classes)),
        mean=mean,
        std=std,
        **{kind: described},
    )


def model(name, **options):
    return models[name].model_validate({"name": name, **options})


def beginning(trunk, last, features):
    """The blocks up to the one named ``last``, which gives ``features``, and a classifier."""
    placed = {"exit": PlacedHead(head=Classifier(features=features, classes=10), inputs=(f"student.{last}",))}
    return composed_of("exit", {"student": (trunk, 10)}, placed)


def early_exit(trunk):
    """A bottleneck behind the first of three blocks, and a classifier: the rest of the trunk is left out."""
    led = Bottleneck(features=(16, 32, 32), deepest=(64, 8, 8))
    classifier = Classifier(features=(64, 8, 8), classes=10)
    placed = {
        "led": PlacedHead(head=led, inputs=("student.block1",)),
        "exit": PlacedHead(head=classifier, inputs=("led",)),
    }
    return composed_of("exit", {"student": (trunk, 10)}, placed)


def ensemble_of_exits(trunk):
    """Reads the same network in three places."""
    placed = {
        "first": PlacedHead(head=Classifier(features=(16, 32, 32), classes=10), inputs=("student.block1",)),
        "second": PlacedHead(head=Classifier(features=(32, 16, 16), classes=10), inputs=("student.block2",)),
        "all": PlacedHead(head=MeanPrediction(), inputs=("first", "second", "student.logits")),
    }
    return composed_of("all", {"student": (trunk, 10)}, placed)


def selection(trunk):
    """Three of ten classes."""
    placed = {"some": PlacedHead(head=ClassSelection(classes=(7, 2, 5), of=10), inputs=("student.logits",))}
    return composed_of("some", {"student": (trunk, 10)}, placed)


def built(card):
    """The network, whose batch norms have met images."""
    module = card.build()
    generator = torch.Generator().manual_seed(1)
    for part in module.modules():
        if isinstance(part, nn.modules.batchnorm._BatchNorm):
            part.running_mean.normal_(0, 0.1, generator=generator)
            part.running_var.uniform_(0.5, 2, generator=generator)
    return module.eval()


def pixels_for(card, count, seed=0):
    """uint8 images ``(B, H, W, C)``."""
    channels, height, width = card.image
    drawn = torch.randint(0, 256, (count, height, width, channels), generator=generator_of(seed))
    return drawn.to(torch.uint8)


def generator_of(seed):
    return torch.Generator().manual_seed(seed)


def normalised(pixels, card):
    mean, std = (torch.tensor(values).view(-1, 1, 1) for values in (card.mean, card.std))
    return ((pixels.permute(0, 3, 1, 2) / 255 - mean) / std).contiguous()


def fed_and_expected(file_format, module, card, pixels):
    """What a file is fed with, and what it must answer."""
    with torch.inference_mode():
        logits = module(normalised(pixels, card))
    if file_format.takes_pixels:
        return pixels.numpy(), logits.softmax(1).numpy()
    return normalised(pixels, card).numpy(), logits.numpy()


class Shop:
    """Writes networks, each in a folder that holds the files of one format and nothing else."""

    def __init__(self, folder: Path) -> None:
        self.writer, self._folder = Writer(), folder

    def ship(self, file_format, module, card) -> Path:
        """The first file; the network that it was made of is gone. Raises ChildError with the reason."""
        source = self._folder / "source"
        made = self._folder / file_format.name
        for folder in (source, made):
            shutil.rmtree(folder, ignore_errors=True)
            folder.mkdir(parents=True)
        save_network(module.state_dict(), card, source / "own.safetensors")
        np.save(source / "images.npy", normalised(pixels_for(card, 40, seed=9), card).numpy())
        task = {
            "network": str(source / "own.safetensors"),
            "format": file_format.model_dump(),
            "folder": str(made),
            "name": "small",
            "about": "# About it",
            "calibration": str(source / "images.npy"),
            "allow_code": bool(card.runs_code),
        }
        try:
            self.writer.write(task, lambda _what, _fraction: None, "")
        finally:
            shutil.rmtree(source)
        return made / file_format.files("small")[0]


def opened(child: Child, file_format, path: Path, *, allow_code: bool = False) -> None:
    """Open a file in a process of its own. Raises ChildError with the reason."""
    task = {"path": str(path), "format": file_format.model_dump(), "threads": 1, "allow_code": allow_code}
    child.start(MEASURING, json.loads(json.dumps(task)))
    child.hear()
