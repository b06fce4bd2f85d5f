"""Make the pictures of the window from real runs: ``python docs/screenshots.py``.

Trains small runs in a temporary folder and exports one of them, which takes a few minutes, opens the window
on them offscreen, and writes the pictures that the docs show. ``--all FOLDER`` writes every page and dialog
there instead: light and dark, in two sizes and at twice the density. ``--runs FOLDER`` takes the runs that an
earlier call has left there, and makes what is missing. The exported files need the extra ``export``.
"""

from __future__ import annotations

import argparse
import os
import subprocess
import sys
import time
from collections.abc import Callable
from pathlib import Path
from tempfile import TemporaryDirectory
from typing import TYPE_CHECKING

from PySide6.QtWidgets import QApplication

from kdstudio.runs.presets import DEFAULT_PRESET, load_experiment

if TYPE_CHECKING:
    from PySide6.QtWidgets import QWidget

    from kdstudio.gui.window import MainWindow
    from kdstudio.runs.folder import RunFolder

IMAGES = Path(__file__).parent / "images"
RUNS = {
    "a-digit-never-seen": ["digits-no-threes"],
    "temperatures": ["digits-temperature"],
    "soft-targets": ["digits-hinton", "--seeds", "3", "--sweep", "strategy.temperature=1,4,20"],
    "mutual": ["digits-mutual"],
    "first-steps": ["digits-hinton"],
}
"""Their settings by name, the oldest first; before them comes a study."""
STUDY = ["digits-hinton", "--seeds", "1", "--over", "strategy.alpha=0..1"]
STUDY += ["--over", "strategy.temperature=1..20:log", "--trials", "12"]
FORMATS = "onnx,onnx-int8,openvino,openvino-int8,safetensors"
"""In which the networks of the latest run are exported."""
QUEUED = ("digits-mutual", "digits-born-again", "digits-temperature")
SIZES = ("1280x800", "1024x700")
SCHEMES = ("light", "dark")
PATIENCE = 120.0
QUIET = 70
"""Rounds of a hundredth of a second or more in which nothing goes on any more."""
COLOURS = 256
GUESS = 85
"""Step of the slider that a claim is guessed by."""
ROWS = 20
"""Of the table of architectures: as many as are in sight."""

Shot = Callable[["MainWindow"], "QWidget"]


def experiment(window: MainWindow) -> QWidget:
    """What the window begins with."""
    window.open_preset(DEFAULT_PRESET)
    return window


def sweep(window: MainWindow) -> QWidget:
    """Three seeds and three temperatures in the form."""
    window.open_preset(DEFAULT_PRESET)
    window.draft.set(("seeds",), 3)
    window.draft.set(("sweep",), {"strategy.temperature": [1, 4, 20]})
    window.experiment_page.form.show_problem(("sweep",))
    return window


def learned(tab: int) -> Shot:
    """Show what a student without threes has learned."""

    def shot(window: MainWindow) -> QWidget:
        page = window.page("Learned")
        page.choose(run_called(window, "a-digit-never-seen"))
        window.show_page("Learned")
        page.tabs.setCurrentIndex(tab)
        return window

    return shot


def temperature_sweep(window: MainWindow) -> QWidget:
    """The figure of a sweep, as it is saved."""
    page = window.page("Compare")
    page.choose(run_called(window, "soft-targets"))
    window.show_page("Compare")
    return page.figures.parentWidget()


def compared(window: MainWindow) -> QWidget:
    """All runs beside each other."""
    page = window.page("Compare")
    window.show_page("Compare")
    page.table.selectAll()
    return window


def export(window: MainWindow) -> QWidget:
    """What was measured of exported files; a folder of no machine in particular."""
    page = window.page("Export")
    page.choose(run_called(window, "first-steps"))
    page.destination.folder_line.setText("exported")
    window.show_page("Export")
    return window


def lecture(window: MainWindow) -> QWidget:
    """What the default experiment claims, guessed and revealed."""
    page = window.page("Lecture")
    window.show_page("Lecture")
    names = [[variant.name for variant in step.lesson.presets] for step in page.lessons.steps]
    page.list.choose(next(place for place, each in enumerate(names) if DEFAULT_PRESET in each))
    page.view.control.slider.setValue(GUESS)
    page.reveal()
    return window


def queued(window: MainWindow) -> QWidget:
    """What waits in a queue."""
    window.show_page("Queue")
    for name in QUEUED:
        window.controller.watch.queue.add(load_experiment(name))
    return window


def error(window: MainWindow) -> QWidget:
    """What went wrong, with the remedy."""
    window.complain("alpha of 'hinton' is 3, but at most 1; choose a share of the labels from 0 to 1")
    assert window.error is not None
    return window.error


def kept(window: MainWindow) -> QWidget:
    """What is kept between runs."""
    from kdstudio.gui.cache_dialog import CacheDialog

    dialog = CacheDialog(window)
    dialog.open()
    return dialog


def architectures(window: MainWindow) -> QWidget:
    """Known networks, and the layers of the first one; to count all of them takes minutes."""
    window.experiment_page.pick_model("student")
    picker = window.experiment_page.picker
    while picker.table.rowCount() < ROWS:
        work()
    picker.table.selectRow(0)
    while not picker.tree.topLevelItemCount():
        work()
    return picker


