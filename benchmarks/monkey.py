"""Random actions in the window, while runs start, fail and are damaged from outside: does anything break?

uv run python benchmarks/monkey.py [--actions 10000] [--seed 0]

Clicks, keys, drops, menus, dialogs, pages, looks, fields of the form, runs, pauses and stops, in the real
window, opened as the program opens it, offscreen, with files, settings and runs of its own. Meanwhile run
folders are copied, cut, overwritten and deleted. Prints every exception that nobody caught, gaps of the event
loop, what is not true at the end, what is left then, and how long closing takes; where something broke, the
last actions, too. The exit code tells.
"""

from __future__ import annotations

import argparse
import json
import os
import subprocess
import sys
import tempfile
import time
from collections import Counter
from pathlib import Path
from random import Random
from typing import TYPE_CHECKING, Any

if TYPE_CHECKING:
    from kdstudio.gui.faults import Faults
    from kdstudio.gui.window import MainWindow

LONGEST_CLOSING = 3.0
LAST = 25
"""Actions that are printed."""
TOLD_GAPS = 0.3
GAPS = 8
"""That are printed, the longest first."""
NOTHING = {"closing": 0.0, "closed": 0.0, "gaps": [], "wrong": [], "runs": 0}
"""Report of one that was not played to its end."""
NOWHERE = "http://127.0.0.1:9"
"""Nothing is downloaded."""
SETTLING_SECONDS = 60.0


def main() -> int:
    """Play in a process of its own, and judge; returns the exit code."""
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawTextHelpFormatter)
    parser.add_argument("--actions", type=int, default=10_000)
    parser.add_argument("--seed", type=int, default=0)
    parser.add_argument("--longest-gap", type=float, default=1.0, help="seconds of the thread's own work")
    parser.add_argument("--in", dest="folder", type=Path, help=argparse.SUPPRESS)
    options = parser.parse_args()
    if options.folder:
        play(options.folder, options.actions, options.seed)
    with tempfile.TemporaryDirectory() as scratch:
        return judge(Path(scratch), options)


def judge(folder: Path, options: argparse.Namespace) -> int:
    """Let the monkey play in ``folder``, and tell what broke; returns the exit code."""
    command = [sys.executable, "-X", "faulthandler", os.path.abspath(__file__), "--in", str(folder)]
    command += ["--actions", str(options.actions), "--seed", str(options.seed)]
    began = time.monotonic()
    code = subprocess.run(command, env=environment(folder), cwd=folder, check=False).returncode
    report, seconds = NOTHING, time.monotonic() - began
    if (file := folder / "report.json").exists():
        report = json.loads(file.read_bytes())
    closing, wrong = report["closed"] - report["closing"], list(report["wrong"])
    traces = "".join(trace.read_text("utf-8") for trace in (folder / "log").glob("*.trace"))
    wrong += [f"it ended with code {code}\n{traces}"] * (code != 0)
    wrong += [f"closing took {closing:.1f} s"] * (closing > LONGEST_CLOSING)
    gaps = sorted(report["gaps"], key=lambda gap: -gap["worked"])
    too_long = [gap for gap in gaps if gap["worked"] > options.longest_gap]
    wrong += [f"{gap['worked']:.2f} s in which nothing was answered: {gap['doing']}" for gap in too_long]
    for gap in gaps[:GAPS]:
        print(f"gap of {gap['seconds']:.2f} s (at work {gap['worked']:.2f} s) after: {gap['doing']}")
        print("".join(f"    {stack}\n" for stack, _ in Counter(gap["stacks"]).most_common(2)), end="")
    if wrong:
        print(f"seed {options.seed}; the last actions:")
        print("\n".join((folder / "actions.txt").read_text("utf-8").splitlines()[-LAST:]))
    print("\n".join(wrong))
    print(
        f"{options.actions} actions, seed {options.seed}, {seconds:.0f} s: {len(wrong)} wrong; "
        f"{report['runs']} runs at the end; closed within {closing:.1f} s"
    )
    return int(bool(wrong))


def environment(folder: Path) -> dict[str, str]:
    """Nothing of the user's is read or written, and nothing goes online."""
    places = {
        **{name: str(folder) for name in ("HOME", "XDG_CONFIG_HOME", "XDG_DATA_HOME", "KDSTUDIO_DATA")},
        **{f"KDSTUDIO_{name.upper()}": str(folder / name) for name in ("runs", "cache", "log")},
    }
    proxies = dict.fromkeys(("http_proxy", "https_proxy", "HTTP_PROXY", "HTTPS_PROXY"), NOWHERE)
    path = os.pathsep.join(filter(None, (os.environ.get("PYTHONPATH"), os.path.dirname(__file__))))
    return {**os.environ, **places, **proxies, "QT_QPA_PLATFORM": "offscreen", "PYTHONPATH": path}


