"""A formula in a report is drawn, and still read."""

from xml.etree import ElementTree

from kdstudio.runs.report.formula import EM, WIDTH, formula_block

FORMULA = "L = 0.5·CE(y, softmax(z_s)) + 0.5·KL(softmax(z_t/8) ‖ softmax(z_s/8))"


def test_it_is_well_formed_and_names_itself():
    drawing = ElementTree.fromstring(formula_block(FORMULA))
    assert drawing.get("aria-label") == drawing.findtext("title") == FORMULA
    paths = drawing.findall("g/path")
    assert len(paths) > 20
    assert {path.get("fill") for path in paths} == {"currentColor"}


def test_a_long_one_has_more_lines():
    one, many = (ElementTree.fromstring(formula_block(" + ".join([FORMULA] * n))) for n in (1, 4))
    assert float(many.get("height")) > 3 * float(one.get("height"))
    assert float(many.get("width")) <= WIDTH * EM
