"""One run from experiment to folder: what the window's worker and the command line both do."""

from __future__ import annotations

import sys
import traceback
from collections.abc import Callable, Generator, Sequence
from contextlib import suppress
from pathlib import Path
from typing import TYPE_CHECKING

from kdstudio.engine.checkpoint import Checkpoint
from kdstudio.engine.events import Event, Preparing, RunDone, RunFailed, RunStopped
from kdstudio.engine.experiment import REGISTRIES, Experiment, FromFile, FromRun
from kdstudio.errors import KDStudioError
from kdstudio.models.python import MODULE as USER_MODULE
from kdstudio.packages import OURS, deepest_place, top_level
from kdstudio.runs.files import make_folder
from kdstudio.runs.folder import RunFolder, create_run, find_run
from kdstudio.runs.recorder import Recorder, rewind
from kdstudio.runs.weights import NetworkCard, check_code, load_tensors, load_weights_file

if TYPE_CHECKING:
    from torch import Tensor

    from kdstudio.engine.context import RunContext
    from kdstudio.engine.trainer import Trainer

Tell = Callable[[Event], None]


class Session:
    """A prepared run; iterate :meth:`events` to run it, close that generator to stop it."""

    def __init__(self, trainer: Trainer, folder: RunFolder, past: Sequence[Event] = ()) -> None:
        """``folder`` exists and holds the experiment; ``past`` is what it has recorded so far."""
        self._trainer = trainer
        self._past = past
        self.folder = folder

    def seconds(self) -> float:
        """Time spent in the run."""
        return self._trainer.seconds()

    def events(self) -> Generator[Event]:
        """Run, record, and pass every event on; the last one tells how it ended.

        A resumed run first repeats what had happened before, for whoever draws it. Closed
        early, it finishes the step, saves a checkpoint and marks the run stopped.
        """
        trainer = self._trainer
        yield from self._past
        with self.folder.held():
            recorder = Recorder(self.folder, network_cards(trainer.context))
            running = trainer.events()
            try:
                for event in running:
                    recorder.record(event, trainer)
                    yield event
            except GeneratorExit:
                if not isinstance(event, RunDone):
                    recorder.save_checkpoint(trainer)
                    recorder.record(RunStopped(seconds=trainer.seconds()))
                raise
            except Exception as error:
                failed = failure(error)
                with suppress(OSError):
                    recorder.record(failed)
                yield failed
            finally:
                running.close()
                recorder.close()


def new_session(
    experiment: Experiment,
    runs: Path,
    name: str = "",
    tell: Tell = lambda _: None,
    *,
    allow_code: bool = False,
) -> Session:
    """Load the data, try every stage, and make the run folder.

    ``tell`` hears of downloads and the like; ``allow_code`` lets networks be built by the user's
    own Python files. Raises KDStudioError when the experiment cannot be
    run; then no folder is left behind.
    """
    make_folder(runs, "runs folder")
    check_networks(experiment, allow_code=allow_code)
    trainer = _trainer(experiment, runs, tell)
    return Session(trainer, create_run(runs, experiment, name))


def check_networks(experiment: Experiment, *, allow_code: bool) -> None:
    """Raise KDStudioError where a network runs code and nobody has allowed that."""
    for network in experiment.networks.values():
        check_code(network.model, allow_code=allow_code)


def resumed_session(folder: RunFolder, tell: Tell = lambda _: None, *, allow_code: bool = False) -> Session:
    """Prepare an interrupted or stopped run to go on where its checkpoint stands."""
    status = folder.summary().status
    if status in {"finished", "running"}:
        raise KDStudioError(f"run '{folder.name}' is {status}; there is nothing to resume")
    check_networks(folder.experiment(), allow_code=allow_code)
    with folder.held():
        checkpoint = rewind(folder)
        past = tuple(folder.events())
    trainer = _trainer(folder.experiment(), folder.path.parent, tell, checkpoint, folder)
    return Session(trainer, folder, past)


def _trainer(
    experiment: Experiment,
    runs: Path,
    tell: Tell,
    resume: Checkpoint | None = None,
    folder: RunFolder | None = None,
) -> Trainer:
    from kdstudio.engine.context import RunContext
    from kdstudio.engine.device import resolve_device
    from kdstudio.engine.trainer import Trainer

    device = resolve_device(experiment.compute.device)
    data = experiment.data.source.load(lambda what, fraction: tell(Preparing(what=what, fraction=fraction)))
    context = RunContext(
        experiment, data, device, lambda source, classes: load_weights(source, classes, runs)
    )
    finished = (lambda name: load_tensors(folder.network_file(name))) if folder else None
    return Trainer(context, resume, finished)


def load_weights(source: FromFile | FromRun, class_names: tuple[str, ...], runs: Path) -> dict[str, Tensor]:
    """Read the weights that an experiment asks for, made for the classes of its data."""
    if isinstance(source, FromFile):
        return load_weights_file(Path(source.path).expanduser(), class_names)
    folder = find_run(source.run, runs)
    if source.network not in folder.networks():
        raise KDStudioError(
            f"run '{folder.name}' has no network '{source.network}'; "
            f"it has {', '.join(folder.networks()) or 'none yet'}"
        )
    return load_weights_file(folder.network_file(source.network), class_names)


def network_cards(context: RunContext) -> dict[str, NetworkCard]:
    """Tell for every network of the run how to rebuild it."""
    return {
        name: NetworkCard(
            network=name,
            model=context.experiment.networks[built.role].model,
            image=context.image[:3],
            class_names=built.class_names,
            mean=context.data.mean,
            std=context.data.std,
            exit=built.exit,
        )
        for name, built in context.built.items()
    }


def failure(error: Exception) -> RunFailed:
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
    return RunFailed(message=message, details=details)


def _blame(error: Exception) -> str:
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
    if isinstance(error, ImportError):
        return "(something is missing here; install KD Studio anew)"
    return "(this is a mistake in KD Studio; please report the details)"
