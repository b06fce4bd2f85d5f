"""The window's menus, and with them its shortcuts."""

from __future__ import annotations

from collections.abc import Callable
from functools import partial
from pathlib import Path
from typing import TYPE_CHECKING

from PySide6.QtCore import QObject
from PySide6.QtGui import QAction, QKeySequence
from PySide6.QtWidgets import QMenu, QPushButton

from kdstudio.gui.about_dialog import AboutDialog
from kdstudio.gui.cache_dialog import CacheDialog
from kdstudio.gui.help_dialog import ShortcutsDialog, show_help
from kdstudio.gui.pages import KEYS
from kdstudio.gui.recent_files import recent_files
from kdstudio.gui.theme import SCHEMES
from kdstudio.runs.presets import GROUPS, preset_group, preset_names

if TYPE_CHECKING:
    from kdstudio.gui.window import MainWindow

Standard = QKeySequence.StandardKey


class Menus(QObject):
    """What can be done is looked up whenever a menu opens."""

    def __init__(self, window: MainWindow) -> None:
        """Fill the menu bar of ``window``."""
        super().__init__(window)
        self._window = window
        self._make_file()
        self._make_edit()
        self._make_view()
        self._make_run()
        self._make_tools()
        self._make_help()

    def _menu(self, title: str) -> QMenu:
        return self._window.empty_menus[title]

    def _add(self, menu: QMenu, text: str, act: Callable[[], object], *keys: str | Standard) -> QAction:
        action = menu.addAction(text)
        action.setShortcuts([QKeySequence(key) for key in keys])
        action.triggered.connect(lambda: act())
        return action

    def _make_file(self) -> None:
        window, menu = self._window, self._menu("&File")
        presets = menu.addMenu("&New from preset")
        groups: dict[str, QMenu] = {}
        for name in preset_names():
            group = preset_group(name)
            if group not in groups:
                groups[group] = presets.addMenu(GROUPS[group])
            groups[group].addAction(name, partial(window.open_preset, name))
        self._add(menu, "&Open…", lambda: window.experiment_page.open_file(), "Ctrl+O")
        self.recent = menu.addMenu("Open &recent")
        self.recent.aboutToShow.connect(self._list_recent)
        menu.aboutToShow.connect(lambda: self.recent.setEnabled(bool(recent_files())))
        menu.addSeparator()
        self._add(menu, "&Save", lambda: window.experiment_page.save(), "Ctrl+S")
        menu.addAction("Save &as…\tCtrl+Shift+S", window.save_as)  # the key belongs to plots and tables, too
        menu.addSeparator()
        self._add(menu, "&Quit", window.close, "Ctrl+Q").setMenuRole(QAction.MenuRole.QuitRole)

    def _list_recent(self) -> None:
        self.recent.clear()
        for name in recent_files():
            text = f"{Path(name).name}   ({Path(name).parent})".replace("&", "&&")
            self.recent.addAction(text, partial(self._window.open_preset, name))

    def _make_edit(self) -> None:
        draft, menu = self._window.draft, self._menu("&Edit")
        self.undo = self._add(menu, "&Undo", draft.undo, "Ctrl+Z")
        self.redo = self._add(menu, "&Redo", draft.redo, "Ctrl+Shift+Z", "Ctrl+Y")
        self._add(menu, "&Go to a field…", self._window.go_to_field, "Ctrl+G")
        menu.addSeparator()
        self.reset = self._add(menu, "Reset &all to preset or file", lambda: draft.reset())
        draft.changed.connect(self.look)
        self._window.stack.currentChanged.connect(self.look)

    def look(self) -> None:
        """Offer what can be undone, on the page that shows it: other pages may undo what is theirs."""
        draft, window = self._window.draft, self._window
        here = window.stack.currentWidget() is window.experiment_page
        self.undo.setEnabled(here and bool(draft.history.before))
        self.redo.setEnabled(here and bool(draft.history.after))
        self.reset.setEnabled(here and bool(draft.changes))

    def _make_view(self) -> None:
        window, menu = self._window, self._menu("&View")
        for name, key in KEYS.items():
            self._add(menu, name, partial(window.go_to, name), key)
        menu.addSeparator()
        themes = menu.addMenu("&Theme")
        for choice in SCHEMES:
            action = self._add(themes, choice.capitalize(), partial(window.theme.choose, choice))
            action.setCheckable(True)
            themes.aboutToShow.connect(
                lambda action=action, choice=choice: action.setChecked(window.theme.choice == choice)
            )
        self._add(menu, "&Larger text", partial(window.theme.resize, 1), "Ctrl++", "Ctrl+=")
        self._add(menu, "&Smaller text", partial(window.theme.resize, -1), "Ctrl+-")
        self._add(menu, "&Usual text", partial(window.theme.resize, 0), "Ctrl+0")
        menu.addSeparator()
        self._add(menu, "&Present this page", window.present, "F5")
        self.full = self._add(menu, "&Full screen", window.toggle_full_screen, "F11")

    def _make_run(self) -> None:
        """Offer what the run bar does; its buttons have the keys, and tell what can be done."""
        bar, menu = self._window.run_bar, self._menu("&Run")
        for button, keys in (
            (bar.run_button, "Ctrl+R"),
            (bar.pause_button, "Ctrl+P"),
            (bar.stop_button, "Ctrl+."),
        ):
            action = menu.addAction("", button.click)
            menu.aboutToShow.connect(partial(_follow, action, button, keys))
            _follow(action, button, keys)

    def _make_tools(self) -> None:
        menu = self._menu("&Tools")
        self._add(menu, "Kept between runs…", lambda: CacheDialog(self._window).open())

    def _make_help(self) -> None:
        window, menu = self._window, self._menu("&Help")
        self._add(menu, "&Help on this field or page", lambda: show_help(window), "F1")
        self._add(menu, "&Keyboard shortcuts", lambda: ShortcutsDialog(window).open())
        about = self._add(menu, "&About KD Studio", lambda: AboutDialog(window.runs, window).open())
        about.setMenuRole(QAction.MenuRole.AboutRole)


def _follow(action: QAction, button: QPushButton, keys: str) -> None:
    action.setText(f"{button.text()}\t{keys}")
    action.setEnabled(button.isEnabled())
