"""What will happen, in words: whatever names the user gives are shown as they are."""

import pytest
from PySide6.QtGui import QTextDocument

from kdstudio.engine.events import StageSummary
from kdstudio.engine.experiment import About
from kdstudio.gui.pages.experiment.outlook import about_text, breakable, outline
from kdstudio.gui.pages.experiment.preview_cards import counts_text, networks_text, stages_text
from kdstudio.models.complexity import Complexity
from kdstudio.runs.preview import NetworkPreview, Preview
from tests.small import small_experiment

ODD = "<i>&amp;"


def read(html):
    """What a person reads."""
    document = QTextDocument()
    document.setHtml(html)
    return document.toPlainText()


@pytest.fixture
def about(qapp):
    figure = {"what": f"error {ODD}", "value": f"1 {ODD}"}
    return About(
        title=f"title {ODD}", source="paper", shows="what\nit shows", published=[figure], changed=ODD
    )


def test_the_description_of_a_preset_is_laid_out_as_it_is_written(about):
    text = read(about_text(about))
    for part in (f"title {ODD}", "paper", "what\nit shows", f"error {ODD}: 1 {ODD}", f"Changed\n{ODD}"):
        assert part in text
    assert "Time" not in text


def test_the_outline_names_networks_and_how_they_come_about(qapp):
    text = read(outline(small_experiment()))
    assert "teacher: mlp 8, 2 epochs, batches of 256" in text
    assert "20% of the training images" in text


def test_a_long_formula_can_wrap(qapp):
    assert breakable("a·b").split("\u200b") == ["a·", "b"]


def network(architecture, parameters, counts):
    return NetworkPreview(architecture, Complexity(parameters, 2 * parameters), (), counts, None)


@pytest.fixture
def preview(qapp):
    stage = StageSummary.model_construct(
        name=ODD, epochs=3, steps_per_epoch=5, terms=[ODD], heads={ODD: ODD}, left_out=[1]
    )
    return Preview(
        class_names=("cat", ODD),
        image=(1, 8, 8),
        validation_images=1,
        test_images=1,
        networks={
            "teacher": network(ODD, 1_000_000, (5, 5)),
            "student": network("mlp 8", 10_000, (5, 0)),
        },
        stages=(stage,),
        notes=(),
    )


def test_a_preview_shows_names_as_they_are(preview):
    stages = read(stages_text(preview))
    assert f"1 {ODD}\n3 epochs of 5 steps\n{ODD}\nnever sees {ODD}\nadds {ODD}: {ODD}" in stages
    assert ODD in read(networks_text(preview))
    assert ODD in read(counts_text(preview))


def test_a_preview_compares_the_teacher_with_the_student(preview):
    assert "100× the weights and 100× the work" in networks_text(preview)


def test_networks_that_see_other_images_have_a_column_of_their_own(preview):
    assert read(counts_text(preview)).split() == ["teacher", "student", "cat", "5", "5", ODD, "5", "0"]
