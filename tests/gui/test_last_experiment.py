"""What the form held comes back at the next start; damage is told, and does no harm."""

import json

import pytest
from PySide6.QtCore import QSettings

from kdstudio.gui.forms.draft import Draft
from kdstudio.gui.last_experiment import DAMAGED, KEY, LastExperiment
from kdstudio.runs.presets import save_experiment


@pytest.fixture
def begin(theme):
    """Start anew, as with another window."""

    def start():
        draft = Draft("digits-hinton")
        last = LastExperiment(draft)
        return draft, last, last.restore()

    return start


def test_edits_come_back_with_what_they_were_made_of(begin):
    draft, last, _ = begin()
    draft.load("digits-mutual")
    draft.set(("strategy", "weight"), "much")
    last.keep()
    again, _, notice = begin()
    assert notice == ""
    assert again.moment == draft.moment
    assert again.changes == [("strategy", "weight")]
    assert again.problems == draft.problems != []
    assert not again.history.before


def test_it_is_kept_a_while_after_a_change(begin, qtbot):
    draft, _, _ = begin()
    draft.set(("seeds",), 4)
    qtbot.waitUntil(lambda: '"seeds": 4' in str(QSettings().value(KEY)))


def test_a_file_that_was_not_edited_is_read_anew_or_taken_as_it_was(begin, tmp_path):
    draft, last, _ = begin()
    file = tmp_path / "mine.toml"
    draft.set(("seeds",), 2)
    save_experiment(draft.experiment, file)
    draft.load(str(file))
    last.keep()
    draft.set(("seeds",), 3)
    save_experiment(draft.experiment, file)
    assert begin()[0].value(("seeds",)) == 3
    file.unlink()
    gone, _, notice = begin()
    assert (gone.value(("seeds",)), notice) == (2, "")


@pytest.mark.parametrize(
    "damage",
    [
        lambda text: text[:-20],
        lambda text: "[]",
        lambda text: json.dumps(json.loads(text) | {"origin": {}}),
        lambda text: json.dumps(json.loads(text) | {"raw": {"networks": {"teacher": 3}}}),
        lambda text: json.dumps(json.loads(text) | {"raw": 7}),
    ],
)
def test_what_is_damaged_is_told(begin, damage):
    draft, last, _ = begin()
    draft.set(("seeds",), 4)
    last.keep()
    QSettings().setValue(KEY, damage(str(QSettings().value(KEY))))
    again, _, notice = begin()
    assert notice == DAMAGED
    assert again.source == "digits-hinton"
    assert again.changes == []
