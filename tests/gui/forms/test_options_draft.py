from typing import Literal

import pytest

from kdstudio.declaration import Declaration, option
from kdstudio.gui.forms.form import Form
from kdstudio.gui.forms.options_draft import OptionsDraft


class Packed(Declaration):
    """Small files."""

    name: Literal["packed"] = "packed"
    level: int = option(3, "Level", "How much.", ge=1, le=9)


class Plain(Declaration):
    """Files as they are."""

    name: Literal["plain"] = "plain"


@pytest.fixture
def draft(qapp):
    return OptionsDraft({"packed": Packed, "plain": Plain})


def test_defaults_are_read_at_first(draft):
    assert (draft.read("packed"), draft.read("plain")) == (Packed(), Plain())
    assert draft.problems == []


def test_a_wrong_value_concerns_its_own_declaration_alone(draft, qtbot):
    with qtbot.waitSignal(draft.changed):
        draft.set(("packed", "level"), 12)
    assert draft.read("packed") is None
    assert draft.read("plain") == Plain()
    assert list(map(str, draft.problems)) == ["packed.level: must be less than or equal to 9, not 12"]


def test_a_form_writes_into_it_and_shows_what_is_wrong(draft, qtbot):
    form = Form(draft, ("packed",), Packed, ("level",))
    qtbot.addWidget(form)
    line = form.editor("packed", "level").control
    line.clear()
    qtbot.keyClicks(line, "8")
    assert draft.read("packed") == Packed(level=8)
    qtbot.keyClicks(line, "8")
    assert form.error("packed", "level") == "must be less than or equal to 9, not 88"
