"""What was learned, on the terminal: records for scripts, tables for people."""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence
from typing import Any

from rich.console import Console
from rich.markup import escape
from rich.table import Table

from kdstudio.runs.differences import Interval
from kdstudio.runs.disagreements import Disagreements
from kdstudio.runs.fidelity import ClassChanges, Fidelity, FidelityReport
from kdstudio.runs.figures import FIGURES, MISSING, Spread
from kdstudio.runs.trying import Replies

Show = Callable[[Mapping[str, Any], Console], None]
MOST_ROWS = 12
"""Classes that a table shows; JSON has all of them."""


def as_record(found: Disagreements, fidelity: FidelityReport, listed: Mapping[str, Any]) -> dict[str, Any]:
    """Everything that is printed, in full, for JSON."""
    return {
        "student": found.student,
        "teacher": found.teacher,
        "baseline": found.control,
        "images": len(found.predictions.labels),
        "class_names": found.predictions.class_names,
        "fidelity": [_fidelity(row) for row in fidelity.rows],
        "class_changes": _changes(fidelity.changes) if fidelity.changes else None,
        "calibration": {name: _calibration(found, name) for name in found.answers},
        "disagreements": {
            "counts": {key: int(found.chosen(key).sum()) for key in found.filters},
            **listed,
        },
    }


def listed_record(found: Disagreements, chosen: str, images: Sequence[int], limit: int) -> dict[str, Any]:
    """Describe the first ``limit`` of the ``images`` that a filter and more has chosen."""
    return {
        "filter": chosen,
        "words": found.filters[chosen],
        "chosen": len(images),
        "listed": [_image(found, number) for number in images[:limit]],
    }


def _image(found: Disagreements, number: int) -> dict[str, Any]:
    far = found.divergences
    return {
        "number": number,
        "true_class": found.true_class(number),
        "answers": {name: answer._asdict() for name, answer in found.answers_to(number).items()},
        "kl": None if far is None else float(far[number]),
    }


def _calibration(found: Disagreements, network: str) -> dict[str, Any]:
    return {
        "error": found.calibration_error(network),
        "bins": [each._asdict() for each in found.reliability(network)],
    }


def _fidelity(row: Fidelity) -> dict[str, Any]:
    spreads = {"accuracy": row.accuracy, "agreement": row.agreement, "kl": row.kl}
    return {
        "network": row.network,
        "teacher": row.teacher,
        "images": row.images,
        "seeds": row.accuracy.count,
        **{key: _spread(spread) for key, spread in spreads.items()},
    }


def _spread(spread: Spread) -> dict[str, Any]:
    deviation = spread.deviation if spread.count > 1 else None
    return {"mean": spread.mean, "deviation": deviation, "values": spread.values}


def _changes(changes: ClassChanges) -> dict[str, Any]:
    return {
        "result": changes.result,
        "control": changes.control,
        "seeds": changes.seeds,
        "text": changes.text,
        "classes": [
            {
                "class": each.name,
                "images": each.images,
                "result": each.result,
                "control": each.control,
                **each.difference._asdict(),
                "change": each.change,
            }
            for each in changes.classes
        ],
    }


def replies_record(replies: Replies, image: str, temperature: float) -> dict[str, Any]:
    """What networks answer to one picture."""
    return {
        "image": image,
        "notes": replies.picture.notes,
        "temperature": temperature,
        "probabilities": replies.probabilities(temperature),
    }


def print_replies(found: Mapping[str, Any], output: Console) -> None:
    """Print what :func:`replies_record` gives: the likeliest classes, a column for each network."""
    for note in found["notes"]:
        output.print(note, markup=False)
    networks = found["probabilities"]
    classes = dict.fromkeys(name for answer in networks.values() for name in answer)
    likeliest = sorted(classes, key=lambda name: -max(a.get(name, 0.0) for a in networks.values()))
    laid = _table([f"T = {found['temperature']:g}"], networks)
    for name in likeliest[:MOST_ROWS]:
        cells = (f"{answer[name]:.2%}" if name in answer else MISSING for answer in networks.values())
        laid.add_row(escape(name), *cells)
    says = (max(answer, key=lambda name: answer[name]) for answer in networks.values())
    laid.add_section()
    laid.add_row("says", *map(escape, says))
    output.print(laid)


