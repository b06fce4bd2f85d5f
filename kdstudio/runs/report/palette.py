"""The colours of the theme file as CSS, dark where the reader's system is, light on paper."""

from __future__ import annotations

from kdstudio.runs.colours import Colours, schemes
from kdstudio.runs.report.chart import colour_class
from kdstudio.shipped import shipped

DARK = "@media screen and (prefers-color-scheme: dark)"


def style_sheet() -> str:
    """Return everything that tells how a report looks."""
    light, dark = schemes()["light"], schemes()["dark"]
    rest = (shipped("resources") / "report.css").read_text("utf-8")
    return f"{_rules(light)}\n{DARK} {{\n{_rules(dark)}\n}}\n{rest}"


def _rules(colours: Colours) -> str:
    roles = " ".join(f"--{role.replace('_', '-')}: {colour};" for role, colour in colours.roles.items())
    words = {token: colour for token, colour in colours.series.items() if isinstance(colour, str)}
    numbered = dict(enumerate(colours.series["others"]))
    series = (f".{colour_class(t)} {{ --c: {c}; }}" for t, c in (words | numbered).items())
    return "\n".join((f":root {{ {roles} }}", *series))
