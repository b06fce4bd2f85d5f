"""The commands: run, resume, list, show, export and what a run can tell."""

from __future__ import annotations

import json
import signal
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import Literal

import click

from kdstudio import __version__
from kdstudio.cli import tables
from kdstudio.cli.display import console, show_run, watch_run
from kdstudio.errors import KDStudioError
from kdstudio.runs.control import Wish, ask
from kdstudio.runs.folder import default_runs_folder, find_run, run_folders
from kdstudio.runs.presets import load_experiment
from kdstudio.runs.session import Session, Tell, failure, new_session, resumed_session

BAD_INPUT = 2
INTERRUPTED = 130

runs_dir = click.option(
    "--runs-dir", "runs", type=click.Path(path_type=Path), default=default_runs_folder,
    help="Folder of the runs (default: KDSTUDIO_RUNS, or the user's data folder).",
)  # fmt: skip
settings_option = click.option(
    "--set", "settings", multiple=True, metavar="PATH=VALUE",
    help="Change a field, for instance strategy.temperature=8; may be repeated.",
)  # fmt: skip
quiet_flag = click.option("--quiet", "-q", is_flag=True, help="Print only the run folder's path.")
json_flag = click.option("--json", "as_json", is_flag=True, help="Print JSON.")


@click.group()
@click.version_option(__version__, prog_name="kdstudio")
def kdstudio() -> None:
    """Knowledge distillation on a workbench. Without a command, the window opens."""


code_flag = click.option(
    "--allow-code", is_flag=True, help="Let networks be built by your own Python files (model 'python')."
)


@kdstudio.command()
@click.argument("experiment", metavar="PRESET|FILE.toml")
@settings_option
@runs_dir
@click.option("--name", default="", help="Name of the run folder (default: time and experiment).")
@click.option("--device", default="", help="auto, cpu, cuda, cuda:1, … or mps.")
@quiet_flag
@code_flag
def run(
    experiment: str,
    settings: tuple[str, ...],
    runs: Path,
    name: str,
    device: str,
    quiet: bool,
    allow_code: bool,
) -> int:
    """Run an experiment; the last line is the run folder's path."""
    changes = (*settings, f"compute.device={device}") if device else settings
    chosen = load_experiment(experiment, changes)
    return _carry_out(lambda tell: new_session(chosen, runs, name, tell, allow_code=allow_code), quiet=quiet)


@kdstudio.command()
@click.argument("which", metavar="RUN")
@runs_dir
@quiet_flag
@code_flag
def resume(which: str, runs: Path, quiet: bool, allow_code: bool) -> int:
    """Go on with a run that was stopped or interrupted."""
    folder = find_run(which, runs)
    return _carry_out(lambda tell: resumed_session(folder, tell, allow_code=allow_code), quiet=quiet)


def _carry_out(prepare: Callable[[Tell], Session], *, quiet: bool) -> int:
    """Prepare and run a session to its end, or until Ctrl+C; returns the exit code."""
    with _interruption() as interrupted:
        session = show_run(prepare, interrupted, quiet=quiet)
    summary = session.folder.summary()
    if not quiet:
        tables.print_results(summary, console())
    if summary.error:
        _complain(summary.error)
    click.echo(session.folder.path)
    return {"finished": 0, "stopped": INTERRUPTED}.get(summary.status, 1)


@kdstudio.command()
@click.argument("which", metavar="RUN")
@runs_dir
def watch(which: str, runs: Path) -> int:
    """Follow a run that goes on in another terminal or in the window; Ctrl+C leaves it alone."""
    folder = find_run(which, runs)
    with _interruption() as interrupted:
        watch_run(folder, interrupted)
    tables.print_run(folder.summary(), console(stderr=False))
    return 0


def _wish(name: str, wish: Wish, about: str) -> None:
    """Enter a command that leaves a wish for a running run."""

    @kdstudio.command(name, help=about)
    @click.argument("which", metavar="RUN")
    @runs_dir
    def leave(which: str, runs: Path) -> None:
        ask(find_run(which, runs), wish)


