"""Write the tables of these pages from what is declared: ``python docs/tables.py``.

A table stands between ``<!-- table: NAME -->`` and ``<!-- /table -->``. Only our own entries are told.
"""

from __future__ import annotations

import re
import tomllib
from collections.abc import Callable, Iterable, Iterator, Sequence
from pathlib import Path
from typing import Any, NamedTuple

from kdstudio.data.declaration import datasets
from kdstudio.declaration import Declaration, Registry
from kdstudio.engine.matching.declaration import matching_terms
from kdstudio.engine.quantities.declaration import quantities
from kdstudio.engine.strategy import Many, strategies
from kdstudio.models.complexity import complexity
from kdstudio.models.declaration import ImageShape, ModelSpec, models
from kdstudio.models.heads.declaration import heads
from kdstudio.packages import OURS
from kdstudio.runs.formats.declaration import formats
from kdstudio.shipped import shipped

PAGES = Path(__file__).parent
BLOCK = re.compile(r"(<!-- table: ([\w-]+) -->\n).*?(<!-- /table -->)", re.DOTALL)
NONE = "—"
MNIST, CIFAR = ImageShape(1, 28, 28), ImageShape(3, 32, 32)


class Published(NamedTuple):
    """A count of weights that somebody has published."""

    model: str
    options: dict[str, Any]
    classes: int
    count: str
    source: str


RESNETS = {20: "0.27 M", 32: "0.46 M", 44: "0.66 M", 56: "0.85 M", 110: "1.7 M"}
PROJECTION = {"shortcut": "projection"}
HE, ROMERO = "He et al. 2015", "Romero et al. 2015"
ZAGORUYKO, HUANG = "Zagoruyko and Komodakis 2016", "Huang et al. 2016"
REPDISTILLER = "RepDistiller"
PUBLISHED = (
    *(Published("resnet", {"depth": depth}, 10, count, HE) for depth, count in RESNETS.items()),
    Published("resnet", {"depth": 20, **PROJECTION}, 100, "278,324", REPDISTILLER),
    Published("resnet", {"depth": 56, **PROJECTION}, 100, "861,620", REPDISTILLER),
    Published("resnet", {"depth": 8, "width": 4, **PROJECTION}, 100, "1,233,540", REPDISTILLER),
    Published("resnet", {"depth": 32, "width": 4, **PROJECTION}, 100, "7,433,860", REPDISTILLER),
    Published("wide-resnet", {"depth": 16, "width": 2}, 10, "0.7 M", ZAGORUYKO),
    Published("wide-resnet", {"depth": 40, "width": 1}, 10, "0.6 M", ZAGORUYKO),
    Published("wide-resnet", {"depth": 40, "width": 2}, 10, "2.2 M", ZAGORUYKO),
    Published("wide-resnet", {"depth": 28, "width": 10}, 10, "36.5 M", ZAGORUYKO),
    Published("wide-resnet", {"depth": 16, "width": 2}, 100, "703,284", REPDISTILLER),
    Published("wide-resnet", {"depth": 40, "width": 1}, 100, "569,780", REPDISTILLER),
    Published("wide-resnet", {"depth": 40, "width": 2}, 100, "2,255,156", REPDISTILLER),
    Published("vgg", {"depth": 8}, 100, "3,965,028", REPDISTILLER),
    Published("vgg", {"depth": 11}, 100, "9,277,284", REPDISTILLER),
    Published("vgg", {"depth": 13}, 100, "9,462,180", REPDISTILLER),
    Published("vgg", {"depth": 16}, 100, "14,774,436", REPDISTILLER),
    Published("vgg", {"depth": 19}, 100, "20,086,692", REPDISTILLER),
    Published("mobilenet-v2", {"width": 0.5}, 100, "812,836", REPDISTILLER),
    Published("shufflenet-v1", {"groups": 3}, 100, "949,258", REPDISTILLER),
    Published("shufflenet-v2", {"width": "1.0"}, 100, "1,355,528", REPDISTILLER),
    Published("densenet", {"depth": 100, "growth": 12}, 10, "0.8 M", HUANG),
    Published("densenet", {"depth": 250, "growth": 24}, 10, "15.3 M", HUANG),
    Published("densenet", {"depth": 190, "growth": 40}, 10, "25.6 M", HUANG),
    Published("fitnet", {"variant": "mnist-teacher"}, 10, "~361 K", ROMERO),
    Published("fitnet", {"variant": "mnist-student"}, 10, "~30 K", ROMERO),
    Published("fitnet", {"variant": "cifar-teacher"}, 10, "~9 M", ROMERO),
    Published("fitnet", {"variant": "fitnet-1"}, 10, "~250 K", ROMERO),
    Published("fitnet", {"variant": "fitnet-2"}, 10, "~862 K", ROMERO),
    Published("fitnet", {"variant": "fitnet-3"}, 10, "~1.6 M", ROMERO),
    Published("fitnet", {"variant": "fitnet-4"}, 10, "~2.5 M", ROMERO),
)


