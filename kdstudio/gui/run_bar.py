"""The bar at the bottom: what the run is doing, and the buttons that rule it."""

from __future__ import annotations

from PySide6.QtCore import QTimer, Signal
from PySide6.QtGui import QKeySequence
from PySide6.QtWidgets import QFrame, QHBoxLayout, QLabel, QProgressBar, QPushButton, QVBoxLayout

from kdstudio.gui.controller import RunController, State
from kdstudio.gui.run_word import RunWord
from kdstudio.machine import host
from kdstudio.runs.state import spoken_duration
from kdstudio.runs.summary import with_warnings

REFRESH_MILLISECONDS = 250
TOLD_MILLISECONDS = 4000
"""How long it stays in sight that something has been put in line."""
WIDTH, WIDEST = 104, 136
SIGNS = {
    State.READY: "○",
    State.PREPARING: "◔",
    State.RUNNING: "▶",
    State.PAUSED: "❙❙",
    State.STOPPING: "■",
    State.FINISHED: "✔",
    State.STOPPED: "■",
    State.INTERRUPTED: "■",
    State.FAILED: "✖",
}
UNFINISHED = {State.STOPPED, State.INTERRUPTED}


class RunBar(QFrame):
    """State, progress and time left; how many runs wait; Run, Pause or Resume, Stop."""

    resume_wanted = Signal()
    """The run in sight shall go on."""
    queue_wanted = Signal()

    def __init__(self, controller: RunController) -> None:
        """Follow ``controller``; the Run button is wired by the window, which has the form."""
        super().__init__(objectName="runbar")
        self._controller = controller
        self._runnable = True
        self.state = QLabel(objectName="state")
        self.state.setMinimumWidth(104)
        self.where = QLabel()
        self.facts = QLabel(objectName="muted")
        self.bar = QProgressBar(minimum=0, maximum=1000, textVisible=False)
        self.bar.setFixedHeight(10)
        self.bar.setAccessibleName("Progress of the run")
        self.waiting = QPushButton(objectName="link", toolTip="Show the queue")
        self.waiting.clicked.connect(self.queue_wanted)
        self.waiting.hide()
        self.run_button = QPushButton("Run", objectName="primary")
        self.pause_button = QPushButton("Pause")
        self.stop_button = QPushButton("Stop")
        for button, keys, tip in (
            (self.run_button, "Ctrl+R", "Run the experiment in the form"),
            (self.pause_button, "Ctrl+P", "Hold the run after its current step, or let it go on"),
            (self.stop_button, "Ctrl+.", "Finish the step, save a checkpoint, stop; can be resumed"),
        ):
            button.setShortcut(QKeySequence(keys))
            button.setToolTip(f"{tip} ({keys})")
            button.setFixedWidth(WIDEST if button is self.run_button else WIDTH)
        self.pause_button.clicked.connect(self._pause_or_resume)
        self.stop_button.clicked.connect(self._stop)
        self.word = RunWord(controller)
        self.word.told.connect(lambda: self.where.setHidden(self.word.is_instead))
        self._lay_out()
        controller.state_changed.connect(self._show_state)
        controller.happened.connect(self._show_progress)
        controller.followed.connect(self._show_progress)
        controller.queued.connect(self._tell_place)
        controller.watch.changed.connect(self._show_queue)
        self._told = QTimer(self, interval=TOLD_MILLISECONDS, singleShot=True)
        self._told.timeout.connect(self._show_queue)
        self._timer = QTimer(self, interval=REFRESH_MILLISECONDS)
        self._timer.timeout.connect(self._show_facts)
        self._show_state(controller.state)

    def _lay_out(self) -> None:
        row = QHBoxLayout(self)
        row.setContentsMargins(16, 8, 16, 8)
        row.setSpacing(12)
        row.addWidget(self.state)
        middle = QVBoxLayout()
        middle.setSpacing(4)
        texts = QHBoxLayout()
        texts.addWidget(self.where)
        texts.addWidget(self.word)
        texts.addStretch(1)
        texts.addWidget(self.facts)
        texts.addWidget(self.waiting)
        middle.addLayout(texts)
        middle.addWidget(self.bar)
        row.addLayout(middle, 1)
        for button in (self.run_button, self.pause_button, self.stop_button):
            row.addWidget(button)

    def set_runnable(self, runnable: bool) -> None:
        """Say whether the form holds an experiment that can be run."""
        self._runnable = runnable
        self._show_state(self._controller.state)

    def _tell_place(self, place: int) -> None:
        self._told.start()
        paused = ", which is paused" if self._controller.watch.is_held else ""
        self.waiting.setText(f"Queued: {ordinal(place)} in line{paused}")
        self.waiting.show()

    def _show_queue(self) -> None:
        """Say how much waits, and what Run would do now."""
        watch = self._controller.watch
        self.run_button.setText("Add to queue" if self._controller.is_at_work or watch.is_held else "Run")
        self.run_button.setShortcut(QKeySequence("Ctrl+R"))
        if not self._told.isActive():
            running, waiting = len(watch.running), len(watch.waiting)
            counts = [f"{running} running"] if running > 1 else []
            counts += [f"{waiting} waiting"] if waiting else []
            paused = ["paused"] if waiting and watch.is_held else []
            self.waiting.setText(", ".join(counts + paused) or "Queue")
            self.waiting.setVisible(bool(counts))

    def _stop(self) -> None:
        if self._controller.is_stuck:
            self._controller.end_now()
        else:
            self._controller.stop()

    def _pause_or_resume(self) -> None:
        if self._controller.state is State.PAUSED:
            self._controller.resume()
        elif self._is_resumable:
            self.resume_wanted.emit()
        else:
            self._controller.pause()

    @property
    def _is_resumable(self) -> bool:
        """Tell whether the run followed can go on: one that failed does once what it says is mended."""
        state, run = self._controller.state, self._controller.run_state
        unfinished = state in UNFINISHED or (state is State.FAILED and bool(run.error))
        return unfinished and self._controller.folder is not None

    def _show_state(self, state: State) -> None:
        self.run_button.setEnabled(self._runnable)
        resumable = self._is_resumable
        self.pause_button.setEnabled(resumable or state in {State.RUNNING, State.PAUSED})
        self.pause_button.setText("Resume" if resumable or state is State.PAUSED else "Pause")
        self.pause_button.setShortcut(QKeySequence("Ctrl+P"))
        self.stop_button.setEnabled(state in {State.PREPARING, State.RUNNING, State.PAUSED})
        self._show_queue()
        if state.is_busy:
            self._timer.start()
        else:
            self._timer.stop()
        self.bar.setRange(0, 0 if state is State.PREPARING else 1000)
        self._show_progress()

    def _show_progress(self) -> None:
        run, state = self._controller.run_state, self._controller.state
        folder = self._controller.folder
        is_recorded = state is State.FINISHED and folder is not None and folder.is_recorded
        word = "Recorded" if is_recorded else state.value
        self.state.setText(f"{SIGNS[state]}  {with_warnings(word, len(run.warnings))}")
        self.bar.setValue(0 if state is State.READY else round(1000 * run.fraction))
        if state is State.READY:
            self.where.setText("Press Run to train what the form describes")
        elif state is State.PREPARING:
            self.where.setText(self._controller.doing)
        elif state is State.FINISHED:
            taken = f", {len(run.taken)} of them taken over" if run.taken else ""
            self.where.setText(f"all {len(run.stages)} stages done{taken}")
        elif run.place:
            self.where.setText(run.place)
        self._show_facts()

    def _show_facts(self) -> None:
        run, state, facts = self._controller.run_state, self._controller.state, []
        is_stuck = self._controller.is_stuck
        if is_stuck:
            self.stop_button.setEnabled(True)
            self.where.setText("it does not answer; what it has kept stays if you end it now")
        self.stop_button.setText("End it now" if is_stuck else "Stop")
        self.stop_button.setShortcut(QKeySequence("Ctrl+."))
        if state is State.PREPARING:
            self.where.setText(self._controller.doing)
        if state in {State.RUNNING, State.PAUSED}:
            facts.append(f"{spoken_duration(run.seconds_left())} left")
        elif run.stages and state is not State.READY:
            facts.append(spoken_duration(run.seconds))
        if run.images_per_second and state.is_busy:
            facts.append(f"{run.images_per_second:,.0f} images/s")
        if run.started and state is not State.READY:
            facts.append(run.started.device + self._spoken_memory())
        if (started := run.started) and state.is_busy and started.host not in ("", host()):
            facts.append(f"on {started.host}")
        self.facts.setText("  ·  ".join(facts))

    def _spoken_memory(self) -> str:
        """Memory of the process that runs it, where that is known."""
        if not (number := self._controller.process):
            return ""
        import psutil

        try:
            return f", {psutil.Process(number).memory_info().rss / 2**20:,.0f} MB"
        except psutil.Error:  # it has just ended
            return ""


def ordinal(place: int) -> str:
    """``1st``, ``2nd``, ``3rd``, ``4th``, ``11th``."""
    teens = place % 100 in (11, 12, 13)
    return f"{place}{'th' if teens else {1: 'st', 2: 'nd', 3: 'rd'}.get(place % 10, 'th')}"
