"""The whole script: what it is, its definitions section by section, its stages, and its start."""

from __future__ import annotations

from pathlib import Path
from textwrap import indent, wrap
from typing import NamedTuple

from kdstudio.data.declaration import ImageData
from kdstudio.engine.dry_run import follow
from kdstudio.engine.experiment import Experiment
from kdstudio.runs.script.definitions import Definitions, identifier
from kdstudio.runs.script.following import FollowedContext
from kdstudio.runs.script.images import IMAGES, Reading, define_loading
from kdstudio.runs.script.layout import WIDTH, Call, Keyword, render
from kdstudio.runs.script.source import Import
from kdstudio.runs.script.stages import Stages
from kdstudio.runs.script.values import Values

SECTIONS = {
    "data": "The images",
    "networks": "The networks",
    "losses": "The losses",
    "training": "Training",
    "experiment": "The experiment",
}


class Script(NamedTuple):
    """An experiment's code, and files that have to lie beside it."""

    text: str
    files: tuple[Path, ...]


def write_script(experiment: Experiment, data: ImageData) -> Script:
    """Write the script of ``experiment``, whose images are ``data``.

    Raises KDStudioError for what no script of torch and torchvision alone can do.
    """
    context = FollowedContext(experiment, data)
    definitions = Definitions(*SECTIONS)
    values = Values(definitions)
    loading, reading = define_loading(definitions, values, context.data)
    bfloat16 = experiment.compute.precision == "bfloat16"
    with definitions.section("training"):
        stages = Stages(context, definitions, values, bfloat16=bfloat16)
        experiments = _experiment(context, stages, definitions)
        started = _start(definitions, loading, reading, experiment, experiments)
    sections = [
        "\n\n\n".join([_heading(SECTIONS[name]), *texts]) for name, texts in definitions.texts().items() if texts
    ]
    whole = [
        f"{_docstring(experiment)}\n\nfrom __future__ import annotations\n\n{definitions.header()}",
        *sections,
        *experiments.values(),
        started,
    ]
    return Script("\n\n\n".join(whole) + "\n", reading.files)


def _experiment(context: FollowedContext, stages: Stages, definitions: Definitions) -> dict[str, str]:
    """Write the functions that train what all seeds share, if anything, and what is compared, by name."""
    shared, compared, parts = [], [], list[str]()
    for stage, _summary in follow(context, lambda _what: None):
        if stages.is_shared(stage) and not compared:
            shared.append(stages.write(stage))
            parts = list(stages.parts.values())
        else:
            compared.append(stages.write(stage))
    for name in ("Tensor", "nn"):
        definitions.imported(Import("torch", name), name)
    arguments = ["data: Data", "seed: int"]
    made = {}
    if shared:
        said = "Train what all seeds share."
        returned = f"return results, {', '.join(parts)}"
        made[definitions.unused("train_shared")] = ("tuple", said, arguments, shared, returned)
    further = [f"{part}: nn.Module" for part in parts]
    said = "Train what is compared, from one seed; returns the test errors by network."
    compare = (f"dict[str, {definitions.use('kdstudio.runs.script.pieces.training', 'Result')}]", said)
    made[definitions.unused("train_compared")] = (*compare, arguments + further, compared, "return results")
    return {name: _function(name, *content) for name, content in made.items()}


def _function(
    name: str, returns: str, said: str, arguments: list[str], stages: list[str], returned: str
) -> str:
    head = render(Call(name, tuple(arguments)), before="def ", after=f" -> {returns}:")
    body = "\n\n".join(stages)
    return "\n".join(
        [head, f'    """{said}"""', "    results = {}", "", indent(body, "    "), f"    {returned}"]
    )


def _start(
    definitions: Definitions, loading: str, reading: Reading, experiment: Experiment, functions: dict[str, str]
) -> str:
    main = definitions.use("kdstudio.runs.script.pieces.report", "main")
    shared = [name for name in functions if name.startswith("train_shared")]
    compared = [name for name in functions if name not in shared]
    call = Call(
        main,
        (
            *(loading, *compared, *(shared or ["None"])),
            Keyword("folder", reading.folder),
            Keyword("seed", str(experiment.seed)),
            Keyword("seeds", str(experiment.seeds)),
        ),
    )
    return "\n".join(['if __name__ == "__main__":', render(call, 4)])


def _heading(title: str) -> str:
    return f"# {title} {'-' * (WIDTH - 3 - len(title))}"


def _docstring(experiment: Experiment) -> str:
    about = experiment.about
    said = [f"{about.title}." if about else f"{experiment.name}."]
    if about:
        said += [part for part in (about.source, about.shows) if part]
    said.append(f"    {experiment.strategy.formula()}")
    said.append(
        "It needs torch and torchvision alone, and prints the test errors of every network; --seeds trains "
        "everything that is compared from several seeds:"
    )
    said.append(f"    python {identifier(experiment.name)}.py --seeds 5")
    said.append("Written by KD Studio.")
    paragraphs = [
        part if part.startswith("    ") else "\n".join(wrap(part, WIDTH - 4)) for part in said
    ]
    text = "\n\n".join(paragraphs).replace("\\", "\\\\").replace('"""', "'''")
    return f'"""{text}\n"""'