def ours(registry: Registry[Any]) -> dict[str, Any]:
    """Entries that KD Studio itself has."""
    return {name: entry for name, entry in registry.items() if registry.package_of(name) == OURS}


def laid_out(head: Sequence[str], rows: Iterable[Sequence[str]]) -> str:
    """A table of Markdown."""
    lines = [head, *([cell.replace("|", "\\|") for cell in row] for row in rows)]
    written = [re.sub(r"\|  (?=\|)", "| ", "| " + " | ".join(line) + " |") for line in lines]
    return "\n".join([written[0], "|" + "---|" * len(head), *written[1:], ""])


def terms() -> str:
    """Every matching term with what it has unless told otherwise."""
    rows = []
    for name, entry in ours(matching_terms).items():
        term = entry()
        before = "; before training" if term.during == "initialisation" else ""
        numbers = f"{term.weight:g}", entry.weight_source, f"{term.label_weight:g}"
        rows.append((f"`{name}`", term.headline().rstrip(".") + before, term.formula(), *numbers, term.paper))
    return laid_out(("name", "what", "formula", "weight", "of", "label weight", "paper"), rows)


def strategy_rows() -> str:
    """Every strategy with the networks that it describes and its presets."""
    files = sorted(shipped("presets").glob("*.toml"))
    uses = {file.stem: tomllib.loads(file.read_text("utf-8"))["strategy"]["name"] for file in files}
    rows = []
    for name, entry in ours(strategies).items():
        roles = (f"`{r.names(1)[0]}`, …" if isinstance(r, Many) else f"`{r}`" for r in entry.describes)
        presets = (f"`{preset}`" for preset, used in uses.items() if used == name)
        told = (f"`{name}`", entry.headline().rstrip("."))
        rows.append((*told, ", ".join(roles), ", ".join(presets)))
    return laid_out(("name", "what", "networks", "presets"), rows)


def options_of(spec: ModelSpec, told: Iterable[str]) -> str:
    """``depth=20 shortcut=projection``: the fields ``told``, and those that are not at their default."""
    fields = type(spec).model_fields
    values = {field: getattr(spec, field) for field in fields if field != "name"}
    shown = {field: v for field, v in values.items() if field in told or v != fields[field].default}
    return " ".join(f"{field}={_option(value)}" for field, value in shown.items())


def _option(value: object) -> str:
    return ",".join(map(str, value)) if isinstance(value, tuple) else str(value)


def image_for(spec: ModelSpec) -> ImageShape:
    """The size that the network was made for."""
    small = spec.name in ("mlp", "lenet") or str(getattr(spec, "variant", "")).startswith("mnist")
    return MNIST if small else CIFAR


