"""What the table of runs tells: an entry for each run or group of seeds, and its columns."""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass
from datetime import date, datetime
from functools import cached_property
from math import inf
from typing import NamedTuple

from kdstudio.runs.comparison import short_name
from kdstudio.runs.figures import FIGURES, MISSING, Spread
from kdstudio.runs.folder import RunFolder
from kdstudio.runs.gathered_runs import Members, RunGroup, gathered_members, seeds_of, together
from kdstudio.runs.labels import NOTHING, Labels
from kdstudio.runs.results import Headline, headline
from kdstudio.runs.searching import data_of, strategy_of
from kdstudio.runs.state import spoken_time
from kdstudio.runs.summary import Status, Summary, spoken_warnings

SIGNS: dict[Status, str] = {
    "running": "●",
    "paused": "‖",
    "finished": "✓",
    "stopped": "■",
    "failed": "✕",
    "interrupted": "↯",
    "damaged": "⚠",
}
"""A state is told by its sign and its word; its colour only helps."""
COLOURS: dict[Status, str] = {
    "running": "accent",
    "paused": "accent",
    "failed": "error",
    "damaged": "error",
}
WARNED = "warning"


@dataclass(frozen=True, eq=False)
class Entry:
    """A row: a run, or the runs of several seeds. What it tells is read off the results when it is seen."""

    members: Members
    labels: Labels
    """Of one run; of several, what all have."""
    is_inside: bool = False
    """Whether it is one of the seeds of another row."""

    @cached_property
    def group(self) -> RunGroup:
        """Their results in one table."""
        return together(self.members)

    @cached_property
    def headline(self) -> Headline:
        """What stands for it."""
        return headline(self.group.summary)

    @cached_property
    def texts(self) -> list[str]:
        """What its cells say."""
        return [column.text(self) for column in COLUMNS]

    @cached_property
    def runs(self) -> tuple[RunFolder, ...]:
        """All that it stands for."""
        return tuple(self.members)

    @property
    def is_gathered(self) -> bool:
        """Tell whether these are several."""
        return len(self.members) > 1

    @property
    def is_damaged(self) -> bool:
        """Tell whether it cannot be read."""
        return self.summary.status == "damaged"

    @property
    def summary(self) -> Summary:
        """What came out."""
        return self.group.summary

    @property
    def title(self) -> str:
        """What a run was called, or else its folder without the date, which stands elsewhere."""
        return self.labels.title or short_name(self.summary.name)

    @property
    def name(self) -> str:
        """What people call it beside others."""
        if self.is_gathered:
            return f"{self.title} ({len(self.members)} seeds)"
        seeds = seeds_of(self.summary)
        many = f"seeds {seeds[0]} to {seeds[-1]}" if len(seeds) > 1 else f"seed {seeds[0]}"
        return f"{self.title}, {many}" if self.is_inside and not self.labels.title else self.title

    @property
    def titled(self) -> Summary:
        """The same under its title alone."""
        return self.summary.model_copy(update={"name": self.title})

    @property
    def named(self) -> Summary:
        """The same under the name that people know it by."""
        return self.summary.model_copy(update={"name": self.name})

    @property
    def colour(self) -> str:
        """Role of the colour of its state."""
        usual = WARNED if self.summary.warnings else "text"
        return COLOURS.get(self.summary.status, usual)


class Column(NamedTuple):
    """A column: what its cells sort by, and what they say."""

    title: str
    value: Callable[[Entry], float | str]
    text: Callable[[Entry], str]
    is_number: bool = False
    tip: Callable[[Entry], str] = lambda _entry: ""
    saved: Callable[[Entry], str] | None = None
    """What a file says in place of ``text``, where that is good for a day."""

    def written(self, entry: Entry) -> str:
        """What a file says."""
        return (self.saved or self.text)(entry)


class Entries:
    """Makes entries; what has been read off a run is kept while it stays the same."""

    def __init__(self) -> None:
        """Nothing is known."""
        self._known: dict[tuple[RunFolder, ...], Entry] = {}
        self._day = date.today()
        """Of which what is known speaks."""

    def of(
        self, summaries: Mapping[RunFolder, Summary], labels: Mapping[RunFolder, Labels], *, gathered: bool
    ) -> list[tuple[Entry, list[Entry]]]:
        """Return the rows, each with those that it unfolds to."""
        members = gathered_members(summaries) if gathered else [dict([found]) for found in summaries.items()]
        before, self._known = self._known if self._day == date.today() else {}, {}
        self._day = date.today()
        rows = []
        for several in members:
            row, inside = self._entry(before, several, labels), list[Entry]()
            if row.is_gathered:
                inside = [self._entry(before, {r: s}, labels, inside=True) for r, s in several.items()]
            rows.append((row, inside))
        return rows

    def _entry(
        self,
        before: Mapping[tuple[RunFolder, ...], Entry],
        members: Members,
        labels: Mapping[RunFolder, Labels],
        *,
        inside: bool = False,
    ) -> Entry:
        runs = tuple(members)
        said = [labels.get(run, NOTHING) for run in runs]
        shown = said[0] if len(runs) == 1 else _of_all(said)
        known = before.get(runs)
        if known is None or (known.members, known.labels, known.is_inside) != (members, shown, inside):
            known = Entry(members, shown, inside)
        self._known[runs] = known
        return known


