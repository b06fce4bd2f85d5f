import pytest
import torch

from kdstudio.engine.matching.weights import Weights
from kdstudio.errors import KDStudioError
from tests.engine.matching.pairs import NARROW, RESNET, WIDE, WIDE_RESNET, pair_of, stage_of
from tests.small import random_batch


def weights_of(stage, path):
    return [stage.networks[n].module.get_submodule(path).weight for n in ("student", "teacher")]


def test_layers_of_one_shape_are_compared_as_they_are():
    stage = stage_of(pair_of(NARROW, NARROW.replace("5", "7")), Weights(
        student_layers=("block1.linear",), teacher_layers=("block1.linear",)
    ))  # fmt: skip
    own, other = weights_of(stage, "block1.linear")
    assert not stage.heads
    loss = stage(random_batch())["matched"]
    assert loss.item() == pytest.approx((own - other).square().mean().item())
    loss.backward()
    torch.testing.assert_close(own.grad, 2 * (own - other).detach() / own.numel())
    assert other.grad is None


def test_without_a_choice_all_layers_of_one_name_are_matched():
    stage = stage_of(pair_of(NARROW, WIDE), Weights())
    (term,) = stage.terms
    assert term.targets == tuple(
        f"teacher.{path}.weight" for path in ("block1.linear", "block2.linear", "classifier")
    )
    assert [head.inputs for head in stage.heads.values()] == [
        ("student.block1.linear.weight",), ("student.block2.linear.weight",), ("student.classifier.weight",)
    ]  # fmt: skip


def test_other_shapes_are_projected_from_both_sides():
    stage = stage_of(pair_of(NARROW, WIDE), Weights())
    expected = 0.0
    for head, path in zip(
        stage.heads.values(), ("block1.linear", "block2.linear", "classifier"), strict=True
    ):
        own, other = weights_of(stage, path)
        expected += (head.module.a @ own @ head.module.b.T - other).square().mean().item()
    assert stage(random_batch())["matched"].item() == pytest.approx(expected, rel=1e-5)


def test_networks_without_a_name_in_common_are_matched_at_their_last_layers():
    (term,) = stage_of(pair_of("{name='mlp', widths=[]}", RESNET), Weights()).terms
    assert term.targets == ("teacher.classifier.weight",)


def test_convolutions_are_flattened():
    stage = stage_of(pair_of(RESNET, WIDE_RESNET), Weights(
        student_layers=("block1.0.add.body.first.conv",), teacher_layers=("block2.0.add.body.first.conv",)
    ))  # fmt: skip
    (head,) = stage.heads.values()
    assert head.architecture == "A·W·Bᵀ (16, 144) → (64, 288)"
    assert stage(random_batch())["matched"] > 0


@pytest.mark.parametrize(
    ("options", "message"),
    [
        ({"student_layers": ("block1.linear",)}, "1 student layers and 0 teacher layers"),
        (
            {"student_layers": ("nowhere",), "teacher_layers": ("classifier",)},
            "no layer 'nowhere' with weights in the student; there are block1.linear, ",
        ),
    ],
)
def test_a_wrong_choice_is_named(options, message):
    with pytest.raises(KDStudioError, match=message):
        stage_of(pair_of(), Weights(**options))
