"""The style sheet, written with the theme's colour roles."""

from string import Template

STYLE_SHEET = Template("""
QToolTip { color: $text; background: $panel; border: 1px solid $border; padding: 4px; }
QFrame#card { background: $panel; border: 1px solid $border; border-radius: 8px; }
QFrame#runbar { background: $panel; border: none; border-top: 1px solid $border; }
QFrame#rail { background: $rail; border: none; border-right: 1px solid $border; }
QLabel#title { font-size: $title_size; font-weight: 600; }
QLabel#statement { font-size: $sign_size; font-weight: 600; }
QLabel#heading { font-size: $heading_size; font-weight: 600; }
QLabel#subheading { font-weight: 600; color: $muted; }
QLabel#muted { color: $muted; }
QLabel#muted:disabled { color: $faded; }
QLabel#error { color: $error; }
QFrame#warnings { background: $warning_soft; border: 1px solid $warning_border; border-radius: 8px; }
QFrame#strip { background: $warning_soft; border: none; border-bottom: 1px solid $warning_border; }
QLabel#warning { color: $warning; font-weight: 600; }
QFrame#result { background: $accent_soft; border: 1px solid $accent; border-radius: 8px; }
QLabel#subject { font-weight: 600; }
QLabel#failure { color: $error; font-size: $sign_size; }
QFrame#presentation { background: $panel; }
QLabel#hall-where { color: $muted; }
QFrame#formula { background: $accent_soft; border: 1px solid transparent; border-radius: 6px; }
QFrame#formula:focus { border-color: $accent; }
QLabel#state { font-weight: 600; }
QScrollArea, QScrollArea > QWidget > QWidget { background: transparent; border: none; }
QScrollArea:focus { border: 1px solid $accent; border-radius: 6px; }
QLineEdit, QComboBox {
  background: $field; border: 1px solid $border; border-radius: 5px; padding: 3px 7px; min-height: 20px;
}
QLineEdit:focus, QComboBox:focus { border-color: $accent; }
QLineEdit[invalid="true"], QComboBox[invalid="true"] { border-color: $error; }
QLineEdit:disabled, QComboBox:disabled { color: $muted; }
QAbstractSpinBox QLineEdit { background: transparent; border: none; padding: 0; min-height: 0; }
QComboBox#title-choice {
  font-size: $heading_size; font-weight: 600; border-color: transparent; background: transparent;
  padding: 1px 4px 1px 0;
}
QComboBox#title-choice:hover { border-color: $border; }
QComboBox#title-choice:focus { border-color: $accent; }
QComboBox { combobox-popup: 0; }
QComboBox::drop-down { border: none; width: 20px; }
QComboBox::down-arrow { image: url("$icons/chevron.svg"); width: 10px; height: 10px; }
QComboBox QAbstractItemView {
  background: $panel; color: $text; border: 1px solid $border; outline: none;
  selection-background-color: $accent_soft; selection-color: $text;
}
QComboBox QAbstractItemView::item { padding: 2px 7px; min-height: 20px; border: none; }
QComboBox QAbstractItemView::item:selected { background: $accent_soft; color: $text; }
QComboBox QAbstractItemView::item:disabled { color: $faded; }
QPushButton {
  background: $panel; border: 1px solid $border; border-radius: 5px; padding: 5px 14px; min-height: 18px;
}
QPushButton:hover { border-color: $accent; }
QPushButton:focus { border-color: $accent; }
QPushButton:pressed { background: $accent_soft; }
QPushButton:disabled { color: $muted; background: $window; }
QPushButton#word {
  border: 1px solid transparent; border-radius: 4px; padding: 0; min-height: 0; background: transparent;
  color: $accent; text-align: left;
}
QPushButton#word:hover { text-decoration: underline; }
QPushButton#word:focus { border-color: $accent; }
QPushButton#word[mistake="true"] { color: $error; }
QPushButton#primary { background: $accent; color: $accent_text; border-color: $accent; font-weight: 600; }
QPushButton#primary:focus { border-color: $text; }
QPushButton#primary:disabled { background: $border; color: $muted; border-color: $border; }
QPushButton#link {
  border: 1px solid transparent; border-radius: 4px; padding: 0 4px; min-height: 16px;
  background: transparent; color: $accent;
}
QPushButton#link:hover, QPushButton#link:focus { border-color: $accent; }
QPushButton#choice { text-align: left; background: $field; padding: 0; }
QPushButton#choice:pressed { background: $accent_soft; }
QPushButton#choice[invalid="true"] { border-color: $error; }
QPushButton#samples { background: transparent; border: 1px solid transparent; padding: 2px; }
QPushButton#samples:hover, QPushButton#samples:focus { border-color: $accent; }
QLabel#chosen { font-weight: 600; }
QFrame#chooser { background: $panel; border: 1px solid $border; border-radius: 6px; }
QListView#choices {
  background: transparent; border: 1px solid transparent; border-radius: 6px; outline: none;
}
QListView#choices:focus { border-color: $accent; }
QListView#choices::item { border-radius: 5px; }
QListView#choices::item:hover { background: $window; }
QListView#choices::item:selected { background: $accent_soft; color: $text; }
QToolButton#legend {
  border: 1px solid transparent; border-radius: 4px; padding: 1px 4px; background: transparent;
}
QToolButton#legend[popupMode="2"] { padding-right: 16px; }
QToolButton#legend::menu-indicator {
  image: url("$icons/chevron.svg"); width: 9px; height: 9px;
  subcontrol-origin: padding; subcontrol-position: right center; right: 3px;
}
QToolButton#legend:hover { border-color: $border; }
QToolButton#legend:focus { border-color: $accent; }
QToolButton#legend:!checked { color: $muted; }
QToolButton#save { border: 1px solid transparent; border-radius: 4px; padding: 2px; background: transparent; }
QToolButton#save:hover { border-color: $border; }
QToolButton#save:focus { border-color: $accent; }
QToolButton#save::menu-indicator { image: none; }
QToolButton#inline, QToolButton#menu {
  background: $panel; border: 1px solid $border; border-radius: 5px; padding: 3px 8px;
}
QToolButton#menu { padding-right: 22px; }
QToolButton#inline:hover, QToolButton#menu:hover, QToolButton#inline:focus, QToolButton#menu:focus {
  border-color: $accent;
}
QToolButton#menu::menu-indicator {
  image: url("$icons/chevron.svg"); width: 10px; height: 10px;
  subcontrol-origin: padding; subcontrol-position: right center; right: 7px;
}
QToolButton#fold {
  border: 1px solid transparent; border-radius: 4px; padding: 2px 6px 2px 0; background: transparent;
  font-size: $heading_size; font-weight: 600;
}
QToolButton#disclosure {
  border: 1px solid transparent; border-radius: 4px; padding: 2px 4px; background: transparent;
  color: $muted; font-weight: 600;
}
QToolButton#fold:hover, QToolButton#disclosure:hover { background: $accent_soft; }
QToolButton#fold:focus, QToolButton#disclosure:focus { border-color: $accent; }
QToolButton#changed {
  border: 1px solid transparent; border-radius: 4px; padding: 1px 4px; background: transparent;
  color: $accent;
}
QToolButton#changed:hover, QToolButton#changed:focus { border-color: $accent; }
QLabel#badge {
  background: $accent_soft; color: $accent; border-radius: 8px; padding: 1px 8px; font-weight: 600;
}
QToolButton#inline:disabled { color: $faded; }
QMenuBar { background: $rail; color: $text; border-bottom: 1px solid $border; padding: 1px 4px; }
QMenuBar::item { background: transparent; padding: 3px 9px; border-radius: 4px; }
QMenuBar::item:selected, QMenuBar::item:pressed { background: $accent_soft; color: $text; }
QMenu { background: $panel; color: $text; border: 1px solid $border; padding: 4px; }
QMenu::item { padding: 5px 20px; border-radius: 4px; }
QMenu::item:selected { background: $accent_soft; color: $text; }
QMenu::item:disabled { color: $faded; }
QMenu::separator { height: 1px; background: $border; margin: 4px 8px; }
QMenu::indicator { width: 12px; height: 12px; left: 5px; }
QMenu::indicator:checked { image: url("$icons/tick.svg"); }
QToolButton#rail {
  border: none; border-radius: 8px; padding: 4px 0; color: $muted; font-size: $small;
}
QToolButton#rail:hover { background: $accent_soft; color: $text; }
QToolButton#rail:focus { border: 1px solid $accent; }
QToolButton#rail:checked { background: $accent_soft; color: $accent; font-weight: 600; }
QPushButton#preset { text-align: left; padding: 10px 12px; border-radius: 8px; }
QPushButton#preset:checked { border: 2px solid $accent; background: $accent_soft; padding: 9px 11px; }
QCheckBox::indicator {
  width: 15px; height: 15px; border: 1px solid $muted; border-radius: 4px; background: $field;
}
QCheckBox::indicator:checked { background: $accent; border-color: $accent; image: url("$icons/check.svg"); }
QCheckBox:focus { color: $accent; }
QCheckBox::indicator:focus { border: 2px solid $accent; }
QTabBar { background: transparent; qproperty-drawBase: 0; }
QTabBar::tab {
  background: transparent; color: $muted; border: none; border-bottom: 2px solid transparent;
  padding: 5px 12px; margin-right: 4px;
}
QTabBar::tab:hover { color: $text; }
QTabBar::tab:selected { color: $accent; border-bottom-color: $accent; }
QTabBar::tab:focus { color: $accent; border: 1px solid $accent; border-radius: 5px; }
QListView#pictures { background: transparent; border: none; outline: none; }
QSlider::groove:horizontal { height: 4px; border-radius: 2px; background: $border; }
QSlider::handle:horizontal { width: 14px; margin: -5px 0; border-radius: 7px; background: $accent; }
QSlider::handle:horizontal:focus { background: $text; }
QProgressBar { background: $window; border: 1px solid $border; border-radius: 5px; height: 8px; }
QProgressBar::chunk { background: $accent; border-radius: 4px; }
QTableView, QTreeView {
  outline: none;
  background: $panel; border: 1px solid $border; border-radius: 8px; gridline-color: $border;
  selection-background-color: $accent_soft; selection-color: $text; alternate-background-color: $window;
}
QTableView:focus, QTreeView:focus { border-color: $accent; }
QTableView::item { padding: 0 8px; }
QTableView#results::item { padding: 0 4px; }
QTreeView::item { padding: 2px 8px; }
QHeaderView::section {
  background: $panel; color: $muted; border: none; border-bottom: 1px solid $border; padding: 6px 11px;
  font-weight: 600;
}
QTableView#results QHeaderView::section { padding: 4px 7px; }
QTableView#results QHeaderView::up-arrow, QTableView#results QHeaderView::down-arrow {
  width: 9px; height: 9px; subcontrol-origin: border; subcontrol-position: bottom center;
}
QTableView#results QHeaderView::up-arrow { image: url("$icons/chevron-up.svg"); }
QTableView#results QHeaderView::down-arrow { image: url("$icons/chevron.svg"); }
QPlainTextEdit { background: $field; border: 1px solid $border; border-radius: 5px; }
QPlainTextEdit:focus { border-color: $accent; }
QTextBrowser:focus { border: 1px solid $accent; border-radius: 5px; }
QScrollBar:vertical { background: transparent; width: 10px; margin: 0; }
QScrollBar:horizontal { background: transparent; height: 10px; margin: 0; }
QScrollBar::handle {
  background: $border; border-radius: 4px; margin: 1px; min-height: 28px; min-width: 28px;
}
QScrollBar::handle:hover { background: $muted; }
QScrollBar::add-line, QScrollBar::sub-line { width: 0; height: 0; }
QScrollBar::add-page, QScrollBar::sub-page { background: transparent; }
QAbstractScrollArea::corner { background: transparent; border: none; }
QSplitter::handle { background: transparent; }
""")
