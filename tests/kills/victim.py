"""What is killed: a process that makes a run or goes on with it, as the window and the command line do."""

import math
import os
import signal
import sys
from pathlib import Path

from tests.workers import offline

BEGAN = "began"
"""Written beside all that when training begins, with the steps done by then: before, no work can be lost."""
FAILED = "failed"
"""What went wrong in the process, where it ended by itself."""
POINTS = "points"
"""How many moments there were at which the process could have killed itself."""
DISK = "disk"
"""Runs and remembered answers, all that the program writes."""
RUN = "run"
CHANGES = {
    "os.rename",
    "os.link",
    "os.remove",
    "os.mkdir",
    "os.rmdir",
    "os.chmod",
    "os.truncate",
    "sqlite3.connect",
}
"""Events of the interpreter's audit that change a file or folder, beside opening one to be written."""
WRITING = os.O_WRONLY | os.O_RDWR | os.O_CREAT


class Points:
    """Counts the moments before each change of a file below a folder; may kill the process at one."""

    def __init__(self, below: Path, fatal: int | None) -> None:
        """Count from now on; this cannot be undone."""
        self.count = 0
        self._below = str(below)
        self._fatal = fatal
        sys.addaudithook(self._hear)

    def _hear(self, event, arguments):
        if event in CHANGES or (event == "open" and arguments[2] & WRITING):
            named = arguments[0]
            if isinstance(named, str | bytes | os.PathLike) and self._below in os.fsdecode(named):
                self.reach()

    def reach(self):
        """Come to one more moment."""
        if self.count == self._fatal:
            os.kill(os.getpid(), signal.SIGKILL)
        self.count += 1


def make_run(home: str, experiment: str, fatal: int | None):
    """Begin the run of ``home``, or go on with it.

    With ``fatal`` it kills itself before its change of a file, or after its event, of this number.
    """
    place = Path(home)
    disk = place / DISK
    try:
        os.environ["KDSTUDIO_CACHE"] = str(disk / "cache")
        settle()
        points = Points(disk, fatal) if fatal is not None else None
        if session := _session(disk, experiment):
            for number, _event in enumerate(session.events()):
                if number == 0:
                    (place / BEGAN).write_text(str(steps(session.folder)))
                if points:
                    points.reach()
    except BaseException:
        import traceback

        (place / FAILED).write_text(traceback.format_exc())
        raise
    if points:
        (place / POINTS).write_text(str(points.count))


def steps(folder) -> int:
    """How many steps the run's log tells of, but for those that another run has taken."""
    events = list(folder.events())
    taken = {event.stage for event in events if event.kind == "stage-taken"}
    return sum(event.kind == "step-done" and event.stage not in taken for event in events)


def _session(disk: Path, experiment: str):
    """Prepare what there is to do; nothing where the run was killed after its end."""
    from kdstudio.runs.folder import RunFolder
    from kdstudio.runs.presets import read_experiment
    from kdstudio.runs.session import new_session, resumed_session

    runs = disk / "runs"
    folder = RunFolder(runs / RUN)
    if not folder.path.exists():
        return new_session(read_experiment(experiment, "experiment"), runs, RUN)
    return None if folder.summary().status == "finished" else resumed_session(folder)


def settle():
    """Keep small tables, too, and least checkpoints; no report goes by the clock: all runs tell the same."""
    import torch

    from kdstudio.engine import remembered, trainer
    from kdstudio.runs import recorder

    offline()
    torch.set_num_threads(1)
    remembered.STORED_FROM = 0
    trainer.LONGEST_SILENCE = math.inf
    recorder.CHECKPOINTS_SHARE = math.inf
