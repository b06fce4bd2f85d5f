"""How soon a run of a million steps is open.

uv run python benchmarks/long_log.py RUN [--events 85200] [--an-epoch 40]

Writes the log of a copy of RUN (a finished one) anew, its last stage as long as that, as the recorder would,
and measures reading it to the end, with the memory that takes; then the Live page until its curves are drawn,
in a window that has just been opened, and once its libraries and pages are there, of another such run.
"""

from __future__ import annotations

import argparse
import json
import os
import resource
import shutil
import tempfile
import time
from collections.abc import Iterator
from pathlib import Path

from kdstudio.runs.folder import RunFolder
from kdstudio.runs.log import RunFollower


def main() -> None:
    """Write, read, draw."""
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawTextHelpFormatter)
    parser.add_argument("run", type=Path)
    parser.add_argument("--events", type=int, default=85_200, help="that tell of steps")
    parser.add_argument("--an-epoch", type=int, default=40, help="of them in each epoch")
    options = parser.parse_args()
    if not (os.environ.get("DISPLAY") or os.environ.get("WAYLAND_DISPLAY")):
        os.environ.setdefault("QT_QPA_PLATFORM", "offscreen")
    with tempfile.TemporaryDirectory() as runs:
        folder = Path(runs, "long")
        shutil.copytree(options.run, folder)
        lengthen(folder / "events.jsonl", options.events // options.an_epoch, options.an_epoch)
        size = (folder / "events.jsonl").stat().st_size
        before, began = time.process_time(), time.perf_counter()
        events = RunFollower(RunFolder(folder)).poll()
        took, work = time.perf_counter() - began, time.process_time() - before
        memory = resource.getrusage(resource.RUSAGE_SELF).ru_maxrss / 1024
        print(
            f"{options.events:,} events of steps, {size / 1e6:.0f} MB: read in {took:.2f} s "
            f"({work:.2f} s of the processor), {len(events):,} events kept, {memory:.0f} MB in all"
        )
        shutil.copytree(folder, Path(runs, "another"))
        for when, took, work in open_pages(Path(runs)):
            print(f"open on the Live page after {took:.2f} s {when}; {work:.2f} s of the window's thread")


def lengthen(log: Path, epochs: int, an_epoch: int) -> None:
    """Repeat the last stage's steps and epochs."""
    lines = [json.loads(line) for line in log.read_text().splitlines()]
    stage = max(line["stage"] for line in lines if line["kind"] == "stage-started")
    own = [line for line in lines if line.get("stage") == stage]
    step, epoch = (next(line for line in own if line["kind"] == kind) for kind in ("step-done", "epoch-done"))
    with log.open("w") as file:

        def write(line: dict[str, object]) -> None:
            file.write(json.dumps(line, separators=(",", ":")) + "\n")

        for line in lines:
            if line["kind"] == "run-started":
                line["stages"][stage] |= {"epochs": epochs, "steps_per_epoch": an_epoch}
                planned = line["stages"][stage]
            if line["kind"] == "stage-started" and line["stage"] == stage:
                write(line | {"summary": planned})
                for number in range(1, epochs + 1):
                    for place in range(1, an_epoch + 1):
                        done = (number - 1) * an_epoch + place
                        write(step | {"epoch": number, "step": done, "seconds": done / 100})
                    write(epoch | {"epoch": number, "step": done, "seconds": done / 100})
            elif line not in own or line["kind"] == "stage-done":
                write(line)


def open_pages(runs: Path) -> Iterator[tuple[str, float, float]]:
    """Seconds from choosing a run until no curve waits to be drawn, and those of the window's thread."""
    from PySide6.QtCore import QTimer
    from PySide6.QtWidgets import QApplication

    from kdstudio.gui.app import make_application
    from kdstudio.gui.garbage import GarbageCollector
    from kdstudio.gui.theme import Theme
    from kdstudio.gui.warming import Warming
    from kdstudio.gui.window import MainWindow

    window = MainWindow(Theme(make_application()), runs)
    GarbageCollector(window)
    window.show()
    QApplication.processEvents()
    page, warming = window.page("Live"), Warming(window)
    timers = page.plots.findChildren(QTimer)
    window.index.look_now()
    warming.start()
    own = [run for run in window.index.summaries if not run.is_recorded]
    for when, run in zip(("in a fresh window", "later"), own, strict=True):
        began, worked = time.perf_counter(), time.thread_time()
        page.choose(run)
        window.show_page("Live")
        while any(timer.isActive() for timer in timers):
            QApplication.processEvents()
            time.sleep(0.001)
        yield when, time.perf_counter() - began, time.thread_time() - worked
        window.show_page("Experiment")
        while warming.is_busy:
            QApplication.processEvents()
            time.sleep(0.001)


if __name__ == "__main__":
    main()
