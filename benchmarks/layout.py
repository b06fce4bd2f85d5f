"""What channels last gains: training steps of each architecture in both layouts, in both precisions.

uv run python benchmarks/layout.py [--pairs 7] [--models resnet-20 …]

Batches of 128 random images at 32×32, of one channel at 28×28 for lenet, cross-entropy, SGD with momentum,
on one thread. In every pair each side takes one step, in turn. Printed are medians over the pairs of
milliseconds of processor time, which other work on the machine disturbs least, and of the ratio plain / laid
out within a pair (lowest to highest): above 1 channels last is quicker.
"""

import argparse
import copy
import time
from collections.abc import Callable
from statistics import median

import torch
from torch import nn
from torch.nn import functional

from kdstudio.models.declaration import ImageShape, ModelSpec
from kdstudio.models.densenet import DenseNet
from kdstudio.models.fitnet import FitNet
from kdstudio.models.lenet import LeNet
from kdstudio.models.mobilenet import MobileNet
from kdstudio.models.mobilenet_v2 import MobileNetV2
from kdstudio.models.resnet import ResNet
from kdstudio.models.resnet_imagenet import ResNetImageNet
from kdstudio.models.shufflenet import ShuffleNetV1
from kdstudio.models.shufflenet_v2 import ShuffleNetV2
from kdstudio.models.vgg import VGG
from kdstudio.models.wide_resnet import WideResNet

BATCH, CLASSES = 128, 10
PHOTOGRAPHS, DIGITS = ImageShape(3, 32, 32), ImageShape(1, 28, 28)
MODELS: dict[str, tuple[ModelSpec, ImageShape]] = {
    "resnet-20": (ResNet(depth=20), PHOTOGRAPHS),
    "resnet-56": (ResNet(depth=56), PHOTOGRAPHS),
    "wrn-16-2": (WideResNet(depth=16, width=2), PHOTOGRAPHS),
    "vgg-8": (VGG(depth=8), PHOTOGRAPHS),
    "resnet-18": (ResNetImageNet(depth=18), PHOTOGRAPHS),
    "densenet-40": (DenseNet(depth=40), PHOTOGRAPHS),
    "mobilenet": (MobileNet(), PHOTOGRAPHS),
    "mobilenet-v2": (MobileNetV2(), PHOTOGRAPHS),
    "shufflenet-v1": (ShuffleNetV1(), PHOTOGRAPHS),
    "shufflenet-v2": (ShuffleNetV2(), PHOTOGRAPHS),
    "fitnet-1": (FitNet(), PHOTOGRAPHS),
    "lenet": (LeNet(), DIGITS),
}


def step_of(network: nn.Module, image: ImageShape, precision: str) -> Callable[[], float]:
    """Return what takes one step and tells the seconds of processor time."""
    generator = torch.Generator().manual_seed(0)
    images = torch.randn(BATCH, *image[:3], generator=generator)
    labels = torch.randint(CLASSES, (BATCH,), generator=generator)
    optimizer = torch.optim.SGD(network.parameters(), 0.01, 0.9, fused=True)

    def step() -> float:
        began = time.process_time()
        with torch.autocast("cpu", dtype=torch.bfloat16, enabled=precision == "bfloat16"):
            logits = network(images)
        loss = functional.cross_entropy(logits.float(), labels)
        optimizer.zero_grad()
        loss.backward()
        optimizer.step()
        return time.process_time() - began

    step()  # to warm up
    return step


def main() -> None:
    """Print a line for each architecture and precision."""
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawTextHelpFormatter)
    parser.add_argument("--models", nargs="*", choices=MODELS, default=list(MODELS))
    parser.add_argument("--pairs", type=int, default=7)
    args = parser.parse_args()
    torch.set_num_threads(1)
    print(f"{'':16}{'':10}{'plain ms':>10}{'laid out ms':>13}{'plain / laid out':>24}")
    for name in args.models:
        spec, image = MODELS[name]
        network = spec.build(image, CLASSES)
        for precision in ("float32", "bfloat16"):
            laid_out = copy.deepcopy(network).to(memory_format=torch.channels_last)
            plain, last = (step_of(n, image, precision) for n in (copy.deepcopy(network), laid_out))
            found = [(plain(), last()) for _pair in range(args.pairs)]
            ratios = sorted(one / other for one, other in found)
            told = f"{median(ratios):.2f} ({ratios[0]:.2f} to {ratios[-1]:.2f})"
            times = (1000 * median(side) for side in zip(*found, strict=True))
            print(f"{name:16}{precision:10}{next(times):10.0f}{next(times):13.0f}{told:>24}", flush=True)


if __name__ == "__main__":
    main()
