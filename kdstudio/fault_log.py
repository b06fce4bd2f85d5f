"""What goes wrong in KD Studio itself: kept in the user's log; what it died of is told at the next start."""

from __future__ import annotations

import faulthandler
import os
import platform
import re
import sys
import time
import traceback
from contextlib import suppress
from dataclasses import dataclass
from datetime import datetime
from pathlib import Path

from platformdirs import user_log_path

from kdstudio import __version__
from kdstudio.given import given_path, why_no_folder

LOG_BYTES, OLDER_LOGS = 2**20, 2
TRACE = ".trace"
TRACE_NAME = re.compile(rf"(\w+) ([0-9]{{1,10}}) ([0-9]{{1,19}}){re.escape(TRACE)}", re.ASCII)
"""Program, process, and nanoseconds since 1970; what is called otherwise is somebody else's."""
WINDOW = "window"
"""The program that nobody ends but itself; a command may be killed at will."""
CLOCK_SECONDS = 1.0
"""What a process's start may be off."""


def log_folder() -> Path:
    """The folder that ``KDSTUDIO_LOG`` names, where that can be one, else the user's for logs."""
    named = os.environ.get("KDSTUDIO_LOG")
    usual = user_log_path("kdstudio", appauthor=False)
    return given_path(named) if named and not why_no_log(named) else usual


def why_no_log(named: str) -> str:
    """Say why no log can be in the folder ``named``; empty where one can. Nothing is made."""
    folder = given_path(named)
    if folder.parts and folder.parts[0].startswith("~"):
        return f"there is no user '{folder.parts[0][1:]}'"
    if why := why_no_folder(folder):
        return why
    nearest = next(place for place in (folder, *folder.parents) if os.path.exists(place))
    return "" if os.access(nearest, os.W_OK | os.X_OK) else f"'{nearest}' cannot be written"


def remark() -> str:
    """Say that the log is not where ``KDSTUDIO_LOG`` has it, and where it is; empty where it is there."""
    named = os.environ.get("KDSTUDIO_LOG", "")
    why = why_no_log(named) if named else ""
    return f"KDSTUDIO_LOG '{named}' cannot be the folder of the log: {why}; it is {log_file()}" if why else ""


def log_file() -> Path:
    """The log, the latest last."""
    return log_folder() / "kdstudio.log"


def described(error: BaseException) -> str:
    """Return all that a report needs: the versions, and where ``error`` came from."""
    about = f"KD Studio {__version__}, Python {platform.python_version()}, {platform.platform()}"
    return f"{about}\n{''.join(traceback.format_exception(error))}"


def record(what: str) -> None:
    """Put ``what`` at the end of the log; a log that cannot be written stands in nobody's way."""
    from logging import Formatter, LogRecord, makeLogRecord  # here: it takes a tenth of the start
    from logging.handlers import RotatingFileHandler

    class Log(RotatingFileHandler):
        """One that says nothing of what cannot be written."""

        def handleError(self, record: LogRecord) -> None:  # noqa: N802
            """A full disk has been told elsewhere."""

    with suppress(OSError):
        log_folder().mkdir(parents=True, exist_ok=True)
        log = Log(log_file(), "a", LOG_BYTES, OLDER_LOGS, "utf-8", errors="backslashreplace")
        log.setFormatter(Formatter("%(asctime)s, process %(process)d: %(message)s"))
        log.handle(makeLogRecord({"msg": what}))
        log.close()


class Session:
    """A program from its start to its end; where it dies on its way, a file is left, with what it died of."""

    def __init__(self, program: str) -> None:
        """Begin; where nothing can be written, nothing is kept."""
        self._file = log_folder() / f"{program} {os.getpid()} {time.time_ns()}{TRACE}"
        self._trace = None
        with suppress(OSError):
            log_folder().mkdir(parents=True, exist_ok=True)
            self._trace = self._file.open("w+", encoding="utf-8", errors="replace")
            faulthandler.enable(self._trace)

    def end(self) -> None:
        """The program ends as it should; what a forked process of it died of stays in the log."""
        if self._trace is None:
            return
        faulthandler.disable()
        self._trace.seek(0)
        if left := self._trace.read():
            record(left)
        self._trace.close()
        self._file.unlink(missing_ok=True)


@dataclass(frozen=True)
class Crash:
    """A program that ended without its word."""

    program: str
    began: datetime
    ended: datetime | None
    """Known of what died of a fault; None of what was killed."""
    trace: str

    def __str__(self) -> str:
        """``KD Studio ended unexpectedly on 2025-05-04 at 10:03``."""
        if self.ended:
            return f"KD Studio ended unexpectedly on {self.ended:%Y-%m-%d at %H:%M}"
        return f"KD Studio, begun on {self.began:%Y-%m-%d at %H:%M}, ended unexpectedly"


def crashes() -> list[Crash]:
    """Take what has ended unexpectedly since this was asked last, the latest first; traces go to the log."""
    found = []
    for file in log_folder().glob(f"*{TRACE}"):
        if (name := TRACE_NAME.fullmatch(file.name)) is None:
            continue
        program, process, began = name.groups()
        with suppress(OSError):  # where another program has taken it meanwhile
            written = file.stat().st_mtime
            if _is_alive(int(process), written):
                continue
            trace = file.read_text("utf-8", errors="replace")
            file.unlink()
            ended = datetime.fromtimestamp(written) if trace else None
            crash = Crash(program, datetime.fromtimestamp(int(began) / 1e9), ended, trace)
            if trace or program == WINDOW:
                record(f"{crash}\n{trace}".strip())
                found.append(crash)
    return sorted(found, key=lambda crash: crash.began, reverse=True)


def _is_alive(process: int, written: float) -> bool:
    """Tell whether the process that wrote a file is there, and not another one that has its number since."""
    import psutil

    try:
        return bool(psutil.Process(process).create_time() <= written + CLOCK_SECONDS)
    except psutil.Error:
        return False


def tell(error: BaseException, message: str) -> None:
    """Keep what a report of ``error`` needs, and say so on the terminal in one line."""
    record(described(error))
    sys.stderr.write(f"kdstudio: {' '.join(message.split())}; the details are in {log_file()}\n")
