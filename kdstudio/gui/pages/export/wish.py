"""What is to be exported, and the same on the command line."""

from __future__ import annotations

from dataclasses import dataclass
from pathlib import Path
from shlex import join

from kdstudio.declaration import ProgressCallback
from kdstudio.runs.exporting.export import Exported, export_networks
from kdstudio.runs.exporting.placing import taken_files
from kdstudio.runs.folder import RunFolder
from kdstudio.runs.formats.declaration import ExportFormat
from kdstudio.runs.presets import written


@dataclass(frozen=True)
class Wish:
    """Networks of a run in some formats."""

    run: RunFolder
    networks: tuple[str, ...]
    usual: tuple[str, ...]
    """The networks that nobody needs to name."""
    formats: tuple[ExportFormat, ...]
    folder: Path
    best: bool
    threads: int

    def taken(self) -> list[str]:
        """Names of files that it would replace."""
        return taken_files(self.run, self.networks, self.formats, self.folder)

    def fulfil(self, progress: ProgressCallback, *, replace: bool) -> Exported:
        """Write, read back and measure; see :func:`export_networks`."""
        return export_networks(
            self.run, self.networks, self.formats, self.folder, progress,
            best=self.best, replace=replace, threads=self.threads,
        )  # fmt: skip

    def command(self) -> str:
        """Return the command line that does it."""
        return join(["kdstudio", "export", self.run.name, *self._options()])

    def command_without_run(self) -> str:
        """Return the same for a name of the run that follows."""
        return join(["export", *self._options()])

    def _options(self) -> list[str]:
        named = self.networks if self.networks != self.usual else ()
        options = [word for network in named for word in ("--network", network)]
        options += ["--format", ",".join(one.name for one in self.formats)]
        options += [word for setting in self._settings() for word in ("--set", setting)]
        options += ["--out", str(self.folder)]
        options += ["--best"] if self.best else []
        return options + (["--threads", str(self.threads)] if self.threads > 1 else [])

    def _settings(self) -> list[str]:
        """Options of the formats that are not as usual."""
        return [
            f"{one.name}.{option}={written(value)}"
            for one in self.formats
            for option, value in one.model_dump(mode="json", exclude_defaults=True).items()
        ]
