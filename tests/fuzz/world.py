"""A folder of runs in which one is damaged anew in each example, and everything around it that must stay."""

import os
import resource
import shutil
import signal
import time
from contextlib import contextmanager
from pathlib import Path

from kdstudio.runs.exporting.records import MeasuredFile, keep
from kdstudio.runs.folder import RunFolder
from kdstudio.runs.index import RunIndex
from kdstudio.runs.kept_guesses import keep_guesses
from kdstudio.runs.labels import Labels, write_labels
from kdstudio.runs.queue.queue import Queue
from tests.golden.make import GOLDEN
from tests.small import small_experiment

FORMER = Path(__file__).parents[1] / "runs" / "former"
NEWEST = max(GOLDEN.glob("20*"))
VICTIMS = {
    "finished": NEWEST / "finished",
    "stopped": NEWEST / "stopped",
    "mutual": FORMER / "mutual",
    "exits": FORMER / "own-teacher",
}
EVIL = Path("/tmp/kdstudio-evil")
"""A place that damaged files name."""
PROCESSOR_SECONDS = 5.0
SECONDS = 120.0
"""After which something waits for what never comes, also on a machine that has other work."""
MOST_MEMORY = 400 * 2**20
"""Bytes by which memory may grow in one example; a stranger's number may ask for any."""
STATES = ("waiting", "done", "failed", "set aside", "interrupted", "running")


class World:
    """``ROOT/a/runs`` with a whole run, a queue and guesses; victims come and go."""

    def __init__(self, root: Path) -> None:
        self.root, self.runs = root, root / "a" / "runs"
        self.masters = root / "masters"
        self.out = root / "out"
        self.out.mkdir()
        for name, source in VICTIMS.items():
            say_something(RunFolder(Path(shutil.copytree(source, self.masters / name))))
        shutil.copytree(NEWEST / "finished", self.runs / "whole")
        self.queued = self._line_up()
        Queue(self.runs).hold(held=True)  # else a window would run it
        keep_guesses(self.runs, {1: 0.5, 2: "higher"})
        self.kept = {file: file.read_bytes() for file in self._small_files()}
        self.number = 0
        self.around = self._around()

    def _line_up(self) -> Path:
        queue = Queue(self.runs)
        for number, state in enumerate(STATES):
            added = queue.add(small_experiment(f"name=run{number}", strategy="supervised"), folder_name="")
            with queue.folder.changing():
                queue.folder.write(added.with_state(state))
        return queue.folder.file(added.key, ".json")

    def _small_files(self) -> list[Path]:
        return [self.runs / ".guesses.json", *(self.runs / ".queue").glob("*.json")]

    def victim(self, name: str) -> RunFolder:
        """A fresh copy, under a name that nobody has seen: what was read of others is of no use."""
        self.clear()
        self.number += 1
        return RunFolder(Path(shutil.copytree(self.masters / name, self.runs / f"victim-{self.number}")))

    def clear(self) -> None:
        """Take away what the last example has made."""
        for path in [*self.runs.glob("victim-*"), *self.out.iterdir()]:
            if path.is_dir():
                shutil.rmtree(path)
            else:
                path.unlink()
        for file, content in self.kept.items():
            if file.is_symlink() or not file.is_file() or file.read_bytes() != content:
                take_away(file)
                file.write_bytes(content)
        for file in {*(self.runs / ".queue").glob("*.json")} - {*self.kept}:
            file.unlink()

    def _around(self) -> dict[str, object]:
        """All that nobody may touch: everything but victims, caches, logs, and what was asked for."""
        found: dict[str, object] = {}
        for folder, folders, files in os.walk(self.root):
            here = Path(folder)
            for name in [*folders]:
                if name.startswith("victim-") or here / name in self._free():
                    folders.remove(name)
            for name in (*folders, *files):
                status = os.lstat(here / name)
                found[str(here / name)] = (status.st_size, status.st_mtime_ns) if name in files else "folder"
        return found

    def _free(self) -> tuple[Path, ...]:
        return (
            self.out,
            self.root / "cache",
            self.root / "log",
            self.root / "settings",
            self.runs / ".queue",
        )

    def check_around(self) -> None:
        """Nothing was written outside, and the run beside the victim is whole and listed."""
        around = self._around()
        different = around.items() ^ self.around.items()
        allowed = {str(self.runs / name) for name in (".lock", ".guesses.json", ".trash")}
        touched = {path for path, _ in different} - allowed - {str(self.runs / "whole" / ".lock")}
        assert not touched, touched
        assert not EVIL.exists()
        index = RunIndex(self.runs)
        index.refresh()
        assert "whole" in {run.name for run in index.summaries}


def take_away(file: Path) -> None:
    """Remove what stands in a file's place; a pipe is not to be taken for a folder, which would be opened."""
    if file.is_dir() and not file.is_symlink():
        file.rmdir()
    file.unlink(missing_ok=True)


def say_something(run: RunFolder) -> None:
    """Give a run labels, and a measured file."""
    write_labels(run, Labels(title="A title", tags=("one", "two"), note="A note\nof two lines"))
    measured = MeasuredFile.model_validate(
        {
            "network": run.networks()[0], "format": {"name": "onnx"}, "title": "ONNX",
            "runtime": "onnxruntime 1", "precision": "float32", "path": "/nowhere/x.onnx", "size": 1000,
            "parameters": 100, "multiply_adds": 100, "images": 360, "accuracy": 0.9, "agreement": 1.0,
            "largest_difference": 0.0,
            "latencies": [{"batch": 1, "median": 1e-4, "percentile_95": 2e-4, "repeats": 100}],
            "threads": 1, "processor": "one", "when": "2026-11-29T10:00:00+00:00",
        }
    )  # fmt: skip
    keep(run, [measured])
    for lock in run.path.glob(".*"):
        lock.unlink()


class Hangs(BaseException):
    """Something waits for what never comes; nobody may catch it."""


@contextmanager
def within_bounds():
    """Fail where something takes long, waits for ever, or allocates what a stranger asks for."""

    def give_up(*_of: object) -> None:
        raise Hangs(f"nothing came of it in {SECONDS:.0f} s")

    before = signal.signal(signal.SIGALRM, give_up)
    signal.setitimer(signal.ITIMER_REAL, SECONDS)
    began, memory = time.process_time(), peak()
    try:
        yield
    finally:
        signal.setitimer(signal.ITIMER_REAL, 0)
        signal.signal(signal.SIGALRM, before)
    assert time.process_time() - began < PROCESSOR_SECONDS
    assert peak() - memory < MOST_MEMORY


def peak() -> int:
    """Bytes that this process has had at most."""
    return resource.getrusage(resource.RUSAGE_SELF).ru_maxrss * 1024
