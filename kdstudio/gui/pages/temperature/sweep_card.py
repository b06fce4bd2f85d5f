"""What a sweep over temperatures has found; any other run has no such card."""

from __future__ import annotations

from PySide6.QtWidgets import QSizePolicy

from kdstudio.gui.layout import PlotCard, text_label
from kdstudio.gui.plots.sweep import SweepPlot
from kdstudio.gui.theme import Theme
from kdstudio.runs.summary import Summary
from kdstudio.runs.sweep import swept_students

TITLE = "Accuracy against temperature, over seeds"
HEIGHT = 340


class SweepCard(PlotCard):
    """Accuracy of every student, and which is best on the validation images."""

    def __init__(self, theme: Theme) -> None:
        """Hidden until a sweep is shown."""
        super().__init__()
        self.plot = SweepPlot(theme, TITLE, "test accuracy (%)")
        self.note = text_label(name="muted")
        self.add(self.plot, 1)
        self.add(self.note)
        self.setSizePolicy(QSizePolicy.Policy.Ignored, QSizePolicy.Policy.Fixed)
        self.setFixedHeight(HEIGHT)
        self.hide()

    def show_run(self, summary: Summary) -> bool:
        """Show the run's sweep; tells whether it has one."""
        students = swept_students(summary)
        self.setVisible(bool(students))
        self.plot.show_students(
            {role: student.test for role, student in students.items()},
            {role: student.architecture for role, student in students.items()},
        )
        best = "; ".join(f"{student.best} ({student.architecture})" for student in students.values())
        self.note.setText(f"Means and standard deviations over the seeds. Best on validation: {best}.")
        return bool(students)
