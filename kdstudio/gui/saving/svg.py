"""A drawing as SVG: what Qt writes, with what it leaves undone, so that every reader shows it alike."""

from __future__ import annotations

import re
from xml.etree import ElementTree
from xml.etree.ElementTree import Element

from PySide6.QtCore import QBuffer, QSize
from PySide6.QtGui import QPainter
from PySide6.QtSvg import QSvgGenerator

from kdstudio.gui.saving.drawings import Drawing, Layer

DOTS_PER_INCH = 96
"""What texts are measured in, so that they are as large as in the window."""
SPACE = "http://www.w3.org/2000/svg"
THIN = "vector-effect"
"""Of a line that stays as thin as it is when the drawing is enlarged."""
PAIR = re.compile(r"(-?[\d.]+(?:e-?\d+)?),(-?[\d.]+(?:e-?\d+)?)")
NOT_DRAWN = {f"{{{SPACE}}}title", f"{{{SPACE}}}desc"}
ElementTree.register_namespace("", SPACE)
ElementTree.register_namespace("xlink", "http://www.w3.org/1999/xlink")


def as_svg(drawing: Drawing, title: str) -> bytes:
    """Return the drawing's file, its texts as texts."""
    size = {"width": str(drawing.size.width()), "height": str(drawing.size.height())}
    root = _element("svg", **size, viewBox=f"0 0 {size['width']} {size['height']}")
    called = _element("title")
    called.text = title
    root.extend((called, _element("rect", **size, fill=drawing.ground)))
    root.extend([_layer(layer, drawing.size, number) for number, layer in enumerate(drawing.layers)])
    return ElementTree.tostring(root, encoding="utf-8", xml_declaration=True)


def _element(tag: str, **attributes: str) -> Element:
    return Element(f"{{{SPACE}}}{tag}", attributes)


def _layer(layer: Layer, size: QSize, number: int) -> Element:
    """Paint one layer. Qt's own clipping loses what comes after a clipped text, so it is done here."""
    painted = ElementTree.fromstring(_painted(layer, size))
    for element in painted.iter():
        _mend(element, number)
    if layer.clip is None:
        holder = _element("g")
    else:
        x, y, width, height = (f"{length:g}" for length in layer.clip.getRect())
        holder = _element("svg", x=x, y=y, width=width, height=height, viewBox=f"{x} {y} {width} {height}")
    holder.extend([element for element in painted if element.tag not in NOT_DRAWN])
    return holder


def _painted(layer: Layer, size: QSize) -> bytes:
    buffer = QBuffer()
    generator = QSvgGenerator(QSvgGenerator.SvgVersion.SvgTiny12)
    generator.setOutputDevice(buffer)
    generator.setResolution(DOTS_PER_INCH)
    generator.setSize(size)
    with QPainter(generator) as painter:
        layer.paint(painter)
    return buffer.data().data()


def _mend(element: Element, number: int) -> None:
    """Name a font that is everywhere, keep names of layers apart, and let lines grow with the drawing."""
    for key, value in element.items():
        if key == "font-family":
            element.set(key, "sans-serif" if value == "Sans Serif" else f"'{value}', sans-serif")
        elif key == "id":
            element.set(key, f"layer{number}-{value}")
        elif value.startswith("url(#"):
            element.set(key, value.replace("url(#", f"url(#layer{number}-"))
    if any(child.get(THIN) == "non-scaling-stroke" for child in element):
        _flatten(element)


def _flatten(group: Element) -> None:
    """Put the group's transform into the places of its lines, whose widths it would change otherwise."""
    a, b, c, d, e, f = map(float, group.attrib.pop("transform")[len("matrix(") : -1].split(","))

    def placed(found: re.Match[str]) -> str:
        x, y = map(float, found.groups())
        return f"{a * x + c * y + e:.6g},{b * x + d * y + f:.6g}"

    for line in group:
        line.attrib.pop(THIN, None)
        for key in {"d", "points"} & {*line.keys()}:
            line.set(key, PAIR.sub(placed, line.attrib[key]))
