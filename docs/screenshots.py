"""Make the pictures of the window from real runs: ``python docs/screenshots.py``.

Trains small runs in a temporary folder, which takes a minute or two, opens the window on them offscreen,
and writes the pictures that the guide shows. ``--all FOLDER`` writes every page and dialog there instead:
light and dark, in two sizes and at twice the density. ``--runs FOLDER`` takes the runs that an earlier call
has left there, and trains what is missing.
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
"""Their settings by name, the oldest first."""
SIZES = ("1280x800", "1024x700")
SCHEMES = ("light", "dark")
PATIENCE = 120.0
QUIET = 0.7
"""Seconds in which nothing goes on any more."""
COLOURS = 256

Shot = Callable[["MainWindow"], "QWidget"]


def sweep(window: MainWindow) -> QWidget:
    """Three seeds and three temperatures in the form."""
    window.draft.load(str(run_called(window, "soft-targets").path / "experiment.toml"))
    window.show_page("Experiment")
    return window


def disagreements(window: MainWindow) -> QWidget:
    """Test images that the student gets wrong."""
    page = window.page("Learned")
    page.choose(run_called(window, "a-digit-never-seen"))
    window.show_page("Learned")
    page.tabs.setCurrentIndex(1)
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
    """Every known network."""
    from kdstudio.gui.model_picker import ModelPicker

    dialog = ModelPicker((1, 8, 8, None), 10, window)
    dialog.open()
    return dialog


SHOTS: dict[str, Shot] = {
    "sweep": sweep,
    "learned": disagreements,
    "error": error,
    "kept": kept,
    "architectures": architectures,
}
IN_GUIDE = ("experiment", "live", "temperature", "unseen", "learned", "compare", "sweep")
IN_GUIDE_DARK = ("live-dark",)


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
    for name, settings in RUNS.items():
        if not (runs / name / "summary.json").exists():
            print(f"training {name}")
            command = [sys.executable, "-m", "kdstudio", "run", *settings, "-q"]
            subprocess.run([*command, "--name", name, "--runs-dir", str(runs)], check=True)


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
                elif named in IN_GUIDE + IN_GUIDE_DARK:
                    target = IMAGES / f"{named}.png"
                else:
                    continue
                widget = shot(window)
                settle(window)
                if focused := window.focusWidget():
                    focused.clearFocus()
                write(widget, target)
                if widget is not window:
                    widget.close()
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
    """Let the window work until all that it does in the background is done and drawn."""
    from PySide6.QtWidgets import QApplication

    from kdstudio.gui.background import BackgroundJob

    end = time.monotonic() + PATIENCE
    quiet_since = time.monotonic()
    while time.monotonic() < min(end, quiet_since + QUIET):
        QApplication.processEvents()
        time.sleep(0.01)
        jobs = window.findChildren(BackgroundJob)
        if any(job.is_busy for job in jobs if job.parent() is not window.index):
            quiet_since = time.monotonic()


def write(widget: QWidget, target: Path) -> None:
    """Write a picture with few colours, which takes a third of the room."""
    from PIL import Image

    target.parent.mkdir(parents=True, exist_ok=True)
    widget.grab().save(str(target))
    with Image.open(target) as picture:
        few = picture.convert("RGB").quantize(COLOURS, dither=Image.Dither.NONE)
    few.save(target, optimize=True)
    print(target)


if __name__ == "__main__":
    main()
