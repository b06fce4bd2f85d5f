"""Answers of frozen networks on disk: a SQLite file for each table, found again by its key.

A cache: what is damaged, or does not fit, is computed again. Two processes may write one table at once, since
both write the same blocks.
"""

from __future__ import annotations

import os
import sqlite3
import zlib
from collections.abc import Collection, Iterable, Iterator, Mapping
from contextlib import closing, suppress
from datetime import UTC, datetime
from pathlib import Path

from kdstudio.errors import KDStudioError
from kdstudio.given import reason

Place = tuple[int, int]

BUSY_SECONDS = 10.0
"""How long another process's writing is waited for."""
CHECKSUM_BYTES = 4


class SqliteAnswers:
    """An ``AnswerStore`` (see ``engine/answers.py``) in a folder, no larger than a limit.

    Where it is full, tables that no run has used for the longest time go first; those of this run stay, and
    what does not fit beside them is not written. A table that cannot be read is complained of once and left
    alone; after an error in writing nothing more is written.
    """

    def __init__(self, folder: Path, limit: int) -> None:
        """``limit`` in bytes; the folder is made when there is something to keep."""
        self._folder = folder
        self._limit = limit
        self._used: set[str] = set()
        self._given_up: set[str] = set()
        self._is_writable = True
        self._complaints: list[str] = []

    def _file(self, key: str) -> Path:
        return self._folder / f"{key}.sqlite"

    def read(self, key: str, places: Collection[Place]) -> dict[Place, bytes]:
        """Return those of ``places`` that the table ``key`` has, each checked."""
        file = self._file(key)
        if key in self._given_up or not file.exists():
            return {}
        self._used.add(key)
        try:
            with closing(_opened(file, "rw")) as table:
                found = _found(table, key, places)
        except (sqlite3.Error, OSError, KDStudioError) as error:
            self._given_up.add(key)
            self._complain(file, error)
            return {}
        with suppress(OSError):  # a folder that can only be read
            os.utime(file)
        return found

    def write(self, key: str, about: Mapping[str, str], blocks: Iterable[tuple[Place, bytes]]) -> None:
        """Add ``blocks``, as many as fit, in one transaction."""
        if key in self._given_up or not self._is_writable:
            return
        self._used.add(key)
        try:
            self._folder.mkdir(parents=True, exist_ok=True)
            with closing(_opened(self._file(key), "rwc")) as table, table:
                _prepare(table, key, about)
                table.executemany("INSERT OR IGNORE INTO blocks VALUES (?, ?, ?)", self._fitting(blocks))
        except (sqlite3.Error, OSError, KDStudioError) as error:
            self._is_writable = False
            self._complain(self._file(key), error)

    def _fitting(self, blocks: Iterable[tuple[Place, bytes]]) -> Iterator[tuple[int, int, bytes]]:
        """Pass on blocks while there is room, which unused tables make."""
        files = {file: file.stat() for file in self._folder.glob("*.sqlite")}
        taken = sum(stat.st_size for stat in files.values())
        others = [file for file in files if file.stem not in self._used]
        oldest = sorted(others, key=lambda file: files[file].st_mtime)
        for (view, block), content in blocks:
            taken += len(content)
            while taken > self._limit and oldest:
                taken -= files[oldest[0]].st_size
                oldest.pop(0).unlink(missing_ok=True)
            if taken > self._limit:
                return
            yield view, block, zlib.crc32(content).to_bytes(CHECKSUM_BYTES) + content

    def _complain(self, file: Path, error: Exception) -> None:
        self._complaints.append(
            f"Remembered answers cannot be kept in {file}: {reason(error)}. The run goes on and computes "
            "what it cannot look up; its results are the same. "
            f"'kdstudio cache clear {file.stem[:8]}' removes the file, KDSTUDIO_CACHE names another folder."
        )

    def complaints(self) -> list[str]:
        """Return what went wrong since the last call."""
        told, self._complaints = self._complaints, []
        return told


def read_about(file: Path) -> dict[str, str]:
    """Return what the table in ``file`` says of itself, and how many ``blocks`` it has.

    Raises KDStudioError where it is no table.
    """
    try:
        with closing(_opened(file, "rw")) as table:
            about = dict(table.execute("SELECT name, value FROM about"))
            ((count,),) = table.execute("SELECT count(*) FROM blocks")
    except (sqlite3.Error, OSError) as error:
        raise KDStudioError(f"{file} is no table of answers ({error}); remove it") from error
    return {**about, "blocks": str(count)}


def _opened(file: Path, mode: str) -> sqlite3.Connection:
    """Open a table. Who only reads it may have to undo what a killed process has left half written.

    With ``rw`` SQLite still opens what can only be read.
    """
    address = f"{file.absolute().as_uri()}?mode={mode}"
    return sqlite3.connect(address, uri=True, timeout=BUSY_SECONDS, isolation_level=None)


def _prepare(table: sqlite3.Connection, key: str, about: Mapping[str, str]) -> None:
    """Begin a transaction; make the table, or see that it is that of ``key``."""
    table.execute("PRAGMA synchronous = OFF")  # each block has a checksum
    table.execute("BEGIN IMMEDIATE")
    table.execute("CREATE TABLE IF NOT EXISTS about (name TEXT PRIMARY KEY, value TEXT)")
    table.execute(
        "CREATE TABLE IF NOT EXISTS blocks "
        "(view INTEGER, block INTEGER, bytes BLOB, PRIMARY KEY (view, block))"
    )
    facts = {"key": key, **about, "made": datetime.now(UTC).isoformat(timespec="seconds")}
    table.executemany("INSERT OR IGNORE INTO about VALUES (?, ?)", facts.items())
    _check(table, key)


def _found(table: sqlite3.Connection, key: str, places: Collection[Place]) -> dict[Place, bytes]:
    if not table.execute("SELECT 1 FROM sqlite_master").fetchone():  # another process is about to make it
        return {}
    _check(table, key)
    query, found = "SELECT bytes FROM blocks WHERE view = ? AND block = ?", {}
    for view, block in places:
        row = table.execute(query, (view, block)).fetchone()
        if row is not None:
            found[view, block] = _checked(row[0])
    return found


def _check(table: sqlite3.Connection, key: str) -> None:
    row = table.execute("SELECT value FROM about WHERE name = 'key'").fetchone()
    if row is None or row[0] != key:
        raise KDStudioError("it holds the answers of another network")


def _checked(content: bytes) -> bytes:
    checksum, block = content[:CHECKSUM_BYTES], content[CHECKSUM_BYTES:]
    if int.from_bytes(checksum) != zlib.crc32(block):
        raise KDStudioError("it is damaged")
    return block
