"""``kdstudio search``: Optuna chooses the values of fields, run by run; ``kdstudio study`` shows them."""

from __future__ import annotations

import json
from collections.abc import Iterator, Mapping
from contextlib import ExitStack, closing
from dataclasses import asdict
from pathlib import Path

import click
from rich.console import Console
from rich.text import Text

from kdstudio.cli import tables
from kdstudio.cli.display import Display, console
from kdstudio.cli.interruption import Interruption, interruption
from kdstudio.cli.options import (
    code_flag,
    json_flag,
    prints_aside,
    quiet_flag,
    runs_dir,
    seeds_option,
    settings_option,
)
from kdstudio.engine.events import Event, Preparing
from kdstudio.engine.identity import Coordinate, title_of
from kdstudio.errors import KDStudioError
from kdstudio.runs.figures import FIGURES, MISSING
from kdstudio.runs.presets import load_experiment
from kdstudio.runs.state import RunState, spoken_duration
from kdstudio.runs.studies import library
from kdstudio.runs.studies.goal import GOALS, Goal
from kdstudio.runs.studies.history import History, ToldTrial, read_history
from kdstudio.runs.studies.search import Listener, Search
from kdstudio.runs.studies.storage import StudyStorage, named_storage, own_storage, own_storages
from kdstudio.runs.studies.study import How, Study, begin_study, open_study, study_names

TRIALS = 20
storage_option = click.option(
    "--storage", metavar="FILE|URL",
    help="Optuna's journal, a file that machines can share, or a database (sqlite:///studies.db, "
    "postgresql://…); default: a journal in the runs folder.",
)  # fmt: skip


@click.command()
@click.argument("source", metavar="[PRESET|FILE.toml]", required=False)
@settings_option
@seeds_option
@click.option(
    "--over", multiple=True, metavar="PATH=LOW..HIGH|VALUE,…",
    help="Vary a field: any number of a range (strategy.alpha=0.1..0.9), by factors "
    "(strategy.temperature=1..20:log), or one of some values; may be repeated.",
)  # fmt: skip
@click.option("--trials", type=click.IntRange(1, 10_000),
              help="How many settings the study has in the end, with those of other processes (default: as "
              "it was begun, with 20).")  # fmt: skip
@click.option("--goal", type=click.Choice(GOALS),
              help="On the validation images, of the network that the run is about (default: "
              f"{GOALS[0]}).")  # fmt: skip
@click.option("--sampler", help=f"What chooses: {', '.join(library.SAMPLERS)} (default: tpe).")
@click.option("--pruner", help=f"What gives up early: {', '.join(library.PRUNERS)} (default: median).")
@click.option("--sampler-seed", "seed", type=click.IntRange(0, 2**31 - 1),
              help="Same seed, same settings (default: 0).")  # fmt: skip
@click.option("--study", "name", default="", help="Name of the study (default: the experiment's).")
@storage_option
@runs_dir
@quiet_flag
@code_flag
def search(
    source: str | None,
    settings: tuple[str, ...],
    seeds: int | None,
    over: tuple[str, ...],
    trials: int | None,
    goal: Goal | None,
    sampler: str | None,
    pruner: str | None,
    seed: int | None,
    name: str,
    storage: str | None,
    runs: Path,
    quiet: bool,
    allow_code: bool,
) -> int:
    """Search for the settings that are best on validation; the last line is the best run's path.

    Each setting is a run like any other. The same command goes on with a study that was interrupted, beside
    other processes too; without a preset, --study names one that is there.
    """
    library.load()
    said = {"sampler": sampler, "pruner": pruner, "seed": seed}
    chosen = {key: value for key, value in said.items() if value is not None}
    if source:
        experiment = load_experiment(source, settings, seeds)
        name = name or experiment.name
        place = _storage(storage, name, runs)
        study = begin_study(
            name,
            place,
            experiment,
            over,
            goal or GOALS[0],
            runs,
            trials=trials or TRIALS,
            how=How(**chosen),
        )
    elif not name or over or settings or seeds or goal:
        raise KDStudioError(
            "name a preset or file with what is varied, or by --study alone a study that is there, which "
            "goes on with what it varies, its settings and its goal"
        )
    else:
        study = open_study(name, _storage(storage, name, runs))
    with interruption() as interrupted, closing(Teller(console(quiet=quiet), interrupted, study)) as teller:
        Search(
            study,
            runs,
            how=study.described.how.model_copy(update=chosen),
            allow_code=allow_code,
            leaving=lambda: bool(interrupted),
            listener=teller,
        ).run(trials or study.described.trials)
    history = read_history(study)
    if not quiet:
        print_history(history, console())
    if history.best:
        click.echo(runs / history.best.run)
    return interrupted.exit_code if interrupted else 0


