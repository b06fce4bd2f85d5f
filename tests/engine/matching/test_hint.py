import pytest
import torch

from kdstudio.engine.matching.hint import Hint
from kdstudio.errors import KDStudioError
from tests.engine.matching.pairs import NARROW, RESNET, WIDE_RESNET, pair_of, stage_of
from tests.small import random_batch


def test_middle_taps_are_matched_through_a_projection():
    stage = stage_of(pair_of(RESNET, WIDE_RESNET), Hint())
    (term,), (head,) = stage.terms, stage.heads.values()
    assert (term.inputs, term.targets) == ((head.name,), ("teacher.block2",))
    assert head.inputs == ("student.block2",)
    assert head.architecture == "1×1 convolution 32 → 64 channels, batch norm, ReLU"
    assert term.weight_at(0) == 100


def test_equal_shapes_are_compared_as_they_are():
    taps, batch = {"student_taps": ("block1",), "teacher_taps": ("block1",)}, random_batch()
    hint = Hint(projection="automatic", **taps)
    stage = stage_of(pair_of(NARROW, NARROW), hint)
    assert not stage.heads
    networks = stage.networks["student"].module, stage.networks["teacher"].module
    own, other = (network.block1(batch.images.flatten(1)) for network in networks)
    assert stage(batch)["matched"].item() == pytest.approx((own - other).square().mean().item())


@pytest.mark.parametrize(
    ("teacher", "description"),
    [
        (WIDE_RESNET, "1×1 convolution 32 → 64 channels, ReLU"),
        ("{name='wide-resnet', depth=10, width=1}", "1×1 convolution 32 → 32 channels"),
        ("{name='mobilenet-v2'}", "3×3 convolution 32 → 16 channels"),
    ],
)
def test_the_papers_regressor_ends_as_the_teachers_layer(teacher, description):
    stage = stage_of(pair_of(RESNET, teacher), Hint(projection="paper"))
    assert [head.architecture for head in stage.heads.values()] == [description]


def test_the_librarys_regressor_is_a_convolution_batch_norm_and_relu():
    """RepDistiller's, by hand, in training: statistics of the batch."""
    stage = stage_of(pair_of(RESNET, WIDE_RESNET), Hint()).train()
    (head,) = stage.heads.values()
    batch = random_batch()
    (term,) = stage.terms
    values = stage.values(batch, (*term.reads, "student.block2"))
    (convolution, norm), _relu = head.module
    maps = values["student.block2"]
    flat = torch.einsum("bchw,dc->dbhw", maps, convolution.weight[:, :, 0, 0]).flatten(1)
    flat = flat + convolution.bias[:, None]
    flat = (flat - flat.mean(1, keepdim=True)) / (flat.var(1, correction=0, keepdim=True) + norm.eps).sqrt()
    target = values["teacher.block2"].transpose(0, 1).flatten(1)
    expected = (flat.clamp(min=0) - target).square().mean()
    assert stage(batch)["matched"].item() == pytest.approx(expected.item(), rel=1e-4)


def test_a_projection_that_does_not_fit_names_the_term():
    with pytest.raises(KDStudioError, match="term 'matched': projection '1x1' does not lead from"):
        stage_of(pair_of(), Hint(projection="1x1"))


def test_the_formula_tells_the_distance():
    assert Hint().formula() == "mean (r(F_s) − F_t)²"
    assert Hint(distance="cross-entropy").formula() == "CE(softmax_c F_t, softmax_c r(F_s))"
