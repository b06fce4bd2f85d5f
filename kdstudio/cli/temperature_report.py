"""Dark knowledge on the terminal: temperatures read, tables and JSON written."""

from __future__ import annotations

from dataclasses import asdict
from math import isfinite
from typing import TYPE_CHECKING, Any

from rich.console import Console
from rich.markup import escape
from rich.table import Table

from kdstudio.errors import KDStudioError
from kdstudio.runs.dark_knowledge import DarkKnowledge

if TYPE_CHECKING:
    import numpy as np

MOST_CLASSES = 12
MOST_RIVALS = 3


def read_temperature(text: str) -> float:
    """Read a number above 0; KDStudioError where something else is written."""
    try:
        found = float(text)
    except ValueError:
        found = 0.0
    if not (isfinite(found) and found > 0):
        raise KDStudioError(f"'{text}' is no temperature; write a number above 0, several as 1,2,4")
    return found


def read_temperatures(text: str) -> list[float]:
    """Read ``1,2,4``."""
    return [read_temperature(part) for part in text.split(",")]


def check_sample(found: DarkKnowledge, sample: int) -> None:
    """Raise KDStudioError where there is no such image."""
    count = len(found.predictions.labels)
    if not 0 <= sample < count:
        raise KDStudioError(f"no sample {sample}; there are {count:,}, from 0 to {count - 1}")


def as_record(found: DarkKnowledge, sample: int, at: float) -> dict[str, Any]:
    """Everything that is printed, in full, for JSON."""
    names = found.predictions.class_names
    return {
        "student": found.student,
        "teacher": found.teacher,
        "images": len(found.predictions.labels),
        "class_names": names,
        "sample": {
            "number": sample,
            "true_class": names[int(found.predictions.labels[sample])],
            "softened": [
                {"temperature": t} | {name: p.tolist() for name, p in found.softened(sample, t).items()}
                for t in found.temperatures
            ],
        },
        "temperatures": found.temperatures,
        "entropy": found.entropies,
        "distance": [asdict(distance) for distance in found.distances],
        "mean_soft_targets": {
            "network": found.soft_target_source,
            "temperature": at,
            "rows": [
                None if row[0] != row[0] else row.tolist()  # a class without images
                for row in found.soft_targets(at)
            ],
        },
    }


def print_dark_knowledge(found: DarkKnowledge, sample: int, at: float, output: Console) -> None:
    """Show one image's softened predictions, the means over all images, and the mean soft targets."""
    names = found.predictions.class_names
    output.print(
        f"sample {sample}, a '{names[int(found.predictions.labels[sample])]}': softened probabilities",
        markup=False,
    )
    output.print(_sample(found, sample))
    output.print(
        f"\nmeans over {len(found.predictions.labels):,} images; entropy, KL and CE in nats without T², "
        "gradients as L2 norm at the student's logits",
        markup=False,
    )
    output.print(_means(found))
    output.print(f"\nmean soft targets of the {found.soft_target_source} at T = {at:g}", markup=False)
    output.print(_targets(found.soft_targets(at), names))


def _table(first: str, others: list[str]) -> Table:
    laid = Table(box=None, pad_edge=False, header_style="bold")
    laid.add_column(first)
    for title in others:
        laid.add_column(escape(title), justify="right")
    return laid


def _sample(found: DarkKnowledge, sample: int) -> Table:
    """One row for each network and temperature, one column for each of the likeliest classes."""
    names = found.predictions.class_names
    at_once = [
        (name, t, found.softened(sample, t)[name]) for name in found.networks for t in found.temperatures
    ]
    likeliest = sorted(at_once[0][2].argsort()[::-1][:MOST_CLASSES])
    laid = _table("network", ["T", *(names[number] for number in likeliest)])
    for name, t, answer in at_once:
        laid.add_row(name, f"{t:g}", *(f"{answer[number]:.3f}" for number in likeliest))
    return laid


def _means(found: DarkKnowledge) -> Table:
    """One row for each temperature."""
    titles = [f"entropy {name}" for name in found.networks]
    if found.distances:
        titles += ["KL", "CE", "∇ KL", "∇ CE", "high-T limit", "∇ T²·KL", "∇ T²·CE"]
    laid = _table("T", titles)
    for place, t in enumerate(found.temperatures):
        cells = [f"{found.entropies[name][place]:.4f}" for name in found.networks]
        if found.distances:
            d = found.distances[place]
            gradients = (d.kl_gradient, d.ce_gradient, d.limit_gradient)
            cells += [f"{value:.4f}" for value in (d.kl, d.ce)]
            cells += [f"{value:.3g}" for value in (*gradients, d.scaled_kl_gradient, d.scaled_ce_gradient)]
        laid.add_row(f"{t:g}", *cells)
    return laid


def _targets(matrix: np.ndarray, names: tuple[str, ...]) -> Table:
    """The matrix; of many classes only those that each is most like."""
    if len(names) <= MOST_CLASSES:
        laid = _table("true class", list(names))
        for name, row in zip(names, matrix, strict=True):
            laid.add_row(escape(name), *(f"{value:.3f}" for value in row))
        return laid
    laid = _table("true class", ["itself", "looks like"])
    for number, row in enumerate(matrix):
        rivals = [other for other in row.argsort()[::-1] if other != number][:MOST_RIVALS]
        likest = ", ".join(f"{names[other]} {row[other]:.3f}" for other in rivals)
        laid.add_row(escape(names[number]), f"{row[number]:.3f}", escape(likest))
    return laid
