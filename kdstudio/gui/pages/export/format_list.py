"""The formats that there are, to be ticked, each with its options."""

from __future__ import annotations

from collections.abc import Iterator

from PySide6.QtWidgets import QWidget

from kdstudio.declaration import TAGS
from kdstudio.errors import KDStudioError
from kdstudio.gui.forms.editors import hint_for
from kdstudio.gui.forms.form import Form
from kdstudio.gui.forms.options_draft import OptionsDraft
from kdstudio.gui.tick_list import Tick, TickList
from kdstudio.runs.formats.declaration import ExportFormat, formats

USUAL = ("safetensors",)
"""Needs nothing that is not there."""


class FormatList(TickList):
    """All formats; those whose packages are missing say how to install them."""

    def __init__(self) -> None:
        """As they are registered now, what is ticked at first before the others."""
        super().__init__("Formats")
        self.draft = OptionsDraft(formats, self)
        self.draft.changed.connect(self.changed)
        self.offer(self._ticks(), USUAL)

    def chosen(self) -> tuple[ExportFormat, ...] | None:
        """Return the formats ticked, with their options; None while some option is wrong."""
        read = [self.draft.read(name) for name in self.ticked()]
        known = tuple(one for one in read if one is not None)
        return known if len(known) == len(read) else None

    def _ticks(self) -> Iterator[Tick]:
        for name, entry in sorted(formats.items(), key=lambda item: item[0] not in USUAL):
            missing = missing_package(entry)
            yield Tick(
                name, entry.title, missing or entry.headline(), not missing, self._options(name, entry)
            )

    def _options(self, name: str, entry: type[ExportFormat]) -> QWidget | None:
        fields = entry.model_fields.items()
        shown = [field for field, info in fields if field not in TAGS and not hint_for(info, "hidden")]
        return Form(self.draft, (name,), entry, shown) if shown else None


def missing_package(entry: type[ExportFormat]) -> str:
    """Say what a format lacks and what installs it; empty where all is there."""
    try:
        entry.model_construct().check_installed()
    except KDStudioError as error:
        return str(error)
    return ""
