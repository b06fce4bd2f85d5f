"""How soon the window is there, and how it answers while a run trains.

uv run python benchmarks/responsiveness.py [PRESET] [--seconds 30]

Prints the time from the start of a fresh process to its first painted window, whether torch was
imported by then, and the gaps of a 10 ms heartbeat in the window's thread: while torch is imported
and while PRESET trains with the live page in view. Works offscreen and on a real display.
"""

import argparse
import os
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
    parser.add_argument("--began", type=float, help=argparse.SUPPRESS)
    options = parser.parse_args()
    if not (os.environ.get("DISPLAY") or os.environ.get("WAYLAND_DISPLAY")):
        os.environ.setdefault("QT_QPA_PLATFORM", "offscreen")
    os.environ.setdefault("OMP_WAIT_POLICY", "passive")
    if options.began:
        first_paint(options.began)
        return
    measure_starts()
    measure_heartbeat(options.preset, options.seconds)


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


if __name__ == "__main__":
    main()
