import json
import os

import pytest

from kdstudio.runs.folder import RunFolder
from kdstudio.runs.index import RunIndex
from kdstudio.runs.labels import Labels, labels_file, write_labels
from kdstudio.runs.summary import Summary
from tests.small import create_run, small_experiment


@pytest.fixture
def folders(runs):
    """Three finished runs, a second apart, the last the newest."""
    runs.mkdir()
    made = [create_run(runs, small_experiment(strategy="supervised"), name) for name in ("a", "b", "c")]
    for second, folder in enumerate(made):
        change(folder, status="finished")
        os.utime(folder.path / "experiment.toml", (1000 + second, 1000 + second))
    return made


@pytest.fixture
def read(monkeypatch):
    """Names of the runs whose summary is read, in order."""
    names, whole = [], RunFolder.read

    def spy(folder):
        names.append(folder.name)
        return whole(folder)

    monkeypatch.setattr(RunFolder, "read", spy)
    return names


def change(folder, **more):
    raw = json.loads(folder.summary_file.read_text())
    folder.summary_file.write_text(json.dumps(raw | more))


def names(index):
    return [folder.name for folder in index.summaries]


def test_the_newest_comes_first(runs, folders):
    index = RunIndex(runs)
    assert index.summaries == {}
    assert index.refresh()
    assert names(index) == ["c", "b", "a"]
    assert all(isinstance(found, Summary) for found in index.summaries.values())


def test_only_what_has_changed_is_read_again(runs, folders, read):
    index = RunIndex(runs)
    index.refresh()
    assert read == ["c", "b", "a"]
    assert not index.refresh()
    assert read == ["c", "b", "a"]
    change(folders[1], seconds=77.0)
    assert index.refresh()
    assert read == ["c", "b", "a", "b"]
    assert index.summaries[folders[1]].seconds == 77


def test_what_is_written_again_without_a_change_is_no_news(runs, folders):
    index = RunIndex(runs)
    index.refresh()
    os.utime(folders[0].summary_file, (5000, 5000))
    assert not index.refresh()


@pytest.mark.parametrize("written", ["running", "paused"])
def test_who_holds_a_run_is_seen_though_nothing_is_written(runs, folders, read, written):
    change(folders[0], status=written)
    index = RunIndex(runs)
    index.refresh()
    assert index.summaries[folders[0]].status == "interrupted"
    for _time in range(2):
        with folders[0].hold():  # begun, or gone on with; then its process dies
            assert index.refresh()
            assert index.summaries[folders[0]].status == written
            assert not index.refresh()
        assert index.refresh()
        assert index.summaries[folders[0]].status == "interrupted"
        assert not index.refresh()
    assert read[3:] == ["a"] * 4


def test_a_run_in_another_folder_is_another_run(runs, folders):
    index = RunIndex(runs)
    index.refresh()
    folders[0].path.rename(runs / "renamed")
    assert index.refresh()
    assert names(index) == ["c", "b", "renamed"]


@pytest.mark.parametrize("content", ["", "{", '{"status": "finished"}', "[]"])
def test_a_damaged_run_is_kept_apart_until_it_is_mended(runs, folders, content):
    whole = folders[1].summary_file.read_text()
    index = RunIndex(runs)
    index.refresh()
    folders[1].summary_file.write_text(content)
    assert index.refresh()
    assert names(index) == ["c", "a"]
    (found,) = index.damaged.items()
    assert found[0] == folders[1]
    assert found[1].error.startswith("summary.json cannot be read: ")
    assert not index.refresh()
    folders[1].summary_file.write_text(whole)
    assert index.refresh()
    assert index.damaged == {}
    assert names(index) == ["c", "b", "a"]


def test_a_deleted_run_has_gone_and_one_of_its_name_is_read_anew(runs, folders):
    index = RunIndex(runs)
    index.refresh()
    folders[2].delete()
    assert index.refresh()
    assert names(index) == ["b", "a"]
    create_run(runs, small_experiment(), "c")
    assert index.refresh()
    assert index.summaries[folders[2]].experiment["strategy"]["name"] == "hinton"


def test_without_a_folder_there_is_nothing(tmp_path):
    index = RunIndex(tmp_path / "nowhere")
    assert not index.refresh()
    assert index.summaries == {}


def test_what_people_say_of_runs_is_read_when_it_changes(runs, folders):
    index = RunIndex(runs)
    index.refresh()
    assert index.labels == {}
    write_labels(folders[0], Labels(title="first"))
    assert index.refresh()
    assert index.labels == {folders[0]: Labels(title="first")}
    assert not index.refresh()
    labels_file(folders[0]).write_text("{")
    assert index.refresh()
    assert index.labels == {}
    assert names(index) == ["c", "b", "a"]
