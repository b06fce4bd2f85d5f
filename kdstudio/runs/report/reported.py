"""What is read of a run for its report: its folder alone, neither data nor weights."""

from __future__ import annotations

from collections.abc import Mapping
from contextlib import suppress
from dataclasses import dataclass
from typing import TYPE_CHECKING, Any

from kdstudio.engine.card import NetworkCard
from kdstudio.engine.events import NetworkResult
from kdstudio.engine.experiment import Experiment
from kdstudio.errors import KDStudioError
from kdstudio.runs.colours import Token
from kdstudio.runs.folder import RunFolder
from kdstudio.runs.groups import Group
from kdstudio.runs.labels import NOTHING, Labels, read_labels
from kdstudio.runs.log import RunFollower
from kdstudio.runs.network_colours import series_by_name
from kdstudio.runs.report.markup import Markup
from kdstudio.runs.state import RunState
from kdstudio.runs.summary import Summary
from kdstudio.runs.weights import read_card

if TYPE_CHECKING:
    from kdstudio.runs.disagreements import Disagreements


@dataclass(frozen=True)
class Section:
    """A part of a run's report, below its own heading."""

    title: str
    parts: tuple[Markup, ...]


@dataclass(frozen=True)
class ReportedRun:
    """One run as it is on disk."""

    folder: RunFolder
    summary: Summary
    state: RunState
    experiment: Experiment | None
    """None where it needs what is not installed here."""
    fault: str = ""
    """Why there is no experiment."""
    labels: Labels = NOTHING
    """What people say of it; nothing where that is damaged."""
    disagreements: Disagreements | None = None
    """What its networks answer to the test images, where they were asked."""

    @property
    def about(self) -> Mapping[str, Any]:
        """Title, source and published figures, where the experiment has them."""
        return self.summary.experiment.get("about") or {}

    @property
    def title(self) -> str:
        """What people call it."""
        return str(self.labels.title or self.about.get("title") or self.summary.name)

    @property
    def tokens(self) -> dict[str, Token]:
        """Colours of the networks, by name; as in the window."""
        return series_by_name(self.state.identities | self.summary.networks)

    def names_in(self, group: Group) -> list[str]:
        """Names that the run keeps the networks of ``group`` under."""
        return [name for name, row in self.summary.networks.items() if row in group.rows]

    def classes_of(self, group: Group) -> tuple[str, ...]:
        """Names of the classes that the networks of ``group`` were scored on."""
        names, row = self.summary.class_names, group.rows[0]
        numbers = row.classes if isinstance(row, NetworkResult) else ()
        return tuple(names[number] for number in numbers) or names

    def card(self, network: str) -> NetworkCard | None:
        """Read how a network is fed; None where its weights are not kept."""
        try:
            return read_card(self.folder.network_file(network))
        except KDStudioError:
            return None


def read_run(folder: RunFolder) -> ReportedRun:
    """Read a run; KDStudioError where its summary is damaged. What cannot be read of its log is told."""
    follower = RunFollower(folder)
    follower.poll()
    experiment, fault = None, ""
    try:
        experiment = folder.experiment()
    except KDStudioError as error:
        fault = str(error)
    labels = NOTHING
    with suppress(KDStudioError):
        labels = read_labels(folder)
    return ReportedRun(folder, folder.summary(), follower.state, experiment, fault, labels)
