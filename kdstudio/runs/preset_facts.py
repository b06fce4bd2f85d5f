"""What a list of presets says of each: where it comes from, what it takes, and how long it took here."""

from __future__ import annotations

import re
from collections.abc import Iterable, Mapping
from functools import cache
from pathlib import Path
from statistics import median
from typing import Any, NamedTuple

from kdstudio.engine.experiment import About, Experiment
from kdstudio.packages import OURS
from kdstudio.runs.presets import GROUPS, gallery, plain, preset_group, preset_names, read_raw, validate
from kdstudio.runs.state import spoken_duration
from kdstudio.runs.summary import Summary

TIMES = {"a minute": 60.0, "ten minutes": 600.0, "an hour": 3600.0}
"""What people look for presets that take no longer than, with its seconds."""
UNITS = {"s": 1, "min": 60, "minutes": 300, "h": 3600, "hours": 10_800, "day": 86_400, "days": 172_800}
UNITS |= {"week": 604_800, "weeks": 1_209_600, "months": 5_184_000}
SPOKEN_TIME = re.compile(rf"(?:(\d+(?:\.\d+)?) )?\b({'|'.join(sorted(UNITS, key=len, reverse=True))})\b")
ASIDE = ("name", "about", "claim", "compute")
"""Parts of an experiment that make it no other one; what computes it here is this machine in any case."""


class PresetFacts(NamedTuple):
    """One preset, for people."""

    name: str
    about: About
    strategy: str
    data: str
    lacks: str
    """What of its data is not on this machine; empty where nothing is."""
    package: str
    """The one that it came with; empty for ours."""
    experiment: dict[str, Any]
    """Without what makes it no other one."""

    @property
    def paper(self) -> str:
        """Authors and year."""
        return self.about.source.partition(", '")[0]

    @property
    def group(self) -> str:
        """Heading that it stands under."""
        return GROUPS[preset_group(self.name)]

    def matches(self, words: str) -> bool:
        """Tell whether every one of ``words`` stands in what is said of it."""
        told = (self.name, self.about.title, self.about.source, self.about.shows, self.strategy, self.data)
        text = " ".join((*told, self.package)).lower()
        return all(word in text for word in words.lower().split())


class Took(NamedTuple):
    """How long a preset takes: measured on this machine, or as its author says."""

    seconds: float | None
    text: str
    measured: bool


def preset_facts() -> list[PresetFacts]:
    """Look at every preset, in the order of the gallery."""
    return [_facts(name) for name in preset_names()]


@cache
def _read(file: Path) -> Experiment:
    """Read a preset once: no file of a package changes while the program runs."""
    return validate(read_raw(str(file)), str(file))


def _facts(name: str) -> PresetFacts:
    file, package = gallery().presets[name]
    experiment = _read(file)
    source = experiment.data.source
    return PresetFacts(
        name,
        experiment.about or About(title=name),
        type(experiment.strategy).introduction()[0],
        type(source).introduction()[0],
        source.lacks(),
        "" if package == OURS else package,
        essence(plain(experiment)),
    )


def took(preset: PresetFacts, summaries: Iterable[Summary]) -> Took:
    """Say how long ``preset`` takes: the median of the finished runs of it, else what is expected."""
    whole = (summary for summary in summaries if summary.state == "finished" and not summary.taken)
    here = [summary.seconds for summary in whole if _is_run_of(preset, summary.experiment)]
    if here:
        times = f", median of {len(here)}" if len(here) > 1 else ""
        return Took(median(here), f"{spoken_duration(median(here))} on this machine{times}", measured=True)
    expected = preset.about.expected
    return Took(seconds_in(expected), f"expected: {expected}" if expected else "", measured=False)


def seconds_in(text: str) -> float | None:
    """Read the first time in a sentence, seconds; rough for ``hours``; None where it names none."""
    found = SPOKEN_TIME.search(text)
    if found is None:
        return None
    number, unit = found.groups()
    return float(number or 1) * UNITS[unit]


def _is_run_of(preset: PresetFacts, experiment: Mapping[str, Any]) -> bool:
    return essence(experiment) == preset.experiment


def essence(experiment: Mapping[str, Any]) -> dict[str, Any]:
    """Return what makes an experiment this one and no other."""
    return {key: value for key, value in experiment.items() if key not in ASIDE}
