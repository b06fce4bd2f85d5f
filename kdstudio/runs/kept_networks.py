"""Networks of a run whose weights are here, and those whose weights were here and are gone."""

from __future__ import annotations

from pathlib import PurePosixPath

from kdstudio.errors import KDStudioError
from kdstudio.runs.begun_with import run_anew
from kdstudio.runs.folder import RunFolder
from kdstudio.runs.reuse import files_of_stage, read_stages
from kdstudio.runs.weights import SUFFIX

BEST = f".best{SUFFIX}"


def kept_networks(folder: RunFolder) -> list[str]:
    """Names of the networks whose weights are here; KDStudioError where there are none, and why."""
    if names := folder.networks():
        return names
    if folder.summary().status == "finished":
        raise lost(folder, *lost_networks(folder))
    raise KDStudioError(f"run '{folder.name}' has no trained network yet; wait, or choose another run")


def lost_networks(folder: RunFolder) -> list[str]:
    """Names of those that the run has noted, with weights or card gone; of former runs nobody knows."""
    here, names = folder.networks(), set()
    for kept in read_stages(folder).values():
        try:
            files = files_of_stage(kept)
        except ValueError:  # 'kdstudio check' tells of it
            continue
        paths = [PurePosixPath(file.path) for file in files]
        names |= {path.name.removesuffix(SUFFIX) for path in paths if str(path.parent) == "networks"}
    return sorted(name for name in names if name not in here and not f"{name}{SUFFIX}".endswith(BEST))


def lost(folder: RunFolder, *names: str) -> KDStudioError:
    """Tell that the weights of these networks, or all, are gone, and what to do."""
    whose = ", ".join(f"'{name}'" for name in names) or "its networks"
    return KDStudioError(
        f"run '{folder.name}' has lost the weights of {whose}; put them and their cards back into "
        f"'{folder.path / 'networks'}', choose another network or run, or train it anew: {run_anew(folder)}"
    )
