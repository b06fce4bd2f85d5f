"""``kdstudio log-to``: runs in the logs of other tools; each tool's fields are its options."""

from __future__ import annotations

import sys
from collections.abc import Callable
from contextlib import suppress
from pathlib import Path
from typing import TYPE_CHECKING

import click
from pydantic import ValidationError
from pydantic.fields import FieldInfo

from kdstudio.cli.options import chosen_run, prints_aside, runs_dir
from kdstudio.errors import KDStudioError
from kdstudio.problems import problems

if TYPE_CHECKING:
    from kdstudio.runs.logs.declaration import LogTool


class Tools(click.Group):
    """A command for each tool, known when it is asked for."""

    def list_commands(self, ctx: click.Context) -> list[str]:
        """Return the tools' names."""
        from kdstudio.runs.logs.declaration import log_tools

        return list(log_tools)

    def get_command(self, ctx: click.Context, cmd_name: str) -> click.Command:
        """Return the command of a tool; KDStudioError where there is no such tool."""
        from kdstudio.runs.logs.declaration import log_tools

        return _command(cmd_name, log_tools[cmd_name])


log_to = Tools("log-to", help="Write runs into the logs of another tool; repeating it doubles nothing.")


def _command(name: str, entry: type[LogTool]) -> click.Command:
    @click.argument("which", metavar="RUN [RUN …]", nargs=-1, required=True)
    @click.option("--follow", is_flag=True, help="Go on while the runs do; Ctrl+C leaves them alone.")
    @runs_dir
    def write(which: tuple[str, ...], follow: bool, runs: Path, **settings: object) -> None:
        from kdstudio.runs.logs.following import log_runs

        tool = _validated(entry, {"name": name, **settings})
        folders = list(dict.fromkeys(chosen_run(each, runs) for each in which))
        output = sys.stdout
        with suppress(KeyboardInterrupt), prints_aside():
            for place in log_runs(tool, folders, follow=follow):
                click.echo(place, file=output)

    fields = {field: info for field, info in entry.model_fields.items() if field != "name"}
    for field, info in reversed(fields.items()):
        write = _option(field, info)(write)
    return click.command(name, help=entry.headline())(write)


def _option(field: str, info: FieldInfo) -> Callable[[Callable[..., None]], Callable[..., None]]:
    flag = f"--{field.replace('_', '-')}"
    if info.annotation is bool:
        return click.option(flag, field, is_flag=True, default=info.default, help=info.description)
    if info.is_required():
        return click.option(flag, field, required=True, help=info.description)
    shown = bool(info.default)
    return click.option(flag, field, default=info.default, show_default=shown, help=info.description)


def _validated(entry: type[LogTool], settings: dict[str, object]) -> LogTool:
    try:
        return entry.model_validate(settings)
    except ValidationError as error:
        raise KDStudioError("; ".join(map(str, problems(error, settings, entry)))) from error
