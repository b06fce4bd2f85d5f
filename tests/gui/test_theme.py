"""Both schemes name the same roles, and text can be read on its ground."""

import pytest
from PySide6.QtGui import QColor

from kdstudio.gui.theme import schemes


def luminance(colour: str) -> float:
    """Relative luminance, WCAG 2.1."""
    linear = [
        c / 12.92 if c <= 0.04045 else ((c + 0.055) / 1.055) ** 2.4 for c in QColor(colour).getRgbF()[:3]
    ]
    return 0.2126 * linear[0] + 0.7152 * linear[1] + 0.0722 * linear[2]


def contrast(one: str, other: str) -> float:
    high, low = sorted((luminance(one), luminance(other)), reverse=True)
    return (high + 0.05) / (low + 0.05)


def test_both_schemes_have_the_same_roles():
    light, dark = schemes()["light"], schemes()["dark"]
    assert light.roles.keys() == dark.roles.keys()
    assert light.series.keys() == dark.series.keys()


@pytest.mark.parametrize("scheme", ["light", "dark"])
@pytest.mark.parametrize("ground", ["window", "panel", "field"])
@pytest.mark.parametrize("text", ["text", "muted", "error"])
def test_text_has_a_contrast_of_at_least_4_5(scheme, ground, text):
    colours = schemes()[scheme]
    assert contrast(colours[text], colours[ground]) >= 4.5


@pytest.mark.parametrize("scheme", ["light", "dark"])
def test_curves_have_a_contrast_of_at_least_3(scheme):
    colours = schemes()[scheme]
    for network in ("teacher", "baseline", "student", "peer1", "exit2"):
        assert contrast(colours.of_network(network), colours["panel"]) >= 3
