"""Scripts that the tests write and load, and images of any shape."""

import importlib.util
import sys
from itertools import count

import torch

from kdstudio.data.declaration import ImageData, LabelledImages
from kdstudio.runs.script.writing import write_script

NUMBERS = count()


def some_images(shape=(3, 32, 32), classes=10, of_each=20, seed=0):
    """Random images, as many of each class."""
    generator = torch.Generator().manual_seed(seed)
    labels = torch.arange(classes).repeat(of_each)
    images = torch.randint(256, (len(labels), *shape), dtype=torch.uint8, generator=generator)
    part = LabelledImages(images, labels)
    return ImageData(part, part, tuple(map(str, range(classes))), (0.5,) * shape[0], (0.25,) * shape[0])


def loaded(experiment, data, folder):
    """The script of ``experiment`` as a module."""
    name = f"script_{next(NUMBERS)}"
    file = folder / f"{name}.py"
    file.write_text(write_script(experiment, data).text)
    spec = importlib.util.spec_from_file_location(name, file)
    module = sys.modules[name] = importlib.util.module_from_spec(spec)
    spec.loader.exec_module(module)
    return module


def images_of(module, data, experiment):
    """What the script would load, had it the images ``data``."""
    parts = [module.Part(part.images, part.labels) for part in (data.train, data.test)]
    training, kept = module.stratified_split(parts[0].labels, experiment.data.validation, experiment.seed)
    train, validation = parts[0].at(training), parts[0].at(kept)
    return module.Data(train, validation, parts[1], data.mean, data.std)


def results_of(module, data, seed):
    """Train with the script: the errors of every network."""
    shared = getattr(module, "train_shared", None)
    results, *networks = shared(data, seed) if shared else ({},)
    return results | module.train_compared(data, seed, *networks)
