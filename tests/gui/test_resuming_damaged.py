"""Resume in the window, over what a disk or somebody has changed since: it goes on, or says why not."""

import shutil

import pytest

from kdstudio.gui.controller import State
from kdstudio.runs.folder import RunFolder
from tests.golden.make import GOLDEN

STOPPED = max(GOLDEN.glob("20*")) / "stopped"


def flipped(name):
    def damage(run):
        file = run.path / name
        content = bytearray(file.read_bytes())
        content[len(content) // 2] ^= 0x10
        file.write_bytes(content)

    return damage


def edited(before, after):
    def damage(run):
        text = run.experiment_file.read_text()
        assert before in text
        run.experiment_file.write_text(text.replace(before, after))

    return damage


REFUSED = {
    "a bit of a finished network": (flipped("networks/teacher.safetensors"), "teacher"),
    "no log": (lambda run: run.events_file.unlink(), "run it anew"),
    "other settings": (edited("batch_size = 256", "batch_size = 128"), "256 → 128"),
}


@pytest.fixture
def stopped(runs, window):
    run = RunFolder(shutil.copytree(STOPPED, runs / "stopped"))
    window.index.look_now()
    return run


@pytest.mark.slow
@pytest.mark.parametrize("what", REFUSED)
def test_what_cannot_go_on_is_told_with_a_remedy(stopped, window, wait_for, qtbot, what):
    damage, named = REFUSED[what]
    damage(stopped)
    kept = stopped.summary_file.read_bytes()
    window.resume(stopped)
    assert wait_for(State.FAILED, State.FINISHED) is State.FAILED
    qtbot.waitUntil(lambda: window.error is not None)
    assert named in window.error.message
    assert "Traceback" not in window.error.message
    assert window.run_bar.run_button.isEnabled()
    assert stopped.summary_file.read_bytes() == kept


def zeros_at_the_end(run):
    with run.events_file.open("ab") as log:
        log.write(bytes(4096))


@pytest.mark.slow
@pytest.mark.parametrize("damage", [flipped("checkpoint.safetensors"), zeros_at_the_end])
def test_what_can_be_passed_over_is(stopped, window, wait_for, damage):
    damage(stopped)
    window.resume(stopped)
    assert wait_for(State.FINISHED, State.FAILED) is State.FINISHED
    assert b"\0" not in stopped.events_file.read_bytes()
