"""The maps that are matched are those of the tables of RepDistiller.

By hand from its models (``forward`` with ``is_feat``) and its ``train_student.py``: blocks are
``feat[1:-1]``, the hint is ``feat[2]``, the last block ``feat[-2]``, the embedding ``feat[-1]``.
"""

import pytest
import torch

from kdstudio.engine.matching.declaration import Pair
from kdstudio.engine.network import network_of
from kdstudio.models.declaration import ImageShape, models
from kdstudio.models.modules.foreign import run

NETWORKS = {
    "resnet56": {"name": "resnet", "depth": 56},
    "resnet20": {"name": "resnet", "depth": 20},
    "resnet32x4": {"name": "resnet", "depth": 32, "width": 4},
    "resnet8x4": {"name": "resnet", "depth": 8, "width": 4},
    "wrn_40_2": {"name": "wide-resnet", "depth": 40, "width": 2},
    "wrn_16_2": {"name": "wide-resnet", "depth": 16, "width": 2},
    "wrn_40_1": {"name": "wide-resnet", "depth": 40, "width": 1},
    "vgg13": {"name": "vgg", "depth": 13},
    "vgg8": {"name": "vgg", "depth": 8},
    "ResNet50": {"name": "resnet-imagenet", "depth": 50},
    "MobileNetV2": {"name": "mobilenet-v2", "width": 0.5},
    "ShuffleV1": {"name": "shufflenet-v1"},
    "ShuffleV2": {"name": "shufflenet-v2"},
}
FEATURES = {
    "resnet56": ((16, 32), (32, 16), (64, 8), 64),
    "resnet20": ((16, 32), (32, 16), (64, 8), 64),
    "resnet32x4": ((64, 32), (128, 16), (256, 8), 256),
    "resnet8x4": ((64, 32), (128, 16), (256, 8), 256),
    "wrn_40_2": ((32, 32), (64, 16), (128, 8), 128),
    "wrn_16_2": ((32, 32), (64, 16), (128, 8), 128),
    "wrn_40_1": ((16, 32), (32, 16), (64, 8), 64),
    "vgg13": ((128, 16), (256, 8), (512, 4), (512, 4), 512),
    "vgg8": ((128, 16), (256, 8), (512, 4), (512, 4), 512),
    "ResNet50": ((256, 32), (512, 16), (1024, 8), (2048, 4), 2048),
    "MobileNetV2": ((12, 16), (16, 8), (48, 4), (160, 2), 1280),
    "ShuffleV1": ((240, 16), (480, 8), (960, 4), 960),
    "ShuffleV2": ((116, 16), (232, 8), (464, 4), 1024),
}
"""Channels and height of ``feat[1]``, ``feat[2]``, …, for CIFAR; the last is a vector."""

THREE = [("block1", "block1"), ("block2", "block2"), ("block3", "block3")]
FOUR = [*THREE, ("block4", "block4")]
VGG = [("block2", "block2"), ("block3", "block3"), ("block4", "block4"), ("block5", "block5")]
TO_VGG = [("block2", "block1"), ("block3", "block2"), ("block4", "block3"), ("block5", "block4")]
FROM_VGG = [("block1", "block2"), ("block2", "block3"), ("block3", "block4"), ("block4", "block5")]
PAIRS = {
    ("resnet56", "resnet20"): THREE,
    ("resnet32x4", "resnet8x4"): THREE,
    ("wrn_40_2", "wrn_16_2"): THREE,
    ("wrn_40_2", "wrn_40_1"): THREE,
    ("vgg13", "vgg8"): VGG,
    ("vgg13", "MobileNetV2"): FROM_VGG,
    ("ResNet50", "MobileNetV2"): FOUR,
    ("ResNet50", "vgg8"): TO_VGG,
    ("resnet32x4", "ShuffleV1"): THREE,
    ("resnet32x4", "ShuffleV2"): THREE,
    ("wrn_40_2", "ShuffleV1"): THREE,
}
"""Teacher and student; taps of the student and the teacher, in order."""


def made(role, name):
    fields = dict(NETWORKS[name])
    spec = models[fields.pop("name")](**fields)
    with torch.device("meta"):
        module = spec.build(ImageShape(3, 32, 32), 100)
        return network_of(role, module, spec), dict(run(module, ImageShape(3, 32, 32)))


@pytest.mark.parametrize(("teacher", "student"), PAIRS)
def test_taps_are_those_of_the_tables(teacher, student):
    (one, own), (two, other) = made("student", student), made("teacher", teacher)
    pair, blocks = Pair(None, two, one, "matched", 1), PAIRS[teacher, student]
    assert pair.taps((), (), "blocks") == blocks
    assert pair.taps((), (), "middle") == [blocks[1]]
    assert pair.taps((), (), "last") == [blocks[-1]]
    assert pair.taps((), (), "embedding") == [("pool", "pool")]
    for (mine, theirs), features, target in zip(blocks, FEATURES[student], FEATURES[teacher], strict=False):
        assert own[one.taps[mine]][1:3] == features
        assert other[two.taps[theirs]][1:3] == target
    assert own["pool"][1:] == FEATURES[student][-1:]
    assert other["pool"][1:] == FEATURES[teacher][-1:]


def test_where_numbers_differ_those_of_one_name_are_paired_or_else_the_last():
    four, three = made("student", "ResNet50")[0], made("teacher", "resnet20")[0]
    assert Pair(None, three, four, "matched", 1).taps((), (), "blocks") == THREE
    vgg = made("student", "vgg8")[0]
    assert Pair(None, three, vgg, "matched", 1).taps((), (), "blocks") == THREE[1:]


@pytest.mark.parametrize(
    ("teacher", "student", "hint"),
    [
        ("mnist-teacher", "mnist-student", ("layer4", "layer2")),
        ("cifar-teacher", "fitnet-1", ("layer6", "layer2")),
        ("cifar-teacher", "fitnet-2", ("layer6", "layer2")),
        ("cifar-teacher", "fitnet-3", ("layer8", "layer2")),
        ("cifar-teacher", "fitnet-4", ("layer11", "layer2")),
    ],
)
def test_hints_of_fitnets_are_the_papers(teacher, student, hint):
    both = [models["fitnet"](variant=variant) for variant in (teacher, student)]
    with torch.device("meta"):
        networks = [network_of("n", torch.nn.Identity(), spec) for spec in both]
    assert Pair(None, *networks, "matched", 1).taps((), (), "middle") == [hint]
