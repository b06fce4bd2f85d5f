from math import sqrt

import pytest

from kdstudio.runs.folder import RunFolder
from kdstudio.runs.report.course import MOST_POINTS, accuracies, course, losses
from kdstudio.runs.report.reported import read_run
from tests.results import row, run


@pytest.fixture
def seeds(kept):
    return read_run(RunFolder(kept / "seeds"))


def test_accuracies_are_means_over_the_seeds_with_bands(seeds):
    (chart,) = accuracies(seeds)
    teacher, _, student = chart.lines
    names = [line.name.split("\N{NO-BREAK SPACE}")[0] for line in chart.lines]
    assert names == ["teacher", "baseline, 2 seeds", "student, 2 seeds"]
    one, other = (seeds.state.curves.accuracy[f"student seed-{seed}"].y for seed in (0, 1))
    assert student.y == [pytest.approx(50 * (a + b)) for a, b in zip(one, other, strict=True)]
    spread = [100 * abs(a - b) / sqrt(2) for a, b in zip(one, other, strict=True)]
    assert student.deviations == [pytest.approx(each) for each in spread]
    assert not teacher.deviations
    assert [line.token for line in chart.lines] == ["teacher", "baseline", "student"]


def test_every_stage_has_its_losses_and_every_term_a_line(seeds):
    charts = list(losses(seeds))
    assert [chart.title for chart in charts] == [
        "Losses of teacher",
        "Losses of baseline",
        "Losses of student",
    ]
    assert [line.name.split(",")[0] for line in charts[-1].lines] == ["label loss", "soft loss"]
    assert [line.style for line in charts[-1].lines] == [0, 1]
    assert all(len(line.x) <= MOST_POINTS for chart in charts for line in chart.lines)


def test_bands_are_explained_where_there_are_some(seeds, kept):
    assert "bands one standard deviation" in "".join(course(seeds).parts)
    assert "bands" not in "".join(course(read_run(RunFolder(kept / "unseen"))).parts)


def test_before_the_first_epoch_there_is_nothing(reported):
    assert course(reported(run(row("student", 0.5)))) is None
