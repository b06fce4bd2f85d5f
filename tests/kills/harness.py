"""Runs that are killed and gone on with, held against the same ones left alone."""

import json
import shutil
import signal
import subprocess
import time
from contextlib import contextmanager
from functools import partial
from itertools import zip_longest

from kdstudio.engine.strategy import strategies
from kdstudio.runs.answer_store import read_about
from kdstudio.runs.folder import RunFolder, run_folders
from kdstudio.runs.log import RunFollower
from kdstudio.runs.presets import to_toml
from kdstudio.runs.resuming import verify_checkpoint
from kdstudio.runs.state import RunState
from kdstudio.runs.weights import load_network, load_tensors
from tests.forked import Forked
from tests.kills.victim import BEGAN, DISK, FAILED, POINTS, RUN, make_run
from tests.small import small_experiment

LONGEST = 300.0
"""Seconds that a run may take on a busy machine."""
DONOR = "donor"
"""The run that has trained the first trial's stages already."""
CLOCK = {"seconds", "images_per_second"}
SAID_AGAIN = ("preparing", "run-started", "stage-started", "checkpoint-saved")
"""Events that come once more when a run goes on, or by the clock."""


def experiment_of(strategy, *settings):
    """Two seeds, crossed with two values of a field; images in several views, and a claim."""
    roles = strategies[strategy]().roles()
    each = {"model.widths": "[8, 6]", "training.batch_size": "128", "training.augmentation.jitter": "1"}
    measured = '{quantity="accuracy", expect="higher", than=0.3}'
    return small_experiment(
        *(f"networks.{role}.{path}={value}" for role in roles for path, value in each.items()),
        f'sweep={{"networks.{roles[-1]}.model.dropout"=[0.1, 0.2]}}',
        "seeds=2",
        "compute.reuse=true",
        "compute.checkpoint_every=0",
        f'claim={{statement="The result is no coin.", measured=[{measured}]}}',
        *settings,
        strategy=strategy,
    )


class Victim:
    """A run with a runs folder and remembered answers of its own."""

    def __init__(self, home, experiment, donor=None):
        """``donor`` is a finished run whose stages can be taken over."""
        self.home, self._experiment = home, to_toml(experiment)
        self.runs = home / DISK / "runs"
        self.folder = RunFolder(self.runs / RUN)
        self.runs.mkdir(parents=True)
        if donor:
            shutil.copytree(donor.path, self.runs / DONOR)

    def finish(self, fatal=None):
        """Go on to the end."""
        with self.going_on(fatal) as process:
            code = process.wait(LONGEST)
        assert code == 0, self._said(code)

    def points(self):
        """Run to the end; returns at how many moments it could have killed itself."""
        self.finish(fatal=-1)
        return int((self.home / POINTS).read_text())

    def die_at(self, point):
        """Go on until the process kills itself; tells whether it came to that."""
        with self.going_on(point) as process:
            code = process.wait(LONGEST)
        assert code in (0, -signal.SIGKILL), self._said(code)
        return code != 0

    def die_after(self, seconds):
        """Go on and kill the process then; returns seconds since the checkpoint, None where it had ended."""
        with self.going_on() as process:
            try:
                code = process.wait(seconds)
            except subprocess.TimeoutExpired:
                process.kill()
                died = time.time()
                process.wait(LONGEST)
                return self._since_checkpoint(died)
        assert code == 0, self._said(code)
        return None

    @contextmanager
    def going_on(self, fatal=None):
        """Yield a process that begins, or goes on; see ``victim.py``."""
        for file in (BEGAN, FAILED):
            (self.home / file).unlink(missing_ok=True)
        process = Forked(make_run, str(self.home), self._experiment, fatal)
        with process.stdin:
            yield process

    def _since_checkpoint(self, died):
        """Seconds of training that are lost."""
        if not (self.home / BEGAN).exists():
            return 0.0
        marks = (self.home / BEGAN, self.folder.checkpoint_file)
        return died - max(file.stat().st_mtime for file in marks if file.exists())

    def _said(self, code):
        failed = self.home / FAILED
        return failed.read_text() if failed.exists() else f"it ended with code {code} and has said nothing"

    def unreadable(self):
        """Read all that is there, as lists and pages do; returns what cannot be read, and why."""
        found = {}
        for what, read in self._readers():
            try:
                read()
            except Exception as error:
                found[what] = repr(error)
        return found

    def _readers(self):
        """Yield what there is to read, by name."""
        folder = self.folder
        yield "list of runs", lambda: [run.summary() for run in run_folders(self.runs)]
        for table in self.home.glob(f"{DISK}/cache/answers/*.sqlite"):
            if table.stat().st_size:  # else it is about to be made
                yield table.name, partial(read_about, table)
        if not folder.summary_file.exists():  # there is no run yet
            return
        yield "status", self._check_status
        yield "experiment", folder.experiment
        yield "log", lambda: list(folder.events())
        yield "log, followed", RunFollower(folder).poll
        if folder.summary().status != "finished":
            yield "place to go on", partial(verify_checkpoint, folder)
        for file in [*folder.path.glob("confusion/*.json"), *folder.path.glob("stages.json")]:
            yield file.name, partial(json.loads, file.read_bytes())
        for name in folder.networks():
            yield name, partial(load_network, folder.network_file(name))
        for file in folder.path.glob("parts/**/*.safetensors"):
            yield str(file.relative_to(folder.path)), partial(load_tensors, file)

    def _check_status(self):
        status = self.folder.summary().status
        assert status in ("interrupted", "finished"), status


def kept(folder):
    """Return what a finished run amounts to, but for the clock: by name, so that it can be compared."""
    weights = [*folder.path.glob("networks/*"), *folder.path.glob("parts/**/*.safetensors")]
    files = [*weights, *folder.path.glob("confusion/*"), folder.stages_file]
    summary, state = folder.summary(), RunState()
    for event in folder.events():
        state.add(event)
    events = (event for event in folder.events() if event.kind not in SAID_AGAIN)
    told = [repr(event.model_dump(exclude=CLOCK)) for event in events]
    rows = summary.model_dump(mode="json", exclude={"name", "started", "seconds", "environment"})
    curves = {name: repr(drawn) for name, drawn in vars(state.curves).items() if name != "speed"}
    return {
        **{str(file.relative_to(folder.path)): file.read_bytes() for file in files},
        **{f"summary: {name}": json.dumps(value) for name, value in rows.items()},
        **{f"curves: {name}": drawn for name, drawn in curves.items()},
        "log": told,
        "left over": repr(sorted(file.name for file in folder.path.rglob(".*") if file.name != ".lock")),
    }


def differences(one, other):
    """Name what two runs do not have alike; of their logs, the first events of which that is true."""
    found = sorted(name for name in one.keys() | other.keys() if one.get(name) != other.get(name))
    apart = (pair for pair in zip_longest(one["log"], other["log"]) if pair[0] != pair[1])
    return [f"log: {next(apart)}" if name == "log" else name for name in found]
