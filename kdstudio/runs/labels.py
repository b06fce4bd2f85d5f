"""What people say of a run: a title of their own, tags and a note, in a file that no training touches."""

from __future__ import annotations

from collections.abc import Iterable
from pathlib import Path

from kdstudio.engine.bounds import Line
from kdstudio.engine.identity import Record
from kdstudio.errors import KDStudioError
from kdstudio.given import reason
from kdstudio.runs.files import write_atomically
from kdstudio.runs.folder import RunFolder
from kdstudio.runs.reading import MEGABYTE, read_json, reason_of

LARGEST = MEGABYTE
"""Bytes: a hundred times what anybody types."""


class Labels(Record):
    """All of them may be empty."""

    title: Line = ""
    """Shown instead of the folder's name, which stays as it is."""
    tags: tuple[Line, ...] = ()
    note: str = ""

    def tagged(self, add: Iterable[str] = (), remove: Iterable[str] = ()) -> Labels:
        """Return the same with tags added and taken away, each once, in the order in which they came."""
        gone = set(remove)
        kept = dict.fromkeys(tag for tag in (*self.tags, *add) if tag not in gone)
        return self.model_copy(update={"tags": tuple(kept)})


NOTHING = Labels()


def labels_file(run: RunFolder) -> Path:
    """Where they are kept; there is none before something has been said."""
    return run.path / "labels.json"


def read_labels(run: RunFolder) -> Labels:
    """Read what is said of ``run``; KDStudioError where the file is damaged."""
    file = labels_file(run)
    try:
        return Labels.model_validate(read_json(file, LARGEST))
    except FileNotFoundError:
        return NOTHING
    except (OSError, ValueError) as error:
        raise KDStudioError(
            f"'{file}' is damaged, so that title, tags and note are unknown; delete it, or say them "
            f"anew ({reason_of(error)})"
        ) from error


def write_labels(run: RunFolder, labels: Labels) -> None:
    """Keep ``labels``; KDStudioError where that cannot be, or what is said is longer than is read again."""
    run.check_own("labelled")
    content = labels.model_dump_json(indent=2).encode()
    if len(content) > LARGEST:
        raise KDStudioError(
            f"what is said of '{run.title}' takes {len(content):,} bytes; shorten it to {LARGEST:,}"
        )
    try:
        write_atomically(labels_file(run), content)
    except OSError as error:
        raise KDStudioError(
            f"'{labels_file(run)}' cannot be written: {reason(error)}; check its folder"
        ) from error


def split_tags(text: str) -> tuple[str, ...]:
    """Read tags between commas, each once: ``paper, for Anna``."""
    return tuple(dict.fromkeys(tag for part in text.split(",") if (tag := " ".join(part.split()))))
