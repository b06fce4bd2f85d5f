"""What a hall is shown of the temperature: image, answers and entropy, moved by one slider."""

from __future__ import annotations

from typing import TYPE_CHECKING

import numpy as np
from PySide6.QtGui import QPixmap

from kdstudio.gui.pages.temperature.temperature_control import STEPS
from kdstudio.gui.presentation.slide import Slide

if TYPE_CHECKING:
    from kdstudio.gui.pages.temperature.temperature_page import TemperaturePage

FORMULA = "p_i = exp(z_i/{0}) / Σ_j exp(z_j/{0})"


class TemperatureSlide(Slide):
    """The page's own bars and curve, slider and image."""

    levels = STEPS
    slider_name = "Temperature, on a log scale"

    def __init__(self, page: TemperaturePage) -> None:
        """Follow ``page``."""
        super().__init__([page.bars, page.curves.entropy])
        self._page = page

    @property
    def title(self) -> str:
        """With the temperature in force."""
        return f"Temperature T = {self._page.temperature.value:.1f}"

    @property
    def level(self) -> int:  # type: ignore[override]
        """Where the page's slider stands."""
        return self._page.temperature.slider.value()

    @property
    def formula(self) -> str:  # type: ignore[override]
        """The softmax, with the temperature in force."""
        return FORMULA.format(f"{self._page.temperature.value:.1f}")

    @property
    def words(self) -> str:  # type: ignore[override]
        """What the mean entropies are there."""
        found, at = self._page.shown, np.log(self._page.temperature.value)
        if found is None:
            return ""
        along = np.log(found.temperatures)
        told = [f"{name} {np.interp(at, along, found.entropies[name]):.2f}" for name in found.networks]
        return f"Mean entropy: {', '.join(told)} nats"

    def picture(self, pixels: int, ratio: float) -> QPixmap | None:
        """Return the page's image."""
        return self._page.samples.picture(pixels, ratio)

    def turn_to(self, level: int) -> None:
        """Move the page's slider."""
        self._page.temperature.slider.setValue(level)