def _of_all(said: Sequence[Labels]) -> Labels:
    tags = tuple(tag for tag in said[0].tags if all(tag in other.tags for other in said))
    return Labels(title=said[0].title if len({each.title for each in said}) == 1 else "", tags=tags)


def word(title: str, read: Callable[[Entry], str], tip: Callable[[Entry], str] = lambda _: "") -> Column:
    """Make a column of words."""
    return Column(title, lambda entry: read(entry).casefold(), read, tip=tip)


def spoken_notes(entry: Entry) -> str:
    """What was not trained, and where it is from."""
    return "\n".join(entry.summary.notes)


def figure(title: str, key: str, read: Callable[[Headline], Spread | None]) -> Column:
    """Make a column of a figure; runs without it are the smallest."""

    def value(entry: Entry) -> float:
        spread = read(entry.headline)
        return spread.mean if spread else -1.0

    return Column(title, value, lambda entry: FIGURES[key].text(read(entry.headline)), is_number=True)


def told_name(entry: Entry) -> str:
    """All that the name stands for, and the note."""
    if entry.is_gathered:
        seeds = ", ".join(map(str, entry.group.seeds))
        return f"Seeds {seeds}: mean ± standard deviation" if seeds else "No results yet"
    return "\n".join(filter(None, (entry.labels.title, str(entry.group.run.path), entry.labels.note)))


def state(entry: Entry) -> str:
    """``✓ finished``, ``! finished, 2 warnings``, ``✕ 1 failed, 2 finished``."""
    statuses, warnings = entry.group.statuses, len(entry.summary.warnings)
    first = next(iter(statuses))
    words = (
        ", ".join(f"{count} {status}" for status, count in statuses.items())
        if len(statuses) > 1
        else entry.summary.state
    )
    told = f"{words}, {spoken_warnings(warnings)}" if warnings else words
    return f"{'!' if warnings and first == 'finished' else SIGNS[first]} {told}"


def told_state(entry: Entry) -> str:
    """Why it failed or is damaged, or where it was recorded."""
    return entry.summary.recording if entry.summary.recorded else entry.summary.error


def started(entry: Entry) -> datetime:
    """When the run began, or the latest of several."""
    return max(summary.begun for summary in entry.members.values())


def spoken_start(entry: Entry) -> str:
    """``22:40`` today, ``28 Nov`` before, with the year where it is another one."""
    begun, today = started(entry), date.today()
    if begun.date() == today:
        return f"{begun:%H:%M}"
    return f"{begun:%d %b}" if begun.year == today.year else f"{begun:%d %b %Y}"


def whole_start(entry: Entry) -> str:
    """``2026-11-28 22:40``."""
    return f"{started(entry):%Y-%m-%d %H:%M}"


def gain(entry: Entry) -> float:
    """How many errors fewer; runs of one seed, and those that compare nothing, are the smallest."""
    found = entry.headline.effect
    return -found.difference if found and found.seeds > 1 else -inf


def effect(entry: Entry) -> str:
    """What the result gains, in a few words."""
    found = entry.headline.effect
    return found.brief if found else MISSING


def spoken_effect(entry: Entry) -> str:
    """All that is to be said of it."""
    found = entry.headline.effect
    return f"{found.result} against {found.control}: {found.text}" if found else ""


def settings_tried(entry: Entry) -> str:
    """Say of a sweep which setting stands in the row, and of how many."""
    sweep = entry.summary.experiment.get("sweep") or {}
    tried = 1
    for values in sweep.values():
        tried *= len(values)
    found = entry.headline.effect
    best = f"; in this row the best on validation, {found.result}" if found else ""
    return f"{tried} settings tried{best}" if tried > 1 else ""


def strategy(entry: Entry) -> str:
    """``hinton``, ``hinton, 6 settings``."""
    tried = settings_tried(entry).partition(" tried")[0]
    return ", ".join(filter(None, (strategy_of(entry.summary), tried)))


COLUMNS = (
    word("Run", lambda entry: entry.name, told_name),
    word("Strategy", strategy, settings_tried),
    word("State", state, told_state),
    figure("Teacher", "accuracy", lambda found: found.reference),
    figure("Control", "accuracy", lambda found: found.control),
    figure("Result", "accuracy", lambda found: found.result),
    Column("Against control", gain, effect, tip=spoken_effect),
    figure("Errors", "errors", lambda found: found.errors),
    Column(
        "Time",
        lambda e: e.summary.seconds,
        lambda e: "" if e.is_damaged else spoken_time(e.summary),
        is_number=True,
        tip=spoken_notes,
    ),
    Column("Started", lambda e: started(e).timestamp(), spoken_start, tip=whole_start, saved=whole_start),
    word("Data", lambda entry: data_of(entry.summary)),
    word("Tags", lambda entry: ", ".join(entry.labels.tags)),
)
RUN_COLUMN, STATE_COLUMN, STARTED_COLUMN = (
    [column.title for column in COLUMNS].index(title) for title in ("Run", "State", "Started")
)
