"""Whether what lies beside a run's log and summary can be read."""

from __future__ import annotations

import hashlib
from collections.abc import Iterator
from functools import partial
from pathlib import Path

from kdstudio.errors import KDStudioError
from kdstudio.runs.begun_with import run_anew
from kdstudio.runs.checking.fault import Fault, put_aside
from kdstudio.runs.checkpoints import remove_checkpoints
from kdstudio.runs.confusions import LARGEST as LARGEST_CONFUSION
from kdstudio.runs.confusions import CountedPart
from kdstudio.runs.exporting.records import measured_files, records_file
from kdstudio.runs.files import UNFINISHED
from kdstudio.runs.folder import RunFolder
from kdstudio.runs.labels import labels_file, read_labels
from kdstudio.runs.reading import open_file, read_json, reason_of
from kdstudio.runs.resuming import where_to_go_on
from kdstudio.runs.reuse import KeptFile, files_of_stage, read_stages
from kdstudio.runs.weights import LARGEST_CARD, SUFFIX, load_tensors


def lock_faults(folder: RunFolder) -> Iterator[Fault]:
    """Look at what the run is held by."""
    if folder.lock_file.is_dir():
        reason = "is a folder, so that nothing can be written here"
        yield put_aside(folder.lock_file, folder.path, reason, "so that the run can be gone on with")


def leftovers(folder: RunFolder) -> Iterator[Fault]:
    """Look for what was being written, and for wishes, when whoever ran it was killed."""
    left = sorted(folder.path.rglob(f".*{UNFINISHED}"))
    if (wish := folder.control_file).is_dir():
        yield put_aside(wish, folder.path, "is a folder", "so that the run can be paused and stopped")
    elif wish.exists():
        left.append(wish)
    for file in left:
        told = "a wish that nobody hears" if file == folder.control_file else "was never written to its end"
        yield Fault(_within(folder, file), told, "removed", partial(file.unlink, missing_ok=True))


def checkpoint_faults(folder: RunFolder) -> Iterator[Fault]:
    """Look at where an unfinished run can go on; a finished one goes on nowhere."""
    name, status = folder.checkpoint_file.name, folder.read().status
    if status == "finished" and any(folder.path.glob(f"checkpoint*{SUFFIX}")):
        yield Fault(name, "nothing is to go on", "removed", partial(remove_checkpoints, folder))
    if status in ("finished", "damaged"):
        return
    try:
        place = where_to_go_on(folder)
    except KDStudioError as error:  # which says what can be done
        yield Fault(name, str(error))
    else:
        for notice in place.notices:
            yield Fault(name, notice.removesuffix("."), "'kdstudio resume' does so")


def weight_faults(folder: RunFolder) -> Iterator[Fault]:
    """Look at the weights: those that ``stages.json`` knows must be as they were written."""
    known: set[Path] = set()
    if folder.stages_file.exists() and not read_stages(folder):
        without = "so that other runs cannot take these stages over"
        yield put_aside(folder.stages_file, folder.path, "cannot be read", without)
    for kept in read_stages(folder).values():
        try:
            files = files_of_stage(kept)
        except ValueError as error:
            yield Fault(folder.stages_file.name, reason_of(error), "other runs cannot take that stage over")
            continue
        for file in files:
            known.add(folder.path / file.path)
            yield from _kept_faults(folder, file)
    for path in sorted(folder.path.glob(f"networks/*{SUFFIX}")):
        if path not in known:
            yield from _loaded_faults(folder, path)
        yield from _card_faults(folder, path.with_suffix(".json"))


def _kept_faults(folder: RunFolder, file: KeptFile) -> Iterator[Fault]:
    try:
        with open_file(folder.path / file.path) as opened:
            is_same = hashlib.file_digest(opened, "sha256").hexdigest() == file.sha256
    except OSError as error:
        yield Fault(file.path, f"cannot be read: {reason_of(error)}", _again(folder))
    else:
        if not is_same:
            yield Fault(file.path, "is not as it was written", _again(folder))


def _loaded_faults(folder: RunFolder, path: Path) -> Iterator[Fault]:
    try:
        load_tensors(path)
    except KDStudioError:
        yield Fault(_within(folder, path), "is no readable safetensors file", _again(folder))


def _again(folder: RunFolder) -> str:
    """How to train a network again; of a run that has not ended, its checkpoint's line tells that."""
    return _anew(folder) if folder.read().status in ("finished", "damaged") else ""


def _anew(folder: RunFolder) -> str:
    return f"to train it again: {run_anew(folder)}"


def _card_faults(folder: RunFolder, card: Path) -> Iterator[Fault]:
    try:
        read_json(card, LARGEST_CARD)
    except (OSError, ValueError) as error:
        reason = f"does not tell how to build the network: {reason_of(error)}"
        yield Fault(_within(folder, card), reason, _anew(folder))


def confusion_faults(folder: RunFolder) -> Iterator[Fault]:
    """Look at the counts of answers by class."""
    for file in sorted(folder.path.glob("confusion/*.json")):
        try:
            CountedPart.model_validate(read_json(file, LARGEST_CONFUSION))
        except (OSError, ValueError) as error:
            yield put_aside(file, folder.path, reason_of(error), "so that this network has no matrix")


def said_faults(folder: RunFolder) -> Iterator[Fault]:
    """Look at what people have said of the run, and at what was measured of its exported files."""
    readers = (
        (read_labels, labels_file(folder), "without title, tags and note"),
        (measured_files, records_file(folder), "until files are exported again"),
    )
    for read, file, without in readers:
        try:
            read(folder)
        except KDStudioError as error:
            yield put_aside(file, folder.path, reason_of(error.__cause__ or error), without)


def _within(folder: RunFolder, file: Path) -> str:
    return file.relative_to(folder.path).as_posix()
