"""Test images on which a run's networks disagree; these are asked, so the data have to be here."""

from __future__ import annotations

import base64
import io
from collections.abc import Iterator
from html import escape
from typing import TYPE_CHECKING

from kdstudio.declaration import ProgressCallback
from kdstudio.errors import KDStudioError
from kdstudio.runs.dark_knowledge import why_unreadable
from kdstudio.runs.explaining import Explainer
from kdstudio.runs.folder import RunFolder
from kdstudio.runs.report.markup import Markup, element, paragraph, table
from kdstudio.runs.report.reported import ReportedRun, Section

if TYPE_CHECKING:
    import numpy as np

    from kdstudio.runs.disagreements import Disagreements

SHOWN = "student-wrong"
MOST_IMAGES = 24


def read_disagreements(folder: RunFolder, progress: ProgressCallback) -> Disagreements | None:
    """Ask the networks of a run; None where it has none, where they run code, or its data are not here."""
    if not folder.networks() or why_unreadable(folder, "report"):
        return None
    try:
        return Explainer().disagreements(folder, progress=progress)
    except KDStudioError:  # the report stands without
        return None


def disagreed(run: ReportedRun) -> Section | None:
    """Count who is right where, and show the mistakes that the student is surest of."""
    found = run.disagreements
    if found is None:
        return None
    total = len(found.predictions.labels)
    counts = [(words, f"{count:,}", f"{count / total:.2%}") for words, count in _counts(found)]
    chosen = found.images(SHOWN)
    shown = min(len(chosen), MOST_IMAGES)
    told = f"{shown} of {len(chosen):,} mistakes of the {found.student}, those that it is surest of first."
    pictures = [_figure(found, number) for number in chosen[:MOST_IMAGES]]
    parts = [table(("test images", "count", "share"), counts, "lrr")]
    if pictures:
        parts += [paragraph(told, class_="note"), element("div", *pictures, class_="images")]
    return Section("Disagreements", tuple(parts))


def _counts(found: Disagreements) -> Iterator[tuple[str, int]]:
    for key, words in found.filters.items():
        yield words, int(found.chosen(key).sum())


def _figure(found: Disagreements, number: int) -> Markup:
    """One image, what it is of, and what each network says."""
    answers = found.answers_to(number).items()
    said = [element("div", f"{network}: {a.answer} {a.probability:.0%}") for network, a in answers]
    true = found.true_class(number)
    return element("figure", picture(found.predictions.picture(number), true), element("b", true), *said)


def picture(pixels: np.ndarray, text: str) -> Markup:
    """Put uint8 pixels ``(H, W, C)`` into the page itself."""
    from PIL import Image

    written = io.BytesIO()
    Image.fromarray(pixels[..., 0] if pixels.shape[2] == 1 else pixels).save(written, "PNG")
    content = base64.b64encode(written.getvalue()).decode()
    return Markup(f'<img src="data:image/png;base64,{content}" alt="{escape(text)}">')
