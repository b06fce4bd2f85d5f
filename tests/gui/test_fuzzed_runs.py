"""Every page of one window over damaged runs: nothing is raised that nobody caught, and nothing hangs."""

import sys

import pytest
from hypothesis import given
from hypothesis import strategies as st

from kdstudio.errors import KDStudioError
from kdstudio.gui.background import Cancelled, Task
from kdstudio.gui.pages import PAGES
from kdstudio.gui.settings import clear_the_way
from kdstudio.runs import early_exits
from kdstudio.runs import failure as told_failure
from tests.fuzz.damage import Damage, damage, damages
from tests.fuzz.examples import drawn
from tests.fuzz.test_commands import files_of, untimed
from tests.fuzz.world import VICTIMS, World, take_away, within_bounds
from tests.gui.conftest import LONGEST

CHOOSING = ("Live", "Compare", "Temperature", "Unseen", "Learned", "Export")
EXPECTED = (KDStudioError, OSError, Cancelled)
FIRST_TABS = 3


@pytest.fixture
def world(tmp_path):
    return World(tmp_path)


@pytest.fixture
def raised(monkeypatch, qtbot):
    """All that was raised and is no refusal: in slots, in overrides, in threads, and by work that is told."""
    found = []
    work = Task._run

    def run(task):
        work(task)
        if task.error is not None and not isinstance(task.error, EXPECTED):
            found.append(task.error)

    def blame(error):
        found.append(error)
        return "(unexpected)"

    monkeypatch.setattr(early_exits, "measure_latencies", untimed)
    monkeypatch.setattr(Task, "_run", run)
    monkeypatch.setattr(told_failure, "_blame", blame)
    monkeypatch.setattr(sys, "excepthook", lambda _kind, error, _trace: found.append(error))
    monkeypatch.setattr(sys, "unraisablehook", lambda hook: found.append(hook.exc_value))
    return found


@pytest.fixture
def open_window(world: World, qtbot, theme):
    """Open windows on the world, which end with the test."""
    from kdstudio.gui.window import MainWindow

    opened = []

    def open_now():
        window = MainWindow(theme, world.runs)
        qtbot.addWidget(window)
        window.complain = lambda *_of: None  # a dialog for every example
        window.show()
        opened.append(window)
        return window

    yield open_now
    for window in opened:
        window.finish()


@pytest.mark.slow
@pytest.mark.parametrize("name", PAGES)
def test_every_page(world: World, qtbot, open_window, raised, name):
    window = open_window()
    window.show_page(name)
    page = window.page(name)
    places = sorted({(victim, file) for victim in VICTIMS for file in files_of(victim)})

    @drawn(0.02 if name in CHOOSING else 0.004)
    @given(st.sampled_from(places), damages, st.integers(0, FIRST_TABS - 1))
    def look(place: tuple[str, str], wanted: list[Damage], turn: int) -> None:
        victim, file = place
        run = world.victim(victim)
        damage(run.path / file, wanted)
        with within_bounds():
            window.index.look_now()
            if name in CHOOSING:
                page.choose(run)
            turn_over(page, turn)
            settle(qtbot, page)
            assert not window.grab().isNull()
        check_raised(raised)
        assert "whole" in {each.name for each in window.index.summaries}
        world.check_around()

    look()


def check_raised(raised) -> None:
    if raised:
        error, *_ = raised
        raised.clear()
        raise error


def turn_over(page, turn: int) -> None:
    """Turn to another of a page's figures or panels."""
    if tabs := getattr(page, "tabs", None):
        tabs.setCurrentIndex(turn)
    if figures := getattr(page, "figures", None):
        figures.show_widget(figures.choice.itemText(turn % figures.choice.count()))


def settle(qtbot, page) -> None:
    """Wait for what is read beside the window."""
    panels = [getattr(page, name, None) for name in ("trying", "disagreements", "fidelity")]
    readers = [reader for each in (page, *panels) if (reader := getattr(each, "reader", None))]
    qtbot.waitUntil(lambda: not any(reader.job.is_busy for reader in readers), timeout=LONGEST)
    qtbot.wait(1)


def test_the_queue_and_guesses(world: World, qtbot, open_window, raised):
    window = open_window()
    files = sorted(world.kept)
    names = ("Queue", "Lecture")

    @drawn(0.02)
    @given(st.integers(0, len(files) - 1), damages)
    def look(number: int, wanted: list[Damage]) -> None:
        world.clear()
        damage(files[number], wanted)
        with within_bounds():
            window.controller.watch.look_now()
            for name in names:
                window.show_page(name)
                assert not window.grab().isNull()
        check_raised(raised)

    look()


@pytest.mark.slow
def test_what_the_window_keeps_of_itself(world: World, qtbot, theme, open_window, raised, tmp_path):
    """Looks, files opened last and the last experiment, in one file of the user's."""
    from PySide6.QtCore import QSettings

    settings = QSettings()
    open_window().finish()
    settings.setValue("recent_files", [str(world.runs / "whole" / "experiment.toml"), "nowhere"])
    settings.sync()
    file = tmp_path / "settings" / "kdstudio-tests" / "kdstudio-tests.ini"
    kept = file.read_bytes()

    @drawn(0.005)
    @given(damages)
    def look(wanted: list[Damage]) -> None:
        take_away(file)
        file.write_bytes(kept)
        damage(file, wanted)
        with within_bounds():
            clear_the_way(file)
            QSettings().sync()
            window = open_window()
            window.show_page("Compare")
            assert not window.grab().isNull()
            window.close()
        check_raised(raised)

    look()
