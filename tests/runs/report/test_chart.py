from xml.etree import ElementTree

import pytest

from kdstudio.runs.colours import schemes
from kdstudio.runs.report.chart import HEIGHT, LEFT, RIGHT, WIDTH, Chart, Level, Line, colour_class, drawn

SVG = "{http://www.w3.org/2000/svg}"
RISING = Line("student <1>", "student", (1, 2, 4), (10, 20, 40), (1, 2, 0), marked=True)


def picture(chart):
    """The chart's own drawing, behind those of its legend."""
    return [*ElementTree.fromstring(drawn(chart)).iter(f"{SVG}svg")][-1]


def marks(chart, word):
    return [found for found in picture(chart).iter() if word in (found.get("class") or "").split()]


def texts(chart):
    return ["".join(found.itertext()) for found in picture(chart).iter(f"{SVG}text")]


def corners(path):
    pairs = path.get("d").strip("MZ").replace("M", "L").split("L")
    return [tuple(map(float, pair.split())) for pair in pairs]


def test_points_lie_where_their_values_are():
    chart = Chart("t", "epoch", "accuracy (%)", (RISING,))
    (line,) = marks(chart, "line")
    (x1, y1), (x2, y2), (x3, y3) = corners(line)
    assert (x2 - x1) / (x3 - x1) == pytest.approx(1 / 3, abs=2e-3)
    assert (y1 - y2) / (y1 - y3) == pytest.approx(1 / 3, abs=2e-3)
    assert LEFT < x1 < x3 < WIDTH - RIGHT
    assert 0 < y3 < y1 < HEIGHT
    assert [(float(dot.get("cx")), float(dot.get("cy"))) for dot in marks(chart, "dot")] == [
        (pytest.approx(x, abs=0.06), pytest.approx(y, abs=0.06)) for x, y in corners(line)
    ]


def test_a_band_is_one_deviation_to_both_sides():
    chart = Chart("t", "x", "y", (RISING,))
    (band,), (line,) = marks(chart, "band"), marks(chart, "line")
    places, outline = corners(line), corners(band)
    unit = (places[0][1] - places[1][1]) / 10
    assert len(outline) == 6
    assert [y for _, y in outline[:3]] == [
        pytest.approx(y - d * unit, abs=0.2) for (_, y), d in zip(places, (1, 2, 0), strict=True)
    ]
    assert outline[3][1] == pytest.approx(places[2][1], abs=0.2)


def test_without_deviations_there_is_no_band():
    assert not marks(Chart("t", "x", "y", (Line("a", 0, (1, 2), (1, 2), (0, 0)),)), "band")


def test_axes_are_named_with_their_units_and_marked():
    chart = Chart("t", "temperature T", "loss (nats)", (RISING,), log_x=True, log_y=True, marks=(1, 2, 4))
    told = texts(chart)
    assert {"temperature T, logarithmic", "loss (nats), logarithmic", "1", "2", "4"} <= {*told}


def test_log_axes_have_equal_steps_for_equal_factors_and_bands_stay_above_0():
    line = Line("a", 0, (1, 10, 100), (1, 10, 100), (0, 50, 0))
    chart = Chart("t", "x", "y", (line,), log_x=True, log_y=True)
    (drawn_line,), (band,) = marks(chart, "line"), marks(chart, "band")
    (x1, y1), (x2, y2), (x3, y3) = corners(drawn_line)
    assert x2 - x1 == pytest.approx(x3 - x2, abs=0.11)
    assert y1 - y2 == pytest.approx(y2 - y3, abs=0.11)
    assert max(y for _, y in corners(band)) <= HEIGHT


def test_levels_cross_the_whole_chart_with_their_bands():
    chart = Chart("t", "x", "y", (RISING,), (Level("teacher", "teacher", 30, 5),))
    level = next(found for found in marks(chart, "c-teacher") if "line" in found.get("class"))
    assert level.get("d").startswith(f"M{LEFT} ")
    assert level.get("d").endswith(f"H{WIDTH - RIGHT}")
    (band,) = (found for found in marks(chart, "band") if found.tag == f"{SVG}rect")
    assert float(band.get("height")) > 0


def test_points_that_nothing_joins_have_names_and_whiskers():
    line = Line("exits", 3, (1, 2), (5, 9), (1, 0), joined=False, point_names=("one & half", "two"))
    chart = Chart("t", "x", "y", (line,))
    assert {"one & half", "two"} <= {*texts(chart)}
    assert len(marks(chart, "dot")) == 2
    (whiskers,) = marks(chart, "line")
    assert whiskers.get("d").count("V") == 2


def test_the_legend_names_every_line_as_it_is():
    figure = ElementTree.fromstring(
        drawn(Chart("T & U", "x", "y", (RISING,), (Level("teacher", "teacher", 3),)))
    )
    assert figure.find("figcaption").text == "T & U"
    assert ["".join(entry.itertext()) for entry in figure.iter("li")] == ["student <1>", "teacher"]


def test_a_single_point_and_a_flat_line_are_drawn():
    assert marks(Chart("t", "x", "y", (Line("a", 0, (3,), (0.0,)),)), "dot")
    assert marks(Chart("t", "x", "y", (Line("a", 0, (1, 2), (0.0, 0.0)),)), "line")


def test_numbered_colours_go_round():
    count = len(schemes()["light"].series["others"])
    assert (colour_class("teacher"), colour_class(0), colour_class(count)) == ("c-teacher", "c-0", "c-0")
