"""Carrying out what was taken: whatever happens in a run, its entry says so."""

import pytest

from kdstudio.engine.events import Preparing
from kdstudio.runs.folder import RunFolder
from kdstudio.runs.queue import working
from kdstudio.runs.queue.queue import Queue
from kdstudio.runs.queue.working import Work
from tests.small import small_experiment


@pytest.fixture
def queue(runs):
    return Queue(runs)


def carried_out(queue, *settings, leaving=lambda: False, allow_code=False, **heard):
    queue.add(small_experiment(*settings), allow_code=allow_code)
    return Work(queue, leaving, **heard).carry_out(queue.take())


def run_of(queue, entry):
    return RunFolder(queue.runs / entry.run)


def test_a_run_to_its_end_is_done(queue):
    heard = []
    entry = carried_out(queue, runs=heard.append)
    assert (entry.state, entry.tries) == ("done", 1)
    assert queue.entries() == [entry]
    assert run_of(queue, entry).summary().status == "finished"
    assert set(heard) == {run_of(queue, entry)}


def test_a_stop_leaves_a_checkpoint_and_it_goes_on_from_there(queue):
    def stop(folder):
        if any(event.kind == "epoch-done" for event in folder.events()):
            queue.cancel([queue.entries()[0].key])

    entry = carried_out(queue, "networks.teacher.training.epochs=9", runs=stop)
    assert entry.state == "stopped"
    assert run_of(queue, entry).checkpoint_file.exists()
    queue.retry([entry.key])
    entry = Work(queue, lambda: False).carry_out(queue.take())
    assert (entry.state, entry.tries) == ("done", 2)
    assert run_of(queue, entry).summary().status == "finished"
    assert len([path for path in queue.runs.iterdir() if path.name != ".queue"]) == 1


def test_a_worker_that_leaves_keeps_its_run_for_another_day(queue):
    began = []
    entry = carried_out(queue, leaving=lambda: len(began) > 2, runs=began.append)
    assert entry.state == "interrupted"
    assert run_of(queue, entry).summary().status == "stopped"
    assert [left.key for left in queue.set_aside()] == [entry.key]


@pytest.mark.parametrize(("leaving", "state"), [(True, "waiting"), (False, "cancelled")])
def test_a_stop_while_it_prepares_leaves_no_run(queue, monkeypatch, leaving, state):
    gone = []

    def prepare(_experiment, _runs, _name, tell, *, allow_code):
        tell(Preparing(what="fetching", fraction=0.25))
        assert queue.entries()[0].doing == "fetching, 25%"
        gone.append(leaving)
        if not leaving:
            queue.cancel([queue.entries()[0].key])
        tell(Preparing(what="fetching", fraction=0.5))
        raise AssertionError("nobody stopped it")

    monkeypatch.setattr(working, "new_session", prepare)
    entry = carried_out(queue, leaving=lambda: any(gone))
    assert (entry.state, entry.run, entry.doing) == (state, "", "")


def test_what_cannot_be_prepared_fails_with_its_reason(queue, tmp_path):
    entry = carried_out(queue, f"data.source={{name='folder', path='{tmp_path}/nowhere'}}")
    assert entry.state == "failed"
    assert "nowhere" in entry.message
    assert "Traceback" in entry.details


CODE = """
import sys
from torch import nn

class Mine(nn.Module):
    def __init__(self, image, classes):
        super().__init__()
        self.layer = nn.Linear(image.height * image.width, classes)

    def forward(self, images):
        if self.training and self.layer.weight.requires_grad and images.shape[0] > 100:
            {act}
        return self.layer(images.flatten(1))

def build(image, classes):
    {early}
    return Mine(image, classes)
"""


@pytest.mark.parametrize("early", [True, False])
def test_code_that_ends_the_program_ends_its_run_alone(queue, tmp_path, early):
    end, go_on = "sys.exit('enough')", "pass"
    code = CODE.format(early=end if early else go_on, act=go_on if early else end)
    (tmp_path / "mine.py").write_text(code)
    model = f"networks.student.model={{name='python', path='{tmp_path}/mine.py:build'}}"
    entry = carried_out(queue, model, allow_code=True)
    assert entry.state == "failed"
    assert "SystemExit: enough" in entry.message
    assert f"{tmp_path}/mine.py" in entry.message
    if not early:
        assert run_of(queue, entry).summary().status == "failed"


def test_code_is_not_run_without_a_yes(queue, tmp_path):
    (tmp_path / "mine.py").write_text(CODE.format(act="pass", early="pass"))
    entry = carried_out(queue, f"networks.student.model={{name='python', path='{tmp_path}/mine.py:build'}}")
    assert entry.state == "failed"
    assert "runs code" in entry.message


def test_who_interrupts_the_worker_interrupts_its_run(queue):
    def interrupt(_folder):
        raise KeyboardInterrupt

    with pytest.raises(KeyboardInterrupt):
        carried_out(queue, runs=interrupt)
    assert [entry.state for entry in queue.entries()] == ["interrupted"]
