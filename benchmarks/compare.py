"""Processor time that the compare page takes with many runs: ``python benchmarks/compare.py RUN [RUN …]``.

Copies the summaries of the runs named, with other seeds and settings, until there are 500 of them.
"""

from __future__ import annotations

import json
import os
import sys
import tempfile
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from pathlib import Path
from time import process_time

os.environ.setdefault("QT_QPA_PLATFORM", "offscreen")

COUNT = 500
SEEDS = 4
"""Runs of one setting, which the page gathers."""


def copies(sources: list[Path], runs: Path) -> None:
    """Fill ``runs``; each fourth run is of another setting."""
    texts = [json.loads((source / "summary.json").read_bytes()) for source in sources]
    for number in range(COUNT):
        summary = texts[number // SEEDS % len(texts)]
        name = f"20260101-{number:06d}-{summary['experiment']['name']}"
        experiment = {**summary["experiment"], "seed": number % SEEDS, "copy": number // SEEDS}
        folder = runs / name
        folder.mkdir()
        (folder / "experiment.toml").touch()
        os.utime(folder / "experiment.toml", (number, number))
        (folder / "summary.json").write_text(json.dumps({**summary, "name": name, "experiment": experiment}))


@contextmanager
def timed(what: str) -> Iterator[None]:
    """Print how long it takes."""
    begin = process_time()
    yield
    print(f"{what:44} {1000 * (process_time() - begin):8.0f} ms")


def best_of(times: int, what: str, act: Callable[[], object]) -> None:
    """Print the quickest of some times."""
    taken = []
    for _ in range(times):
        begin = process_time()
        act()
        taken.append(process_time() - begin)
    print(f"{what:44} {1000 * min(taken):8.0f} ms")


def main(sources: list[Path]) -> None:
    """Time the index, then the page over it."""
    from PySide6.QtWidgets import QApplication

    from kdstudio.gui.pages.compare.compare_page import ComparePage
    from kdstudio.gui.run_index import SharedIndex
    from kdstudio.gui.theme import Theme
    from kdstudio.runs.index import RunIndex

    application = QApplication([])
    application.setOrganizationName("kdstudio-benchmark")
    with tempfile.TemporaryDirectory() as folder:
        runs = Path(folder)
        copies(sources, runs)
        with timed(f"list {COUNT} runs, in the background"):
            RunIndex(runs).refresh()
        index = SharedIndex(runs)
        index._timer.stop()
        with timed("make the page"):
            page = ComparePage(Theme(application), index)
        index.blockSignals(True)
        index.look_now()
        index.blockSignals(False)
        best_of(5, "look again, in the background", index.look_now)
        with timed("open the page"):
            page.resize(1184, 748)
            page.show()
            application.processEvents()

        def filtered() -> None:
            page.filter.words.setText("" if page.filter.words.text() else "000123")
            page.refresh()
            application.processEvents()

        best_of(6, "look for a word, or for everything again", filtered)
        folders = iter(list(index.summaries)[::37])

        def chosen() -> None:
            page.choose(next(folders))
            application.processEvents()

        best_of(5, "choose a run", chosen)
        best_of(3, "gather or not", lambda: (page.filter.gather.toggle(), page.refresh()))


if __name__ == "__main__":
    main([Path(argument) for argument in sys.argv[1:]])
