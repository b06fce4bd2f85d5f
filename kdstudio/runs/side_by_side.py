"""Tables of several runs: what came out of each, and the settings in which they differ."""

from __future__ import annotations

from collections.abc import Sequence

from kdstudio.runs.comparison import differing_settings, short_names
from kdstudio.runs.figures import FIGURES, MISSING
from kdstudio.runs.result_tables import ResultTable
from kdstudio.runs.results import headline
from kdstudio.runs.summary import Summary


def figures_table(summaries: Sequence[Summary]) -> ResultTable:
    """A row for each run: what stands for it, and what it gains."""
    accuracy, errors, rows = FIGURES["accuracy"], FIGURES["errors"], []
    for name, summary in zip(short_names(summaries), summaries, strict=True):
        found = headline(summary)
        shares = map(accuracy.text, (found.reference, found.control, found.result))
        rows.append(
            (name, *shares, errors.text(found.errors), found.effect.text if found.effect else MISSING)
        )
    heads = ("run", "teacher", "control", "result", "errors", "against control")
    return ResultTable("Test accuracy after the last epoch", heads, tuple(rows), figures=5)


def differences_table(summaries: Sequence[Summary]) -> ResultTable:
    """A row for each setting in which runs differ."""
    rows = tuple((path, *values) for path, values in differing_settings(summaries).items())
    return ResultTable("Settings in which they differ", ("setting", *short_names(summaries)), rows, figures=0)
