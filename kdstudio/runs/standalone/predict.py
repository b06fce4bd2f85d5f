"""Classify images with the network in this folder: needs onnxruntime, numpy and Pillow, nothing else.

``pip install -r requirements.txt``, then ``python predict.py photograph.jpg folder-of-images --top 3``
"""

from __future__ import annotations

import argparse
import json
import sys
from collections.abc import Iterator, Sequence
from pathlib import Path

import numpy as np
import onnxruntime
from PIL import Image, ImageOps, UnidentifiedImageError

HERE = Path(__file__).parent
SIXTEEN_BIT = ("I;16", "I;16B", "I;16L", "I")


class UnreadableImage(Exception):  # noqa: N818
    """A file that is no image, or a damaged one."""


class Classifier:
    """The network of this folder: uint8 images in, a probability for each class out."""

    def __init__(self) -> None:
        """Load it."""
        options = onnxruntime.SessionOptions()
        options.log_severity_level = 3
        self._session = onnxruntime.InferenceSession(
            HERE / "model.onnx", options, providers=["CPUExecutionProvider"]
        )
        notes = self._session.get_modelmeta().custom_metadata_map
        self.channels, self.height, self.width = json.loads(notes["card"])["image"]
        self.labels = (HERE / "labels.txt").read_text("utf-8").splitlines()

    def probabilities(self, file: Path) -> np.ndarray:
        """Answer one image file: ``(K,)``. Raises UnreadableImage."""
        pixels = decode(file, self.width, self.height, grey=self.channels == 1)
        (fed,) = self._session.get_inputs()
        found: np.ndarray = self._session.run(None, {fed.name: pixels[None]})[0][0]
        return found

    def best(self, file: Path, count: int) -> list[tuple[str, float]]:
        """Return the ``count`` most probable classes of one image file, with their probabilities."""
        probabilities = self.probabilities(file)
        order = np.argsort(-probabilities, kind="stable")[:count]
        return [(self.labels[number], float(probabilities[number])) for number in order]


def decode(file: Path, width: int, height: int, *, grey: bool) -> np.ndarray:
    """Decode ``file`` to uint8 ``(height, width, C)``, as the images of the training were.

    The image is scaled until it covers the size, then a centred piece is cut out. Palettes are looked up,
    16-bit greys keep their upper eight bits, transparent parts turn white, turned photographs are set
    upright.
    """
    try:
        with Image.open(file) as opened:
            image = eight_bit(ImageOps.exif_transpose(opened), grey=grey)
            square = ImageOps.fit(image, (width, height), Image.Resampling.BILINEAR)
    except UnidentifiedImageError as error:
        raise UnreadableImage(f"'{file}' is not an image") from error
    except FileNotFoundError as error:
        raise UnreadableImage(f"there is no '{file}'") from error
    except MemoryError:
        raise
    except Exception as error:  # on damaged files Pillow's decoders raise whatever they stumble over
        raise UnreadableImage(f"'{file}' is damaged: {error}") from error
    return np.asarray(square).reshape(height, width, 1 if grey else 3)


def eight_bit(image: Image.Image, *, grey: bool) -> Image.Image:
    """Convert to 8-bit grey or colour."""
    if image.mode in SIXTEEN_BIT:
        values = np.asarray(image).astype(np.int64)
        shift = 8 if image.mode != "I" or values.max(initial=0) > 255 else 0
        image = Image.fromarray((values >> shift).clip(0, 255).astype(np.uint8))
    if "transparency" in image.info or image.mode in {"RGBA", "LA", "PA"}:
        coloured = image.convert("RGBA")
        white = Image.new("RGBA", coloured.size, "white")
        image = Image.alpha_composite(white, coloured)
    return image.convert("L" if grey else "RGB")


def files_in(named: Sequence[Path]) -> Iterator[Path]:
    """Yield the files named, and of folders the images in them."""
    endings = set(Image.registered_extensions())
    for path in named:
        if path.is_dir():
            yield from sorted(f for f in path.rglob("*") if f.suffix.lower() in endings and f.is_file())
        else:
            yield path


def main() -> int:
    """Print the answers; returns 1 where a file was no image, or none was there."""
    arguments = parsed()
    classifier = Classifier()
    answers: dict[str, list[tuple[str, float]]] = {}
    failed = False
    for file in files_in(arguments.images):
        try:
            answers[str(file)] = classifier.best(file, arguments.top)
        except UnreadableImage as error:
            failed = True
            print(f"predict.py: {error}", file=sys.stderr)
            continue
        if not arguments.json:
            print(f"{file}: {spoken(answers[str(file)])}")
    if arguments.json:
        print(json.dumps({file: dict(best) for file, best in answers.items()}, indent=2))
    if not answers and not failed:
        print("predict.py: no images there", file=sys.stderr)
    return 1 if failed or not answers else 0


def parsed() -> argparse.Namespace:
    """Read the command line."""
    parser = argparse.ArgumentParser(description=__doc__.partition("\n")[0])
    parser.add_argument("images", nargs="+", type=Path, metavar="IMAGE", help="files, or folders of them")
    parser.add_argument("--top", type=positive, default=1, metavar="N", help="how many classes (default: 1)")
    parser.add_argument("--json", action="store_true", help="print JSON: probabilities by class, by file")
    return parser.parse_args()


def positive(text: str) -> int:
    """Read a number of classes, 1 or more."""
    if (number := int(text)) < 1:
        raise argparse.ArgumentTypeError("must be 1 or more")
    return number


def spoken(best: Sequence[tuple[str, float]]) -> str:
    """``cat 91.3 %, dog 5.2 %``."""
    return ", ".join(f"{label} {probability:.1%}".replace("%", " %") for label, probability in best)


if __name__ == "__main__":
    sys.exit(main())