_wish("pause", "pause", "Hold a running run after its current step, wherever it runs.")
_wish("unpause", "go on", "Let a held run go on.")
_wish("stop", "stop", "Stop a running run with a checkpoint; 'kdstudio resume' goes on with it.")


@contextmanager
def _interruption() -> Iterator[list[bool]]:
    """Yield a list that the first Ctrl+C fills; a second one interrupts at once."""
    pressed: list[bool] = []

    def note(_number: int, _frame: object) -> None:
        if pressed:
            raise KeyboardInterrupt
        pressed.append(True)

    before = signal.signal(signal.SIGINT, note)
    try:
        yield pressed
    finally:
        signal.signal(signal.SIGINT, before)


@kdstudio.command("list")
@click.argument("what", type=click.Choice(["presets", *tables.REGISTRIES, "runs"]))
@runs_dir
@json_flag
def list_(what: str, runs: Path, as_json: bool) -> None:
    """List presets, what they can be made of, or runs; what was left out is told on stderr."""
    rows = tables.run_rows(run_folders(runs)) if what == "runs" else tables.declared_rows(what)
    for line in tables.left_out(what):
        click.echo(f"note: {line}", err=True)
    if as_json:
        click.echo(json.dumps(rows, indent=2, ensure_ascii=False))
    elif rows:
        console(stderr=False).print(tables.table(rows))
    else:
        click.echo(f"no {what} in {runs} yet; 'kdstudio run digits-hinton' makes one")


@kdstudio.command()
@click.argument("experiment", metavar="PRESET|FILE.toml")
@settings_option
@code_flag
def preview(experiment: str, settings: tuple[str, ...], allow_code: bool) -> None:
    """Show what an experiment would see and build: images, classes, networks, their cost and taps."""
    from kdstudio.runs.preview import Previewer

    found = Previewer().preview(
        load_experiment(experiment, settings), lambda _what, _fraction: None, allow_code=allow_code
    )
    tables.print_preview(found, console(stderr=False))


@kdstudio.command()
@click.argument("which", metavar="RUN")
@runs_dir
@json_flag
def show(which: str, runs: Path, as_json: bool) -> None:
    """Show a run: its settings and its networks' scores."""
    summary = find_run(which, runs).summary()
    if as_json:
        click.echo(summary.model_dump_json(indent=2))
    else:
        tables.print_run(summary, console(stderr=False))


@kdstudio.command()
@click.argument("which", metavar="RUN")
@click.option("--out", required=True, type=click.Path(path_type=Path), help="Folder to write to.")
@click.option("--network", default="student", show_default=True, help="Which network of the run.")
@click.option("--format", "file_format", default="safetensors", show_default=True, help="File format.")
@click.option("--best", is_flag=True, help="The best epoch's weights instead of the last's.")
@runs_dir
@code_flag
def export(
    which: str, out: Path, network: str, file_format: str, best: bool, runs: Path, allow_code: bool
) -> None:
    """Export a trained network; the file is loaded back and its outputs are compared."""
    from kdstudio.runs.export import export_network

    made = export_network(
        find_run(which, runs), network, out, best=best, file_format=file_format, allow_code=allow_code
    )
    console().print(
        f"{made.size:,} bytes; {made.outputs()}; loaded back, they differ by at most "
        f"{made.largest_difference:g} from the run's",
        markup=False,
    )
    click.echo(made.path)


@kdstudio.command()
@click.argument("which", metavar="RUN")
@click.option("--network", help="The network that learns (default: student).")
@click.option("--teacher", help="The network that it is compared with (default: teacher, if there is one).")
@click.option("--sample", default=0, show_default=True, help="Number of the image to look at.")
@click.option("--part", type=click.Choice(["test", "validation"]), default="test", show_default=True)
@click.option("--temperatures", default="1,2,4,8,20", show_default=True, help="Several, with commas.")
@click.option("--at", default="4", show_default=True, help="Temperature of the mean soft targets.")
@runs_dir
@json_flag
@code_flag
def temperature(
    which: str,
    network: str | None,
    teacher: str | None,
    sample: int,
    part: Literal["test", "validation"],
    temperatures: str,
    at: str,
    runs: Path,
    as_json: bool,
    allow_code: bool,
) -> None:
    """Show what the temperature does to a run's predictions: softened probabilities, entropy, gradients."""
    from kdstudio.cli.temperature_report import (
        as_record,
        check_sample,
        print_dark_knowledge,
        read_temperature,
        read_temperatures,
    )
    from kdstudio.runs.dark_knowledge import DarkKnowledgeReader

    several, one = read_temperatures(temperatures), read_temperature(at)
    folder = find_run(which, runs)
    found = DarkKnowledgeReader().read(folder, several, network, teacher, part, allow_code=allow_code)
    check_sample(found, sample)
    if as_json:
        click.echo(json.dumps(as_record(found, sample, one), indent=2, ensure_ascii=False))
    else:
        print_dark_knowledge(found, sample, one, console(stderr=False))


