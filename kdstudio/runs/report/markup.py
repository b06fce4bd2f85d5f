"""HTML and SVG by elements; every text put into them is escaped."""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from html import escape


class Markup(str):
    """Text with tags, made by the functions here; any other text is shown as it is."""

    __slots__ = ()


def escaped(text: str) -> Markup:
    """Make ``text`` show as it is; what is markup already stays."""
    return text if isinstance(text, Markup) else Markup(escape(text))


def joined(parts: Iterable[str], between: str = "") -> Markup:
    """Put ``parts`` one after the other."""
    return Markup(escaped(between).join(map(escaped, parts)))


def element(tag: str, *children: str, **attributes: object) -> Markup:
    """Make an element, well-formed as XML too.

    ``class_`` stands for ``class``, other underscores for dashes; attributes that are None are left out.
    """
    told = "".join(
        f' {name.rstrip("_").replace("_", "-")}="{escape(_written(value))}"'
        for name, value in attributes.items()
        if value is not None
    )
    return Markup(f"<{tag}{told}>{joined(children)}</{tag}>")


def _written(value: object) -> str:
    """Write numbers short: a tenth of a pixel is seen by nobody."""
    return f"{value:.5g}" if isinstance(value, float) else str(value)


def paragraph(*parts: str, class_: str | None = None) -> Markup:
    """Make a paragraph."""
    return element("p", *parts, class_=class_)


def fold(title: str, *parts: str) -> Markup:
    """Make what opens with a click, and is open on paper."""
    return element("details", element("summary", title), *parts)


def table(
    head: Sequence[str],
    rows: Iterable[Sequence[str]],
    align: str,
    *,
    title: str = "",
    best: int | None = None,
) -> Markup:
    """Make a table that scrolls where it is too broad; ``align`` has ``l`` or ``r`` for each column.

    The row numbered ``best`` is set in bold.
    """
    caption = [element("caption", title)] if title else []
    top = element("thead", _row("th", head, align)) if any(head) else Markup("")
    body = [
        _row("td", row, align, class_="best" if number == best else None) for number, row in enumerate(rows)
    ]
    made = element("table", *caption, top, element("tbody", *body))
    return element("div", made, class_="table")


def _row(cell: str, texts: Sequence[str], align: str, class_: str | None = None) -> Markup:
    cells = (
        element(cell, text, class_="number" if side == "r" else None)
        for text, side in zip(texts, align, strict=True)
    )
    return element("tr", *cells, class_=class_)
