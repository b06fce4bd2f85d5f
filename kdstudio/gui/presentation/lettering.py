"""How large letters are in a hall, and what else takes its size from them."""

from __future__ import annotations

LETTERS = 28 / 720
"""Height of letters in that of the window: they are read from 15 m where that is 2 m tall."""
TITLE = 1.4
"""Letters of the title, in the others'."""
MARGIN = 0.8
"""In the height of letters."""


def letters_in(height: int) -> int:
    """Pixels of letters in a window of that ``height``."""
    return max(round(LETTERS * height), 1)


def style_sheet(letters: int) -> str:
    """Return what is laid over the theme's style: text and slider, so large."""
    groove, outside = letters // 4, letters * 3 // 8
    return f"""
    QLabel, LargeLegend, QFrame#formula {{ font-size: {letters}px; }}
    QLabel#hall-title {{ font-size: {round(TITLE * letters)}px; font-weight: 600; }}
    QLabel#hall-message {{ font-size: {round(TITLE * letters)}px; }}
    QSlider::groove:horizontal {{ height: {groove}px; border-radius: {groove // 2}px; }}
    QSlider::handle:horizontal {{
      width: {letters}px; margin: -{outside}px 0; border-radius: {letters // 2 - 1}px;
    }}
    """
