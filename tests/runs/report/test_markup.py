from xml.etree import ElementTree

from kdstudio.runs.report.markup import Markup, element, escaped, fold, joined, table


def test_text_is_escaped_and_markup_is_not():
    assert escaped("<b> & 'c'") == "&lt;b&gt; &amp; &#x27;c&#x27;"
    assert element("p", "<b>", element("b", "&")) == "<p>&lt;b&gt;<b>&amp;</b></p>"
    assert joined(("a", Markup("<br>"), "b"), " < ") == "a &lt; <br> &lt; b"


def test_attributes_are_escaped_and_none_is_left_out():
    made = element("path", d='"<', class_="line c-0", stroke_dasharray="2 3", fill=None, x=1 / 3)
    found = ElementTree.fromstring(made)
    assert found.attrib == {"d": '"<', "class": "line c-0", "stroke-dasharray": "2 3", "x": "0.33333"}


def test_a_table_has_its_title_its_sides_and_its_best_row():
    made = table(("name", "<errors>"), (("a", "1"), ("b", "2")), "lr", title="T & U", best=1)
    (found,) = ElementTree.fromstring(made)
    assert found.find("caption").text == "T & U"
    assert [cell.text for cell in found.iter("th")] == ["name", "<errors>"]
    assert [cell.text for cell in found.iter("td")] == ["a", "1", "b", "2"]
    assert [cell.get("class") for cell in found.iter("td")] == [None, "number", None, "number"]
    assert [row.get("class") for row in found.find("tbody")] == [None, "best"]


def test_a_table_without_heads_has_no_empty_ones():
    assert "<th>" not in table(("", ""), (("a", "b"),), "ll")


def test_a_fold_shows_its_title():
    found = ElementTree.fromstring(fold("All <of> it", element("p", "x")))
    assert (found.tag, found[0].text, found[1].text) == ("details", "All <of> it", "x")