@click.command()
@click.argument("name", required=False)
@storage_option
@click.option("--stop", is_flag=True, help="Let every process that works on it stop, with checkpoints.")
@runs_dir
@json_flag
def study(name: str | None, storage: str | None, stop: bool, runs: Path, as_json: bool) -> None:
    """Show a study: its trials, the best, and which field matters; without a NAME, list all studies."""
    library.load()
    if name is None:
        if stop:
            raise KDStudioError("--stop ends the work on one study; name it")
        _list(storage, runs, as_json=as_json)
        return
    found = open_study(name, _storage(storage, name, runs))
    if stop:
        found.wish_stop(stop=True)
        return
    history = read_history(found)
    if as_json:
        click.echo(json.dumps(_as_record(history), indent=2, ensure_ascii=False))
    else:
        print_history(history, console(stderr=False))


def _storage(text: str | None, name: str, runs: Path) -> StudyStorage:
    return named_storage(text, runs) if text else own_storage(runs, name)


def _list(text: str | None, runs: Path, *, as_json: bool) -> None:
    places = [named_storage(text, runs)] if text else own_storages(runs)
    found = [history for place in places for history in _histories(place)]
    if as_json:
        click.echo(json.dumps([_as_row(history) for history in found], indent=2, ensure_ascii=False))
    elif found:
        rows = [_as_row(each) | {"best": spoken_value(each.goal, _best_value(each))} for each in found]
        console(stderr=False).print(tables.table(rows))
    else:
        click.echo(f"no study in {text or runs} yet; 'kdstudio search' begins one")


def _histories(place: StudyStorage) -> Iterator[History]:
    """Read the studies of a storage; what cannot be read is told on stderr."""
    try:
        names = study_names(place)
    except KDStudioError as error:
        click.echo(f"note: {error}", err=True)
        return
    for name in names:
        try:
            yield read_history(open_study(name, place))
        except KDStudioError as error:
            click.echo(f"note: {error}", err=True)


def _as_row(history: History) -> dict[str, object]:
    return {
        "study": history.name,
        "experiment": history.experiment,
        "varies": ", ".join(history.over),
        "trials": history.tried,
        "goal": history.goal,
        "best": _best_value(history),
        "run": history.best.run if history.best else "",
    }


def _best_value(history: History) -> float | None:
    return history.best.value if history.best else None


def _as_record(history: History) -> dict[str, object]:
    best = history.best
    return asdict(history) | {"best": best.number if best else None}


def print_history(history: History, output: Console) -> None:
    """Print all trials in a table, the best, and what mattered."""
    rows = [
        {
            "trial": trial.number,
            **{title_of(path): _spoken(trial.chosen.get(path, "")) for path in history.paths},
            f"validation {history.goal}": spoken_value(history.goal, trial.value),
            "epochs": trial.epochs,
            "state": trial.state + (f": {trial.reason}" if trial.reason else ""),
            "time": spoken_duration(trial.seconds) if trial.seconds is not None else "",
            "run": trial.run,
        }
        for trial in history.trials
    ]
    if rows:
        output.print(tables.table(rows))
    if history.importance:
        shares = ", ".join(f"{title_of(path)} {share:.0%}" for path, share in history.importance.items())
        output.print(Text(f"What mattered (PED-ANOVA): {shares}"))
    output.print(Text(spoken_best(history)))


def spoken_best(history: History) -> str:
    """Say which trial is the best, and with which values."""
    best = history.best
    if best is None:
        return f"Study {history.name} has no result yet."
    chosen = ", ".join(f"{path}={_spoken(value)}" for path, value in best.chosen.items())
    value = spoken_value(history.goal, best.value)
    return f"Best of {len(history.finished)}: trial {best.number}, {value} with {chosen}"


def spoken_value(goal: Goal, value: float | None) -> str:
    """``96.20%``, or a dash."""
    return MISSING if value is None else FIGURES[goal].single(value)


def _spoken(value: Coordinate) -> str:
    return f"{value:.4g}" if isinstance(value, float) else str(value)


class Teller(Listener):
    """Shows the run of each trial as a run of its own is shown, and says in a line what came out."""

    def __init__(self, output: Console, interrupted: Interruption, study: Study) -> None:
        """Nothing runs yet."""
        self._output = output
        self._interrupted = interrupted
        self._study = study
        self._live = ExitStack()
        self._display = Display(output, interrupted)

    def close(self) -> None:
        """Show nothing live any more."""
        self._live.close()

    def begins(self, number: int, chosen: Mapping[str, Coordinate]) -> None:
        """Say which setting is tried."""
        words = ", ".join(f"{path}={_spoken(value)}" for path, value in chosen.items())
        self._output.print(Text(f"trial {number}: {words}"))
        self._display = Display(self._output, self._interrupted)
        for shown in (self._display.live(), prints_aside()):
            self._live.enter_context(shown)

    def prepares(self, event: Preparing) -> None:
        """Show it."""
        self._display.prepare(event)

    def shows(self, events: list[Event], state: RunState) -> None:
        """Show it."""
        self._display.show(events, state)

    def ends(self, trial: ToldTrial) -> None:
        """Say what came out."""
        self.close()
        value = spoken_value(self._study.described.goal, trial.value)
        match trial.state:
            case "finished":
                said = f"{value} on validation"
            case "pruned":
                said = f"pruned after {trial.epochs} epochs, at {value}"
            case _:
                said = f"{trial.state}{': ' * bool(trial.reason)}{trial.reason}"
        self._output.print(Text(f"trial {trial.number}: {said}"))
