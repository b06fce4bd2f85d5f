"""Exporting trained networks: written aside, read back by their runtimes, measured, then put in place.

All that loads foreign libraries happens in processes of its own; nothing half-written remains.
"""

from __future__ import annotations

import os
import shutil
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime
from importlib.metadata import version
from pathlib import Path
from tempfile import TemporaryDirectory
from typing import TYPE_CHECKING, Any, NamedTuple

from kdstudio.declaration import ProgressCallback
from kdstudio.engine.identity import CONTROL
from kdstudio.errors import KDStudioError
from kdstudio.runs.comparison import main_reference, main_result
from kdstudio.runs.environment import processor
from kdstudio.runs.exporting.child import Child, ChildError
from kdstudio.runs.exporting.proof import Proof, Prover
from kdstudio.runs.exporting.records import MeasuredFile, keep
from kdstudio.runs.files import make_folder
from kdstudio.runs.folder import RunFolder
from kdstudio.runs.formats.declaration import ExportFormat, Precision
from kdstudio.runs.formats.safetensors import Safetensors
from kdstudio.runs.former_runs import modern_state
from kdstudio.runs.model_card import model_card
from kdstudio.runs.predictions import open_context
from kdstudio.runs.summary import Summary
from kdstudio.runs.weights import SUFFIX, check_code, load_network, load_tensors, read_card, save_network

if TYPE_CHECKING:
    from torch import nn

    from kdstudio.engine.card import NetworkCard
    from kdstudio.engine.context import RunContext

CALIBRATION_IMAGES = 256
ROUNDED = "it rounds to 8-bit integers itself; choose the format without int8, which keeps these integers"
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


def usual_networks(run: RunFolder, summary: Summary) -> list[str]:
    """What a run is about: its teacher, its baseline and its result, as far as their weights are kept."""
    names, rows = run.networks(), summary.networks
    if not names:
        raise KDStudioError(f"run '{run.name}' has no trained network yet; wait, or choose another run")
    result = main_result(summary, names)

    def is_its_control(name: str) -> bool:
        return name in rows and rows[name].kind == CONTROL and rows[name].shares_trial_with(rows[result])

    controls = [name for name in names if result in rows and is_its_control(name)]
    return list(dict.fromkeys([main_reference(summary, names, result), *controls[:1], result]))


def file_name(run: RunFolder, network: str) -> str:
    """``<run>-<network>``, without spaces."""
    return f"{run.name}-{network}".replace(" ", "-")


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
    _check_folder(run, networks, wanted, folder, replace=replace)
    context = open_context(run, progress)
    make_folder(folder, "export folder")
    try:
        with TemporaryDirectory(dir=folder, prefix=".export-") as scratch:
            job = _Job(run, context, Path(scratch), threads=threads, allow_code=allow_code)
            with job.writer:
                for number, (network, source) in enumerate(sources.items()):
                    job.export(network, source, wanted, _part(progress, number, len(sources)))
            return job.deliver(folder)
    except OSError as error:
        raise KDStudioError(
            f"nothing can be written to '{folder}' ({error.strerror or error}); make room, or choose another"
        ) from error


def weights_of(run: RunFolder, network: str, *, best: bool) -> Path:
    """Find the weights of a network that is finished; raises KDStudioError."""
    if run.is_running():
        raise KDStudioError(f"run '{run.name}' is still going on; wait for its end, or stop it first")
    if network not in run.networks():
        raise KDStudioError(
            f"run '{run.name}' has no network '{network}' to export; "
            f"it has {', '.join(run.networks()) or 'none yet'}"
        )
    source = run.network_file(network, best=best)
    return source if source.exists() else run.network_file(network)  # the last epoch was the best


def taken_files(
    run: RunFolder, networks: Sequence[str], wanted: Sequence[ExportFormat], folder: Path
) -> list[str]:
    """Names of what an export would write into ``folder`` and that is there already.

    None where it may not be looked into; writing tells why.
    """
    names = [file for network in networks for w in wanted for file in w.files(file_name(run, network))]
    return [name for name in names if os.path.exists(folder / name)]


def _check_folder(
    run: RunFolder, networks: Sequence[str], wanted: Sequence[ExportFormat], folder: Path, *, replace: bool
) -> None:
    """Raise KDStudioError where the files would come in the way of others."""
    if folder.resolve().is_relative_to(run.path.resolve()):
        raise KDStudioError(f"'{folder}' is in the run's own folder; choose another to export to")
    taken = taken_files(run, networks, wanted, folder)
    if taken and not replace:
        more = f" and {len(taken) - 1} more" if len(taken) > 1 else ""
        raise KDStudioError(
            f"'{folder / taken[0]}'{more} is there already; choose another folder, or replace it (--replace)"
        )


def _part(progress: ProgressCallback, number: int, of: int) -> ProgressCallback:
    """Progress of one of several parts of equal length."""
    return lambda what, fraction: progress(what, (number + fraction) / of)


class Writer:
    """A process that writes files; where one brings it down, another takes its place."""

    def __init__(self) -> None:
        """Started by the first file."""
        self._child: Child | None = None

    def __enter__(self) -> None:
        """Use it in a ``with`` block."""

    def __exit__(self, *_raised: object) -> None:
        """End the process."""
        if self._child is not None:
            self._child.close()
            self._child = None

    def write(self, task: dict[str, Any], progress: ProgressCallback, what: str) -> None:
        """Do one task of ``writing.py``. Raises ChildError with the reason where that cannot be."""
        if self._child is None:
            self._child = Child()
            self._child.start("kdstudio.runs.exporting.writing", {})
        try:
            self._child.tell(task)
            refused = self._child.hear_while(progress, what)["refused"]
        except ChildError:
            self.__exit__()
            raise
        if refused:
            raise ChildError(refused)


class _Job:
    """Writes and proves in ``scratch``, until all is put in place."""

    def __init__(
        self, run: RunFolder, context: RunContext, scratch: Path, *, threads: int, allow_code: bool
    ) -> None:
        self.writer = Writer()
        self._run, self._summary, self._context = run, run.summary(), context
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
            if card.rounds and file_format.precision == "int8":
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
            images = self._context.data.sample_of_training(CALIBRATION_IMAGES, self._class_numbers(card))
            np.save(file, images.numpy())
        return str(file)

    def _class_numbers(self, card: NetworkCard) -> list[int]:
        """Numbers of the classes that a network tells apart; none where these are all."""
        data = self._context.data
        return [] if card.class_names == data.class_names else data.class_numbers(card.class_names)

    def _prove(
        self,
        network: str,
        module: nn.Module,
        card: NetworkCard,
        files: Mapping[Path, ExportFormat],
        progress: ProgressCallback,
    ) -> None:
        _validation, test = self._context.data.evaluation_feeds(self._class_numbers(card), renumber=True)
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


def size_of(path: Path) -> int:
    """Bytes of a file, or of all files in a folder."""
    files = path.rglob("*") if path.is_dir() else [path]
    return sum(file.stat().st_size for file in files if file.is_file())


def put_in_place(source: Path, target: Path) -> None:
    """Rename ``source`` to ``target``, which it replaces."""
    if target.is_dir():
        shutil.rmtree(target)
    source.replace(target)
