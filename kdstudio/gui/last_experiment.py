"""The experiment in the form outlives the window: kept after a change, put back at the start."""

from __future__ import annotations

import json
from typing import Any

from PySide6.QtCore import QObject, QSettings, QTimer

from kdstudio.engine.experiment import Experiment
from kdstudio.errors import KDStudioError
from kdstudio.gui.forms.draft import Draft
from kdstudio.gui.forms.history import Moment

KEY = "last_experiment"
AFTER = 500
"""Milliseconds without a change, after which it is written; Qt writes its settings atomically."""
DAMAGED = "What the form held last could not be read; this is what new users begin with."


class LastExperiment(QObject):
    """Follows a draft."""

    def __init__(self, draft: Draft) -> None:
        """Begin with :meth:`restore`."""
        super().__init__(draft)
        self._draft = draft
        self._later = QTimer(self, interval=AFTER, singleShot=True)
        self._later.timeout.connect(self.keep)
        draft.changed.connect(self._later.start)

    def restore(self) -> str:
        """Put back what was kept; returns why not, if something was. A preset not edited is read anew."""
        text = QSettings().value(KEY)
        if not text:
            return ""
        try:
            moment = read(str(text))
            if moment.raw == moment.origin:
                try:
                    self._draft.load(moment.source)
                except KDStudioError:  # it has gone since
                    self._draft.restore(moment)
            else:
                self._draft.restore(moment)
        except ValueError:
            return DAMAGED
        self._draft.forget_history()
        return ""

    def keep(self) -> None:
        """Write down what the form holds now."""
        self._later.stop()
        QSettings().setValue(KEY, json.dumps(self._draft.moment._asdict()))


def read(text: str) -> Moment:
    """Read what was kept; ValueError if that is no experiment, with or without mistakes of the user's."""
    kept: Any = json.loads(text)
    if not isinstance(kept, dict) or kept.keys() != set(Moment._fields):
        raise ValueError("no experiment")
    moment = Moment(**kept)
    Experiment.model_validate(moment.origin)
    networks = moment.raw.get("networks") if isinstance(moment.raw, dict) else None
    tables = (
        [moment.raw.get("data"), moment.raw.get("strategy"), networks, *networks.values()]
        if networks
        else [None]
    )
    if not all(isinstance(table, dict) for table in tables):
        raise ValueError("no experiment")
    return moment
