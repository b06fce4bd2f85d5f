"""A folder that needs no KD Studio: a network with its preprocessing, class names, and a script to ask it."""

from __future__ import annotations

from importlib import resources
from pathlib import Path
from typing import ClassVar, Literal

from kdstudio.runs.formats import onnx_graph
from kdstudio.runs.formats.declaration import Answer, ExportFormat, Shipment, formats

NETWORK = "model.onnx"
COPIED = ("predict.py", "requirements.txt")
HOW = """

## Using it

`model.onnx` takes uint8 images `(batch, height, width, {channels})` of any size and gives probabilities
`(batch, {classes})`, in the order of `labels.txt`. `predict.py` asks it about image files or folders
of them; it needs onnxruntime, numpy and Pillow, not KD Studio and not PyTorch:

```
pip install -r requirements.txt
python predict.py photograph.jpg --top 3
```
"""


@formats.register
class Standalone(ExportFormat):
    """ONNX with the preprocessing inside, class names, and a script that classifies image files with it.

    The script needs onnxruntime, numpy and Pillow, not KD Studio and not PyTorch.
    """

    title: ClassVar[str] = "folder without KD Studio"
    runtime: ClassVar[str] = "onnxruntime"
    keeps_rounding: ClassVar[bool] = True
    extra: ClassVar[str] = "onnx"
    packages: ClassVar[tuple[str, ...]] = ("onnx", "onnxscript", "onnxruntime")

    name: Literal["standalone"] = "standalone"

    @property
    def takes_pixels(self) -> bool:
        """Always."""
        return True

    def files(self, name: str) -> tuple[str, ...]:
        """Return the one folder."""
        return (f"{name}-standalone",)

    def write(self, shipment: Shipment, folder: Path) -> None:
        """Write the folder."""
        (made,) = (folder / name for name in self.files(shipment.name))
        made.mkdir()
        image, labels = shipment.card.image_shape, shipment.card.class_names
        model = onnx_graph.with_preprocessing(
            onnx_graph.exported(shipment.module, shipment.card.image), image
        )
        onnx_graph.describe(model, shipment)
        onnx_graph.save(model, made / NETWORK)
        (made / "labels.txt").write_text("\n".join([*labels, ""]), "utf-8")
        how = HOW.format(channels=image.channels, classes=len(labels))
        (made / "README.md").write_text(shipment.about + how, "utf-8")
        for name in COPIED:
            source = resources.files("kdstudio.runs.standalone") / name
            (made / name).write_text(source.read_text("utf-8"), "utf-8")

    def open(self, path: Path, threads: int, *, allow_code: bool = False) -> Answer:
        """Load its network with onnxruntime."""
        return onnx_graph.open_session(path / NETWORK, threads)
