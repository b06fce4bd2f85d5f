"""The settings that a run was begun with: whoever goes on with it goes on with these."""

from __future__ import annotations

import hashlib
import json
from collections.abc import Mapping
from shlex import quote
from typing import Any

from kdstudio.engine.experiment import Experiment
from kdstudio.errors import KDStudioError
from kdstudio.runs.comparison import differing, flat_settings
from kdstudio.runs.folder import RunFolder
from kdstudio.runs.preset_facts import essence
from kdstudio.runs.presets import plain, validate

MOST_TOLD = 8
"""Differences that a message lists; more are counted."""


def settings_digest(experiment: Mapping[str, Any]) -> str:
    """Digest what an experiment's results depend on, of its plain values as a summary holds them."""
    return hashlib.sha256(json.dumps(_settled(experiment), sort_keys=True).encode()).hexdigest()


def _settled(experiment: Mapping[str, Any]) -> dict[str, Any]:
    """Leave out what only describes, and what only says where and how fast it is computed."""
    compute = experiment.get("compute", {})
    kept = {"precision": compute.get("precision")}
    if compute.get("batch_norm") == "own":  # which runs of former versions do not have
        kept["batch_norm"] = "own"
    return essence(experiment) | {"compute": kept}


def differences_since(folder: RunFolder, experiment: Experiment) -> tuple[str, ...]:
    """Say in what ``experiment``, as it is now, differs from what the run was begun with.

    Each is ``path: was → is``. Weights are the same where their content is; of former runs, which had not
    noted that, they are not compared, and nothing is of one whose settings are not understood any more.
    """
    try:
        before = plain(validate(folder.summary().experiment, folder.name))
    except KDStudioError:
        return ()
    was, now = (flat_settings(_settled(raw)) for raw in (before, plain(experiment)))
    found = differing([was, now])
    for role in experiment.networks:
        weights = f"networks.{role}.weights."
        fingerprint = was.get(f"{weights}sha256")
        if fingerprint is not None and fingerprint in ("", now.get(f"{weights}sha256")):
            found = {path: values for path, values in found.items() if not path.startswith(weights)}
    return tuple(f"{path}: {was} → {now}" for path, (was, now) in found.items())


def check_settings(folder: RunFolder, experiment: Experiment) -> None:
    """Raise KDStudioError, with what differs, where a run was begun with other settings."""
    found = differences_since(folder, experiment)
    if found:
        more = f"; and {len(found) - MOST_TOLD} more" if len(found) > MOST_TOLD else ""
        raise KDStudioError(
            f"run '{folder.name}' was begun with other settings than its experiment.toml has now: "
            f"{'; '.join(found[:MOST_TOLD])}{more}. Put them back to go on with it; or run "
            f"these as a new run: {run_anew(folder)} (in the window: Use settings… on Compare, then Run)"
        )


def run_anew(folder: RunFolder) -> str:
    """Return the command that runs a run's experiment once more."""
    return f"kdstudio run {quote(str(folder.path / 'experiment.toml'))}"
