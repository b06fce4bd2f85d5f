from pathlib import Path

from kdstudio.engine.judgement import Finding, Judgement, MeasuredCurve, MeasuredFigure, MeasuredPoint
from kdstudio.gui.pages.compare.entries import Entry
from kdstudio.gui.pages.compare.run_figures import ERRORS, RunFigures
from kdstudio.runs.folder import RunFolder
from kdstudio.runs.labels import NOTHING
from tests.results import row, run


def test_what_the_claim_draws_stands_first(qtbot, theme):
    points = [MeasuredPoint(x=x, values=(x / 8, x / 4)) for x in (1, 4, 16)]
    curve = MeasuredCurve(network="student", points=tuple(points))
    drawn = MeasuredFigure(quantity="entropy", over="temperature T", unit="nats", curves=(curve,))
    found = Finding(quantity="entropy", of="student", than="1", expected="higher", verdict="no statement")
    judgement = Judgement(statement="It is so", findings=(found,), figures=(drawn,))
    summary = run(*(row("student", 0.9, seed=seed) for seed in (0, 1))).model_copy(
        update={"claim": judgement}
    )
    figures = RunFigures(theme)
    qtbot.addWidget(figures)
    figures.show_entries([Entry({RunFolder(Path("claimed")): summary}, NOTHING)])
    assert figures.shown() == "Entropy by temperature T"
    assert [name for name, _ in figures.available()][1] == ERRORS
    assert figures.plot.plot.getAxis("bottom").labelText == "temperature T (logarithmic)"
    assert figures.plot.plot.getAxis("left").labelText == "nats"
    assert [(point.x, point.y) for point in figures.plot.points()] == [(1, 0.1875), (4, 0.75), (16, 3)]
