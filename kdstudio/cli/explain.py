"""``kdstudio explain``: what a run's networks have learned, and what they answer to a picture."""

from __future__ import annotations

import json
from collections.abc import Mapping
from pathlib import Path
from typing import Any

import click

from kdstudio.cli import explain_report
from kdstudio.cli.display import console
from kdstudio.cli.options import chosen_run, code_flag, json_flag, prints_aside, runs_dir
from kdstudio.cli.temperature_report import read_temperature
from kdstudio.errors import KDStudioError
from kdstudio.runs.disagreements import FILTERS, SORTS, USUAL, Disagreements, Sort
from kdstudio.runs.folder import RunFolder

SHOWN = 10


@click.command()
@click.argument("which", metavar="RUN")
@click.option("--network", help="The network that learns (default: the run's result).")
@click.option("--teacher", help="The network that it is compared with (default: what it learned from).")
@click.option(
    "--filter", "chosen", type=click.Choice([*FILTERS]), default=USUAL, show_default=True, metavar="FILTER",
    help=f"Which test images are listed: {', '.join(FILTERS)}.",
)  # fmt: skip
@click.option("--class", "true_class", help="Only images of this class, by name or number.")
@click.option("--answer", help="Only images that the network answers with this class.")
@click.option("--sort", type=click.Choice(SORTS), default="confidence", show_default=True)
@click.option("--ascending", is_flag=True, help="The least confident, or the nearest to the teacher, first.")
@click.option("--limit", type=click.IntRange(min=0), default=SHOWN, show_default=True, help="Images listed.")
@click.option(
    "--image", type=click.Path(path_type=Path), help="Show only what the networks answer to this file."
)
@click.option("--invert", is_flag=True, help="Exchange light and dark in it.")
@click.option("--temperature", "at", default="1", show_default=True, help="T of the answers to it.")
@runs_dir
@json_flag
@code_flag
def explain(
    which: str,
    network: str | None,
    teacher: str | None,
    chosen: str,
    true_class: str | None,
    answer: str | None,
    sort: Sort,
    ascending: bool,
    limit: int,
    image: Path | None,
    invert: bool,
    at: str,
    runs: Path,
    as_json: bool,
    allow_code: bool,
) -> None:
    """Show what was learned: fidelity, classes gained, calibration, disagreements; or try a picture."""
    folder, temperature = chosen_run(which, runs), read_temperature(at)
    if image:
        with prints_aside():
            found = _tried(folder, network, teacher, image, temperature, invert=invert, allow_code=allow_code)
        _tell(found, explain_report.print_replies, as_json=as_json)
        return
    if invert or temperature != 1:
        raise KDStudioError("--invert and --temperature say how a picture is answered; give --image FILE too")
    from kdstudio.runs.explaining import Explainer

    explainer = Explainer()
    with prints_aside():
        answers = explainer.disagreements(folder, network, teacher, allow_code=allow_code)
        fidelity = explainer.fidelity(folder, answers.student, allow_code=allow_code)
    images = answers.images(
        chosen,
        sort,
        ascending=ascending,
        true_class=_class_number(answers, true_class),
        answered=_class_number(answers, answer),
    )
    listed = explain_report.listed_record(answers, chosen, images, limit)
    _tell(explain_report.as_record(answers, fidelity, listed), explain_report.print_record, as_json=as_json)


def _class_number(answers: Disagreements, which: str | None) -> int | None:
    """Read the name or number of a class; KDStudioError for an unknown one."""
    if which is None:
        return None
    from kdstudio.data.selection import class_numbers

    names = answers.predictions.class_names
    wanted = int(which) if which.isdecimal() and which not in names else which
    return class_numbers([wanted], names)[0]


def _tried(
    folder: RunFolder,
    network: str | None,
    teacher: str | None,
    file: Path,
    temperature: float,
    *,
    invert: bool,
    allow_code: bool,
) -> dict[str, Any]:
    from kdstudio.runs.pictures import read_picture
    from kdstudio.runs.trying import load_respondents

    respondents = load_respondents(folder, network, teacher, allow_code=allow_code)
    picture = read_picture(file, respondents.shape, str(file), inverted=invert)
    return explain_report.replies_record(respondents.answer(picture), str(file), temperature)


def _tell(found: Mapping[str, Any], show: explain_report.Show, *, as_json: bool) -> None:
    if as_json:
        click.echo(json.dumps(found, indent=2, ensure_ascii=False))
    else:
        show(found, console(stderr=False))