def play(folder: Path, actions: int, seed: int) -> None:
    """Open the window as the program does, with the monkey in it; ends the process."""
    from monkeys.heart import Heart

    from kdstudio.gui import app

    report: dict[str, Any] = {}
    show_faults, leave = app.show_faults, app.leave

    def begin(window: MainWindow, faults: Faults) -> object:
        heart = Heart(window, lambda: monkey.doing, TOLD_GAPS)
        monkey = let_in(window, folder, seed)

        def end() -> None:
            wrong = [f"not caught, after {at}: {fault}" for at, fault in caught]
            wrong += settle(window)
            heart.stop()
            report.update(closing=time.time(), wrong=wrong, runs=len(window.index.summaries))
            report.update(gaps=[vars(gap) for gap in heart.gaps])
            window.close()

        caught: list[tuple[str, str]] = []
        faults.came.connect(lambda: caught.append((monkey.doing, faults.untold[-1][1])))
        strip = show_faults(window, faults)
        monkey.play(actions, end)
        return strip

    def go(code: int) -> None:
        report["closed"] = time.time()
        report["wrong"] = [*report.get("wrong", ["the window closed too early"]), *what_is_left()]
        (folder / "report.json").write_text(json.dumps(NOTHING | report))
        leave(code)

    app.show_faults, app.leave = begin, go
    app.main()


def let_in(window: MainWindow, folder: Path, seed: int) -> object:
    """Return a monkey in ``window``, where nothing waits for a program of the system's."""
    from monkeys.experiments import write_experiments
    from monkeys.monkey import Monkey
    from PySide6.QtGui import QDesktopServices
    from PySide6.QtWidgets import QFileDialog

    chance, files = Random(seed), write_experiments(folder)
    places = ["", *map(str, files), str(folder / "nowhere" / "none.toml"), str(folder)]
    for name in ("getOpenFileName", "getSaveFileName"):
        setattr(QFileDialog, name, lambda *_of: (chance.choice(places), ""))
    QFileDialog.getExistingDirectory = lambda *_of: chance.choice(places)
    QDesktopServices.openUrl = lambda _url: chance.random() < 0.5
    window.runs.mkdir(parents=True, exist_ok=True)
    return Monkey(window, chance, files, folder / "actions.txt")


def settle(window: MainWindow) -> list[str]:
    """Close what is open, stop what runs, and tell what is not as it should be then."""
    import psutil
    from PySide6.QtWidgets import QApplication, QWidget

    from kdstudio.runs.index import RunIndex

    def wait(until, seconds: float) -> bool:
        given_up = time.monotonic() + seconds
        while not until() and time.monotonic() < given_up:
            QApplication.processEvents()
            time.sleep(0.005)
        return until()

    for other in [*QApplication.topLevelWidgets()]:
        if other is not window:
            other.close()
    controller = window.controller
    queue, watch = controller.watch.queue, controller.watch
    queue.remove([entry.key for entry in queue.entries() if entry.state == "waiting"])
    queue.cancel([entry.key for entry in queue.entries() if entry.state == "running"])
    searches = [child for child in psutil.Process().children() if "search" in child.cmdline()]
    for search in searches:  # it would go on without the window
        search.terminate()
    wrong = []
    if not wait(lambda: not (controller.is_at_work or watch.running or watch.waiting), SETTLING_SECONDS):
        wrong.append(f"a run is still {controller.state}")
    if not wait(lambda: not any(map(psutil.Process.is_running, searches)), SETTLING_SECONDS):
        wrong.append("a search does not stop")
    window.index.look_now()
    fresh = RunIndex(window.runs)
    fresh.refresh()
    if window.index.summaries != fresh.summaries:
        wrong.append("the index is not what is on disk")
    if watch.entries != queue.entries():
        wrong.append("the queue in sight is not what is on disk")
    for widget in window.findChildren(QWidget):
        if widget.signalsBlocked():
            wrong.append(f"{widget} is silent for good")
        is_ours = type(widget).__module__.startswith("kdstudio.")
        if is_ours and not widget.updatesEnabled() and widget.parent().updatesEnabled():
            wrong.append(f"{widget} is not painted any more")
    if QApplication.overrideCursor():
        wrong.append("the cursor tells to wait")
    return wrong


def what_is_left() -> list[str]:
    """Name threads and processes that are there when the window has gone."""
    import threading

    import psutil

    others = [thread for thread in threading.enumerate() if thread is not threading.main_thread()]
    for thread in others:
        thread.join(1)
    left = [f"thread {thread.name}" for thread in others if thread.is_alive()]
    left += [f"process {' '.join(child.cmdline())}" for child in psutil.Process().children(recursive=True)]
    return [f"left at the end: {each}" for each in left]


if __name__ == "__main__":
    sys.exit(main())
