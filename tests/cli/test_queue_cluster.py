"""``kdstudio queue run --ray``: the same queue, and the same weights, whoever is killed."""

import os
import signal

import pytest

from kdstudio.cli.commands import run_command_line
from kdstudio.cli.queue_workers import Bars
from kdstudio.runs.folder import RunFolder, run_folders
from kdstudio.runs.queue.cluster import joining, scheduling
from kdstudio.runs.queue.queue import Queue
from kdstudio.runs.queue.spreading import spread
from tests.kills.harness import differences, kept
from tests.small import run_in, small_experiment

RATES = "[0.01, 0.02, 0.03, 0.04, 0.05, 0.06]"


@pytest.fixture
def queue(runs):
    return Queue(runs)


def small(*settings):
    """Long enough to be killed in the middle."""
    return small_experiment(
        "networks.student.training.epochs=60", "compute.checkpoint_every=0", *settings, strategy="supervised"
    )


def kill_once(monkeypatch, queue):
    """Let the first run that has a checkpoint lose its process; returns the entries that have."""
    killed = []

    def kill(_bars, running):
        for entry in running if not killed else []:
            if entry.run and RunFolder(queue.runs / entry.run).checkpoint_file.exists():
                os.kill(entry.worker, signal.SIGKILL)
                killed.append(entry)

    monkeypatch.setattr(Bars, "show", kill)
    return killed


def check_as_alone(queue, killed, tmp_path):
    """See that all came to their end in one folder each, bit for bit as without a cluster.

    In so many steps which of them are told goes by the clock, and with it log and curves.
    """
    entries = queue.entries()
    assert [entry.state for entry in entries] == ["done"] * len(entries)
    assert [entry.tries for entry in entries if entry.key == killed[0].key] == [2]
    assert sorted(entry.run for entry in entries) == sorted(run.name for run in run_folders(queue.runs))
    for entry in entries:
        alone = kept(run_in(tmp_path / "alone", entry.read(), entry.run))
        found = differences(kept(RunFolder(queue.runs / entry.run)), alone)
        assert [name for name in found if not name.startswith(("curves: ", "log"))] == []


@pytest.mark.slow
def test_a_sweep_is_spread_over_a_cluster_and_a_killed_run_goes_on(queue, monkeypatch, tmp_path, capfd):
    swept = small(f'sweep={{"networks.student.training.optimizer.learning_rate"={RATES}}}')
    for part in spread(swept):
        queue.add(part)
    killed = kill_once(monkeypatch, queue)
    assert run_command_line(["queue", "run", "--ray", "local"]) == 0, queue.entries()
    told = capfd.readouterr()
    assert "has died; the next one goes on from the last checkpoint" in told.err
    assert len(told.out.split()) == len(queue.entries()) == 6
    assert not queue.has_worker
    check_as_alone(queue, killed, tmp_path)


@pytest.mark.slow
def test_what_runs_where_the_folder_is_not_seen_is_brought_to_it(queue, monkeypatch, tmp_path, capfd):
    monkeypatch.setattr(scheduling, "MARK", "another")
    queue.add(small("seed=1", "networks.student.training.epochs=400"))
    killed = kill_once(monkeypatch, queue)
    assert run_command_line(["queue", "run", "--ray", "local"]) == 0, queue.entries()
    assert "what ran there was brought to it" in capfd.readouterr().err
    check_as_alone(queue, killed, tmp_path)


def refused(capfd, *options):
    """Return what is told where nothing can be run."""
    assert run_command_line(["queue", "run", *options]) == 2
    told = capfd.readouterr().err
    assert "Traceback" not in told
    return told


def test_options_of_the_other_kind_are_refused(queue, capfd):
    assert "--workers is of this machine" in refused(capfd, "--ray", "local", "--workers", "1")
    assert "give --ray as well" in refused(capfd, "--cpus-per-run", "2")


def test_an_empty_address_is_none_of_this_machine(queue, capfd):
    queue.add(small())
    assert "'' is no address of a Ray cluster" in refused(capfd, "--ray", "")
    assert [entry.state for entry in queue.entries()] == ["waiting"]


def test_without_ray_it_is_told_how_to_install_it(queue, monkeypatch, capfd):
    monkeypatch.setitem(joining.sys.modules, "ray", None)
    assert "kdstudio[cluster]" in refused(capfd, "--ray", "local")


def test_a_queue_that_another_works_off_is_left_to_that(queue, capfd):
    queue.add(small())
    with queue.take_place().lock:
        taken = queue.take()
        told = refused(capfd, "--ray", "local")
        taken.lock.release()
    assert f"process {os.getpid()} on {taken.entry.host} runs 'small'" in told