@kdstudio.command()
@click.argument("which", metavar="RUN")
@click.option("--network", default="student", show_default=True, help="One that left classes out.")
@click.option(
    "--shift", "group", type=click.Choice(["fewer", "left-out", "seen", "all"]),
    help="Classes whose biases are fitted: left out, seen, whichever are fewer (default), or all.",
)  # fmt: skip
@click.option(
    "--raise", "raised", multiple=True, metavar="CLASS=AMOUNT",
    help="Add an amount to one bias instead of fitting, for instance 3=3.5; may be repeated.",
)  # fmt: skip
@runs_dir
@json_flag
@code_flag
def bias(
    which: str,
    network: str,
    group: Literal["fewer", "left-out", "seen", "all"] | None,
    raised: tuple[str, ...],
    runs: Path,
    as_json: bool,
    allow_code: bool,
) -> None:
    """Shift the biases of classes never seen, fitted without test labels or by hand."""
    from kdstudio.cli.bias import as_record, print_record, read_biases
    from kdstudio.runs.unseen import read_unseen

    if group and raised:
        raise KDStudioError(f"--shift {group} fits the biases and --raise sets them; give one of the two")
    predictions = read_unseen(find_run(which, runs), allow_code=allow_code)
    biases = (
        read_biases(raised, predictions.class_names) if raised else predictions.fit(network, group or "fewer")
    )
    found = as_record(predictions, network, biases)
    if as_json:
        click.echo(json.dumps(found, indent=2, ensure_ascii=False))
    else:
        print_record(found, console(stderr=False))


@kdstudio.command()
@click.argument("which", metavar="RUN")
@click.option(
    "--threshold", "thresholds", type=click.FloatRange(0, 1), multiple=True,
    help="An image leaves at the first exit that is as sure as this, 0 to 1; may be repeated.",
)  # fmt: skip
@runs_dir
@json_flag
@code_flag
def exits(which: str, thresholds: tuple[float, ...], runs: Path, as_json: bool, allow_code: bool) -> None:
    """Show what a run's early exits give and cost: accuracy, work, measured latency, leaving early."""
    from kdstudio.cli.exit_report import USUAL_THRESHOLDS, as_record, print_report
    from kdstudio.runs.early_exits import read_exits

    report = read_exits(find_run(which, runs), allow_code=allow_code)
    found = as_record(report, thresholds or USUAL_THRESHOLDS)
    if as_json:
        click.echo(json.dumps(found, indent=2, ensure_ascii=False))
    else:
        print_report(found, console(stderr=False))


def _complain(message: str) -> None:
    click.echo(f"kdstudio: {message}", err=True)


def run_command_line(arguments: list[str]) -> int:
    """Run one command; returns its exit code. Bad input is one line on stderr and exit code 2."""
    try:
        result = kdstudio.main(arguments, prog_name="kdstudio", standalone_mode=False)
    except KDStudioError as error:
        _complain(str(error))
        return BAD_INPUT
    except click.ClickException as error:
        _complain(error.format_message())
        return error.exit_code
    except (KeyboardInterrupt, click.Abort):
        _complain("interrupted")
        return INTERRUPTED
    except Exception as error:  # before a run has begun, or after it
        failed = failure(error)
        click.echo(failed.details, err=True)
        _complain(failed.message)
        return 1
    return result if isinstance(result, int) else 0
