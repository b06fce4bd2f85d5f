"""Exporting trained networks: written aside, read back by their runtimes, measured, then put in place.

All that loads foreign libraries happens in processes of its own; nothing half-written remains.
"""

from __future__ import annotations

import shutil
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime
from importlib.metadata import version
from pathlib import Path
from tempfile import TemporaryDirectory
from typing import TYPE_CHECKING, NamedTuple

from kdstudio.declaration import ProgressCallback
from kdstudio.errors import KDStudioError
from kdstudio.given import reason
from kdstudio.machine import processor
from kdstudio.runs.exporting.child import ChildError
from kdstudio.runs.exporting.choice import weights_of
from kdstudio.runs.exporting.placing import check_folder, file_name, put_in_place, size_of
from kdstudio.runs.exporting.proof import Proof, Prover
from kdstudio.runs.exporting.records import MeasuredFile, keep
from kdstudio.runs.exporting.writer import Writer
from kdstudio.runs.files import make_folder
from kdstudio.runs.folder import RunFolder
from kdstudio.runs.formats.declaration import ExportFormat, Precision
from kdstudio.runs.formats.safetensors import Safetensors
from kdstudio.runs.former_runs import modern_state
from kdstudio.runs.model_card import model_card
from kdstudio.runs.predictions import open_data
from kdstudio.runs.weights import SUFFIX, check_code, load_network, load_tensors, read_card, save_network

if TYPE_CHECKING:
    from torch import nn

    from kdstudio.engine.card import NetworkCard
    from kdstudio.engine.run_data import RunData

CALIBRATION_IMAGES = 256
ROUNDED = "it rounds to integers itself, which this format does not keep; choose ONNX, which does"
IN_THE_RUN = "in the run"
"""Title of the row of a network as KD Studio has it: PyTorch, nothing exported."""


class Refusal(NamedTuple):
    """A network that a format or its runtime does not take."""

    network: str
    title: str
    reason: str

    def __str__(self) -> str:
        """Say it in a line."""
        return f"'{self.network}' cannot be exported as {self.title}: {self.reason}"


@dataclass(frozen=True)
class Exported:
    """What has become of all that was wanted."""

    rows: tuple[MeasuredFile, ...]
    """The truth table: of each network the run's own weights in PyTorch, then its files."""
    paths: tuple[Path, ...]
    """What was written, the first file of each."""
    refusals: tuple[Refusal, ...]


def export_networks(
    run: RunFolder,
    networks: Sequence[str],
    wanted: Sequence[ExportFormat],
    folder: Path,
    progress: ProgressCallback = lambda _what, _fraction: None,
    *,
    best: bool = False,
    replace: bool = False,
    threads: int = 1,
    allow_code: bool = False,
) -> Exported:
    """Write each of ``networks`` in each of the ``wanted`` formats into ``folder``; measure all of it.

    ``progress`` may raise to cancel; then, and after any error, ``folder`` is as it was. Existing files are
    replaced only with ``replace``. What a format or its runtime does not take is among the refusals.
    Raises KDStudioError when the run goes on, when a network, the data or a package is missing, or when
    ``folder`` cannot be written.
    """
    sources = {network: weights_of(run, network, best=best) for network in networks}
    for source in sources.values():
        check_code(read_card(source).runs_code, allow_code=allow_code)
    for file_format in wanted:
        file_format.check_installed()
    check_folder(run, networks, wanted, folder, replace=replace)
    data = open_data(run, progress)
    make_folder(folder, "export folder")
    try:
        with TemporaryDirectory(dir=folder, prefix=".export-") as scratch:
            job = _Job(run, data, Path(scratch), threads=threads, allow_code=allow_code)
            with job.writer:
                for number, (network, source) in enumerate(sources.items()):
                    job.export(network, source, wanted, _part(progress, number, len(sources)))
            return job.deliver(folder)
    except OSError as error:
        raise KDStudioError(
            f"nothing can be written to '{folder}' ({reason(error)}); make room, or choose another"
        ) from error


def _part(progress: ProgressCallback, number: int, of: int) -> ProgressCallback:
    """Progress of one of several parts of equal length."""
    return lambda what, fraction: progress(what, (number + fraction) / of)