def families() -> Iterator[tuple[str, type[ModelSpec], list[str]]]:
    """Families made here, each with the options in which its variants differ."""
    for name, entry in ours(models).items():
        if not entry.library and not entry.runs_code:
            variants = entry.variants()
            fields = [field for field in entry.model_fields if field != "name"]
            telling = [f for f in fields if len({getattr(variant, f) for variant in variants}) > 1]
            yield name, entry, telling or fields[:1]


def sizes() -> str:
    """Weights and work of every variant, with the published counts."""
    rows = []
    for name, entry, telling in families():
        found = [(entry(**p.options), p.classes, p.count, p.source) for p in PUBLISHED if p.model == name]
        known = [spec for spec, *_rest in found]
        others = (spec for spec in entry.variants() if spec not in known)
        found += [(spec, 10 if image_for(spec) == MNIST else 100, NONE, NONE) for spec in others]
        for spec, classes, count, source in found:
            image = image_for(spec)
            parameters, multiply_adds = (f"{n:,}" for n in complexity(spec, image, classes))
            told = (f"`{name}`", f"`{options_of(spec, telling)}`", shape(image[:3]), str(classes))
            rows.append((*told, parameters, count, source, multiply_adds))
    heads = ("model", "options", "image", "classes", "parameters", "published", "source", "multiply-adds")
    return laid_out(heads, rows)


def shape(sizes: Iterable[int]) -> str:
    """``3×32×32``."""
    return "×".join(map(str, sizes))


def taps() -> str:
    """Taps of every variant whose shapes are others than those of the variants before it."""
    import torch

    from kdstudio.models.modules.foreign import run

    rows = []
    for name, entry, telling in families():
        seen = set()
        for spec in entry.variants():
            image = image_for(spec)
            with torch.device("meta"):
                shapes = dict(run(spec.build(image, 10), image))
            told = ", ".join(f"`{tap}` {shape(shapes[path][1:])}" for tap, path in spec.taps().items())
            if told not in seen:
                rows.append((f"`{name}`", f"`{options_of(spec, telling)}`", shape(image[:3]), told))
            seen.add(told)
    return laid_out(("model", "options", "image", "taps"), rows)


def entries(registry: Registry[Any]) -> str:
    """Every entry in a line."""
    declared: dict[str, type[Declaration]] = ours(registry)
    rows = [(f"`{name}`", entry.headline().rstrip(".")) for name, entry in declared.items()]
    return laid_out(("name", "what"), rows)


def file_formats() -> str:
    """Every file format: what it makes, what reads it, and what has to be installed."""
    rows = []
    for name, entry in ours(formats).items():
        file_format = entry()
        folders_end = "" if "." in file_format.files("")[0] else "/"
        files = ", ".join(f"`NAME{file}{folders_end}`" for file in file_format.files(""))
        needs = f"`kdstudio[{file_format.extra}]`" if file_format.extra else NONE
        told = (f"`{name}`", files, file_format.precision, file_format.runtime, needs)
        rows.append((*told, entry.headline().rstrip(".")))
    return laid_out(("name", "files", "precision", "read by", "needs", "what"), rows)


TABLES: dict[str, Callable[[], str]] = {
    "terms": terms,
    "strategies": strategy_rows,
    "sizes": sizes,
    "taps": taps,
    "heads": lambda: entries(heads),
    "datasets": lambda: entries(datasets),
    "formats": file_formats,
    "quantities": lambda: entries(quantities),
}


def renewed(text: str) -> str:
    """Return a page with its tables as they are to be; KeyError for a name that is none."""
    return BLOCK.sub(lambda block: f"{block[1]}{TABLES[block[2]]()}{block[3]}", text)


def main() -> None:
    """Rewrite the pages whose tables have changed, and name them."""
    for page in sorted(PAGES.glob("*.md")):
        before = page.read_text("utf-8")
        after = renewed(before)
        if after != before:
            page.write_text(after, "utf-8")
            print(page.name)


if __name__ == "__main__":
    main()
