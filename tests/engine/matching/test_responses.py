import pytest

from kdstudio.engine.dry_run import dry_run
from kdstudio.errors import KDStudioError
from tests.small import small_context, small_experiment

WITHOUT_TEACHER = ("label-smoothing", "teacher-free")
WITH_LABELS = ("decoupled", "teacher-free")


def experiment(name, *settings):
    return small_experiment(f'strategy.terms={{m={{name="{name}"}}}}', *settings, strategy="match")


@pytest.mark.parametrize("name", ["decoupled", "dist", "standardised", *WITHOUT_TEACHER])
def test_it_reads_logits_and_labels_as_its_definition_says(name):
    small = experiment(name)
    term = list(small_context(small).plan())[-1].terms[1]
    assert term.inputs == "student.logits"
    assert ("teacher.logits" in term.targets) == (name not in WITHOUT_TEACHER)
    assert ("labels" in term.targets) == (name in WITH_LABELS)


@pytest.mark.parametrize("kind", ["mixup", "cutmix"])
@pytest.mark.parametrize("name", ["decoupled", "dist", "standardised", *WITHOUT_TEACHER])
def test_mixed_images_are_refused_before_training_where_labels_are_needed(name, kind):
    context = small_context(experiment(name, f"networks.student.training.mixing.kind={kind}"))
    if name in WITH_LABELS:
        with pytest.raises(
            KDStudioError, match=r"term 'm': it needs one class .* set networks.student.training"
        ):
            dry_run(context)
    else:
        assert dry_run(context)


def test_decoupled_warms_up_over_twenty_epochs():
    epochs = "networks.student.training.epochs=40"
    small = experiment("decoupled", epochs)
    term = list(small_context(small).plan())[-1].terms[1]
    weights = [term.weight_at(epoch / 39) for epoch in range(40)]
    assert weights[0] == pytest.approx(1 / 20)
    assert weights[9] == pytest.approx(10 / 20)
    assert weights[19:] == [pytest.approx(1)] * 21
