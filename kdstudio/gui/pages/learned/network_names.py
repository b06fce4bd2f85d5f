"""Names of networks in a line, each behind a square of its colour."""

from __future__ import annotations

from collections.abc import Iterable, Mapping

from kdstudio.gui.html import coloured, joined
from kdstudio.gui.layout import TextLabel
from kdstudio.gui.theme import Theme
from kdstudio.runs.colours import Token


class NetworkNames(TextLabel):
    """What the squares beside answers stand for."""

    def __init__(self, theme: Theme) -> None:
        """No names yet."""
        super().__init__()
        self._theme = theme
        self._tokens: dict[str, Token] = {}
        theme.changed.connect(self._write)

    def show_names(self, networks: Iterable[str], tokens: Mapping[str, Token]) -> None:
        """Name ``networks``; ``tokens`` tell their colours."""
        self._tokens = {name: tokens[name] for name in networks}
        self._write()

    def _write(self) -> None:
        colours = self._theme.colours
        named = (
            joined((coloured("■", colours.of(token)), f"\N{NO-BREAK SPACE}{name}"))
            for name, token in self._tokens.items()
        )
        self.setText(joined(named, "   "))
