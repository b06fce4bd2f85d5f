import pytest

from kdstudio.engine.matching.hint import Hint
from kdstudio.errors import KDStudioError
from tests.engine.matching.pairs import NARROW, RESNET, WIDE_RESNET, pair_of, stage_of
from tests.small import random_batch


def test_middle_taps_are_matched_through_a_projection():
    stage = stage_of(pair_of(RESNET, WIDE_RESNET), Hint())
    (term,), (head,) = stage.terms, stage.heads.values()
    assert (term.inputs, term.targets) == ((head.name,), ("teacher.block2",))
    assert head.inputs == ("student.block2",)
    assert head.architecture == "1×1 convolution 32 → 64 channels"
    assert term.weight_at(0) == 100


def test_equal_shapes_are_compared_as_they_are():
    hint, batch = Hint(student_taps=("block1",), teacher_taps=("block1",)), random_batch()
    stage = stage_of(pair_of(NARROW, NARROW), hint)
    assert not stage.heads
    networks = stage.networks["student"].module, stage.networks["teacher"].module
    own, other = (network.block1(batch.images.flatten(1)) for network in networks)
    assert stage(batch)["matched"].item() == pytest.approx((own - other).square().mean().item())


def test_a_projection_that_does_not_fit_names_the_term():
    with pytest.raises(KDStudioError, match="term 'matched': projection '1x1' does not lead from"):
        stage_of(pair_of(), Hint(projection="1x1"))


def test_the_formula_tells_the_distance():
    assert Hint().formula() == "mean (r(F_s) − F_t)²"
    assert Hint(distance="cross-entropy").formula() == "CE(softmax_c F_t, softmax_c r(F_s))"
