"""The export page: networks of a run as files that run elsewhere, and what these files are."""

from __future__ import annotations

from PySide6.QtCore import Signal
from PySide6.QtWidgets import QHBoxLayout, QLabel, QProgressBar, QPushButton, QSizePolicy, QWidget

from kdstudio.errors import KDStudioError
from kdstudio.gui.background import BackgroundJob
from kdstudio.gui.command_text import CommandText
from kdstudio.gui.dialogs import ask
from kdstudio.gui.layout import GAP, Card, text_label
from kdstudio.gui.pages.export.destination import Destination
from kdstudio.gui.pages.export.format_list import FormatList
from kdstudio.gui.pages.export.truth_card import TruthCard
from kdstudio.gui.pages.export.wish import Wish
from kdstudio.gui.pages.run_page import RunPage
from kdstudio.gui.run_index import SharedIndex
from kdstudio.gui.run_picker import RunPicker, saved_networks
from kdstudio.gui.tick_list import Tick, TickList
from kdstudio.runs.dark_knowledge import why_unreadable
from kdstudio.runs.exporting.choice import usual_networks
from kdstudio.runs.exporting.export import Exported, Refusal
from kdstudio.runs.exporting.records import measured_files
from kdstudio.runs.folder import RunFolder
from kdstudio.runs.summary import Summary

EMPTY = "Nothing to export yet.\nNetworks of your runs can be saved from here once a stage has been trained."
COMMAND_HEIGHT = 54
CHOICES_HEIGHT = 318
PROGRESS_STEPS = 1000
EXPORT_KEY = "Ctrl+Return"
MOST_NAMES = 8
"""Of files that are there already, in the question whether to replace them."""
GOING_ON = {"running", "paused"}


