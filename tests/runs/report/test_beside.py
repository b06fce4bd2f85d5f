from xml.etree import ElementTree

from kdstudio.runs.report.beside import MOST_SETTINGS, comparison, dots
from kdstudio.runs.report.markup import element
from tests.results import row, run


def made(reported, name, accuracy, **settings):
    experiment = {"strategy": {"name": "hinton", **settings}}
    seeds = [row("student", accuracy + seed / 100, seed=seed) for seed in (0, 1)]
    return reported(run(row("control", 0.5), *seeds, name=name, experiment=experiment))


def test_runs_stand_beside_each_other_with_what_differs(reported):
    runs = [made(reported, "20260101-<a>", 0.6, t=1), made(reported, "20260102-b", 0.7, t=2)]
    told = "".join(comparison(runs))
    for words in ('href="#run-1"', "20260101-&lt;a&gt;", "60.50% ± 0.71", "differ: 1", "strategy.t"):
        assert words in told


def test_equal_settings_are_told_and_very_many_are_folded(reported):
    assert "All settings of these runs are equal" in "".join(comparison([made(reported, "a", 0.6)] * 2))
    many = {f"s{number}": number for number in range(MOST_SETTINGS + 1)}
    assert "<details>" in "".join(comparison([made(reported, "a", 0.6), made(reported, "b", 0.6, **many)]))


def test_errors_are_dots_in_the_row_of_their_run_with_whiskers(reported):
    figure = ElementTree.fromstring(dots([made(reported, "a", 0.6), made(reported, "b", 0.8)]))
    svg = [*figure.iter("{http://www.w3.org/2000/svg}svg")][-1]
    circles = [*svg.iter("{http://www.w3.org/2000/svg}circle")]
    student = [c for c in circles if "student" in c[0].text]
    assert student[0].get("cy") < student[1].get("cy")
    assert float(student[0].get("cx")) > float(student[1].get("cx"))  # 395 errors, then 195
    assert student[0][0].text == "student: 395.0 ± 7.1 errors"
    whiskers = [p for p in svg.iter("{http://www.w3.org/2000/svg}path") if "line" in p.get("class")]
    assert len(whiskers) == 2


def test_runs_without_results_have_no_dots(reported):
    assert dots([reported(run(name="a"))]) == ""
    assert element("header", *comparison([reported(run(name="a"))] * 2))
