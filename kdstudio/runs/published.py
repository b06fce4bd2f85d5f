"""The figures that a paper has, beside what the run measured of the same."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

from kdstudio.runs.comparison import settings
from kdstudio.runs.figures import MISSING, figure_called
from kdstudio.runs.groups import gathered
from kdstudio.runs.result_tables import ResultTable
from kdstudio.runs.summary import Summary


def published_tables(summary: Summary) -> list[ResultTable]:
    """Make one table, or none where the experiment names no figures."""
    about: Mapping[str, Any] = summary.experiment.get("about") or {}
    rows = [
        (str(each["what"]), str(each["value"]), _measured(summary, each))
        for each in about.get("published") or ()
    ]
    if not rows:
        return []
    if all(measured == MISSING for _, _, measured in rows):
        return [ResultTable("Published", ("", "published"), tuple(row[:2] for row in rows), figures=0)]
    return [
        ResultTable("Published, and measured here", ("", "published", "measured"), tuple(rows), figures=0)
    ]


def _measured(summary: Summary, published: Mapping[str, Any]) -> str:
    """Write the run's own figure; a dash where it has none, or has other settings."""
    wanted: Mapping[str, Any] = published.get("where") or {}
    own = settings(summary)
    if any(own.get(path) != str(value) for path, value in wanted.items()):
        return MISSING
    figure = published.get("figure", "accuracy")
    for group in gathered(summary.networks.values()):
        if group.network.name == published.get("network"):
            text = figure_called(figure).text(group.spread(figure))
            return f"{text} errors" if figure == "errors" and text != MISSING else text
    return MISSING
