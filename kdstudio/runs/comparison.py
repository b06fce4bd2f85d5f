"""Runs side by side: their names, and only the settings in which they differ."""

from __future__ import annotations

import re
from collections.abc import Iterator, Mapping, Sequence

from kdstudio.engine.sweep import coordinate
from kdstudio.runs.differences import controls_of
from kdstudio.runs.groups import gathered
from kdstudio.runs.reading import shortened
from kdstudio.runs.summary import Summary

DATE = re.compile(r"^(\d{8}-)(\d{6}-)?(.+)$")
"""What the name of a run begins with unless it was named."""
LONGEST_OPTIONS = 2000
"""Characters of a strategy's options: ten times what any of ours takes."""
DESCRIPTIVE = ("name", "about", "claim")
"""Parts of an experiment that change nothing in the run."""


def main_result(summary: Summary, names: Sequence[str]) -> str:
    """The one of ``names`` that a run is about: of the kind that its strategy says, best on validation."""
    rows = [name for name in names if name in summary.networks]
    wanted = [name for name in rows if summary.networks[name].kind == summary.comparison.result] or rows
    if not wanted:
        return names[-1]
    return max(wanted, key=lambda name: summary.networks[name].selection.accuracy)


def main_reference(summary: Summary, names: Sequence[str], result: str = "") -> str:
    """The one that it, or ``result``, is held against: what it learned from, else another one of its kind.

    One of the same trial, where there is one; itself where there is nothing else, as of a teacher.
    """
    result, rows = result or main_result(summary, names), summary.networks
    others = [name for name in names if name != result and name in rows]
    if result in rows:
        others.sort(key=lambda name: not rows[name].shares_trial_with(rows[result]))
    kinds = summary.comparison.reference, summary.comparison.result
    if result in rows and rows[result].kind == kinds[0] != kinds[1]:
        return result
    for kind in kinds:
        for name in others:
            if rows[name].kind == kind:
                return name
    return result


def main_control(summary: Summary, names: Sequence[str], result: str) -> str | None:
    """The one of ``names`` that shows what ``result`` would be without what its strategy does.

    One of the same trial, where there is one; None where nothing is comparable.
    """
    rows = summary.networks
    kinds = summary.comparison
    if result not in rows or rows[result].kind in (kinds.control, kinds.reference):
        return None
    groups = gathered(rows.values())
    own = next(group for group in groups if rows[result] in group.rows)
    fitting = [row for group in controls_of(own, groups, kinds) for row in group.rows]
    others = [name for name in names if name != result and name in rows and rows[name] in fitting]
    others.sort(key=lambda name: not rows[name].shares_trial_with(rows[result]))
    return next(iter(others), None)


def short_names(summaries: Sequence[Summary]) -> list[str]:
    """Names without date and time where there are several; runs of one name keep the time."""
    names = [summary.name for summary in summaries]
    if len(names) < 2:
        return names
    short = [short_name(name) for name in names]
    return [
        name if short.count(name) == 1 else DATE.sub(r"\2\3", full)
        for name, full in zip(short, names, strict=True)
    ]


def short_name(name: str) -> str:
    """Name of a run without date and time."""
    return DATE.sub(r"\3", name)


def spoken_options(declared: Mapping[str, object]) -> str:
    """Say the options of a strategy in plain values: ``temperature 8, baseline on, teacher weights none``."""
    told = (f"{key.replace('_', ' ')} {_spoken(value)}" for key, value in declared.items() if key != "name")
    return shortened(", ".join(told), LONGEST_OPTIONS)


def _spoken(value: object) -> str:
    if value is None:
        return "none"
    return f"{value:g}" if isinstance(value, float) else shortened(str(coordinate(value)))


def differing_settings(summaries: Sequence[Summary]) -> dict[str, list[str]]:
    """Settings by dotted path, one value for each run, where they are not all equal."""
    return differing([settings(summary) for summary in summaries])


def differing(flat: Sequence[Mapping[str, str]]) -> dict[str, list[str]]:
    """Paths under which some of ``flat`` have other values, with the values of all as people read them."""
    paths = dict.fromkeys(path for each in flat for path in each)
    rows = {path: [each.get(path, "–") for each in flat] for path in paths}
    return {path: [*map(shortened, values)] for path, values in rows.items() if len(set(values)) > 1}


def settings(summary: Summary) -> dict[str, str]:
    """All settings of a run by dotted path, without those that change nothing in it."""
    return flat_settings(summary.experiment)


def flat_settings(experiment: Mapping[str, object]) -> dict[str, str]:
    """Settings of an experiment in plain values, by dotted path."""
    return dict(_flattened({k: v for k, v in experiment.items() if k not in DESCRIPTIVE}))


def _flattened(value: object, path: str = "") -> Iterator[tuple[str, str]]:
    if isinstance(value, Mapping):
        for key, inner in value.items():
            yield from _flattened(inner, f"{path}.{key}" if path else str(key))
    else:
        yield path, str(value)
