import pytest

from kdstudio.engine.events import RunDone
from kdstudio.errors import KDStudioError
from kdstudio.runs.logs import following
from kdstudio.runs.logs.declaration import log_tools
from kdstudio.runs.logs.following import followed, log_runs
from kdstudio.runs.logs.logged_run import LoggedRun
from kdstudio.runs.session import new_session
from tests.runs.logs.recorded import RECORDED, copied, cut_after
from tests.small import small_experiment


class Written:
    """Takes what a tool is told."""

    def __init__(self):
        self.times = 0
        self.points = []
        self.place = "here"

    def check_installed(self):
        """Nothing is needed."""

    def write(self, run):
        self.times += 1
        self.points = [*run.points.values()]
        return self

    def add(self, points):
        self.points += points


def test_a_run_is_followed_to_its_end(runs):
    tool, session = Written(), new_session(small_experiment(), runs, "run")
    steps = followed(tool, session.folder)
    for event in session.events():
        if not isinstance(event, RunDone):
            assert next(steps) is None
            assert sorted(tool.points) == sorted(LoggedRun(session.folder).points.values())
            assert tool.times == 1
    assert (next(steps), tool.times) == ("here", 2)
    assert sorted(tool.points) == sorted(LoggedRun(session.folder).points.values())


def test_a_log_that_begins_anew_is_written_anew(runs):
    tool, folder = Written(), copied(runs)
    lock = folder.hold()
    try:
        steps = followed(tool, folder)
        assert next(steps) is None
        cut_after(folder, 40)
        assert next(steps) is None
        assert tool.times == 2
        assert sorted(tool.points) == sorted(LoggedRun(folder).points.values())
    finally:
        lock.release()


@pytest.mark.parametrize("follow", [False, True])
def test_each_of_several_runs_is_written_and_told(runs, monkeypatch, follow):
    monkeypatch.setattr(following, "LOOK_SECONDS", 0)
    tool = Written()
    assert [*log_runs(tool, [RECORDED, copied(runs)], follow=follow)] == ["here", "here"]
    assert tool.times == 2


@pytest.mark.parametrize("name", log_tools)
def test_what_is_not_installed_is_named(name, monkeypatch):
    monkeypatch.setattr("kdstudio.packages.find_spec", lambda package: None)
    tool = log_tools[name].model_construct()
    with pytest.raises(KDStudioError, match=rf"""needs {name}; 'uv pip install "kdstudio\[{name}\]"'"""):
        next(log_runs(tool, [RECORDED]))


@pytest.mark.parametrize("name", log_tools)
def test_every_tool_says_what_it_is(name):
    entry = log_tools[name]
    assert entry.headline().startswith(f"{entry.title}: ")
    assert all(info.description for field, info in entry.model_fields.items() if field != "name")
