"""How soon the window is there, how it answers while a run trains, and what it costs the run.

uv run python benchmarks/responsiveness.py [PRESET] [--seconds 30] [--pairs 5]

Prints the time from the start of a fresh process to its first painted window, whether torch was
imported by then, and the gaps of a 10 ms heartbeat in the window's thread: while torch is imported
and while PRESET trains with the live page in view; then how fast PRESET trains there, as a share of its
speed on the command line, both in turn. Works offscreen and on a real display.
"""

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

BEAT = 10
STARTS = 5


def main() -> None:
    """Measure both and print them."""
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawTextHelpFormatter)
    parser.add_argument("preset", nargs="?", default="digits-hinton")
    parser.add_argument("--seconds", type=float, default=30.0, help="longest time to watch the run")
    parser.add_argument("--pairs", type=int, default=5, help="runs in the window and on the command line")
    parser.add_argument("--in-window", action="store_true", help=argparse.SUPPRESS)
    parser.add_argument("--began", type=float, help=argparse.SUPPRESS)
    options = parser.parse_args()
    if not (os.environ.get("DISPLAY") or os.environ.get("WAYLAND_DISPLAY")):
        os.environ.setdefault("QT_QPA_PLATFORM", "offscreen")
    os.environ.setdefault("OMP_WAIT_POLICY", "passive")
    if options.began:
        first_paint(options.began)
        return
    if options.in_window:
        train_in_window(options.preset)
        return
    measure_starts()
    measure_heartbeat(options.preset, options.seconds)
    measure_speed(options.preset, options.pairs)


def measure_starts() -> None:
    """Start fresh processes, one after the other."""
    times = []
    for _ in range(STARTS):
        command = [sys.executable, __file__, "--began", str(time.time())]
        told = subprocess.run(command, capture_output=True, text=True, check=True).stdout.split()
        times.append(float(told[0]))
    print(f"first painted window after {statistics.median(times):.2f} s (median of {STARTS}, "
          f"{min(times):.2f} to {max(times):.2f}), torch imported by then: {told[1]}")  # fmt: skip


def first_paint(began: float) -> None:
    """Open the window, print the time since the process was started at its first paint, and end."""
    from PySide6.QtCore import QEvent, QObject
    from PySide6.QtWidgets import QApplication

    from kdstudio.gui.theme import Theme
    from kdstudio.gui.window import MainWindow

    class Watch(QObject):
        def eventFilter(self, watched: QObject, event: QEvent) -> bool:  # noqa: N802
            if event.type() == QEvent.Type.Paint:
                print(f"{time.time() - began:.3f}", "torch" in sys.modules, flush=True)
                os._exit(0)
            return super().eventFilter(watched, event)

    application = QApplication([])
    watch = Watch()
    window = MainWindow(Theme(application), Path(tempfile.mkdtemp()))
    window.run_bar.installEventFilter(watch)
    window.show()
    application.exec()


def measure_heartbeat(preset: str, seconds: float) -> None:
    """Run ``preset`` in the window and watch the gaps between beats."""
    from PySide6.QtCore import QTimer
    from PySide6.QtWidgets import QApplication

    from kdstudio.gui.controller import State
    from kdstudio.gui.theme import Theme
    from kdstudio.gui.window import MainWindow

    application = QApplication.instance() or QApplication([])
    with tempfile.TemporaryDirectory() as runs:
        window = MainWindow(Theme(application), Path(runs))
        window.show()
        window.make_pages()
        application.processEvents()
        gaps: dict[State, list[float]] = {}
        last = time.perf_counter()

        def beat() -> None:
            nonlocal last
            now = time.perf_counter()
            gaps.setdefault(window.controller.state, []).append(1000 * (now - last))
            last = now

        heart = QTimer(interval=BEAT)
        heart.timeout.connect(beat)
        heart.start()
        window.draft.load(preset)
        window.run()
        end = time.perf_counter() + seconds
        while window.controller.state.is_busy and time.perf_counter() < end:
            application.processEvents()
            time.sleep(0.001)
        window.controller.finish()
        for state in (State.PREPARING, State.RUNNING):
            told = sorted(gaps.get(state, []))
            if len(told) > 20:
                middle, high = statistics.median(told), told[int(0.95 * len(told))]
                print(
                    f"{preset}, {state.value.lower()}: {len(told)} beats, gap median {middle:.1f} ms, "
                    f"95th percentile {high:.1f} ms, longest {told[-1]:.0f} ms"
                )
        window.close()


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

    from kdstudio.gui.theme import Theme
    from kdstudio.gui.window import MainWindow

    application = QApplication([])
    window = MainWindow(Theme(application), Path(os.environ["KDSTUDIO_RUNS"]))
    window.show()
    window.make_pages()
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
