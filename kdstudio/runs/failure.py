"""What went wrong, told to a person: the reason, the remedy, and whose mistake it is."""

from __future__ import annotations

import traceback

from kdstudio.engine.events import RunFailed
from kdstudio.engine.strangers import strangers_call, strangers_line
from kdstudio.errors import KDStudioError, is_out_of_memory, told_as
from kdstudio.given import reason


def failure(error: BaseException) -> RunFailed:
    """Tell an error to a person: the reason, the remedy, and the details for a report.

    It does without torch, which may be what could not be imported.
    """
    details = "".join(traceback.format_exception(error))
    if isinstance(error, KDStudioError):
        message = str(error)
    elif is_out_of_memory(error):
        message = "out of memory: choose a smaller batch size or network, or another device"
    elif isinstance(error, OSError):
        message = f"{reason(error)}: {error.filename or 'the run folder'}; free or choose another place"
    else:
        message = f"{told_as(error)} {_blame(error)}"
    return RunFailed(message=message, details=details, field=getattr(error, "field", ()))


def _blame(error: BaseException) -> str:
    """Say whose line an error came from: another package's, the user's, or ours."""
    if line := strangers_line(error):
        return line
    if call := strangers_call(error):
        return f"after a call in {call}; if that call is right, report the details"
    if isinstance(error, ImportError):
        return "(something is missing here; install KD Studio anew)"
    return "(this is a mistake in KD Studio; please report the details)"
