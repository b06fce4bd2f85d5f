"""What exported files were measured to be: the truth table of a run, kept in its folder."""

from __future__ import annotations

import hashlib
from collections.abc import Sequence
from pathlib import Path
from typing import Any

from filelock import FileLock
from pydantic import TypeAdapter

from kdstudio.data.folders import cache_folder
from kdstudio.engine.bounds import Count, Name, Positive, Seconds, Share
from kdstudio.engine.identity import Record
from kdstudio.errors import KDStudioError
from kdstudio.runs.files import write_atomically
from kdstudio.runs.folder import RunFolder
from kdstudio.runs.formats.declaration import Precision
from kdstudio.runs.reading import MEGABYTE, read_json, reason_of

BATCHES = (1, 32)
"""Images in the batches that are timed."""
LARGEST = 16 * MEGABYTE
"""Bytes: a row takes a thousand."""
PATIENCE = 10.0


class Latency(Record):
    """Seconds for one batch: over all repeats, of all rounds."""

    batch: Count
    median: Seconds
    percentile_95: Seconds
    repeats: Count


class MeasuredFile(Record):
    """A row of the truth table: one network in one format, as it answers when read back by its runtime."""

    network: Name
    format: dict[str, Any]
    """The format with its options."""
    title: Name
    runtime: Name
    """What answered, with its version: ``onnxruntime 1.32.0``."""
    precision: Precision
    path: str
    size: Count
    """Bytes of all files."""
    parameters: Count
    multiply_adds: Count | None
    """Of one image."""
    images: Count
    """How many test images it was asked."""
    accuracy: Share
    agreement: Share
    """Share of these images with the same answer as the run's network."""
    largest_difference: Positive
    """From the run's network: of logits, or of probabilities where the file gives these."""
    latencies: tuple[Latency, ...]
    threads: Count
    processor: str
    when: str
    """Date and time, ISO 8601."""

    @property
    def key(self) -> tuple[str, str, str]:
        """What a later measurement replaces."""
        return self.network, self.title, str(sorted(self.format.items()))

    def latency(self, batch: int) -> Latency | None:
        """Return what a batch of so many images takes; None where that was not timed."""
        return next((found for found in self.latencies if found.batch == batch), None)


_rows: TypeAdapter[tuple[MeasuredFile, ...]] = TypeAdapter(tuple[MeasuredFile, ...])


def records_file(run: RunFolder) -> Path:
    """Where they are kept: of a run that came with the package in the cache, by the run's content."""
    if not run.is_recorded:
        return run.path / "exports.json"
    content = hashlib.sha256(run.summary_file.read_bytes()).hexdigest()
    return cache_folder() / "exports" / f"{content[:16]}.json"


def measured_files(run: RunFolder) -> tuple[MeasuredFile, ...]:
    """Read the rows, in the order in which they were measured first; none where nothing was exported.

    Raises KDStudioError where the file is damaged.
    """
    file = records_file(run)
    try:
        return _rows.validate_python(read_json(file, LARGEST))
    except FileNotFoundError:
        return ()
    except (OSError, ValueError) as error:
        raise KDStudioError(
            f"'{file}' is damaged; delete it, and export again to have it back ({reason_of(error)})"
        ) from error


def keep(run: RunFolder, rows: Sequence[MeasuredFile]) -> None:
    """Add ``rows``; each takes the place of an older one of the same network and format."""
    file = records_file(run)
    file.parent.mkdir(parents=True, exist_ok=True)
    with FileLock(file.with_name(f".{file.stem}.lock"), timeout=PATIENCE):
        try:
            known = {row.key: row for row in measured_files(run)}
        except KDStudioError:  # it can be measured again at any time
            known = {}
        known |= {row.key: row for row in rows}
        write_atomically(file, _rows.dump_json(tuple(known.values()), indent=2))
