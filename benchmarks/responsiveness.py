"""How the window answers while runs train, and what it costs them.

uv run python benchmarks/responsiveness.py [PRESET …] [--seconds 30] [--pairs 5]

Prints the gaps of a 10 ms heartbeat in the window's thread while each PRESET trains with the live page in
view, by default the small digits, MNIST and a ResNet on a folder of images, and how long that thread itself
was at work in one, which other programs hardly change; then how fast the first trains there, as a share of
its speed on the command line, both in turn. The window is opened as the program does, and has loaded what
comes after its first paint. Works offscreen and on a real display.
"""

from __future__ import annotations

import argparse
import json
import os
import shutil
import statistics
import subprocess
import sys
import tempfile
import time
from pathlib import Path
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from kdstudio.gui.window import MainWindow

BEAT = 10
PRESETS = ["digits-hinton", "mnist-hinton", "folder-resnet"]


def main() -> None:
    """Measure and print."""
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawTextHelpFormatter)
    parser.add_argument("presets", nargs="*", default=PRESETS)
    parser.add_argument("--seconds", type=float, default=30.0, help="longest time to watch a run")
    parser.add_argument("--pairs", type=int, default=5, help="runs in the window and on the command line")
    parser.add_argument("--in-window", action="store_true", help=argparse.SUPPRESS)
    options = parser.parse_args()
    if not (os.environ.get("DISPLAY") or os.environ.get("WAYLAND_DISPLAY")):
        os.environ.setdefault("QT_QPA_PLATFORM", "offscreen")
    os.environ.setdefault("OMP_WAIT_POLICY", "passive")
    if options.in_window:
        train_in_window(options.presets[0])
        return
    for preset in options.presets:
        measure_heartbeat(preset, options.seconds)
    if options.pairs:
        measure_speed(options.presets[0], options.pairs)


def measure_heartbeat(preset: str, seconds: float) -> None:
    """Run ``preset`` in the window and watch the gaps between beats."""
    from PySide6.QtCore import QTimer
    from PySide6.QtWidgets import QApplication

    from kdstudio.gui.controller import State

    with tempfile.TemporaryDirectory() as runs:
        window = opened(Path(runs))
        gaps: dict[State, list[float]] = {}
        works: dict[State, float] = {}
        window.draft.load(preset)
        window.run()
        state, last, worked = window.controller.state, time.perf_counter(), time.thread_time()

        def beat() -> None:
            nonlocal state, last, worked
            now, work = time.perf_counter(), time.thread_time()
            gaps.setdefault(state, []).append(1000 * (now - last))
            works[state] = max(works.get(state, 0.0), 1000 * (work - worked))
            state, last, worked = window.controller.state, now, work

        heart = QTimer(interval=BEAT)
        heart.timeout.connect(beat)
        heart.start()
        end = time.perf_counter() + seconds
        while state.is_busy and time.perf_counter() < end:
            QApplication.processEvents()
            time.sleep(0.001)
        window.controller.finish()
        for state in (State.PREPARING, State.RUNNING):
            told = sorted(gaps.get(state, []))
            if len(told) > 20:
                shares = {share: told[int(share / 100 * len(told))] for share in (50, 95, 99)}
                spoken = ", ".join(f"{share} %: {gap:.1f}" for share, gap in shares.items())
                print(
                    f"{preset}, {state.value.lower()}: {len(told)} beats; gaps in ms, {spoken}, "
                    f"longest {told[-1]:.0f} (most work in one {works[state]:.0f})"
                )
        window.close()


def opened(runs: Path) -> MainWindow:
    """Open the window, and wait until libraries and pages are there."""
    from PySide6.QtWidgets import QApplication

    from kdstudio.gui.app import make_application
    from kdstudio.gui.garbage import GarbageCollector
    from kdstudio.gui.theme import Theme
    from kdstudio.gui.warming import Warming
    from kdstudio.gui.window import MainWindow

    window = MainWindow(Theme(make_application()), runs)
    GarbageCollector(window)
    window.show()
    window.controller.watch.start_worker()
    warming = Warming(window)
    warming.start()
    while warming.is_busy:
        QApplication.processEvents()
        time.sleep(0.001)
    return window


def measure_speed(preset: str, pairs: int) -> None:
    """Train ``preset`` to its end in both ways, in turn, each in a fresh process."""
    ratios = []
    for _ in range(pairs):
        with tempfile.TemporaryDirectory() as runs:
            line = [sys.executable, "-m", "kdstudio", "run", preset, "-q", "--runs-dir", f"{runs}/line"]
            window = [sys.executable, __file__, preset, "--in-window"]
            for command in (line, window):
                here = os.environ | {"KDSTUDIO_RUNS": f"{runs}/window", "KDSTUDIO_CACHE": f"{runs}/cache"}
                subprocess.run(command, env=here, check=True, capture_output=True)
                shutil.rmtree(f"{runs}/cache", ignore_errors=True)
            ratios.append(seconds_of(Path(runs, "line")) / seconds_of(Path(runs, "window")))
    print(
        f"{preset} with the window open: {statistics.median(ratios):.1%} of the speed of the command line "
        f"(median of {pairs} pairs, {min(ratios):.1%} to {max(ratios):.1%})"
    )


def seconds_of(runs: Path) -> float:
    """Time that the only run in ``runs`` took, preparing not counted."""
    (summary,) = runs.glob("*/summary.json")
    return float(json.loads(summary.read_text())["seconds"])


def train_in_window(preset: str) -> None:
    """Open the window, run ``preset`` with the live page in view, and leave when it is over."""
    from PySide6.QtCore import QEventLoop, QTimer
    from PySide6.QtWidgets import QApplication

    window = opened(Path(os.environ["KDSTUDIO_RUNS"]))
    application = QApplication.instance()
    window.draft.load(preset)
    preview = window.page("Experiment").outlook.preview
    while preview.shown is None:  # as when somebody has looked at the experiment before
        application.processEvents(QEventLoop.ProcessEventsFlag.WaitForMoreEvents)
    window.run()
    look = QTimer(interval=200)
    look.timeout.connect(lambda: window.controller.state.is_busy or application.quit())
    look.start()
    application.exec()
    window.controller.finish()
    window.close()


if __name__ == "__main__":
    main()
