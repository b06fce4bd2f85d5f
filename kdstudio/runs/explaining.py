"""What a run's networks have learned: read once, for the page and the command ``explain``."""

from __future__ import annotations

from threading import Lock

from kdstudio.declaration import ProgressCallback
from kdstudio.runs.comparison import main_control
from kdstudio.runs.dark_knowledge import chosen_networks
from kdstudio.runs.disagreements import Disagreements, disagreements
from kdstudio.runs.fidelity import FidelityReport, fidelity_report
from kdstudio.runs.folder import RunFolder
from kdstudio.runs.predictions import Predictions, PredictionsReader


class Explainer:
    """Explains runs from their answers to the test images; one caller at a time: a stream has one reader."""

    def __init__(self) -> None:
        """Nothing read yet."""
        self._predictions = PredictionsReader()
        self._lock = Lock()

    def disagreements(
        self,
        folder: RunFolder,
        student: str | None = None,
        teacher: str | None = None,
        progress: ProgressCallback = lambda _what, _fraction: None,
        *,
        allow_code: bool = False,
    ) -> Disagreements:
        """Hold a student against its teacher and control; None means what is usual.

        Raises KDStudioError where a network or the data are not there, or tell other classes apart.
        """
        with self._lock:
            predictions, own, other = self._read(folder, student, teacher, progress, allow_code=allow_code)
            control = main_control(folder.summary(), folder.networks(), own)
            return disagreements(predictions, own, other, None if control == other else control)

    def fidelity(
        self,
        folder: RunFolder,
        student: str | None = None,
        progress: ProgressCallback = lambda _what, _fraction: None,
        *,
        allow_code: bool = False,
    ) -> FidelityReport:
        """Hold all networks against their teachers, and a student against its control, class by class.

        Raises KDStudioError where networks or data are not there.
        """
        with self._lock:
            predictions, own, _other = self._read(folder, student, None, progress, allow_code=allow_code)
            return fidelity_report(predictions, folder.summary(), folder.networks(), own)

    def _read(
        self,
        folder: RunFolder,
        student: str | None,
        teacher: str | None,
        progress: ProgressCallback,
        *,
        allow_code: bool,
    ) -> tuple[Predictions, str, str | None]:
        chosen = chosen_networks(folder, student, teacher)
        return self._predictions.read(folder, "test", progress, allow_code=allow_code), *chosen
