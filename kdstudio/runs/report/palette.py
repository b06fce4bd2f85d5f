"""The colours of the theme file as CSS, dark where the reader's system is, light on paper."""

from __future__ import annotations

from kdstudio.runs.colours import LEVELS, Base, Colours, Shade, schemes
from kdstudio.runs.network_colours import PLAIN
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
    words: list[Base] = [token for token, colour in colours.series.items() if isinstance(colour, str)]
    numbered: list[Base] = [*range(len(colours.series["others"]))]
    networks = [*PLAIN.values(), *numbered]
    shades = [Shade(base, level) for base in networks for level in range(1, LEVELS + 1)]
    series = (f".{colour_class(t)} {{ --c: {colours.of(t)}; }}" for t in (*words, *numbered, *shades))
    return "\n".join((f":root {{ {roles} }}", *series))
