"""``kdstudio label`` and ``kdstudio delete``: what people say of runs, and runs that nobody wants."""

from __future__ import annotations

from pathlib import Path

import click

from kdstudio.cli.options import chosen_run, runs_dir
from kdstudio.errors import KDStudioError
from kdstudio.runs.labels import read_labels, write_labels
from kdstudio.runs.trash import last_thrown, throw_away


@click.command()
@click.argument("which", metavar="RUN [RUN …]", nargs=-1, required=True)
@click.option("--title", help="What to call it; the folder keeps its name. Empty takes it away.")
@click.option("--tag", "tags", multiple=True, help="Add a tag; may be repeated.")
@click.option("--untag", "untags", multiple=True, help="Take a tag away; may be repeated.")
@click.option("--note", help="What is worth knowing. Empty takes it away.")
@runs_dir
def label(
    which: tuple[str, ...],
    title: str | None,
    tags: tuple[str, ...],
    untags: tuple[str, ...],
    note: str | None,
    runs: Path,
) -> None:
    """Give runs a title, tags and a note, kept in their folders; without options, print what they have."""
    folders = [chosen_run(each, runs) for each in which]
    if title and len(folders) > 1:
        raise KDStudioError(f"--title '{title}' would be that of {len(folders)} runs; name one run")
    asked = title is not None or tags or untags or note is not None
    for folder in folders:
        labels = read_labels(folder)
        if asked:
            given = {
                key: text.strip() for key, text in (("title", title), ("note", note)) if text is not None
            }
            labels = labels.tagged(tags, untags).model_copy(update=given)
            write_labels(folder, labels)
        for what, text in (("title", labels.title), ("tags", ", ".join(labels.tags)), ("note", labels.note)):
            if text:
                click.echo(f"{folder.name}: {what}: {text}")


@click.command()
@click.argument("which", metavar="[RUN …]", nargs=-1)
@click.option("--yes", is_flag=True, help="Do not ask.")
@click.option("--undo", is_flag=True, help="Put back what was deleted last.")
@runs_dir
def delete(which: tuple[str, ...], yes: bool, undo: bool, runs: Path) -> None:
    """Delete runs; for a day, --undo puts back those that were deleted last."""
    if undo == bool(which):
        raise KDStudioError("name the runs to delete, or give --undo alone")
    if undo:
        thrown = last_thrown(runs)
        thrown.take_back()
        click.echo(f"back again: {', '.join(run.name for run in thrown.runs)}")
        return
    folders = list(dict.fromkeys(chosen_run(each, runs) for each in which))
    if not yes:
        click.confirm(f"Delete {', '.join(folder.name for folder in folders)}?", abort=True, err=True)
    throw_away(folders)
    click.echo(
        f"deleted {len(folders)} run{'' if len(folders) == 1 else 's'}; 'kdstudio delete --undo' puts back"
    )