SHOTS: dict[str, Shot] = {
    "experiment": experiment,
    "sweep": sweep,
    "tried": learned(0),
    "learned": learned(1),
    "fidelity": learned(2),
    "temperature-sweep": temperature_sweep,
    "compared": compared,
    "export": export,
    "error": error,
    "kept": kept,
    "architectures": architectures,
    "lecture": lecture,
    "queued": queued,
}
"""In place of the pages of the same name, or beside them; at last the queue, of which every page tells."""
IN_DOCS = (
    "experiment", "live", "live-dark", "temperature", "unseen", "learned", "compare", "sweep",
    "temperature-sweep", "export", "lecture", "search",
)  # fmt: skip


def main() -> None:
    """Make the runs, and a process for each density."""
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawTextHelpFormatter)
    parser.add_argument("--all", type=Path, metavar="FOLDER", help="write every picture there")
    parser.add_argument("--runs", type=Path, metavar="FOLDER", help="where the runs are kept")
    parser.add_argument("--scale", type=int, help=argparse.SUPPRESS)
    options = parser.parse_args()
    if options.scale:
        photograph(options.runs, options.all, options.scale)
        return
    with TemporaryDirectory() as scratch:
        runs = options.runs or Path(scratch, "runs")
        make_runs(runs)
        for scale in (1, 2) if options.all else (1,):
            there = ["--all", str(options.all)] if options.all else []
            settings = Path(scratch, "settings")
            surroundings = os.environ | {
                "QT_QPA_PLATFORM": "offscreen",
                "QT_SCALE_FACTOR": str(scale),
                "XDG_CONFIG_HOME": str(settings),
                "KDSTUDIO_CACHE": str(Path(scratch, "cache")),
            }
            command = [sys.executable, __file__, "--scale", str(scale), "--runs", str(runs), *there]
            subprocess.run(command, env=surroundings, check=True)


def make_runs(runs: Path) -> None:
    """Train what is not there, as the command line does."""
    if not (runs / ".studies" / "softness.journal").exists():
        print("searching")
        command = [sys.executable, "-m", "kdstudio", "search", *STUDY, "-q", "--study", "softness"]
        subprocess.run([*command, "--runs-dir", str(runs)], check=True)
    for name, settings in RUNS.items():
        if not (runs / name / "summary.json").exists():
            print(f"training {name}")
            command = [sys.executable, "-m", "kdstudio", "run", *settings, "-q"]
            subprocess.run([*command, "--name", name, "--runs-dir", str(runs)], check=True)
    if not (runs / name / "exports.json").exists():
        print(f"exporting {name}")
        command = [sys.executable, "-m", "kdstudio", "export", name, "--format", FORMATS]
        with TemporaryDirectory() as files:
            subprocess.run([*command, "--out", files, "--runs-dir", str(runs)], check=True)


def photograph(runs: Path, everything: Path | None, scale: int) -> None:
    """Write the pictures of one density."""
    from kdstudio.gui.app import make_application
    from kdstudio.gui.pages import PAGES
    from kdstudio.gui.theme import Theme
    from kdstudio.gui.window import MainWindow

    theme = Theme(make_application())
    for size in SIZES if everything else SIZES[:1]:
        for scheme in SCHEMES:
            theme.choose(scheme)
            window = MainWindow(theme, runs)
            window.resize(*map(int, size.split("x")))
            window.show()
            window.make_pages()
            pages = {name.lower(): page(name) for name in PAGES}
            for name, shot in (pages | SHOTS).items():
                named = name if scheme == "light" else f"{name}-{scheme}"
                if everything:
                    target = everything / f"{named}-{size}{'@2x' if scale == 2 else ''}.png"
                elif named in IN_DOCS:
                    target = IMAGES / f"{named}.png"
                else:
                    continue
                widget = shot(window)
                settle(window)
                if focused := window.focusWidget():
                    focused.clearFocus()
                write(widget, target)
                if widget.isWindow() and widget is not window:
                    widget.close()
            waiting = window.controller.watch.queue
            waiting.remove([entry.key for entry in waiting.entries()])
            window.finish()
            window.close()
            window.deleteLater()
    sys.stdout.flush()
    os._exit(0)  # threads may still read


def page(name: str) -> Shot:
    """Turn to a page."""

    def shot(window: MainWindow) -> QWidget:
        window.show_page(name)
        return window

    return shot


def run_called(window: MainWindow, name: str) -> RunFolder:
    """One of the runs."""
    window.index.look_now()
    return next(run for run in window.index.summaries if run.name == name)


def settle(window: MainWindow) -> None:
    """Let the window work until all that it does in the background, and that ends soon, is done and drawn."""
    from kdstudio.gui.background import BackgroundJob
    from kdstudio.gui.model_picker import ModelPicker

    aside = ModelPicker, type(window.index)
    end, quiet = time.monotonic() + PATIENCE, 0
    while time.monotonic() < end and quiet < QUIET:
        work()
        jobs = window.findChildren(BackgroundJob)
        is_busy = any(job.is_busy for job in jobs if not isinstance(job.parent(), aside))
        quiet = 0 if is_busy else quiet + 1


def work() -> None:
    """Let the window work for a moment, and what goes on beside it."""
    QApplication.processEvents()
    time.sleep(0.01)


def write(widget: QWidget, target: Path) -> None:
    """Write a picture with few colours, which takes a third of the room."""
    from PIL import Image

    target.parent.mkdir(parents=True, exist_ok=True)
    widget.grab().save(str(target))
    with Image.open(target) as picture:
        rare_too = {"method": Image.Quantize.MAXCOVERAGE, "kmeans": 1, "dither": Image.Dither.NONE}
        few = picture.convert("RGB").quantize(COLOURS, **rare_too)
    few.save(target, optimize=True)
    print(target)


if __name__ == "__main__":
    main()
