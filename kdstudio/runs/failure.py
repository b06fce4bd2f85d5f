"""What went wrong, told to a person: the reason, the remedy, and whose mistake it is."""

from __future__ import annotations

import sys
import traceback

from kdstudio.engine.events import RunFailed
from kdstudio.engine.experiment import REGISTRIES
from kdstudio.errors import KDStudioError
from kdstudio.models.python import MODULE as USER_MODULE
from kdstudio.packages import OURS, deepest_place, top_level


def failure(error: BaseException) -> RunFailed:
    """Tell an error to a person: the reason, the remedy, and the details for a report.

    It does without torch, which may be what could not be imported.
    """
    torch = sys.modules.get("torch")
    memory_errors = (MemoryError, getattr(torch, "OutOfMemoryError", MemoryError))
    details = "".join(traceback.format_exception(error))
    if isinstance(error, KDStudioError):
        message = str(error)
    elif isinstance(error, memory_errors) or "allocate memory" in str(error):
        message = "out of memory: choose a smaller batch size or network, or another device"
    elif isinstance(error, OSError):
        message = (
            f"{error.strerror or error}: {error.filename or 'the run folder'}; free or choose another place"
        )
    else:
        message = f"{type(error).__name__}: {error} {_blame(error)}"
    return RunFailed(message=message, details=details, field=getattr(error, "field", ()))


def _blame(error: BaseException) -> str:
    """Say whose line an error came from: another package's, the user's, or ours."""
    strangers = {
        top_level(entry.__module__): registry.package_of(name)
        for registry in REGISTRIES
        for name, entry in registry.items()
    }
    place = deepest_place(error, {*strangers, USER_MODULE})
    if place is not None and place.module == USER_MODULE:
        return f"in {place.file}, line {place.line}; mend it there"
    if place is not None and strangers[top_level(place.module)] != OURS:
        return f"in {place} (package {strangers[top_level(place.module)]}); please tell its authors"
    theirs = deepest_place(error, {module for module, package in strangers.items() if package != OURS})
    if theirs is not None:
        package = strangers[top_level(theirs.module)]
        return f"after a call in {theirs} (package {package}); if that call is right, report the details"
    if isinstance(error, ImportError):
        return "(something is missing here; install KD Studio anew)"
    return "(this is a mistake in KD Studio; please report the details)"
