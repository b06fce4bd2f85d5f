"""More epochs for a run that is finished: a new run, whose networks start from the former one's weights."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from shlex import quote

from kdstudio.engine.experiment import Experiment, FromRun
from kdstudio.engine.identity import is_of_trial
from kdstudio.errors import KDStudioError
from kdstudio.runs.begun_with import run_anew
from kdstudio.runs.comparison import main_result
from kdstudio.runs.folder import RunFolder
from kdstudio.runs.kept_networks import kept_networks, lost, lost_networks
from kdstudio.runs.weights import read_card


def going_on_from(folder: RunFolder, experiment: Experiment) -> Experiment:
    """Let the networks of ``experiment`` start from their weights in a run: each from what that is about.

    Where the run has nothing that fits a role, that one stays as it is. Raises KDStudioError where it has
    nothing for any, or has trained it with several seeds or settings: one network starts from one.
    """
    summary, kept, gone = folder.summary(), kept_networks(folder), lost_networks(folder)
    started = {}
    for role in experiment.networks:
        rows = {name for name, row in summary.networks.items() if row.role == role}
        missing = [name for name in gone if name in rows]
        fitting = [*_fitting(role, experiment, folder, kept), *missing]
        if fitting:
            started[role] = main_result(summary, fitting)
        if started.get(role) in missing:
            raise lost(folder, started[role])
    if not started:
        raise KDStudioError(
            f"run '{folder.name}' has no weights that {_spoken([*experiment.networks])} of this experiment "
            "could start from; the architecture and the classes have to be the same"
        )
    networks = dict(experiment.networks)
    for role, name in started.items():
        weights = FromRun(run=str(folder.path.absolute()), network=name)
        networks[role] = networks[role].model_copy(update={"weights": weights})
    return experiment.model_copy(update={"networks": networks})


def _fitting(role: str, experiment: Experiment, folder: RunFolder, kept: Sequence[str]) -> Iterator[str]:
    """Yield those of a run's ``kept`` networks whose weights a role can start from."""
    summary = folder.summary()
    for name, row in summary.networks.items():
        if row.role != role or name not in kept:
            continue
        if several := [key for key in row.coordinates if is_of_trial(key)]:
            raise KDStudioError(
                f"run '{folder.name}' has trained the {role} once for each {several[0]}; choose the weights "
                f"that all shall start from: --set networks.{role}.weights.origin=run "
                f"--set networks.{role}.weights.run={quote(folder.name)} "
                f"--set networks.{role}.weights.network={quote(name)}"
            )
        card = read_card(folder.network_file(name))
        if card.model == experiment.networks[role].model and card.class_names == summary.class_names:
            yield name


def _spoken(roles: list[str]) -> str:
    return " or ".join(f"the {role}" for role in roles)


def more_epochs(folder: RunFolder) -> str:
    """Return the command that trains a run's networks on, as a new run."""
    return f"{run_anew(folder)} --from-run {quote(str(folder.path))}"
