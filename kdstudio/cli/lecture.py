"""``kdstudio lecture``: every claim of the course, one after the other, each with its verdict."""

from __future__ import annotations

import json
from collections.abc import Mapping, Sequence
from contextlib import suppress
from functools import partial
from itertools import takewhile
from pathlib import Path

import click
from rich.console import Console

from kdstudio.cli import tables
from kdstudio.cli.display import console, show_run
from kdstudio.cli.interruption import Interruption, interruption
from kdstudio.cli.options import code_flag, complain, json_flag, runs_dir
from kdstudio.errors import KDStudioError
from kdstudio.runs.files import check_place
from kdstudio.runs.finding_words import claim_table
from kdstudio.runs.lecture import (
    Shown,
    Step,
    Variant,
    course_table,
    minutes_of,
    record_of,
    recording_of,
    run_of,
    session_of,
    shown_by,
    steps,
)
from kdstudio.runs.lecture import lecture as read_lecture
from kdstudio.runs.session import Unwanted


@click.command()
@click.option("--claims", default="", help="Only these, by their numbers, with commas: 5,6.")
@click.option(
    "--minutes", type=click.FloatRange(min=0, min_open=True),
    help="Take presets on less data where all claims together would take longer than this.",
)  # fmt: skip
@click.option("--report", "out", type=click.Path(path_type=Path), help="HTML file to write at the end.")
@click.option("--list", "listed", is_flag=True, help="Only show what would be run, and what has been.")
@runs_dir
@json_flag
@code_flag
def lecture(
    claims: str,
    minutes: float | None,
    out: Path | None,
    listed: bool,
    runs: Path,
    as_json: bool,
    allow_code: bool,
) -> int:
    """Show every claim of the lecture, each by an experiment with several seeds, and say what came out.

    A claim whose experiment has been run is not run again; call it once more to go on where it was left.
    """
    if out:
        check_place(out, replace=True)
    chosen = steps(read_lecture().chosen(_numbers(claims)), minutes)
    if listed:
        _print_list([_listed(step, runs) for step in chosen], as_json=as_json)
        return 0
    told = console()
    if minutes is not None and minutes_of(chosen) > minutes:
        told.print(
            f"note: at their shortest the claims take about {minutes_of(chosen):g} min, {minutes:g} are asked"
        )
    found: list[Shown] = []
    with interruption() as interrupted, suppress(Unwanted):
        for step in takewhile(lambda _step: not interrupted, chosen):
            shown = _show(step, runs, interrupted, told, allow_code=allow_code)
            found.append(shown)  # those before it stay
    if as_json:
        _print_json([record_of(shown) for shown in found])
    else:
        console(stderr=False).print(tables.laid_out(course_table(found)))
    if out is not None:
        click.echo(_write_report(found, out), err=as_json)
    if interrupted:
        complain("interrupted; 'kdstudio lecture' goes on where it was left")
        return interrupted.exit_code
    return 0 if all(shown.judgement for shown in found) else 1


def _numbers(text: str) -> set[int]:
    try:
        return {int(part) for part in text.split(",") if part.strip()}
    except ValueError as error:
        raise KDStudioError(f"--claims {text}: write numbers with commas, for instance 5,6") from error


def _listed(step: Step, runs: Path) -> dict[str, str]:
    run = run_of(step.experiment, runs) or recording_of(step.experiment)
    return {
        "claim": str(step.lesson.number),
        "title": step.lesson.title,
        "preset": step.variant.name,
        "minutes": f"{step.variant.minutes:g}",
        "others": ", ".join(_spoken(each) for each in step.lesson.presets if each != step.variant),
        "run": f"{run.name}, {run.summary().state}" if run else "",
    }


def _print_list(rows: list[dict[str, str]], *, as_json: bool) -> None:
    if as_json:
        _print_json(rows)
    else:
        console(stderr=False).print(tables.table(rows))


def _print_json(found: Sequence[Mapping[str, object]]) -> None:
    click.echo(json.dumps(found, indent=2, ensure_ascii=False))


def _spoken(variant: Variant) -> str:
    lacks = variant.experiment.data.source.lacks()
    return f"{variant.name} (needs {lacks})" if lacks else variant.name


def _show(step: Step, runs: Path, interrupted: Interruption, told: Console, *, allow_code: bool) -> Shown:
    """Run a step unless that has been done, and say what came out, or why nothing has."""
    told.print(f"\n[bold]{step.lesson.number}. {step.lesson.title}[/]  ({step.variant.name})")
    told.print(step.claim.statement, markup=False)
    try:
        run = run_of(step.experiment, runs)
        if run is None or run.summary().status != "finished":
            prepare = partial(session_of, step, runs, allow_code=allow_code)
            session = show_run(prepare, interrupted, quiet=False)
            if session.failed:
                raise KDStudioError(session.failed.message)
            run = session.folder
        shown = shown_by(step, run, allow_code=allow_code)
    except KDStudioError as error:
        shown = Shown(step, fault=str(error))
    if shown.judgement:
        told.print(tables.laid_out(claim_table(shown.judgement)))
    else:
        complain(f"claim {step.lesson.number}: {shown.fault}")
    return shown


def _write_report(found: list[Shown], out: Path) -> Path:
    from kdstudio.runs.report.page import write_report

    folders = [shown.run for shown in found if shown.run]
    return write_report(folders, out, lambda _what, _fraction: None, claims=course_table(found), replace=True)
