"""One damaged folder is shown as such, wherever runs are listed, and ends nothing for the others."""

import json
import os
import shutil
from datetime import UTC, datetime, timedelta
from pathlib import Path

import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from kdstudio.cli.commands import run_command_line
from kdstudio.errors import KDStudioError
from kdstudio.runs.finding import find_run
from kdstudio.runs.folder import RunFolder, run_folders
from kdstudio.runs.gathered_runs import gather
from kdstudio.runs.index import RunIndex
from kdstudio.runs.result_tables import result_tables
from kdstudio.runs.results import headline
from tests.damaged import BESIDE, OF_SUMMARY
from tests.small import run_in, small_experiment

FORMER = Path(__file__).parent / "former"


@pytest.fixture(scope="module")
def whole(tmp_path_factory):
    return run_in(tmp_path_factory.mktemp("whole"), small_experiment("seeds=2"))


@pytest.fixture
def copied(whole, runs):
    """Two copies, of which the newer one may be damaged."""
    kept, other = (RunFolder(Path(shutil.copytree(whole.path, runs / name))) for name in ("kept", "other"))
    os.utime(kept.experiment_file, (1000, 1000))
    return kept, other


@pytest.mark.parametrize("what", OF_SUMMARY)
def test_a_damaged_run_says_why_and_the_others_are_listed(copied, runs, capsys, what):
    kept, other = copied
    OF_SUMMARY[what](other)
    index = RunIndex(runs)
    assert index.refresh()
    assert ([*index.summaries], [*index.damaged]) == ([kept], [other])
    reason = index.damaged[other].error
    assert reason.startswith("summary.json cannot be read: ")
    assert len(reason) < 500
    assert reason.isprintable()
    assert run_command_line(["list", "runs"]) == 0
    told = capsys.readouterr()
    assert "other" in told.out
    assert "damaged" in told.out
    assert "1 run is damaged" in told.err
    assert run_command_line(["show", "latest"]) == 0
    told = capsys.readouterr()
    assert told.out.startswith(("kept", "! kept"))
    assert told.err.startswith("note: run 'other' is newer, but damaged: ")
    assert run_command_line(["show", "other"]) == 2
    told = capsys.readouterr().err
    assert told.startswith("kdstudio: run 'other' is damaged: ")
    assert told.count("\n") == 1
    assert "'kdstudio check other'" in told


def test_a_copy_is_called_by_its_folder(copied):
    assert [run.summary().name for run in copied] == ["kept", "other"]


def test_a_file_that_says_that_it_came_with_the_package_does_not(copied):
    _, other = copied
    raw = json.loads(other.summary_file.read_text()) | {"recorded": True, "environment": {}}
    other.summary_file.write_text(json.dumps(raw))
    assert not other.summary().recorded


def test_what_is_no_run_is_no_damaged_run_either(copied, runs):
    (runs / "file").write_text("")
    (runs / "empty").mkdir()
    (runs / "loop").symlink_to("loop")
    (runs / "begun").mkdir()
    (runs / "begun" / "events.jsonl").touch()  # about to be made
    os.mkfifo(runs / "pipe")
    assert run_folders(runs) == [*reversed(copied)]


def test_a_folder_that_nobody_may_look_into_is_a_damaged_run(copied, runs, monkeypatch):
    """Nothing is forbidden to whoever runs the tests in a container, so that the system is asked in vain."""
    kept, other = copied
    lstat, opened = os.lstat, os.open

    def forbid(ask):
        def answer(path, *more, **named):
            if str(path).startswith(f"{other.path}{os.sep}"):
                raise PermissionError(13, "Permission denied")
            return ask(path, *more, **named)

        return answer

    monkeypatch.setattr(os, "lstat", forbid(lstat))
    monkeypatch.setattr(os, "open", forbid(opened))
    index = RunIndex(runs)
    index.refresh()
    assert [*index.summaries] == [kept]
    assert index.damaged[other].error.startswith("summary.json cannot be read: Permission denied")


def test_where_all_are_damaged_there_is_no_latest(copied, runs):
    for run in copied:
        run.summary_file.write_text("{")
    told = []
    with pytest.raises(KDStudioError, match="no run 'latest'"):
        find_run("latest", runs, tell=told.append)
    assert len(told) == 2


def test_a_time_without_a_zone_stands_beside_one_with(whole):
    summary = whole.summary()
    naive = summary.model_copy(update={"started": "2026-01-01T00:00:00"})
    zoned = summary.model_copy(update={"started": "2026-01-01T00:00:00-11:00"})
    assert (zoned.begun - datetime(2026, 1, 1, 11, tzinfo=UTC)) == timedelta(0)
    assert abs(naive.begun - zoned.begun) < timedelta(days=2)


def leaves(value, path=()):
    """Yield the path of every value within a value."""
    yield path
    items = value.items() if isinstance(value, dict) else enumerate(value) if isinstance(value, list) else ()
    for key, inner in items:
        yield from leaves(inner, (*path, key))


def with_value(value, path, other):
    if not path:
        return other
    copy = dict(value) if isinstance(value, dict) else list(value)
    copy[path[0]] = with_value(copy[path[0]], path[1:], other)
    return copy


ODD = st.one_of(
    st.none(),
    st.booleans(),
    st.integers(),
    st.sampled_from([10**19, -(10**400), 2**31, 1e308, -0.0, float("inf"), float("nan")]),
    st.floats(),
    st.text(max_size=20),
    st.sampled_from(["", "..", "../x", "a/b", "\0", "teacher", "networks", "seed", "x" * 2000]),
    st.lists(st.integers(), max_size=3),
    st.dictionaries(st.text(max_size=5), st.integers(), max_size=2),
)


def look_at(run):
    """Read and show a run as lists and pages do; only a KDStudioError may come of it."""
    summary = run.read()
    if summary.status == "damaged":
        return
    headline(summary)
    result_tables(summary)
    gather({run: summary, RunFolder(run.path.with_name("other")): summary})
    json.dumps(summary.model_dump(mode="json"))
    assert run_command_line(["show", str(run.path)]) in (0, 2)
    assert run_command_line(["list", "runs", "x=1"]) == 0


@pytest.mark.slow
@pytest.mark.parametrize("source", ["today", "former"])
def test_any_value_of_a_summary_may_be_odd(whole, runs, capsys, source):
    """Whatever stands in one place of the file, the run is whole or damaged, and everything can be shown."""
    template = whole.path if source == "today" else FORMER / "mutual"
    run = RunFolder(Path(shutil.copytree(template, runs / "run")))
    raw = json.loads(run.summary_file.read_text())
    places = [*leaves(raw)]

    @settings(max_examples=150, deadline=None, suppress_health_check=[*HealthCheck])
    @given(st.sampled_from(places), ODD)
    def look(place, odd):
        run.summary_file.write_text(json.dumps(with_value(raw, place, odd)))
        look_at(run)
        assert "Traceback" not in capsys.readouterr().err

    look()


@pytest.mark.parametrize("what", BESIDE)
def test_what_is_damaged_beside_a_summary_ends_nothing_that_does_without(copied, tmp_path, capsys, what):
    _, other = copied
    BESIDE[what](other)
    report = ["report", "other", "--out", str(tmp_path / "r.html")]
    for words in (["list", "runs"], ["show", "other"], report):
        code = run_command_line(words)
        told = capsys.readouterr().err
        assert (code, "Traceback" in told) == (0, False), told
