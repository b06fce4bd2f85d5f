"""A run of another process, as the window sees it: it comes, moves, is killed, renamed, deleted."""

import os
import shutil
import time
from functools import partial

import pytest

from kdstudio.gui.controller import State
from kdstudio.runs.folder import RunFolder
from kdstudio.runs.presets import to_toml
from tests.forked import CAN_FORK, Forked
from tests.gui.conftest import LONGEST
from tests.small import run_in, small_experiment

SOON = 2000
"""Milliseconds after which the window knows of a kill."""
UNFINISHED = '"status": "finished"', '"status": "running"'


def program(*arguments):
    """What ``kdstudio`` is, in a fork."""
    from kdstudio.cli.commands import run_command_line

    os._exit(run_command_line([*arguments]))


def state_in_compare(window, name):
    """What the table says of the run called ``name``, which is then chosen there."""
    window.show_page("Compare")
    page = window.page("Compare")
    page.choose(RunFolder(window.index._index.runs / name))
    return {
        run.name: entry.summary.status for entry in page.table.chosen_entries() for run in entry.runs
    }.get(name, "")


def has_come_to(page, epoch):
    return page.run.state.epoch > epoch


def can_be_deleted(window):
    return window.page("Compare").actions_of_runs["delete"].isEnabled()


@pytest.mark.slow
@pytest.mark.skipif(not CAN_FORK, reason="no fork server")
def test_a_run_of_another_process_comes_moves_and_is_seen_to_be_killed(qtbot, tmp_path, runs, window):
    long = tmp_path / "long.toml"
    long.write_text(to_toml(small_experiment("networks.teacher.training.epochs=10000")))
    window.show_page("Live")
    page, index, folder = window.page("Live"), window.index, RunFolder(runs / "far")
    commands = [("run", str(long), "--name", "far", "-q"), ("resume", "far", "-q")]
    for command in commands:
        process = Forked(program, *command)
        try:
            qtbot.waitUntil(lambda: window.controller.state is State.RUNNING, timeout=LONGEST)
            window.show_page("Live")
            assert page.run_box.currentText() == "far"
            soon = page.run.state.epoch + 5
            qtbot.waitUntil(partial(has_come_to, page, soon), timeout=LONGEST)
            qtbot.waitUntil(lambda: state_in_compare(window, "far") == "running", timeout=LONGEST)
            assert not can_be_deleted(window)
        finally:
            process.kill()
            process.wait(20)
            process.stdin.close()
        killed = time.monotonic()
        qtbot.waitUntil(lambda: window.controller.state is State.INTERRUPTED, timeout=SOON)
        qtbot.waitUntil(lambda: state_in_compare(window, "far") == "interrupted", timeout=SOON)
        assert time.monotonic() - killed < SOON / 1000 + 0.5
        assert index.summaries[folder].status == "interrupted"
        assert can_be_deleted(window)


@pytest.mark.slow
def test_a_held_run_is_not_deleted_and_one_of_several_keeps_all(qtbot, runs, window):
    for name in ("one", "two"):
        folder = run_in(runs, small_experiment(), name)
    folder.summary_file.write_text(folder.summary_file.read_text().replace(*UNFINISHED))
    page = window.page("Compare")
    told = []
    page.complained.connect(told.append)
    with folder.hold():
        qtbot.waitUntil(lambda: state_in_compare(window, "two") == "running", timeout=LONGEST)
        page.table.selectAll()
        assert len(page.table.chosen()) == 2
        assert not can_be_deleted(window)
        assert page.buttons["delete"].toolTip() == "'two' is running; stop it first"
        page._delete()  # as if it had begun this moment
        assert {run.name for run in page.table.chosen()} == {"one", "two"}
        assert "'two' is running" in told[0]
        assert "kdstudio stop two" in told[0]
    qtbot.waitUntil(lambda: can_be_deleted(window), timeout=SOON)
    assert folder.path.exists()


@pytest.mark.slow
def test_what_is_renamed_or_deleted_outside_is_noticed_on_every_page(qtbot, runs, window):
    first, second = (run_in(runs, small_experiment(), name) for name in ("first", "second"))
    qtbot.waitUntil(lambda: state_in_compare(window, "second") == "finished", timeout=LONGEST)
    window.show_page("Live")
    live, picker = window.page("Live"), window.page("Temperature").picker
    live.choose(second)
    assert live.run_box.currentText() == "second"
    first.path.rename(runs / "renamed")
    shutil.rmtree(second.path)
    qtbot.waitUntil(lambda: live.run_box.findText("renamed") >= 0, timeout=SOON)
    assert [live.run_box.itemText(row) for row in range(live.run_box.count())] == [
        "renamed",
        "second (deleted)",
    ]
    assert live.run_box.currentText() == "second (deleted)"
    window.show_page("Temperature")
    assert [picker.run_box.itemText(row) for row in range(picker.run_box.count())] == ["renamed"]
    assert state_in_compare(window, "second") == ""
    assert state_in_compare(window, "renamed") == "finished"
