"""Drawings as SVG: clipped, with fonts that are everywhere and lines that grow with the drawing."""

from xml.etree import ElementTree

import pytest
from PySide6.QtCore import QPointF, QRectF, QSize
from PySide6.QtGui import QColor, QLinearGradient, QPen

from kdstudio.gui.saving.drawings import Drawing, Layer, as_image
from kdstudio.gui.saving.svg import as_svg

SVG = "{http://www.w3.org/2000/svg}"


def drawn(paint, clip=None):
    return ElementTree.fromstring(as_svg(Drawing(QSize(100, 80), "#ffffff", [Layer(paint, clip)]), "T & U"))


def test_it_has_its_title_its_size_and_its_ground(qapp):
    root = drawn(lambda painter: painter.drawLine(0, 0, 9, 9))
    assert (root.get("width"), root.get("viewBox")) == ("100", "0 0 100 80")
    assert root.find(f"{SVG}title").text == "T & U"
    assert root.find(f"{SVG}rect").get("fill") == "#ffffff"
    assert len([*root.iter(f"{SVG}title")]) == 1


def test_a_layer_is_seen_within_its_clip_alone(qapp):
    def paint(painter):
        painter.fillRect(QRectF(0, 0, 100, 80), QColor("#ff0000"))

    clip = QRectF(10, 20, 30, 40)
    inner = drawn(paint, clip).find(f"{SVG}svg")
    assert inner.get("viewBox") == "10 20 30 40"
    assert [inner.get(key) for key in ("x", "y", "width", "height")] == ["10", "20", "30", "40"]
    image = as_image(Drawing(QSize(100, 80), "#ffffff", [Layer(paint, clip)]))
    assert image.size() == QSize(200, 160)
    assert [image.pixelColor(*at).name() for at in ((18, 60), (22, 60), (78, 60), (82, 60))] == [
        "#ffffff", "#ff0000", "#ff0000", "#ffffff",
    ]  # fmt: skip


def test_cosmetic_lines_keep_their_places_and_lose_their_thinness(qapp):
    def paint(painter):
        pen = QPen(QColor("#00ff00"), 3)
        pen.setCosmetic(True)
        painter.setPen(pen)
        painter.translate(10, 20)
        painter.scale(2, -4)
        painter.drawPolyline([QPointF(0, 0), QPointF(5, 2), QPointF(7, 3)])

    root = drawn(paint)
    (group,) = (found for found in root.iter(f"{SVG}g") if found.get("stroke") == "#00ff00" and len(found))
    (line,) = group
    places = (line.get("points") or line.get("d").replace("M", "").replace("L", "")).split()
    assert [tuple(map(float, place.split(","))) for place in places] == [(10, 20), (20, 12), (24, 8)]
    assert group.get("transform") is None
    assert line.get("vector-effect") is None
    assert group.get("stroke-width") == "3"


def test_texts_stay_texts_in_a_font_that_is_found(qapp):
    root = drawn(lambda painter: painter.drawText(5, 20, "a < b"))
    (text,) = root.iter(f"{SVG}text")
    assert text.text.strip() == "a < b"
    fonts = {found.get("font-family") for found in root.iter() if found.get("font-family")}
    assert all(font.endswith("sans-serif") for font in fonts)


def test_names_of_two_layers_are_kept_apart(qapp):
    def paint(painter):
        shade = QLinearGradient(0, 0, 50, 0)
        shade.setColorAt(0, QColor("red"))
        painter.fillRect(QRectF(0, 0, 50, 50), shade)

    root = ElementTree.fromstring(as_svg(Drawing(QSize(100, 80), "#ffffff", [Layer(paint)] * 2), ""))
    names = [found.get("id") for found in root.iter() if found.get("id")]
    assert len(names) == len({*names}) == 2
    used = {value for found in root.iter() for value in found.attrib.values() if value.startswith("url(")}
    assert used == {f"url(#{name})" for name in names}


@pytest.mark.parametrize("value", ["1.5e-05", "-3", "12.25"])
def test_every_way_that_qt_writes_numbers_is_understood(value):
    from kdstudio.gui.saving.svg import PAIR

    assert PAIR.fullmatch(f"{value},{value}").groups() == (value, value)
