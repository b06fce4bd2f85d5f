"""Runs as this version writes them, for all later ones to open: ``python -m tests.golden.make FORMAT``.

Makes ``tests/golden/FORMAT``, called by date, with a run that is ``finished`` and one that was ``stopped``
between two steps. Make one whenever the shape of a run's folder changes; leave the others as they are.
"""

import json
import platform
import shutil
import sys
from pathlib import Path
from tempfile import TemporaryDirectory

from kdstudio.engine.events import StepDone
from kdstudio.runs.session import new_session
from tests.small import run_in, small_experiment

GOLDEN = Path(__file__).parent
CLAIM = '{statement="Threes are known.", measured=[{quantity="accuracy", expect="higher", than=0.2}]}'
SETTINGS = ("data.fraction=0.5", "networks.student.training.leave_out=[3]", f"claim={CLAIM}")
STOPPED_AT = (2, 2)
"""Stage, and finished epochs of it, in which the stopped run takes one more step."""


def main():
    """Make both runs where nobody else's are."""
    target = GOLDEN / sys.argv[1]
    with TemporaryDirectory() as scratch:
        runs = Path(scratch)
        run_in(runs, small_experiment(*SETTINGS, "seeds=2"), "finished")
        stop(runs, "stopped")
        for run in runs.iterdir():
            shutil.copytree(run, target / run.name, ignore=shutil.ignore_patterns(".*"))
            forget_machine(target / run.name / "summary.json")


def stop(runs, name):
    session = new_session(small_experiment(*SETTINGS, "networks.student.training.epochs=4"), runs, name)
    running = session.events()
    for event in running:
        if isinstance(event, StepDone) and (event.stage, event.epoch) == STOPPED_AT:
            running.close()


def forget_machine(file):
    """Leave out the kernel of the machine that made it."""
    summary = json.loads(file.read_bytes())
    summary["environment"]["System"] = platform.system()
    file.write_text(json.dumps(summary), "utf-8")


if __name__ == "__main__":
    main()