class _Job:
    """Writes and proves in ``scratch``, until all is put in place."""

    def __init__(
        self, run: RunFolder, data: RunData, scratch: Path, *, threads: int, allow_code: bool
    ) -> None:
        self.writer = Writer()
        self._run, self._summary, self._data = run, run.summary(), data
        self._threads, self._allow_code = threads, allow_code
        self._making, self._made, self._own = (scratch / part for part in ("making", "made", "own"))
        self._made.mkdir()
        self._own.mkdir()
        self._rows: list[MeasuredFile] = []
        self._names: dict[Path, tuple[str, ...]] = {}
        """Of what was written: all its files, by the first."""
        self._refusals: list[Refusal] = []

    def export(
        self, network: str, source: Path, wanted: Sequence[ExportFormat], progress: ProgressCallback
    ) -> None:
        """Write one network in all formats and prove what was written."""
        card = read_card(source)
        own = self._own / f"{network}{SUFFIX}"
        save_network(modern_state(load_tensors(source), card), card, own)
        module, _card = load_network(own, allow_code=self._allow_code)
        files: dict[Path, ExportFormat] = {own: Safetensors()}
        writing, proving = _part(progress, 0, 2), _part(progress, 1, 2)
        for number, file_format in enumerate(wanted):
            if card.rounds and not file_format.keeps_rounding:
                self._refusals.append(Refusal(network, file_format.title, ROUNDED))
                continue
            try:
                path = self._write(network, own, card, file_format, _part(writing, number, len(wanted)))
            except ChildError as error:
                self._refusals.append(Refusal(network, file_format.title, str(error)))
            else:
                files[path] = file_format
        self._prove(network, module, card, files, proving)

    def _write(
        self,
        network: str,
        own: Path,
        card: NetworkCard,
        file_format: ExportFormat,
        progress: ProgressCallback,
    ) -> Path:
        """Write one file and move it away from where it was made; returns where it is now."""
        name = file_name(self._run, network)
        task = {
            "network": str(own),
            "format": file_format.model_dump(),
            "folder": str(self._making),
            "name": name,
            "about": model_card(self._summary, network, card),
            "calibration": self._calibration(own, card) if file_format.precision == "int8" else "",
            "allow_code": self._allow_code,
        }
        self._making.mkdir()
        try:
            self.writer.write(task, progress, f"writing {name} as {file_format.title}")
            for file in file_format.files(name):
                (self._making / file).rename(self._made / file)
        finally:
            shutil.rmtree(self._making)
        path = self._made / file_format.files(name)[0]
        self._names[path] = file_format.files(name)
        return path

    def _calibration(self, own: Path, card: NetworkCard) -> str:
        """Path of the images by which int8 finds its ranges."""
        import numpy as np

        file = own.with_suffix(".npy")
        if not file.exists():
            images = self._data.sample_of_training(CALIBRATION_IMAGES, self._class_numbers(card))
            np.save(file, images.numpy())
        return str(file)

    def _class_numbers(self, card: NetworkCard) -> list[int]:
        """Numbers of the classes that a network tells apart; none where these are all."""
        data = self._data
        return [] if card.class_names == data.class_names else data.class_numbers(card.class_names)

    def _prove(
        self,
        network: str,
        module: nn.Module,
        card: NetworkCard,
        files: Mapping[Path, ExportFormat],
        progress: ProgressCallback,
    ) -> None:
        _validation, test = self._data.evaluation_feeds(self._class_numbers(card), renumber=True)
        with Prover(
            files, progress, self._threads, exact=not card.rounds, allow_code=self._allow_code
        ) as prover:
            prover.open()
            prover.compare(module, test)
            prover.time(card.image)
        for path, file_format in files.items():
            if path not in prover.failures:
                precision = "int8" if card.rounds else file_format.precision
                self._rows.append(self._row(network, path, file_format, precision, prover.proofs[path]))
                continue
            self._refusals.append(Refusal(network, file_format.title, prover.failures[path]))
            self._names.pop(path, None)

    def _row(
        self, network: str, path: Path, file_format: ExportFormat, precision: Precision, proof: Proof
    ) -> MeasuredFile:
        known = self._summary.networks[network]
        names = self._names.get(path, (path.name,))
        return MeasuredFile(
            network=network,
            format=file_format.model_dump(),
            title=file_format.title if path in self._names else IN_THE_RUN,
            runtime=f"{file_format.runtime} {version(file_format.runtime)}",
            precision=precision,
            path=path.name if path in self._names else "",
            size=sum(size_of(path.parent / name) for name in names),
            parameters=known.parameters,
            multiply_adds=known.multiply_adds,
            images=proof.images,
            accuracy=proof.right / proof.images,
            agreement=proof.same / proof.images,
            largest_difference=proof.largest_difference,
            latencies=proof.latencies,
            threads=self._threads,
            processor=processor(),
            when=datetime.now().astimezone().isoformat(timespec="seconds"),
        )

    def deliver(self, folder: Path) -> Exported:
        """Put all proved files in their place, and keep what was measured in the run's folder."""
        for name in (name for names in self._names.values() for name in names):
            put_in_place(self._made / name, folder / name)
        paths = tuple(folder / path.name for path in self._names)
        rows = tuple(_moved(row, folder) for row in self._rows)
        keep(self._run, rows)
        return Exported(rows, paths, tuple(self._refusals))


def _moved(row: MeasuredFile, folder: Path) -> MeasuredFile:
    return row.model_copy(update={"path": str((folder / row.path).resolve())}) if row.path else row
