"""Finding runs: by words in what they are called, tagged, noted and set to, and by a few plain facts."""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from dataclasses import dataclass

from kdstudio.runs.comparison import settings
from kdstudio.runs.folder import RunFolder
from kdstudio.runs.labels import NOTHING, Labels
from kdstudio.runs.summary import Summary

WARNED = "with warnings"
"""A state of its own: what came out is doubtful."""


@dataclass(frozen=True)
class Query:
    """What is looked for; what is empty is not asked for."""

    words: str = ""
    """Each must be in a run's name, title, tags, note, state, or ``path=value`` of a setting."""
    state: str = ""
    strategy: str = ""
    data: str = ""
    tag: str = ""

    def accepts(self, run: RunFolder, summary: Summary, labels: Labels = NOTHING) -> bool:
        """Tell whether a run is looked for."""
        wanted = {
            self.state: states(summary),
            self.strategy: (strategy_of(summary),),
            self.data: (data_of(summary),),
            self.tag: labels.tags,
        }
        if any(value and value not in found for value, found in wanted.items()):
            return False
        if not self.words:
            return True
        text = "\n".join(_told(run, summary, labels)).casefold()
        return all(word in text for word in self.words.casefold().split())


def states(summary: Summary) -> tuple[str, ...]:
    """All that a run's state answers to."""
    return (summary.state, WARNED) if summary.warnings else (summary.state,)


def strategy_of(summary: Summary) -> str:
    """Name of the strategy."""
    return str(summary.experiment["strategy"]["name"])


def data_of(summary: Summary) -> str:
    """Name of the data set."""
    return str(((summary.experiment.get("data") or {}).get("source") or {}).get("name", ""))


def _told(run: RunFolder, summary: Summary, labels: Labels) -> Iterator[str]:
    yield from (run.name, summary.name, labels.title, labels.note, *labels.tags, *states(summary))
    yield str(summary.experiment.get("name", ""))
    for path, value in settings(summary).items():
        yield f"{path}={value}"


def search(
    runs: Mapping[RunFolder, Summary], labels: Mapping[RunFolder, Labels], query: Query
) -> dict[RunFolder, Summary]:
    """Return those of ``runs`` that are looked for."""
    return {run: found for run, found in runs.items() if query.accepts(run, found, labels.get(run, NOTHING))}
