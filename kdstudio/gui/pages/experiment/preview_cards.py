"""A preview in cards: stages, networks with their costs, samples, class counts."""

from __future__ import annotations

from collections.abc import Callable

from PySide6.QtWidgets import QLabel

from kdstudio.gui.html import Html, bold, joined, lines, paragraphs, table
from kdstudio.gui.layout import Card, text_label
from kdstudio.gui.pages.experiment.class_counts import ClassCounts
from kdstudio.gui.pages.experiment.samples_dialog import SamplesButton
from kdstudio.gui.pictures import tiled
from kdstudio.gui.saving.button import SaveButton
from kdstudio.gui.saving.saving import Saving
from kdstudio.gui.saving.tables import table_content
from kdstudio.gui.spoken import spoken_count
from kdstudio.runs.preview import Preview
from kdstudio.runs.state import spoken_epochs
from kdstudio.runs.table_formats import TextTable

MOST_NOTES = 5


def preview_cards(found: Preview, ratio: float, enlarge: Callable[[str], object]) -> list[Card]:
    """Make the cards for a screen with ``ratio`` device pixels to a pixel.

    ``enlarge`` is called with the role whose samples are to be seen large.
    """
    stages, networks = Card("Stages"), Card("Networks")
    stages.add(text_label(stages_text(found)))
    networks.add(text_label(networks_text(found)))
    save_card(networks, "Networks", networks_table(found))
    return [stages, networks, _data_card(found, ratio, enlarge)]


def save_card(card: Card, title: str, shown: TextTable) -> None:
    """Let the table on ``card`` be saved, also what is left out there for want of room."""
    saving = Saving(card, lambda: table_content(card, title, lambda: [shown]))
    saving.answer_right_clicks(card, *card.findChildren(QLabel))
    card.head.addWidget(SaveButton("this table", lambda: saving))


def _data_card(found: Preview, ratio: float, enlarge: Callable[[str], object]) -> Card:
    card = Card("Data")
    size = " × ".join(map(str, found.image))
    validation, test = f"{found.validation_images:,} for validation", f"{found.test_images:,} for the test"
    card.add(text_label(f"images of {size}; {validation}, {test}"))
    for role, network in found.networks.items():
        card.add(text_label(f"as the {role} sees them in training", "muted"))
        card.add(SamplesButton(role, tiled(network.samples, ratio), enlarge))
    counts = counts_table(found)
    roles = counts.head[1:]
    of_whom = f", of {' and '.join(roles)}" if len(roles) > 1 else ""
    card.add(text_label(f"training images of each class{of_whom}", "muted"))
    card.add(ClassCounts(counts))
    save_card(card, "Training images of each class", counts_table(found))
    for note in found.notes[:MOST_NOTES]:
        card.add(text_label(note, "muted"))
    if len(found.notes) > MOST_NOTES:
        card.add(text_label(f"and {len(found.notes) - MOST_NOTES} more", "muted"))
    return card


def stages_text(found: Preview) -> Html:
    """What is trained in turn: epochs, steps and terms of each stage, and the heads that it adds."""
    parts = [f"{found.spoken_stages()}:"] if found.trials > 1 else []
    for number, planned in enumerate(found.stages, start=1):
        stage, times = planned.first, found.spoken_times(planned)
        name = bold(f"{number} {stage.own_name}")
        described = [
            joined((name, times), ", ") if times else name,
            f"{spoken_epochs(stage.epochs)} of {stage.steps_per_epoch:,} steps",
        ]
        described.append(", ".join(stage.terms))
        if stage.classes:
            described.append("sees only " + ", ".join(found.class_names[c] for c in stage.classes))
        if stage.left_out:
            described.append("never sees " + ", ".join(found.class_names[c] for c in stage.left_out))
        described += [f"adds {name}: {what}" for name, what in stage.heads.items()]
        parts.append(lines(*described))
    return paragraphs(*parts)


def networks_text(found: Preview) -> Html:
    """Sizes of the networks, and how many times larger the teacher is."""
    _, head, rows, align = networks_table(found)
    sizes = table(("", "", *head[2:]), rows, align)
    if not {"teacher", "student"} <= found.networks.keys():
        return sizes
    teacher, student = (found.networks[role].cost for role in ("teacher", "student"))
    weights = teacher.parameters / max(student.parameters, 1)
    work = teacher.multiply_adds / max(student.multiply_adds, 1)
    return paragraphs(
        sizes, f"The teacher has {weights:.3g}× the weights and {work:.3g}× the work of the student."
    )


def networks_table(found: Preview) -> TextTable:
    """Role, architecture, weights and multiply-adds of each network."""
    rows = [
        (role, n.architecture, spoken_count(n.cost.parameters), spoken_count(n.cost.multiply_adds))
        for role, n in found.networks.items()
    ]
    return TextTable("", ("network", "architecture", "weights", "mult-adds"), rows, "llrr")


def counts_table(found: Preview) -> TextTable:
    """Training images of each class, one column for each network that sees other images than the first."""
    networks = list(found.networks.items())
    columns = [networks[0], *((r, n) for r, n in networks[1:] if n.counts != networks[0][1].counts)]
    rows = [
        (name, *(f"{network.counts[number]:,}" for _, network in columns))
        for number, name in enumerate(found.class_names)
    ]
    return TextTable("", ("class", *(role for role, _ in columns)), rows, "l" + "r" * len(columns))
