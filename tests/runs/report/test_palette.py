import re

from kdstudio.runs.colours import schemes
from kdstudio.runs.report.chart import colour_class
from kdstudio.runs.report.palette import DARK, style_sheet


def test_every_colour_of_the_theme_is_there_light_and_dark():
    sheet = style_sheet()
    light, dark = sheet.split(DARK)
    for scheme, text in (("light", light), ("dark", dark)):
        colours = schemes()[scheme]
        for token in ("teacher", "baseline", "student", *range(len(colours.series["others"]))):
            assert f".{colour_class(token)} {{ --c: {colours.of(token)}; }}" in text
        assert f"--text: {colours['text']};" in text


def test_every_variable_that_is_used_is_set():
    sheet = style_sheet()
    used, given = {*re.findall(r"var\((--[\w-]+)\)", sheet)}, {*re.findall(r"(--[\w-]+):", sheet)}
    assert used <= given


def test_nothing_is_loaded_and_paper_is_light():
    sheet = style_sheet()
    assert "url(" not in sheet
    assert "@import" not in sheet
    assert DARK.startswith("@media screen")
