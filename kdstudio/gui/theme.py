"""Colours by role, light and dark, following the system; palette and style sheet made from them."""

from __future__ import annotations

from pathlib import Path

from PySide6.QtCore import QObject, QSettings, Qt, Signal
from PySide6.QtGui import QColor, QFont, QGuiApplication, QPalette
from PySide6.QtWidgets import QApplication

from kdstudio.gui.restyling import Restyling
from kdstudio.gui.style import STYLE_SHEET
from kdstudio.runs.colours import Colours, schemes
from kdstudio.shipped import shipped

SCHEMES = {
    "system": Qt.ColorScheme.Unknown,
    "light": Qt.ColorScheme.Light,
    "dark": Qt.ColorScheme.Dark,
}


FADED_ALPHA = 150
SIZES = (0.85, 1.0, 1.15, 1.3, 1.5, 1.75, 2.0)
"""Of text and lines, as shares of the usual."""
PIXELS = {"small": 11, "heading_size": 14, "title_size": 17, "sign_size": 20}
"""Of text in the style sheet, at the usual size."""


def icons_folder() -> Path:
    """Folder of the icons; Qt's style sheets take them from files."""
    return shipped("resources") / "icons"


class Theme(QObject):
    """The scheme in force; tells whoever draws when it changes."""

    changed = Signal()

    def __init__(self, application: QApplication) -> None:
        """Follow the system unless the user has chosen."""
        super().__init__(application)
        self._application = application
        self._applied: tuple[Colours, float] | None = None
        self._font = application.font()
        self.restyling = Restyling(application)
        self.size = _nearest_size(QSettings().value("size", 1.0))
        application.setStyle("Fusion")
        hints = QGuiApplication.styleHints()
        hints.colorSchemeChanged.connect(self._apply)
        self.choice = str(QSettings().value("theme", "system"))
        self.choose(self.choice if self.choice in SCHEMES else "system")

    def choose(self, choice: str) -> None:
        """Use ``system``, ``light`` or ``dark`` from now on."""
        self.choice = choice
        QSettings().setValue("theme", choice)
        QGuiApplication.styleHints().setColorScheme(SCHEMES[choice])
        self._apply()

    def resize(self, steps: int) -> None:
        """Make text and lines larger by so many ``steps``, or smaller; of the usual size for 0."""
        place = SIZES.index(self.size) + steps if steps else SIZES.index(1.0)
        self.size = SIZES[min(max(place, 0), len(SIZES) - 1)]
        QSettings().setValue("size", self.size)
        self._apply()

    @property
    def is_dark(self) -> bool:
        """Tell whether the dark scheme is in force."""
        if self.choice != "system":
            return self.choice == "dark"
        return QGuiApplication.styleHints().colorScheme() is Qt.ColorScheme.Dark

    @property
    def colours(self) -> Colours:
        """Colours in force."""
        return schemes()["dark" if self.is_dark else "light"]

    def _apply(self) -> None:
        colours = self.colours
        if self._applied == (colours, self.size):
            return
        self._applied = colours, self.size
        font = QFont(self._font)
        font.setPointSizeF(self._font.pointSizeF() * self.size)
        self._application.setFont(font)
        sheet = STYLE_SHEET.substitute(
            colours.roles,
            **{name: f"{round(size * self.size)}px" for name, size in PIXELS.items()},
            icons=icons_folder().as_posix(),
            faded=faded(colours).name(QColor.NameFormat.HexArgb),
        )
        self.restyling.replace(sheet, lambda: self._application.setPalette(palette(colours)))
        self.changed.emit()


def _nearest_size(kept: object) -> float:
    """Size that was kept, or the nearest of those that there are."""
    try:
        wanted = float(str(kept))
    except ValueError:
        wanted = 1.0
    return min(SIZES, key=lambda size: abs(size - wanted))


def palette(colours: Colours) -> QPalette:
    """Make Qt's palette."""
    made = QPalette()
    role = QPalette.ColorRole
    for target, name in {
        role.Window: "window",
        role.WindowText: "text",
        role.Base: "field",
        role.AlternateBase: "window",
        role.Text: "text",
        role.Button: "panel",
        role.ButtonText: "text",
        role.BrightText: "error",
        role.ToolTipBase: "panel",
        role.ToolTipText: "text",
        role.PlaceholderText: "muted",
        role.Highlight: "accent",
        role.HighlightedText: "accent_text",
        role.Link: "accent",
        role.Mid: "border",
        role.Accent: "accent",
    }.items():
        made.setColor(target, QColor(colours[name]))
    for target in (role.Text, role.ButtonText, role.WindowText):
        made.setColor(QPalette.ColorGroup.Disabled, target, faded(colours))
    return made


def faded(colours: Colours) -> QColor:
    """Colour of text on what is disabled."""
    colour = QColor(colours["muted"])
    colour.setAlpha(FADED_ALPHA)
    return colour
