"""The commands that look at what there is and what came out, and the way into all commands."""

from __future__ import annotations

import json
from pathlib import Path
from typing import Literal

import click

from kdstudio.cli import tables
from kdstudio.cli.cache import cache
from kdstudio.cli.check import check
from kdstudio.cli.code import code
from kdstudio.cli.display import console
from kdstudio.cli.explain import explain
from kdstudio.cli.export import export
from kdstudio.cli.keeping import delete, label
from kdstudio.cli.lecture import lecture
from kdstudio.cli.lists import list_
from kdstudio.cli.log_to import log_to
from kdstudio.cli.options import (
    Chosen,
    check_text,
    chosen_run,
    code_flag,
    complain,
    experiment_options,
    json_flag,
    kdstudio,
    prints_aside,
    runs_dir,
)
from kdstudio.cli.output import give_up_output, is_of_output, show_every_sign
from kdstudio.cli.queue import queue
from kdstudio.cli.report import report
from kdstudio.cli.running import INTERRUPTED
from kdstudio.cli.search import search, study
from kdstudio.cli.sudden_end import no_sudden_end
from kdstudio.engine.strangers import strangers_line
from kdstudio.errors import KDStudioError
from kdstudio.fault_log import crashes, remark, tell
from kdstudio.given import printable
from kdstudio.runs.comparison import main_result
from kdstudio.runs.ended import told
from kdstudio.runs.exporting.records import MeasuredFile, measured_files
from kdstudio.runs.failure import failure
from kdstudio.runs.folder import RunFolder, default_runs_folder
from kdstudio.runs.gathered_runs import gather
from kdstudio.runs.outcome import outcome
from kdstudio.runs.result_tables import result_tables
from kdstudio.runs.table_formats import TABLE_FORMATS, written_as

BAD_INPUT = 2

kdstudio.add_command(cache)
kdstudio.add_command(check)
kdstudio.add_command(code)
kdstudio.add_command(export)
kdstudio.add_command(queue)
kdstudio.add_command(list_)
kdstudio.add_command(report)
kdstudio.add_command(lecture)
kdstudio.add_command(log_to)
kdstudio.add_command(explain)
kdstudio.add_command(label)
kdstudio.add_command(delete)
kdstudio.add_command(search)
kdstudio.add_command(study)


@kdstudio.command()
@experiment_options
@runs_dir
@code_flag
def preview(
    chosen: Chosen,
    runs: Path,
    allow_code: bool,
) -> None:
    """Show what an experiment would see and build: images, classes, networks, their cost and taps."""
    from kdstudio.runs.preview import Previewer

    with prints_aside():
        found = Previewer(runs).preview(chosen.load(), lambda _what, _fraction: None, allow_code=allow_code)
    tables.print_preview(found, console(stderr=False))


@kdstudio.command()
@click.argument("which", metavar="RUN [RUN …]", nargs=-1, required=True)
@click.option(
    "--format",
    "table_format",
    type=click.Choice([*TABLE_FORMATS]),
    help="Print the tables alone, in this format.",
)
@runs_dir
@json_flag
def show(which: tuple[str, ...], table_format: str | None, runs: Path, as_json: bool) -> None:
    """Show a run: its settings, its networks' scores, and what its exported files were measured to be.

    Of several runs, those that differ in the seed alone are shown as one, others side by side.
    """
    if table_format and as_json:
        raise KDStudioError(
            f"--format {table_format} prints tables and --json all there is; give one of the two"
        )
    folders = [chosen_run(each, runs) for each in which]
    groups = gather({folder: folder.summary() for folder in folders})
    if len(groups) > 1:
        tables.print_beside([group.summary for group in groups], console(stderr=False), table_format, as_json)
        return
    summary, files = groups[0].summary, [file for folder in folders for file in _files_of(folder)]
    if table_format:
        click.echo(written_as(table_format, result_tables(summary)), nl=False)
    elif as_json:
        exports = [file.model_dump(mode="json") for file in files]
        record = summary.model_dump(mode="json") | {"outcome": outcome(summary).text, "exports": exports}
        click.echo(json.dumps(record, indent=2, ensure_ascii=False))
    else:
        tables.print_run(summary, console(stderr=False))
        tables.print_exports(files, console(stderr=False))


def _files_of(run: RunFolder) -> tuple[MeasuredFile, ...]:
    """Return what a run's exported files were measured to be; none, and a remark, where that is damaged."""
    try:
        return measured_files(run)
    except KDStudioError as error:
        click.echo(f"note: {error}", err=True)
        return ()


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
    folder = chosen_run(which, runs)
    with prints_aside():
        found = DarkKnowledgeReader().read(folder, several, network, teacher, part, allow_code=allow_code)
    check_sample(found, sample)
    if as_json:
        click.echo(json.dumps(as_record(found, sample, one), indent=2, ensure_ascii=False))
    else:
        print_dark_knowledge(found, sample, one, console(stderr=False))


@kdstudio.command()
@click.argument("which", metavar="RUN")
@click.option("--network", help="One that left classes out (default: the run's result).")
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
    network: str | None,
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
    folder = chosen_run(which, runs)
    with prints_aside():
        predictions = read_unseen(folder, allow_code=allow_code)
    network = network or main_result(folder.summary(), [*predictions.unseen])
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

    with prints_aside():
        report = read_exits(chosen_run(which, runs), allow_code=allow_code)
    found = as_record(report, thresholds or USUAL_THRESHOLDS)
    if as_json:
        click.echo(json.dumps(found, indent=2, ensure_ascii=False))
    else:
        print_report(found, console(stderr=False))


def run_command_line(arguments: list[str]) -> int:
    """Run one command; returns its exit code. Bad input is one line on stderr and exit code 2.

    So is a fault of KD Studio's, with exit code 1: what a report of it needs is in the log. One that ended a
    program before is told at the next command.
    """
    show_every_sign()
    try:
        check_text(arguments)
        ended = [told(crash, default_runs_folder()) for crash in crashes()[:1]]
        for note in filter(None, (remark(), *ended)):
            click.echo(f"note: {printable(note)}", err=True)
        with no_sudden_end():
            result = kdstudio.main(arguments, prog_name="kdstudio", standalone_mode=False)
    except KDStudioError as error:
        complain(str(error))
        return BAD_INPUT
    except click.ClickException as error:
        complain(error.format_message())
        return error.exit_code
    except (KeyboardInterrupt, click.Abort):
        complain("interrupted")
        return INTERRUPTED
    except BaseException as error:  # before a run has begun, or after it; code of the user's may call exit
        if is_of_output(error):
            give_up_output(error)
        elif strangers_line(error):
            complain(failure(error).message)
        elif not isinstance(error, SystemExit):  # click's own: whoever reads standard output has gone
            tell(error, failure(error).message)
        return 1
    return result if isinstance(result, int) else 0
