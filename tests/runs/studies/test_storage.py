"""Where studies are kept: journals that are damaged, in use, or not there; databases out of reach."""

import subprocess
import sys
from pathlib import Path
from signal import SIGKILL
from threading import Thread
from time import monotonic

import pytest

from kdstudio.errors import KDStudioError
from kdstudio.runs.studies.history import read_history
from kdstudio.runs.studies.storage import JournalLock, named_storage, own_storage, own_storages
from kdstudio.runs.studies.study import begin_study, open_study, study_names
from tests.small import small_experiment

OVER = ("strategy.alpha=0.1..0.9",)


def begin(runs, name="mine", storage=None):
    return begin_study(name, storage or own_storage(runs, name), small_experiment(), OVER, "accuracy", runs)


def test_each_study_has_a_journal_of_its_own(runs):
    assert own_storages(runs) == []
    begin(runs, "one")
    begin(runs, "two")
    assert sorted(Path(storage.place).name for storage in own_storages(runs)) == [
        "one.journal",
        "two.journal",
    ]
    assert [study_names(storage) for storage in own_storages(runs)] in (
        [["one"], ["two"]],
        [["two"], ["one"]],
    )


def test_a_named_file_may_hold_several(runs, tmp_path):
    storage = named_storage(str(tmp_path / "shared.journal"), runs)
    begin(runs, "one", storage)
    begin(runs, "two", storage)
    assert study_names(storage) == ["one", "two"]
    assert own_storages(runs) == []


def test_a_database_is_named_by_its_url(runs, tmp_path):
    runs.mkdir()
    storage = named_storage(f"sqlite:///{tmp_path / 'studies.db'}", runs)
    begin(runs, "one", storage)
    assert study_names(storage) == ["one"]
    assert read_history(open_study("one", storage)).trials == ()


def test_nothing_is_made_by_looking(runs):
    assert study_names(own_storage(runs, "none")) == []
    with pytest.raises(KDStudioError, match="there is none; 'kdstudio search' begins one"):
        open_study("none", own_storage(runs, "none"))
    assert not runs.exists()


def test_a_half_written_line_is_dropped(runs):
    study = begin(runs)
    file = Path(study.storage.place)
    whole = file.read_bytes()
    file.write_bytes(whole + b'{"op_code":4,"wor')
    begin(runs).optuna.ask()
    assert file.read_bytes().startswith(whole)
    assert len(open_study("mine", study.storage).optuna.trials) == 1


KILLED = """
import os, signal, sys
from pathlib import Path
from kdstudio.runs.studies.storage import JournalLock
JournalLock(Path(sys.argv[1])).acquire()
os.kill(os.getpid(), signal.SIGKILL)
"""


@pytest.mark.skipif(sys.platform == "win32", reason="there is no SIGKILL")
def test_whoever_is_killed_while_it_writes_is_not_waited_for(tmp_path):
    file = tmp_path / ".writing"
    assert subprocess.run([sys.executable, "-c", KILLED, str(file)], check=False).returncode == -SIGKILL
    assert file.exists()
    began = monotonic()
    lock = JournalLock(file)
    assert lock.acquire()
    lock.release()
    assert monotonic() - began < 10  # Optuna's own would take 30 s


def test_one_at_a_time_writes(tmp_path):
    first, second = (JournalLock(tmp_path / ".writing") for _ in range(2))
    told = []
    first.acquire()
    waiting = Thread(target=lambda: (second.acquire(), told.append("second"), second.release()))
    waiting.start()
    told.append("first")
    first.release()
    waiting.join()
    assert told == ["first", "second"]


@pytest.mark.parametrize(
    "content", [b"no journal\nat all\n", b'{"op_code": 99}\n{}\n', b"[1]\n[2]\n", b"\xff\xfe\n\n"]
)
def test_what_is_no_journal_is_one_clear_error(runs, content):
    storage = own_storage(runs, "mine")
    Path(storage.place).parent.mkdir(parents=True)
    Path(storage.place).write_bytes(content)
    with pytest.raises(KDStudioError, match=r"mine\.journal' cannot be read or written"):
        open_study("mine", storage)


@pytest.mark.parametrize(
    ("named", "told"),
    [
        ("nowhere/at/all.journal", "there is no folder"),
        (".", "it is a folder"),
        ("postgresql://me:secret@localhost:1/studies", "cannot be read or written"),
        ("nonsense://here", "cannot be read or written"),
        ("sqlite:////proc/none/studies.db", "cannot be read or written"),
    ],
)
def test_what_cannot_be_reached_is_one_clear_error(runs, monkeypatch, tmp_path, named, told):
    monkeypatch.chdir(tmp_path)
    runs.mkdir()
    with pytest.raises(KDStudioError) as error:
        begin(runs, "mine", named_storage(named, runs))
    assert told in str(error.value)
    assert "secret" not in str(error.value)


def test_a_driver_that_is_missing_is_told_with_the_remedy(runs, monkeypatch):
    monkeypatch.setitem(sys.modules, "MySQLdb", None)
    with pytest.raises(KDStudioError, match=r"MySQLdb.*; install the database's driver, or choose another"):
        begin(runs, "mine", named_storage("mysql://localhost/studies", runs))


def test_a_password_is_not_shown(runs):
    assert named_storage("mysql://me:se.cr:et@host/db", runs).title == "mysql://me:***@host/db"
