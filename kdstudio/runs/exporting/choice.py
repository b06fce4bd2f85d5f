"""Which networks of a run are exported, and where their weights are."""

from __future__ import annotations

from pathlib import Path

from kdstudio.engine.identity import CONTROL
from kdstudio.errors import KDStudioError
from kdstudio.runs.comparison import main_reference, main_result
from kdstudio.runs.folder import RunFolder
from kdstudio.runs.kept_networks import kept_networks, lost, lost_networks
from kdstudio.runs.summary import Summary


def usual_networks(run: RunFolder, summary: Summary) -> list[str]:
    """What a run is about: its teacher, its baseline and its result, as far as their weights are kept."""
    names, rows, gone = kept_networks(run), summary.networks, lost_networks(run)
    result = main_result(summary, sorted([*names, *gone]))
    if result in gone:
        raise lost(run, result)

    def is_its_control(name: str) -> bool:
        return name in rows and rows[name].kind == CONTROL and rows[name].shares_trial_with(rows[result])

    controls = [name for name in names if result in rows and is_its_control(name)]
    return list(dict.fromkeys([main_reference(summary, names, result), *controls[:1], result]))


def weights_of(run: RunFolder, network: str, *, best: bool) -> Path:
    """Find the weights of a network that is finished; raises KDStudioError."""
    if run.is_running():
        raise KDStudioError(f"run '{run.name}' is still going on; wait for its end, or stop it first")
    if network in lost_networks(run):
        raise lost(run, network)
    if network not in run.networks():
        raise KDStudioError(
            f"run '{run.name}' has no network '{network}' to export; "
            f"it has {', '.join(run.networks()) or 'none yet'}"
        )
    if best:
        run.check_own("exported with its best epoch's weights, which it has not")
    source = run.network_file(network, best=best)
    return source if source.exists() else run.network_file(network)  # the last epoch was the best
