"""The function that loads a script's images: read, split, and chosen as the experiment wants it."""

from __future__ import annotations

from pathlib import Path
from typing import NamedTuple

from kdstudio.data.declaration import DatasetSpec
from kdstudio.data.published import PublishedDataset
from kdstudio.data.sources.digits import Digits
from kdstudio.data.sources.folder import ImageFolder
from kdstudio.engine.run_data import RunData
from kdstudio.errors import KDStudioError
from kdstudio.runs.script.definitions import Definitions
from kdstudio.runs.script.layout import Call, Keyword, inside, render
from kdstudio.runs.script.methods import define_method
from kdstudio.runs.script.source import Import
from kdstudio.runs.script.values import Values
from kdstudio.shipped import shipped

IMAGES = "kdstudio.runs.script.pieces.images"
SOURCES = "kdstudio.runs.script.pieces.sources"


class Reading(NamedTuple):
    """How a data set is read."""

    lines: tuple[str, ...]
    """Code that gives ``train`` and ``test``."""
    folder: str
    """Code of the folder that it is read from, unless told otherwise."""
    files: tuple[Path, ...] = ()
    """What has to lie beside the script."""


def define_loading(definitions: Definitions, values: Values, data: RunData) -> tuple[str, Reading]:
    """Define the function ``load_data`` and what it needs; returns its name, and how the images are read."""
    for name, origin in (("torch", Import("torch")), ("Path", Import("pathlib", "Path"))):
        definitions.imported(origin, name)
    reading = _reading(definitions, values, data.spec.source)
    shape_of_images = definitions.use("kdstudio.models.declaration", "ImageShape")
    shape = Call(shape_of_images, (*map(str, data.image[:3]), "MEAN", "STD"))
    constants = [
        render(values.expression(data.mean), before="MEAN = "),
        render(values.expression(data.std), before="STD = "),
        '"""Of the training pixels, 0 to 1, channel by channel."""',
        render(shape, before="IMAGE = "),
        f"CLASSES = {data.classes}",
    ]
    definitions.add("constants", "\n".join(constants))
    made = definitions.use(IMAGES, "Data")
    lines = [*reading.lines, *_chosen(definitions, data)]
    device = definitions.use(IMAGES, "DEVICE")
    said = f"{data.spec.source.summary()}; a share of {data.spec.validation:.4g} is kept for validation"
    text = [
        f"def {{name}}(folder: Path) -> {made}:",
        f'    """Read the images: {said}."""',
        *(f"    {line}" for line in lines),
        f"    return {made}(*(part.to({device}) for part in (kept, validation, test)), MEAN, STD)",
    ]
    return definitions.add("load_data", "\n".join(text)), reading


def _reading(definitions: Definitions, values: Values, source: DatasetSpec) -> Reading:
    if isinstance(source, PublishedDataset):
        return _published(definitions, values, source)
    if isinstance(source, ImageFolder):
        read = definitions.use(SOURCES, "read_folder")
        options = f"grey={source.colour == 'grey'}, test={source.test!r}, skip={source.unreadable == 'skip'}"
        line = f"train, test = {read}(folder, {source.size}, {options})"
        return Reading((line,), f"Path({values.expression(str(source.root()))})")
    if isinstance(source, Digits):
        line = f"train, test = {definitions.use(SOURCES, 'read_digits')}(folder)"
        return Reading((line,), "Path(__file__).parent", (shipped("resources") / "digits" / "digits.npz",))
    raise KDStudioError(
        f"its images come from '{source.name}', which no script can read: published data sets, folders of "
        "images and the digits can be"
    )


def _published(definitions: Definitions, values: Values, source: PublishedDataset) -> Reading:
    """By torchvision, which fetches them where they are missing."""
    definitions.imported(Import("torchvision", "datasets"), "datasets")
    part = definitions.use(IMAGES, "Part")
    opened, options = define_method(definitions, type(source), "open", "open_part")
    samples, more = define_method(definitions, type(source), "samples", "samples_of")
    chosen = tuple(Keyword(o, values.expression(getattr(source, o))) for o in options)
    opening = Call(opened, (f"datasets.{source.reader}", "folder", "train=train", "download=True", *chosen))
    further = "".join(f", {o}={values.expression(getattr(source, o))}" for o in more)
    lines = (
        inside(opening, 4, "opened = [", " for train in (True, False)]"),
        f"train, test = ({part}(*{samples}(part{further})) for part in opened)",
        f"train, test = ({part}(part.images, part.labels.long()) for part in (train, test))",
    )
    return Reading(lines, 'Path("data")')


def _chosen(definitions: Definitions, data: RunData) -> list[str]:
    """Write what is kept for validation, and what of the rest is learned from."""
    spec, lines = data.spec, []
    names = data.loaded.class_names
    numbers = [names.index(c) if isinstance(c, str) and c in names else c for c in spec.classes]
    only = definitions.use(IMAGES, "only") if numbers else ""
    if numbers and spec.renumber:
        lines.append(f"train, test = ({only}(part, {numbers}, renumber=True) for part in (train, test))")
    split = definitions.use("kdstudio.data.split", "stratified_split")
    lines.append(f"training, kept_out = {split}(train.labels, {spec.validation!r}, seed={spec.seed})")
    lines.append("kept, validation = train.at(training), train.at(kept_out)")
    if numbers and not spec.renumber:
        lines.append(f"kept = {only}(kept, {numbers})")
    if spec.fraction < 1:
        share = definitions.use("kdstudio.data.selection", "stratified_share")
        lines.append(f'kept = kept.at({share}(kept.labels, {spec.fraction!r}, {spec.seed}, "fraction"))')
    if spec.label_noise:
        noisy = definitions.use("kdstudio.data.selection", "with_label_noise")
        part = definitions.use(IMAGES, "Part")
        labels = f"{noisy}(kept.labels, {spec.label_noise!r}, CLASSES, {spec.seed})"
        lines.append(f"kept = {part}(kept.images, {labels})")
    return lines
