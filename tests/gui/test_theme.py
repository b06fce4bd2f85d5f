"""Both schemes name the same roles, and text can be read on its ground."""

from itertools import combinations
from math import cbrt, dist

import pytest
from PySide6.QtGui import QColor

from kdstudio.runs.colours import schemes

TOKENS = ("teacher", "baseline", "student", *range(7))
WORDS = ("ce", "kl", "ce_scaled", "kl_scaled")
VISION = {
    "usual": ((1, 0, 0), (0, 1, 0), (0, 0, 1)),
    "protanopia": (
        (0.152286, 1.052583, -0.204868),
        (0.114503, 0.786281, 0.099216),
        (-0.003882, -0.048116, 1.051998),
    ),
    "deuteranopia": (
        (0.367322, 0.860646, -0.227968),
        (0.280085, 0.672501, 0.047413),
        (-0.011820, 0.042940, 0.968881),
    ),
    "tritanopia": (
        (1.255528, -0.076749, -0.178779),
        (-0.078411, 0.930809, 0.147602),
        (0.004733, 0.691367, 0.303900),
    ),
}
"""What is seen of red, green and blue as light (Machado, Oliveira and Fernandes 2009, severity 1)."""


def linear_rgb(colour: str) -> list[float]:
    """Red, green and blue as light, sRGB."""
    return [c / 12.92 if c <= 0.04045 else ((c + 0.055) / 1.055) ** 2.4 for c in QColor(colour).getRgbF()[:3]]


def oklab(colour: str, vision: str = "usual") -> list[float]:
    """Lightness, green to red, blue to yellow (Ottosson 2020); distances are about as large as they look."""
    light = linear_rgb(colour)
    red, green, blue = (
        min(max(sum(a * b for a, b in zip(row, light, strict=True)), 0), 1) for row in VISION[vision]
    )
    cones = (
        cbrt(0.4122214708 * red + 0.5363325363 * green + 0.0514459929 * blue),
        cbrt(0.2119034982 * red + 0.6806995451 * green + 0.1073969566 * blue),
        cbrt(0.0883024619 * red + 0.2817188376 * green + 0.6299787005 * blue),
    )
    rows = (
        (0.2104542553, 0.7936177850, -0.0040720468),
        (1.9779984951, -2.4285922050, 0.4505937099),
        (0.0259040371, 0.7827717662, -0.8086757660),
    )
    return [sum(a * b for a, b in zip(row, cones, strict=True)) for row in rows]


def luminance(colour: str) -> float:
    """Relative luminance, WCAG 2.1."""
    linear = linear_rgb(colour)
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
    for token in TOKENS:
        assert contrast(colours.of(token), colours["panel"]) >= 3


@pytest.mark.parametrize("scheme", ["light", "dark"])
@pytest.mark.parametrize("vision", VISION)
@pytest.mark.parametrize("drawn", [TOKENS, WORDS])
def test_what_is_drawn_together_is_told_apart_by_readers_of_any_colour_vision(scheme, vision, drawn):
    colours = schemes()[scheme]
    seen = [oklab(colours.of(token), vision) for token in drawn]
    assert len(colours.series["others"]) == 7
    assert min(dist(one, other) for one, other in combinations(seen, 2)) > 0.08


def test_numbers_begin_again_and_words_have_colours_of_their_own():
    colours = schemes()["light"]
    assert colours.of(9) == colours.of(2)
    assert len({colours.of(token) for token in TOKENS}) == len(TOKENS)


def test_a_colour_that_nobody_has_named_is_an_error():
    with pytest.raises(KeyError):
        schemes()["light"].of("nobody")
