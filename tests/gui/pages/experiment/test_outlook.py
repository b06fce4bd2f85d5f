"""What will happen, in words: whatever names the user gives are shown as they are."""

from dataclasses import replace

import pytest
from PySide6.QtCore import Qt
from PySide6.QtGui import QTextDocument
from PySide6.QtWidgets import QApplication, QLabel

from kdstudio.engine.events import StageSummary
from kdstudio.engine.experiment import About
from kdstudio.gui.forms.draft import Draft
from kdstudio.gui.layout import Card
from kdstudio.gui.pages.experiment.outlook import Outlook, about_text, outline
from kdstudio.gui.pages.experiment.preview_cards import (
    counts_table,
    networks_table,
    networks_text,
    save_card,
    stages_text,
)
from kdstudio.gui.saving.saving import saving_at
from kdstudio.models.complexity import Complexity
from kdstudio.runs.preview import NetworkPreview, PlannedStage, Preview
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


def test_a_mistake_with_a_long_path_makes_it_no_wider(qtbot, theme):
    draft = Draft("digits-hinton")
    outlook = Outlook(draft)
    qtbot.addWidget(outlook)
    outlook.resize(300, 600)
    outlook.show()
    draft.set(("networks", "teacher", "training", "optimizer", "learning_rate"), 5000)
    assert "teacher learning rate: must be" in read(outlook.outline.text())
    draft.set(("networks", "teacher", "training", "optimizer", "learning_rate"), 0.1)
    outlook.outline.setText("a_name_" * 20)
    holder = outlook.outline.parentWidget().parentWidget()
    QApplication.processEvents()
    assert holder.width() == holder.parentWidget().width()


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
        trials=1,
        stages=(PlannedStage(stage, 1),),
        is_counted=True,
        notes=(),
    )


def test_a_preview_shows_names_as_they_are(preview):
    stages = read(stages_text(preview))
    assert f"1 {ODD}\n3 epochs of 5 steps\n{ODD}\nnever sees {ODD}\nadds {ODD}: {ODD}" in stages
    assert ODD in read(networks_text(preview))
    assert ODD in counts_table(preview).body[1]


def test_a_preview_counts_the_stages_of_several_trials(preview):
    (teacher, *_), student = (
        preview.stages[0],
        StageSummary.model_construct(
            name="student T1 seed-0",
            coordinates={"strategy.temperature": 1, "seed": 0},
            epochs=3,
            steps_per_epoch=5,
            terms=["soft loss"],
        ),
    )
    stages = (PlannedStage(teacher, 1), PlannedStage(student, 9))
    text = read(stages_text(replace(preview, trials=9, stages=stages)))
    assert text.startswith(f"10 stages:\n1 {ODD}, once\n")
    assert "2 student, 9 times\n3 epochs of 5 steps" in text
    text = read(stages_text(replace(preview, trials=90, stages=stages, is_counted=False)))
    assert text.startswith("at most 10 stages; what trials have in common is trained once:")
    assert "2 student, up to 9 times" in text


def test_the_outline_tells_what_is_crossed(qapp):
    assert "setting" not in read(outline(small_experiment()))
    sweep = 'sweep={"networks.student.model.widths"=[[3, 4], [5]], "strategy.temperature"=[1, 20]}'
    text = read(outline(small_experiment("seeds=3", sweep)))
    assert "3 seeds × 4 settings = 12 trials\nwidths: [3, 4], [5]\nT: 1, 20\none teacher" in text
    assert "student: mlp 3-4, 2 epochs" in text
    assert "of the first setting" in text
    text = read(outline(small_experiment("seeds=3", "teacher_for_each_seed=true")))
    assert "3 seeds\na teacher for each seed" in text
    assert "of the first setting" not in text


def test_a_preview_compares_the_teacher_with_the_student(preview):
    assert "100× the weights and 100× the work" in networks_text(preview)


def test_tables_of_a_preview_have_all_rows_and_heads(preview):
    found = networks_table(preview)
    assert found.head == ("network", "architecture", "weights", "mult-adds")
    assert [row[:2] for row in found.body] == [("teacher", ODD), ("student", "mlp 8")]
    found = counts_table(preview)
    assert found.head == ("class", "teacher", "student")
    assert list(found.body) == [("cat", "5", "5"), (ODD, "5", "0")]


def test_the_table_of_a_card_is_saved_from_anywhere_on_it(preview, qtbot):
    card = Card("Networks")
    qtbot.addWidget(card)
    label = QLabel("text")
    card.add(label)
    save_card(card, "Networks", networks_table(preview))
    assert saving_at(label).content().tables() == [networks_table(preview)]
    assert label.contextMenuPolicy() is Qt.ContextMenuPolicy.CustomContextMenu
