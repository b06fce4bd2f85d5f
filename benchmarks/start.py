"""How soon the window is there, and whether it answers while libraries and pages come in.

uv run python benchmarks/start.py [--starts 7]

Each start is a fresh process; the first one compiles Python's modules, as a new user's does, and is told
beside the others. Prints when the window was painted first, when its form was painted and answered, both
with the processor time of the window's thread, when the presets stood beside it, whether torch was imported
by then, the gaps of a 10 ms heartbeat in that thread until torch is there and while pages are made, and how
long a change of theme takes. Works offscreen and on a display.
"""

import argparse
import json
import os
import statistics
import subprocess
import sys
import tempfile
import time
from pathlib import Path

BEAT = 10
LONG = 120.0


def main() -> None:
    """Start a number of times and print medians and spread."""
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawTextHelpFormatter)
    parser.add_argument("--starts", type=int, default=7)
    parser.add_argument("--began", type=float, help=argparse.SUPPRESS)
    options = parser.parse_args()
    if not (os.environ.get("DISPLAY") or os.environ.get("WAYLAND_DISPLAY")):
        os.environ.setdefault("QT_QPA_PLATFORM", "offscreen")
    os.environ.setdefault("OMP_WAIT_POLICY", "passive")
    if options.began:
        print(json.dumps(start(options.began)), flush=True)
        os._exit(0)
    found = []
    with tempfile.TemporaryDirectory() as scratch:
        os.environ |= {"XDG_CONFIG_HOME": scratch, "KDSTUDIO_CACHE": f"{scratch}/cache"}
        os.environ["PYTHONPYCACHEPREFIX"] = f"{scratch}/compiled"
        os.environ.pop("PYTHONDONTWRITEBYTECODE", None)  # or every start would be a first one
        for _ in range(options.starts + 1):
            command = [sys.executable, __file__, "--began", str(time.time())]
            told = subprocess.run(command, stdout=subprocess.PIPE, text=True, check=True).stdout
            found.append(json.loads(told.splitlines()[-1]))
    for name in found[0]:
        values = [each[name] for each in found[1:]]
        print(
            f"{name}: {statistics.median(values):.2f} ({min(values):.2f} to {max(values):.2f}; "
            f"the first one {found[0][name]:.2f})"
        )


def start(began: float) -> dict[str, float]:
    """Open the window as the program does; times in seconds since the process was started, gaps in ms."""
    from PySide6.QtCore import QTimer

    from kdstudio.gui.app import make_application
    from kdstudio.gui.garbage import GarbageCollector

    application = make_application()
    GarbageCollector(application)
    from kdstudio.gui.theme import Theme
    from kdstudio.gui.warming import Warming
    from kdstudio.gui.window import MainWindow

    theme = Theme(application)
    theme.choose("light")
    window = MainWindow(theme)
    window.show()
    application.processEvents()
    found = {"on screen, s": time.time() - began, "its processor time, s": time.thread_time()}
    window.begin(Path(tempfile.mkdtemp()))
    gaps: dict[str, list[float]] = {"torch": [], "pages": []}
    last = time.perf_counter()
    warming = Warming(window)

    def beat() -> None:
        nonlocal last
        now = time.perf_counter()
        gaps["torch" if warming.loading.is_alive() else "pages"].append(1000 * (now - last))
        last = now

    heart = QTimer(interval=BEAT)
    heart.timeout.connect(beat)
    heart.start()
    while not gaps["pages"]:
        application.processEvents()
    found["form usable, s"] = time.time() - began  # laid out, drawn, and beating
    found["until then processor time, s"] = time.thread_time()
    found["torch by then"] = float("torch" in sys.modules)
    window.show_presets()
    application.processEvents()
    gaps["pages"].clear()
    found["presets beside it, s"] = time.time() - began
    warming.start()
    while warming.loading.is_alive():
        application.processEvents()
        time.sleep(0.001)
    found["torch there, s"] = time.time() - began
    found["longest gap meanwhile, ms"] = max(gaps["torch"])
    found["99th percentile, ms"] = sorted(gaps["torch"])[int(0.99 * len(gaps["torch"]))]
    while warming.is_busy and time.time() < began + LONG:
        application.processEvents()
        time.sleep(0.001)
    found["all pages made, s"] = time.time() - began
    found["longest gap meanwhile, making a page, ms"] = max(gaps["pages"])
    before = time.perf_counter()
    theme.choose("dark")
    application.processEvents()
    found["change of theme, s"] = time.perf_counter() - before
    return found


if __name__ == "__main__":
    main()