def print_record(found: Mapping[str, Any], output: Console) -> None:
    """Print what :func:`as_record` gives."""
    if found["fidelity"]:
        output.print("fidelity to the teacher, on the test images; KL(teacher ‖ network) at T = 1")
        output.print(fidelity_table(found["fidelity"]))
    if changes := found["class_changes"]:
        output.print(f"\n{changes['text']}", markup=False)
        output.print(_changes_table(changes))
    output.print("\ncalibration: expected error over 15 bins of confidence")
    output.print(_calibration_table(found["calibration"]))
    output.print(f"\ndisagreements over {found['images']:,} test images")
    output.print(_counts_table(found["disagreements"]["counts"]))
    listed = found["disagreements"]
    if listed["listed"]:
        output.print(f"\n{len(listed['listed'])} of {listed['chosen']:,}: {listed['words']}", markup=False)
        output.print(_images_table(listed["listed"]))


def fidelity_table(rows: Sequence[Mapping[str, Any]]) -> Table:
    """A row for each network: accuracy, agreement, KL."""
    laid = _table(["network", "teacher"], ["seeds", "accuracy", "agreement", "KL (nats)"])
    for row in rows:
        figures = (("accuracy", "accuracy"), ("agreement", "accuracy"), ("kl", "loss"))
        cells = (FIGURES[figure].text(Spread(tuple(row[key]["values"]))) for key, figure in figures)
        laid.add_row(escape(row["network"]), escape(row["teacher"]), str(row["seeds"]), *cells)
    return laid


def _changes_table(changes: Mapping[str, Any]) -> Table:
    """The classes that changed most; all of them where they are few."""
    laid = _table(["class"], ["images", changes["control"], changes["result"], "points", "95 % interval", ""])
    classes = changes["classes"]
    shown = (
        classes if len(classes) <= MOST_ROWS else [*classes[: MOST_ROWS // 2], *classes[-MOST_ROWS // 2 :]]
    )
    for each in shown:
        laid.add_row(
            escape(each["class"]),
            f"{each['images']:,}",
            f"{each['control']:.2%}",
            f"{each['result']:.2%}",
            f"{100 * each['mean']:+.2f}",
            interval_text(Interval(*(each[field] for field in Interval._fields))),
            each["change"],
        )
    return laid


def interval_text(interval: Interval) -> str:
    """``+0.4 to +2.1`` points, a dash where there is none."""
    if interval.low is None or interval.high is None:
        return MISSING
    return f"{100 * interval.low:+.2f} to {100 * interval.high:+.2f}"


def _calibration_table(networks: Mapping[str, Any]) -> Table:
    laid = _table(["network"], ["calibration error"])
    for name, found in networks.items():
        laid.add_row(escape(name), f"{found['error']:.2%}")
    return laid


def _counts_table(counts: Mapping[str, int]) -> Table:
    laid = _table(["filter"], ["images"])
    for key, count in counts.items():
        laid.add_row(key, f"{count:,}")
    return laid


def _images_table(images: Sequence[Mapping[str, Any]]) -> Table:
    networks = list(images[0]["answers"])
    laid = _table(["image", "is"], [*networks, "KL (nats)"])
    for image in images:
        answers = (image["answers"][name] for name in networks)
        said = (f"{answer['answer']} {answer['probability']:.1%}" for answer in answers)
        far = MISSING if image["kl"] is None else f"{image['kl']:.4f}"
        laid.add_row(str(image["number"]), escape(image["true_class"]), *map(escape, said), far)
    return laid


def _table(names: Sequence[str], figures: Sequence[str] | Mapping[str, Any]) -> Table:
    laid = Table(box=None, pad_edge=False, header_style="bold")
    for title in names:
        laid.add_column(escape(title))
    for title in figures:
        laid.add_column(escape(title), justify="right")
    return laid
