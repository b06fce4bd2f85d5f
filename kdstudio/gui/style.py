"""The style sheet, written with the theme's colour roles."""

from string import Template

STYLE_SHEET = Template("""
QToolTip { color: $text; background: $panel; border: 1px solid $border; padding: 4px; }
QFrame#card { background: $panel; border: 1px solid $border; border-radius: 8px; }
QFrame#runbar { background: $panel; border: none; border-top: 1px solid $border; }
QFrame#rail { background: $rail; border: none; border-right: 1px solid $border; }
QLabel#title { font-size: 17px; font-weight: 600; }
QLabel#heading { font-size: 14px; font-weight: 600; }
QLabel#subheading { font-weight: 600; color: $muted; }
QLabel#muted { color: $muted; }
QLabel#error { color: $error; }
QLabel#formula { background: $accent_soft; border-radius: 6px; padding: 8px 10px; }
QLabel#state { font-weight: 600; }
QScrollArea, QScrollArea > QWidget > QWidget { background: transparent; border: none; }
QLineEdit, QComboBox {
  background: $field; border: 1px solid $border; border-radius: 5px; padding: 3px 7px; min-height: 20px;
}
QLineEdit:focus, QComboBox:focus { border-color: $accent; }
QLineEdit[invalid="true"], QComboBox[invalid="true"] { border-color: $error; }
QLineEdit:disabled, QComboBox:disabled { color: $muted; }
QComboBox::drop-down { border: none; width: 18px; }
QComboBox QAbstractItemView { background: $panel; border: 1px solid $border;
  selection-background-color: $accent; }
QPushButton {
  background: $panel; border: 1px solid $border; border-radius: 5px; padding: 5px 14px; min-height: 18px;
}
QPushButton:hover { border-color: $accent; }
QPushButton:focus { border-color: $accent; }
QPushButton:pressed { background: $accent_soft; }
QPushButton:disabled { color: $muted; background: $window; }
QPushButton#primary { background: $accent; color: $accent_text; border-color: $accent; font-weight: 600; }
QPushButton#primary:disabled { background: $border; color: $muted; border-color: $border; }
QToolButton#rail {
  border: none; border-radius: 8px; padding: 8px 4px; color: $muted; font-size: 11px;
}
QToolButton#rail:hover { background: $accent_soft; color: $text; }
QToolButton#rail:focus { border: 1px solid $accent; }
QToolButton#rail:checked { background: $accent_soft; color: $accent; font-weight: 600; }
QPushButton#preset { text-align: left; padding: 10px 12px; border-radius: 8px; }
QPushButton#preset:checked { border: 2px solid $accent; background: $accent_soft; padding: 9px 11px; }
QProgressBar { background: $window; border: 1px solid $border; border-radius: 5px; height: 8px; }
QProgressBar::chunk { background: $accent; border-radius: 4px; }
QTableView {
  background: $panel; border: 1px solid $border; border-radius: 8px; gridline-color: $border;
  selection-background-color: $accent_soft; selection-color: $text; alternate-background-color: $window;
}
QHeaderView::section {
  background: $panel; color: $muted; border: none; border-bottom: 1px solid $border; padding: 6px 8px;
  font-weight: 600;
}
QPlainTextEdit { background: $field; border: 1px solid $border; border-radius: 5px; }
QSplitter::handle { background: transparent; }
""")
