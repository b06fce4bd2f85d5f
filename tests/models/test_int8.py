import pytest
import torch
from pydantic import ValidationError

from kdstudio.engine.card import NetworkCard
from kdstudio.engine.identity import Identity
from kdstudio.engine.trials import code_run_by
from kdstudio.errors import KDStudioError
from kdstudio.models.declaration import ImageShape, models
from kdstudio.models.int8 import Int8
from kdstudio.models.lenet import LeNet
from kdstudio.models.modules.layout import build
from kdstudio.models.modules.quantised import QuantisedConv2d, roundings
from kdstudio.models.resnet import ResNet
from tests.small import small_experiment

DIGITS, CIFAR = ImageShape(1, 8, 8), ImageShape(3, 32, 32)


def test_it_is_read_as_the_architecture_itself():
    spec, of = Int8(of=ResNet(depth=8)), ResNet(depth=8)
    for what in ("taps", "blocks", "middle", "preactivations", "classifier"):
        assert getattr(spec, what)() == getattr(of, what)()


def test_it_is_called_by_its_bits_and_its_architecture():
    assert Int8(of=ResNet(depth=8)).summary() == "int8 resnet-8"
    assert Int8(of=ResNet(depth=8), bits=4).summary() == "int8 w4 resnet-8"


def test_it_can_hold_any_architecture_by_its_name():
    spec = models["int8"].model_validate({"of": {"name": "mlp", "widths": [5]}, "bits": 3})
    assert spec.model_dump()["of"] == {"name": "mlp", "widths": (5,), "input_dropout": 0.0, "dropout": 0.0}
    with pytest.raises(ValidationError, match="no 'nothing'"):
        models["int8"].model_validate({"of": {"name": "nothing"}})


@pytest.mark.parametrize("bits", [1, 9])
def test_bits_are_those_of_a_byte_at_most(bits):
    with pytest.raises(ValidationError, match="bits"):
        Int8(bits=bits)


def test_what_is_rounded_is_not_rounded_again():
    with pytest.raises(KDStudioError, match="'int8 lenet 16' is rounded already; name the architecture"):
        Int8(of=Int8()).build(DIGITS, 10)


def test_the_first_weights_are_those_of_the_architecture():
    torch.manual_seed(0)
    one = build(Int8(of=LeNet(channels=2)), DIGITS, 10)
    torch.manual_seed(0)
    other = build(LeNet(channels=2), DIGITS, 10)
    assert all(torch.equal(p, q) for p, q in zip(one.parameters(), other.parameters(), strict=True))


def test_it_keeps_the_layout_of_the_architecture():
    network = build(Int8(of=ResNet(depth=8)), CIFAR, 10)
    assert network.stem.conv.weight.is_contiguous(memory_format=torch.channels_last)


def test_it_is_built_on_the_meta_device_and_in_train_mode():
    with torch.device("meta"):
        network = Int8().build(DIGITS, 10)
    assert network.training
    assert all(rounding.training for rounding in roundings(network))
    assert isinstance(network.block1.convolution, QuantisedConv2d)


def of_yours(tmp_path):
    return models["python"](path=f"{tmp_path}/model.py:build")


def test_that_it_runs_code_of_the_user_s_is_told_by_card_and_experiment(tmp_path):
    spec = Int8(of=of_yours(tmp_path))
    card = NetworkCard(
        network="student", identity=Identity(role="student", kind="student"), model=spec,
        image=(1, 8, 8), class_names=("a", "b"), mean=(0.5,), std=(0.5,),
    )  # fmt: skip
    assert card.runs_code == "python model.py:build"
    experiment = small_experiment(strategy="supervised")
    student = experiment.networks["student"].model_copy(update={"model": spec})
    assert code_run_by(experiment.model_copy(update={"networks": {"student": student}})) == card.runs_code