class ExportPage(RunPage):
    """Choose run, networks, formats and folder; every file is read back, compared and timed."""

    exported = Signal(object)
    """What an export has made."""

    def __init__(self, index: SharedIndex) -> None:
        """Offer the runs of ``index``."""
        super().__init__(RunPicker(index, exportable, {}), EMPTY)
        self._listed: tuple[RunFolder, dict[str, str]] | None = None
        self._usual: tuple[str, ...] = ()
        self._refusals: tuple[Refusal, ...] = ()
        self._wished: Wish | None = None
        self.job = BackgroundJob("export", self)
        self.job.progressed.connect(self._tell_progress)
        self.job.done.connect(self._end)
        self.job.failed.connect(self._fail)
        self.networks, self.formats, self.destination = TickList("Networks"), FormatList(), Destination()
        for part in (self.networks, self.formats, self.destination):
            part.changed.connect(self._describe)
        self.command = CommandText(COMMAND_HEIGHT)
        self.button = QPushButton("Export", objectName="primary", shortcut=EXPORT_KEY)
        self.button.setToolTip(f"Write the files, read them back and measure them ({EXPORT_KEY})")
        self.button.clicked.connect(self._export)
        self.cancel_button = QPushButton("Cancel")
        self.cancel_button.clicked.connect(self._cancel)
        self.bar = QProgressBar(maximum=PROGRESS_STEPS, textVisible=False)
        self.message, self.hindrance = text_label("", "muted"), text_label("", "muted")
        self.truth = TruthCard()
        self._lay_out(self._make_choices(), self.truth)
        self._say("")
        self._show_busy(False)

    def _make_choices(self) -> QWidget:
        what, how, where = Card("Run and networks"), Card("Formats"), Card("Files")
        what.add(self.picker.run_box)
        what.add(self.picker.recording)
        what.add(self.networks, 1)
        how.add(self.formats, 1)
        buttons = QHBoxLayout()
        for button in (self.button, self.cancel_button):
            buttons.addWidget(button)
        buttons.addStretch(1)
        buttons.addWidget(self.command.copy_button)
        where.add(self.destination)
        where.add(QLabel("The same on the command line", objectName="muted"))
        where.add(self.command)
        where.column.addLayout(buttons)
        for part in (self.bar, self.message, self.hindrance):
            where.add(part)
        where.column.addStretch(1)
        choices = QWidget()
        choices.setMinimumHeight(CHOICES_HEIGHT)
        choices.setSizePolicy(QSizePolicy.Policy.Preferred, QSizePolicy.Policy.Maximum)
        row = QHBoxLayout(choices)
        row.setContentsMargins(0, 0, 0, 0)
        row.setSpacing(GAP)
        for card, share in ((what, 5), (how, 7), (where, 8)):
            row.addWidget(card, share)
        return choices

    def finish(self) -> None:
        """End what goes on, and wait until its half-written files are gone."""
        self.job.finish()

    def _follow(self) -> None:
        super()._follow()
        run = self.picker.run
        if run is None:
            self._listed = None
            return
        self._list_networks(run)
        self._show_truth(run)
        self._describe()

    def _list_networks(self, run: RunFolder) -> None:
        """List what ``run`` has now; while that stays the same, so does what is ticked."""
        listed = (run, exportable(run, self.picker.summary))
        if listed == self._listed:
            return
        self._listed, self._refusals, self._usual = listed, (), ()
        self._say("")
        try:
            self._usual = tuple(usual_networks(run, self.picker.summary)) if listed[1] else ()
        except KDStudioError as error:  # the weights of what the run is about are lost
            self._say(str(error))
        self.networks.offer((Tick(name, name, about) for name, about in listed[1].items()), self._usual)

    def _show_truth(self, run: RunFolder) -> None:
        try:
            self.truth.show_rows(measured_files(run), self._refusals)
        except KDStudioError as error:
            self.truth.show_rows((), self._refusals, str(error))

    def _wish(self) -> Wish | None:
        """What is chosen; None while something is missing or wrong."""
        run, formats, folder = self.picker.run, self.formats.chosen(), self.destination.folder
        networks = tuple(self.networks.ticked())
        if run is None or folder is None or not formats or not networks:
            return None
        is_usual = set(networks) == set(self._usual)
        return Wish(
            run, self._usual if is_usual else networks, self._usual, formats, folder,
            self.destination.best, self.destination.threads,
        )  # fmt: skip

    def _hindrance(self, wish: Wish | None) -> str:
        """Say why nothing can be exported now; empty where it can."""
        if self.picker.run is not None and self.picker.summary.status in GOING_ON:
            return "This run is still going on; wait for its end, or stop it first."
        if self.picker.run is not None and self.picker.run.is_recorded and self.destination.best:
            return "A recorded run has the last epoch's weights alone; run it anew to have the best's."
        if wish is not None:
            return why_unreadable(wish.run, wish.command_without_run())
        if not self.networks.ticked():
            return "Tick a network."
        if not self.formats.ticked():
            return "Tick a format."
        return "Name a folder." if self.destination.folder is None else "An option of a format needs mending."

    def _describe(self) -> None:
        wish = self._wish()
        self.command.show_command(wish.command() if wish else "…")
        self.command.copy_button.setEnabled(wish is not None)
        hindrance = self._hindrance(wish)
        self.hindrance.setText(hindrance)
        self.hindrance.setVisible(bool(hindrance))
        self.button.setEnabled(not hindrance and not self.job.is_busy)

    def _export(self) -> None:
        wish = self._wish()
        assert wish is not None
        taken = wish.taken()
        if not taken:
            self._start(wish)
            return
        one = len(taken) == 1
        ask(
            self,
            "Files are there already",
            f"Replace {'this file' if one else f'these {len(taken)} files'} in {wish.folder}?",
            "\n".join(taken[:MOST_NAMES] + (["…"] if len(taken) > MOST_NAMES else [])),
            {
                "Replace": lambda: self._start(wish, replace=True),
                "Choose another folder…": self.destination.browse,
                "Cancel": None,
            },
        )

    def _start(self, wish: Wish, *, replace: bool = False) -> None:
        self._wished = wish
        self.bar.setValue(0)
        self._say("Loading the data…")
        self.job.start(lambda progress: wish.fulfil(progress, replace=replace))
        self._show_busy(True)

    def _cancel(self) -> None:
        self.job.cancel()
        self._show_busy(False)
        self._say("Cancelled.")

    def _tell_progress(self, what: str, fraction: float) -> None:
        self.bar.setValue(round(PROGRESS_STEPS * fraction))
        self._say(f"{what[:1].upper()}{what[1:]}…")

    def _say(self, text: str) -> None:
        self.message.setText(text)
        self.message.setVisible(bool(text))

    def _show_busy(self, busy: bool) -> None:
        pressed = self.button.hasFocus() or self.cancel_button.hasFocus()
        self.cancel_button.setEnabled(busy)
        self.bar.setVisible(busy)
        self._describe()
        if pressed:  # Qt would hand the focus on to the next button, and the next Enter would press that
            self.command.setFocus()

    def _fail(self, error: Exception) -> None:
        self._show_busy(False)
        self._say("")
        self._complain(error)

    def _end(self, made: Exported) -> None:
        self._show_busy(False)
        run = self.picker.run
        if self._wished is not None and run == self._wished.run:
            self._say(spoken(made))
            self._refusals = made.refusals
            self._show_truth(run)
        self.exported.emit(made)


def exportable(run: RunFolder, summary: Summary) -> dict[str, str]:
    """Offer the networks whose weights are kept, with what they are."""
    rows = {name: summary.networks[name] for name in saved_networks(run, summary)}
    return {name: f"{row.architecture}, {row.parameters:,} parameters" for name, row in rows.items()}


def spoken(made: Exported) -> str:
    """Say what has become of an export."""
    if not made.paths:
        return "Nothing could be written; the reasons stand below."
    files = "one network in one format" if len(made.paths) == 1 else f"{len(made.paths)} exports"
    refused = f" {len(made.refusals)} refused, see below." if made.refusals else ""
    return f"Written to {made.paths[0].parent}: {files}.{refused}"
