"""``kdstudio cache``: what is kept between runs, and clearing it."""

from __future__ import annotations

import json

import click

from kdstudio.cli import tables
from kdstudio.cli.display import console
from kdstudio.cli.options import json_flag
from kdstudio.data.cache import decoded_folder
from kdstudio.runs.caches import (
    GIB,
    MIB,
    SHOWN_NAME,
    Cached,
    answers_folder,
    answers_limit,
    cached,
    clear,
    spoken_deletion,
)


@click.group(invoke_without_command=True)
@json_flag
@click.pass_context
def cache(context: click.Context, as_json: bool) -> None:
    """List what is kept between runs to save time; 'cache clear' deletes it."""
    if context.invoked_subcommand:
        return
    found, limit = cached(), answers_limit()
    folders = {"answers": str(answers_folder()), "decoded images": str(decoded_folder())}
    if as_json:
        record = {
            "folders": folders,
            "limit": limit,
            "size": sum(each.size for each in found),
            "entries": [as_record(each) for each in found],
        }
        click.echo(json.dumps(record, indent=2, ensure_ascii=False))
        return
    if found:
        console(stderr=False).print(tables.table([as_row(each) for each in found]))
    for kind, folder in folders.items():
        size = sum(each.size for each in found if each.kind == kind)
        at_most = f" of at most {limit / GIB:g} GiB (KDSTUDIO_CACHE_GIB)" if kind == "answers" else ""
        click.echo(f"{kind}: {size / MIB:,.1f} MiB{at_most} in {folder}")


@cache.command("clear")
@click.argument("names", nargs=-1, metavar="[NAME…]")
def clear_(names: tuple[str, ...]) -> None:
    """Delete what is listed under these names, or everything; runs make it again when they need it."""
    deleted = clear(names)
    click.echo(spoken_deletion(deleted))


def as_record(each: Cached) -> dict[str, object]:
    """Return all that is known of it."""
    return {
        "name": each.name,
        "kind": each.kind,
        "file": str(each.file),
        "size": each.size,
        "used": each.used.isoformat(timespec="seconds"),
        **each.about,
    }


def as_row(each: Cached) -> dict[str, object]:
    """Return a row for people."""
    return {
        "name": each.name[:SHOWN_NAME],
        "what": each.what,
        "data": each.about.get("data", ""),
        "precision": each.about.get("precision", ""),
        "MiB": f"{each.size / MIB:,.1f}",
        "last used": each.used.isoformat(" ", timespec="minutes"),
    }
