"""A folder in Hugging Face's layout, which timm loads too where the network is one of its own."""

from __future__ import annotations

import json
from pathlib import Path
from typing import TYPE_CHECKING, Any, ClassVar, Literal

from kdstudio.engine.card import NetworkCard
from kdstudio.models.declaration import ImageShape, LibraryNetwork
from kdstudio.runs.formats.declaration import Answer, ExportFormat, Shipment, formats
from kdstudio.runs.formats.in_pytorch import answering
from kdstudio.runs.weights import check_code, load_tensors, save_tensors

if TYPE_CHECKING:
    from torch import nn

WEIGHTS, CONFIG, README = "model.safetensors", "config.json", "README.md"
CARD = "kdstudio"
"""Key of the card in the configuration."""

HEADER = """---
license: unknown
library_name: {library}
pipeline_tag: image-classification
tags:
- image-classification
- knowledge-distillation
---

"""
BY_TIMM = """

## Loading it

```python
import timm

network = timm.create_model("local-dir:{name}", pretrained=True).eval()
```
"""
BY_US = """

## Loading it

```python
from pathlib import Path

from kdstudio.runs.formats.huggingface import load_folder

network, card = load_folder(Path("{name}"))
```
"""


@formats.register
class HuggingFace(ExportFormat):
    """Weights, configuration, class names and model card as the Hugging Face Hub and timm want them.

    What timm has made, ``timm.create_model("local-dir:FOLDER", pretrained=True)`` loads; KD Studio loads all.
    """

    title: ClassVar[str] = "Hugging Face folder"
    runtime: ClassVar[str] = "torch"
    keeps_rounding: ClassVar[bool] = True

    name: Literal["huggingface"] = "huggingface"

    def files(self, name: str) -> tuple[str, ...]:
        """Return the one folder."""
        return (f"{name}-hf",)

    def write(self, shipment: Shipment, folder: Path) -> None:
        """Write the folder."""
        (made,) = (folder / name for name in self.files(shipment.name))
        made.mkdir()
        card, own = shipment.card, _of_library(shipment.card)
        module = shipment.module.get_submodule(own.path) if own else shipment.module
        save_tensors(module.state_dict(), made / WEIGHTS, {"format": "pt"})
        (made / CONFIG).write_text(json.dumps(_config(card, own), indent=2, ensure_ascii=False), "utf-8")
        header, note = HEADER.format(library="timm" if own else CARD), BY_TIMM if own else BY_US
        (made / README).write_text(header + shipment.about + note.format(name=made.name), "utf-8")

    def open(self, path: Path, threads: int, *, allow_code: bool = False) -> Answer:
        """Load it with timm where timm has made it, else by its card; it answers in eager PyTorch."""
        module, _card = load_folder(path, allow_code=allow_code)
        return answering(module, threads)


def _of_library(card: NetworkCard) -> LibraryNetwork | None:
    return card.model.in_library(card.image_shape) if card.model else None


def _config(card: NetworkCard, own: LibraryNetwork | None) -> dict[str, Any]:
    return {
        "architecture": own.architecture if own else card.summary(),
        "num_classes": len(card.class_names),
        "label_names": card.class_names,
        **({"pretrained_cfg": _pretrained(own.image)} if own else {}),
        CARD: card.model_dump(mode="json", exclude_none=True),
    }


def _pretrained(image: ImageShape) -> dict[str, Any]:
    """Say, in timm's words, what the network is fed with."""
    return {
        "input_size": image[:3],
        "interpolation": "bilinear",
        "crop_pct": 1.0,
        "crop_mode": "center",
        "mean": image.mean,
        "std": image.std,
    }


def load_folder(path: Path, *, allow_code: bool = False) -> tuple[nn.Module, NetworkCard]:
    """Load the network in such a folder, in eval mode, with its card.

    It takes normalised images ``(B, C, H, W)`` and gives logits ``(B, K)``. Raises KDStudioError where the
    network would run code of somebody's without ``allow_code``.
    """
    from kdstudio.engine.loading import load_state

    config = json.loads((path / CONFIG).read_text("utf-8"))
    card = NetworkCard.model_validate(config[CARD])
    check_code(card.runs_code, allow_code=allow_code)
    if "pretrained_cfg" in config:
        return _by_timm(path, card, config["pretrained_cfg"]), card
    module = card.build()
    load_state(module, load_tensors(path / WEIGHTS), card.network)
    return module.eval(), card


def _by_timm(path: Path, card: NetworkCard, wanted: dict[str, Any]) -> nn.Module:
    """The network as timm makes it, behind what makes our images those that the configuration describes."""
    import timm

    from kdstudio.models.modules.foreign import behind
    from kdstudio.models.modules.images import ImageInput

    _channels, height, width = wanted["input_size"]
    images = ImageInput(card.image_shape, height if height == width else 0, wanted["mean"], wanted["std"])
    return behind(images, timm.create_model(f"local-dir:{path}", pretrained=True)).eval()
