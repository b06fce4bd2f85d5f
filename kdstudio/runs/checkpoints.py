"""Checkpoints on disk: the latest and the one before it, both known to the log by their content.

At every instant the latest file is whole; the other one is for the case that it is damaged later. What a file
holds counts only where the log has noted its SHA-256: a damaged one, another run's, or one whose log has been
lost is told from the run's own by that.
"""

from __future__ import annotations

import hashlib
import json
import os
import shutil
from pathlib import Path
from typing import Any, NamedTuple

from kdstudio.engine.checkpoint import Checkpoint, Progress
from kdstudio.engine.events import CheckpointSaved
from kdstudio.errors import KDStudioError
from kdstudio.given import reason
from kdstudio.runs.files import write_atomically
from kdstudio.runs.folder import RunFolder
from kdstudio.runs.log import EventLog
from kdstudio.runs.reading import open_file
from kdstudio.runs.weights import SUFFIX, packed

HEADER = 8
"""Bytes of the number at a file's beginning: how many bytes of JSON follow it."""


class SavedCheckpoint(NamedTuple):
    """What a file holds."""

    checkpoint: Checkpoint
    sha256: str
    experiment: str
    """Digest of the settings that it was trained with; empty in one of a former version."""
    events: int | None
    """Bytes of the log that belong to it, in one of a former version: its log has not noted it."""


def write_checkpoint(folder: RunFolder, checkpoint: Checkpoint, experiment: str, log: EventLog) -> None:
    """Note a checkpoint in the log, then put it in the place of the latest, which stays as the previous one.

    ``experiment`` is the digest of the run's settings.
    """
    content = checkpoint_content(checkpoint, experiment)
    log.write(noted(hashlib.sha256(content).hexdigest(), checkpoint.progress.seconds))
    log.sync()
    if folder.checkpoint_file.exists():
        folder.previous_checkpoint_file.unlink(missing_ok=True)
        try:
            os.link(folder.checkpoint_file, folder.previous_checkpoint_file)
        except OSError:  # a file system without links
            shutil.copyfile(folder.checkpoint_file, folder.previous_checkpoint_file)
    write_atomically(folder.checkpoint_file, content)


def checkpoint_content(checkpoint: Checkpoint, experiment: str) -> bytes:
    """Return what its file holds."""
    metadata = {"progress": checkpoint.progress.model_dump_json(), "experiment": experiment}
    return packed(checkpoint.tensors, metadata)


def noted(sha256: str, seconds: float) -> bytes:
    """Return the line of the log by which a checkpoint is known."""
    return CheckpointSaved(sha256=sha256, seconds=seconds).model_dump_json().encode() + b"\n"


def remove_checkpoints(folder: RunFolder) -> None:
    """Leave none: nothing is to go on, or all begins anew."""
    for file in folder.path.glob(f"checkpoint*{SUFFIX}"):
        file.unlink(missing_ok=True)


def read_checkpoint(path: Path) -> SavedCheckpoint:
    """Read a file as it is; KDStudioError where it holds no checkpoint."""
    from safetensors import SafetensorError
    from safetensors.torch import load

    try:
        with open_file(path) as file:
            content = file.read()
        tensors = load(content)
        metadata = _metadata(content)
        progress = Progress.model_validate_json(metadata["progress"])
        former = int(metadata["events"]) if "events" in metadata else None
        experiment = "" if former is not None else metadata["experiment"]
    except OSError as error:
        raise KDStudioError(f"'{path.name}' cannot be read ({reason(error)})") from error
    except (SafetensorError, ValueError, LookupError, TypeError) as error:
        raise KDStudioError(f"'{path.name}' is damaged, or no checkpoint of KD Studio") from error
    if not tensors and (progress.epoch or progress.step):
        raise KDStudioError(f"'{path.name}' lacks the weights of the stage that it was saved in")
    sha256 = hashlib.sha256(content).hexdigest()
    return SavedCheckpoint(Checkpoint(progress, tensors), sha256, experiment, former)


def _metadata(content: bytes) -> dict[str, Any]:
    length = int.from_bytes(content[:HEADER], "little")
    found: dict[str, Any] = json.loads(content[HEADER : HEADER + length])["__metadata__"]
    return found
