"""What is out of sight is brought up to date when it comes into sight."""

from PySide6.QtWidgets import QWidget

from kdstudio.gui.in_sight import InSight


def test_nothing_is_done_out_of_sight_and_what_changed_there_is_done_when_it_is_seen(qtbot):
    widget, done = QWidget(), []
    qtbot.addWidget(widget)
    in_sight = InSight(widget, lambda: done.append(widget.isVisible()))
    in_sight.look()
    assert done == []
    widget.show()
    assert done == [True]
    in_sight.look()
    assert done == [True, True]
    widget.hide()
    in_sight.look()
    assert done == [True, True]
