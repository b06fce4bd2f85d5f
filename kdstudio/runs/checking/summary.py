"""Whether a run's experiment and summary can be read; each is made anew from what else there is."""

from __future__ import annotations

from collections.abc import Iterator
from datetime import UTC, datetime
from functools import partial
from typing import Any

from pydantic import ValidationError

from kdstudio.errors import KDStudioError
from kdstudio.runs.begun_with import check_settings
from kdstudio.runs.checking.fault import Fault, written_anew
from kdstudio.runs.folder import LARGEST_EXPERIMENT, LARGEST_SUMMARY, RunFolder
from kdstudio.runs.presets import to_toml, validate
from kdstudio.runs.reading import read_file, read_json, read_toml, reason_of
from kdstudio.runs.state import RunState
from kdstudio.runs.summary import VERSION, Summary
from kdstudio.runs.survey import survey

ANEW = "written anew from"
LOST = "nothing else tells of it; 'kdstudio delete' takes the run away"


def experiment_faults(folder: RunFolder) -> Iterator[Fault]:
    """Look at the experiment, which the summary has too."""
    try:
        _experiment(folder)
    except (OSError, ValueError) as error:
        reason, name = f"cannot be read: {reason_of(error)}", folder.experiment_file.name
        try:
            text = to_toml(validate(folder.summary().experiment, folder.title))
        except KDStudioError:
            yield Fault(name, reason, "the run can be looked at, and not gone on with")
        else:
            write = partial(written_anew, folder.experiment_file, text)
            yield Fault(name, reason, f"{ANEW} the summary", write)
        return
    if folder.read().status in ("finished", "damaged"):
        return
    try:
        check_settings(folder, folder.experiment())
    except KDStudioError as error:
        yield Fault(folder.experiment_file.name, str(error))


def summary_faults(folder: RunFolder) -> Iterator[Fault]:
    """Look at the summary, which the log amounts to."""
    found, name = folder.read(), folder.summary_file.name
    reason = found.error.partition("; ")[0].removeprefix(f"{name} ") if found.status == "damaged" else ""
    if reason and is_later(folder):
        yield Fault(name, reason, "update KD Studio")
        return
    try:
        state = survey(folder).state
        summary = state.summarised(_beginning(folder))
    except (KDStudioError, OSError, ValueError):
        if reason:
            yield Fault(name, reason, LOST)
        return
    if not reason and not _has_ended(state, found):
        return
    write = partial(written_anew, folder.summary_file, summary.model_dump_json(indent=2))
    lacking = f"does not tell how the run ended ({state.status})"
    yield Fault(name, reason or lacking, f"{ANEW} the log", write)


def _has_ended(state: RunState, summary: Summary) -> bool:
    """Tell whether the log has the end of a run and the summary has not: it was killed between the two."""
    return state.is_over and summary.status in ("running", "paused", "interrupted")


def is_later(folder: RunFolder) -> bool:
    """Tell whether the summary is of a shape that is not known yet."""
    version = _raw(folder).get("version")
    return isinstance(version, int) and version > VERSION


def _raw(folder: RunFolder) -> dict[str, Any]:
    """What can still be read of the summary."""
    try:
        raw = read_json(folder.summary_file, LARGEST_SUMMARY)
    except (OSError, ValueError):
        return {}
    return raw if isinstance(raw, dict) else {}


def _experiment(folder: RunFolder) -> dict[str, Any]:
    """Read the experiment as plain values, whatever packages it needs."""
    raw = read_toml(read_file(folder.experiment_file, LARGEST_EXPERIMENT).decode())
    return {key: value for key, value in raw.items() if key != "packages"}


def _beginning(folder: RunFolder) -> Summary:
    """Return the summary that the run began with; when and where only if that can still be read."""
    made = datetime.fromtimestamp(folder.created() / 1e9, UTC).isoformat(timespec="seconds")
    first = Summary(name=folder.title, started=made, experiment=_experiment(folder))
    raw = _raw(folder)
    for key in ("started", "environment"):
        try:
            first = Summary.model_validate(first.model_dump() | {key: raw[key]})
        except (KeyError, ValidationError):
            continue
    return first
