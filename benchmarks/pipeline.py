"""How fast batches come: resident and augmented as a whole, against DataLoader and torchvision.

uv run python benchmarks/pipeline.py [--images 20000] [--batch 128]

32×32 colour images, crop with padding 4, flip, normalise. Both decode nothing: the images lie in
memory. DataLoader gets 2 workers, as people usually write it. Also checks that the resident and the
streaming path give identical batches for one seed.
"""

import argparse
import tempfile
import time
from pathlib import Path

import numpy as np
import torch
from PIL import Image
from torch.utils.data import DataLoader, Dataset
from torchvision import transforms

from kdstudio.data.augmentation import Augmentation
from kdstudio.data.declaration import ImageData, LabelledImages
from kdstudio.data.feed import Feed
from kdstudio.data.sources.folder import ImageFolder

MEAN, STD = (0.49, 0.48, 0.45), (0.25, 0.24, 0.26)
USUAL = Augmentation(jitter=4, flip=True)


class Photographs(Dataset):
    """Images in memory, transformed one by one."""

    def __init__(self, images: np.ndarray) -> None:
        self.images = [Image.fromarray(image) for image in images]
        self.transform = transforms.Compose(
            [
                transforms.RandomCrop(32, padding=4),
                transforms.RandomHorizontalFlip(),
                transforms.ToTensor(),
                transforms.Normalize(MEAN, STD),
            ]
        )

    def __len__(self) -> int:
        return len(self.images)

    def __getitem__(self, index: int) -> tuple[torch.Tensor, int]:
        return self.transform(self.images[index]), index


def speed(batches: object, count: int) -> float:
    """Images a second over one pass, after one that is not counted."""
    for _ in batches():
        pass
    began = time.perf_counter()
    for _ in batches():
        pass
    return count / (time.perf_counter() - began)


def main() -> None:
    """Measure and compare."""
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawTextHelpFormatter)
    parser.add_argument("--images", type=int, default=20_000)
    parser.add_argument("--batch", type=int, default=128)
    options = parser.parse_args()
    generator = torch.Generator().manual_seed(0)
    pixels = torch.randint(256, (options.images, 3, 32, 32), dtype=torch.uint8, generator=generator)
    part = LabelledImages(pixels, torch.zeros(options.images, dtype=torch.long))
    data = ImageData(part, part, ("a", "b"), MEAN, STD)
    feed = Feed(part, data, batch_size=options.batch, augmentation=USUAL)
    loader = DataLoader(
        Photographs(pixels.permute(0, 2, 3, 1).numpy()),
        batch_size=options.batch,
        shuffle=True,
        num_workers=2,
        persistent_workers=True,
    )
    epochs = iter(range(1000))
    ours = speed(lambda: feed.shuffled(next(epochs)), options.images)
    theirs = speed(lambda: loader, options.images)
    print(f"resident, whole batches: {ours:,.0f} images/s; DataLoader with 2 workers and torchvision: "
          f"{theirs:,.0f} images/s; ratio {ours / theirs:.1f}")  # fmt: skip
    print(f"memory: {pixels.numel() / 2**20:,.0f} MB as uint8 (4× that as float32)")
    print("resident and streaming batches identical:", paths_agree())


def paths_agree() -> bool:
    """Read a small folder both ways and compare an epoch, bit for bit."""
    with tempfile.TemporaryDirectory() as root:
        for number in range(96):
            folder = Path(root, f"class {number % 2}")
            folder.mkdir(exist_ok=True)
            noise = np.random.default_rng(number).integers(256, size=(40, 36, 3), dtype=np.uint8)
            Image.fromarray(noise).save(folder / f"{number}.png")
        epochs = []
        for memory in ("resident", "stream"):
            data = ImageFolder(path=root, memory=memory).load(lambda _what, _fraction: None)
            feed = Feed(data.train, data, batch_size=16, seed=3, augmentation=USUAL)
            epochs.append([batch.images for batch in feed.shuffled(1)])
    return all(torch.equal(one, other) for one, other in zip(*epochs, strict=True))


if __name__ == "__main__":
    main()
