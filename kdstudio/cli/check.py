"""``kdstudio check``: what is damaged in run folders, and mending what is safe."""

from __future__ import annotations

import json
from pathlib import Path

import click

from kdstudio.cli.options import chosen_run, json_flag, runs_dir
from kdstudio.runs.checking.check import Checked, check_queue, spoken
from kdstudio.runs.checking.check import check as check_run
from kdstudio.runs.folder import run_folders

DAMAGED = 1


@click.command()
@click.argument("which", metavar="[RUN …]", nargs=-1)
@click.option("--mend", is_flag=True, help="Do what is safe: nothing is lost by it that could be read.")
@runs_dir
@json_flag
def check(which: tuple[str, ...], mend: bool, runs: Path, as_json: bool) -> int:
    """Read all of RUNs, of all runs and the queue where none is named, and say what is damaged.

    Runs that go on are left alone. The exit code is 1 where something is damaged and has not been mended.
    """
    folders = list(dict.fromkeys(chosen_run(each, runs) for each in which)) or run_folders(runs)
    found = [check_run(folder, mend=mend) for folder in folders]
    found += [] if which else [check_queue(runs, mend=mend)]
    if as_json:
        click.echo(json.dumps([_record(each) for each in found], indent=2, ensure_ascii=False))
    else:
        for each in found:
            for line in spoken(each):
                click.echo(f"{each.name}: {line}")
        if not mend and any(fault.mend for each in found for fault in each.faults):
            click.echo("note: 'kdstudio check --mend' does what can be done", err=True)
    return 0 if all(each.is_fine for each in found) else DAMAGED


def _record(found: Checked) -> dict[str, object]:
    faults = [
        {"file": fault.file, "reason": fault.reason, "remedy": fault.remedy, "mended": fault in found.mended}
        for fault in (*found.mended, *found.faults)
    ]
    return {"name": found.name, "faults": faults, "remark": found.remark}
