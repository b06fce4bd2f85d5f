"""What others do to run folders while the window shows them: copy, change, damage, delete."""

from __future__ import annotations

import json
import shutil
from contextlib import suppress
from pathlib import Path
from random import Random

from kdstudio.runs.folder import RECORDED

FILES = (
    "summary.json",
    "events.jsonl",
    "experiment.toml",
    "labels.json",
    "stages.json",
    "checkpoint.safetensors",
)
VALUES = (None, "no date", 1e999, -1, [], {}, "x" * 10_000, 10**9)


class Vandal:
    """Does not know what is locked, or written at the moment."""

    def __init__(self, runs: Path, chance: Random) -> None:
        """Folders in ``runs`` are its own."""
        self._runs = runs
        self._chance = chance
        self._copies = 0

    def act(self) -> str:
        """Do something; returns what."""
        acts = (
            self._copy,
            self._copy,
            self._write,
            self._cut,
            self._lose,
            self._twist,
            self._throw,
            self._confuse,
        )
        with suppress(OSError, ValueError, IndexError):
            return self._chance.choice(acts)()
        return "nothing to damage"

    def _run(self) -> Path:
        runs = [path for path in self._runs.iterdir() if path.is_dir()]
        return self._chance.choice(runs) if runs else self._runs / "none"

    def _file(self) -> Path:
        return self._run() / self._chance.choice(FILES)

    def _copy(self) -> str:
        source = self._chance.choice(sorted(RECORDED.iterdir()))
        self._copies += 1
        shutil.copytree(source, self._runs / f"{source.name} {self._copies}")
        return f"copy {source.name}"

    def _write(self) -> str:
        file = self._file()
        file.write_bytes(self._chance.choice((b"", b"{}", b"[]\n", b"\0" * 100, b'{"a', b"\xff\xfe")))
        return f"overwrite {file}"

    def _cut(self) -> str:
        file = self._file()
        content = file.read_bytes()
        file.write_bytes(content[: self._chance.randrange(len(content) + 1)])
        return f"cut {file}"

    def _lose(self) -> str:
        file = self._file()
        file.unlink()
        return f"delete {file}"

    def _twist(self) -> str:
        """Give one value of a summary another, of whatever kind."""
        file = self._run() / "summary.json"
        summary = json.loads(file.read_bytes())
        name = self._chance.choice(sorted(summary))
        summary[name] = self._chance.choice(VALUES)
        file.write_text(json.dumps(summary))
        return f"set {name} in {file} to {str(summary[name])[:20]!r}"

    def _throw(self) -> str:
        run = self._run()
        shutil.rmtree(run)
        return f"delete {run}"

    def _confuse(self) -> str:
        """Put a folder where a file was."""
        file = self._file()
        file.unlink(missing_ok=True)
        file.mkdir()
        return f"a folder as {file}"
